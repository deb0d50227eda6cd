//! Deployments: one for each commit, environment and task; what becomes of it is in its statuses.

use async_trait::async_trait;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitHub;
use super::paging::PAGE;
use super::route::encoded;
use super::wire;
use crate::forge::{Deployment, DeploymentState, Deployments, ForgeError, Upsert};
use crate::model::UserId;

/// 1,000 deployments of one stack at one commit: all but one of them by others.
const MAX_PAGES: usize = 10;
/// How often an attempt is made anew after an answer that leaves open whether it worked.
const ATTEMPTS: usize = 3;

#[async_trait]
impl Deployments for GitHub {
    async fn put_deployment(
        &self,
        own: UserId,
        deployment: &Deployment,
    ) -> Result<Upsert, ForgeError> {
        let what = format!("deployment {}", deployment.task);
        let (known, is_new) = self.our_deployment(&what, own, deployment).await?;
        let route = format!("{}/deployments/{}/statuses", self.root, known.id);
        let state = match deployment.state {
            DeploymentState::Pending => "pending",
            DeploymentState::InProgress => "in_progress",
            DeploymentState::Success => "success",
            DeploymentState::Failure => "failure",
            DeploymentState::Inactive => "inactive",
        };
        if !is_new {
            let newest: Vec<wire::DeploymentStatus> =
                self.get(&what, &format!("{route}?per_page={PAGE}")).await?;
            // Which of them is the newest is not left to their order.
            let newest = newest.into_iter().max_by_key(|status| status.id);
            let says_so = newest.is_some_and(|status| {
                let by = status.creator.as_ref();
                status.state == state
                    && status.description.as_deref() == Some(&deployment.description)
                    && by.is_some_and(|by| UserId(by.id) == own)
            });
            if says_so {
                return Ok(Upsert::Unchanged(known.url));
            }
        }
        // Other stacks have the same environment, and a success of this one says nothing about them.
        let json = json!({
            "state": state,
            "description": deployment.description,
            "auto_inactive": false,
        });
        // Said twice, it says no more.
        self.write::<IgnoredAny>(&what, Method::POST, &route, &json, true)
            .await?;
        Ok(match is_new {
            true => Upsert::Created(known.url),
            false => Upsert::Updated(known.url),
        })
    }
}

impl GitHub {
    /// Our deployment of a stack at a commit, and whether it is new.
    async fn our_deployment(
        &self,
        what: &str,
        own: UserId,
        deployment: &Deployment,
    ) -> Result<(wire::Deployment, bool), ForgeError> {
        let route = format!("{}/deployments", self.root);
        let list = format!(
            "{route}?sha={}&environment={}&task={}",
            deployment.commit,
            encoded(&deployment.environment),
            encoded(&deployment.task),
        );
        let is_ours = |known: &wire::Deployment| {
            let by = known.creator.as_ref();
            known.sha == deployment.commit.as_str()
                && known.task == deployment.task
                && by.is_some_and(|by| UserId(by.id) == own)
        };
        // It is the commit itself that is deployed: nothing is merged into it, and no status is waited for. The description stays
        // as it is for ever, so that how things stand is said by statuses only.
        let json = json!({
            "ref": deployment.commit,
            "task": deployment.task,
            "environment": deployment.environment,
            "auto_merge": false,
            "required_contexts": [],
            "transient_environment": false,
        });
        let mut last = None;
        for _ in 0..ATTEMPTS {
            if let Some(known) = self.get_first(what, &list, MAX_PAGES, is_ours).await? {
                return Ok((known, last.is_some()));
            }
            match self.write(what, Method::POST, &route, &json, false).await {
                Ok(created) => return Ok((created, true)),
                Err(error) if error.is_refusal() => return Err(error),
                // It may have been made all the same: look again before another attempt.
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| ForgeError::unreachable(what, "not written")))
    }
}
