//! Commit statuses.

use async_trait::async_trait;
use http::Method;
use serde_json::json;

use super::client::GitHub;
use super::wire;
use crate::forge::{CommitStatus, ForgeError, StatusRecord, Statuses, Upsert};
use crate::model::{CommitSha, UserId};

/// GitHub keeps 1,000 statuses of one context and commit; the number of contexts has no limit.
const MAX_PAGES: usize = 100;

#[async_trait]
impl Statuses for GitHub {
    async fn status_history(
        &self,
        at: &CommitSha,
        own: UserId,
        context: &str,
    ) -> Result<Vec<StatusRecord>, ForgeError> {
        let what = format!("statuses of {}", at.short());
        let route = format!("{}/commits/{at}/statuses", self.root);
        let mut pauses = self.recent.pauses(&what);
        let mut statuses: Vec<wire::CommitStatus> = self.get_all(&what, &route, MAX_PAGES).await?;
        while statuses.is_empty() && pauses.wait().await {
            statuses = self.get_all(&what, &route, MAX_PAGES).await?;
        }
        // GitHub lists the newest first, and ignores case in contexts.
        let ours = statuses.into_iter().rev();
        let ours = ours.filter(|status| status.context.eq_ignore_ascii_case(context));
        Ok(ours
            .map(|status| StatusRecord {
                is_own: status.is_by(own),
                success: status.state == "success",
                description: status.description.unwrap_or_default(),
                created_at: status.created_at.and_then(|time| time.parse().ok()),
            })
            .collect())
    }

    async fn set_status(
        &self,
        at: &CommitSha,
        own: Option<UserId>,
        status: &CommitStatus,
    ) -> Result<Upsert, ForgeError> {
        let what = format!("status of {}", at.short());
        let state = if status.success { "success" } else { "failure" };
        let newest = self.newest_status(at, status.context).await?;
        let existed = newest.is_some();
        if let Some(known) = newest
            && known.state == state
            && known.description.as_deref() == Some(&status.description)
            && own.is_some_and(|own| known.is_by(own))
        {
            return Ok(Upsert::Unchanged(known.url));
        }
        let body = json!({
            "state": state,
            "context": status.context,
            "description": status.description,
            "target_url": self.run,
        });
        let route = format!("{}/statuses/{at}", self.root);
        let status: wire::CommitStatus =
            self.write(&what, Method::POST, &route, &body, true).await?;
        Ok(if existed {
            Upsert::Updated(status.url)
        } else {
            Upsert::Created(status.url)
        })
    }
}

impl GitHub {
    /// The newest status of a context by any user. GitHub lists the newest first, and ignores the case of contexts.
    async fn newest_status(
        &self,
        at: &CommitSha,
        context: &str,
    ) -> Result<Option<wire::CommitStatus>, ForgeError> {
        let what = format!("statuses of {}", at.short());
        let route = format!("{}/commits/{at}/statuses", self.root);
        let is_it = |status: &wire::CommitStatus| status.context.eq_ignore_ascii_case(context);
        self.get_first(&what, &route, MAX_PAGES, is_it).await
    }
}
