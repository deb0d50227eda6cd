//! Deployments: one for each commit, environment and task. Their statuses hold the state.

use async_trait::async_trait;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitHub;
use super::paging::PAGE;
use super::wire;
use crate::forge::route::encoded;
use crate::forge::{Deployment, DeploymentState, Deployments, ForgeError, Upsert};
use crate::model::{UserId, WebAddress};

/// 1,000 deployments of one stack at one commit. Others created all but one of them.
const MAX_PAGES: usize = 10;
/// How often to create a deployment again after an answer that does not say whether it was created.
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
            // Does not rely on the order of the list.
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
        // `auto_inactive` is off: other stacks share the environment, and this one's success does not replace theirs.
        let json = json!({
            "state": state,
            "description": deployment.description,
            "auto_inactive": false,
            "log_url": self.run.as_ref().map_or("", WebAddress::as_str),
        });
        // Repeating it has no further effect.
        self.write::<IgnoredAny>(&what, Method::POST, &route, &json, true)
            .await?;
        Ok(match is_new {
            true => Upsert::Created(known.url),
            false => Upsert::Updated(known.url),
        })
    }
}

impl GitHub {
    /// Our deployment of a stack at a commit, and whether it was created now.
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
        // The commit itself is deployed: GitHub merges nothing and waits for no status. A deployment's description cannot change,
        // so only statuses report the state.
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
                // GitHub may have created it: search again before another attempt.
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| ForgeError::unreachable(what, "not written")))
    }
}
