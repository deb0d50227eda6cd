//! Commit statuses.
//! <https://docs.gitlab.com/api/commits/#commit-status>

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitLab;
use super::wire;
use crate::forge::route::encoded;
use crate::forge::{CommitStatus, ForgeError, StatusRecord, Statuses, Upsert};
use crate::model::{CommitSha, UserId, WebAddress};

const MAX_PAGES: usize = 20;
/// Refs whose statuses are read. A commit is in few pipelines.
const MAX_REFS: usize = 10;
/// GitLab refuses a status while it writes another one of the same pipeline.
const ATTEMPTS: usize = 5;
const BUSY: &str = "HTTP 409";

#[async_trait]
impl Statuses for GitLab {
    async fn status_history(
        &self,
        at: &CommitSha,
        own: UserId,
        context: &str,
    ) -> Result<Vec<StatusRecord>, ForgeError> {
        let statuses = self.statuses(at, context).await?;
        let records = statuses.into_values().map(|status| StatusRecord {
            is_own: status.is_by(own) || self.check_user.is_some_and(|user| status.is_by(user)),
            success: status.status == "success",
            created_at: status
                .created_at
                .as_ref()
                .and_then(|time| time.parse().ok()),
            description: status.description.unwrap_or_default(),
        });
        Ok(records.collect())
    }

    async fn set_status(
        &self,
        at: &CommitSha,
        own: Option<UserId>,
        status: &CommitStatus,
    ) -> Result<Upsert, ForgeError> {
        let what = format!("status of {}", at.short());
        let page = format!("{}/-/commit/{at}", self.page);
        let state = if status.success { "success" } else { "failed" };
        let known = self.statuses(at, status.context).await?;
        let newest = known.into_values().next_back();
        let is_same = newest.is_some_and(|newest| {
            own.is_some_and(|own| newest.is_by(own))
                && newest.status == state
                && newest.description.as_deref() == Some(&status.description)
        });
        if is_same {
            return Ok(Upsert::Unchanged(page));
        }
        let mut json = json!({
            "state": state,
            "name": status.context,
            "description": status.description,
            "target_url": self.run.as_ref().map_or(&*page, WebAddress::as_str),
        });
        // Without it GitLab chooses a pipeline, or creates one for the status alone. A ref beside it would have to be the pipeline's own.
        if let Some(id) = self.pipeline_of(at).await? {
            json["pipeline_id"] = json!(id);
        }
        let route = format!("{}/statuses/{at}", self.root);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let written = self
                .write::<IgnoredAny>(&what, Method::POST, &route, &json, true)
                .await;
            match written {
                Ok(_) => return Ok(Upsert::Created(page)),
                Err(error) if error.message.contains(BUSY) && attempts < ATTEMPTS => {
                    let pause = std::time::Duration::from_secs(attempts as u64);
                    tokio::time::sleep(crate::pacing::pause(pause)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl GitLab {
    /// All statuses of a name by id, which GitLab counts up. GitLab lists those of one ref, by default of the default branch.
    async fn statuses(
        &self,
        at: &CommitSha,
        context: &str,
    ) -> Result<BTreeMap<u64, wire::NamedStatus>, ForgeError> {
        let what = format!("statuses of {}", at.short());
        let mut all = BTreeMap::new();
        for reference in self.references(at).await? {
            let route = format!(
                "{}/repository/commits/{at}/statuses?all=true&name={}&ref={}",
                self.root,
                encoded(context),
                encoded(&reference)
            );
            let listed: Vec<wire::NamedStatus> = self.get_all(&what, &route, MAX_PAGES).await?;
            let named = listed
                .into_iter()
                .filter(|status| status.name.as_deref() == Some(context));
            all.extend(named.map(|status| (status.id, status)));
        }
        Ok(all)
    }

    /// The refs of a commit's pipelines.
    async fn references(&self, at: &CommitSha) -> Result<BTreeSet<String>, ForgeError> {
        let pipelines = self.pipelines(at).await?.into_iter();
        let own = self.pipeline.as_ref().filter(|own| own.commit == *at);
        let own = own.map(|own| own.reference.clone());
        let all: BTreeSet<String> = pipelines
            .filter_map(|pipeline| pipeline.reference)
            .chain(own)
            .collect();
        match all.len() > MAX_REFS {
            true => Err(ForgeError::invalid(
                &format!("statuses of {}", at.short()),
                format!("pipelines of more than {MAX_REFS} refs"),
            )),
            false => Ok(all),
        }
    }

    /// The job's own pipeline if it is of this commit, otherwise the newest one.
    async fn pipeline_of(&self, at: &CommitSha) -> Result<Option<u64>, ForgeError> {
        if let Some(own) = self.pipeline.as_ref().filter(|own| own.commit == *at) {
            return Ok(Some(own.id));
        }
        let pipelines = self.pipelines(at).await?.into_iter();
        Ok(pipelines.map(|pipeline| pipeline.id).max())
    }

    /// <https://docs.gitlab.com/api/pipelines/#list-project-pipelines>
    async fn pipelines(&self, at: &CommitSha) -> Result<Vec<wire::Pipeline>, ForgeError> {
        let what = format!("pipelines of {}", at.short());
        let route = format!("{}/pipelines?sha={at}", self.root);
        self.get_all(&what, &route, MAX_PAGES).await
    }
}
