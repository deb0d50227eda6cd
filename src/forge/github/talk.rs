//! What is said: comments, reactions, statuses; deployments and issues have files of their own.

use async_trait::async_trait;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitHub;
use super::wire;
use crate::forge::{Comment, Deployment, ForgeError, Issue, Reaction, StatusRecord, Talk, Upsert};
use crate::model::{CommitSha, UserId};

/// A pull request with more comments is not worth reading on every push.
const MAX_COMMENT_PAGES: usize = 100;
/// GitHub keeps 1,000 statuses of one context and commit; contexts are without number.
const MAX_STATUS_PAGES: usize = 100;

#[async_trait]
impl Talk for GitHub {
    async fn current_user(&self) -> Result<Option<UserId>, ForgeError> {
        self.identity().await
    }

    async fn comment(&self, id: u64) -> Result<Option<Comment>, ForgeError> {
        let what = format!("comment {id}");
        let route = format!("{}/issues/comments/{id}", self.root);
        let comment: wire::Comment = match self.get(&what, &route).await {
            Ok(comment) => comment,
            Err(ForgeError::Refused { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let number = comment.number();
        let number =
            number.ok_or_else(|| ForgeError::unreachable(&what, "the answer has no number"))?;
        Ok(Some(Comment {
            number,
            edited: comment.may_be_edited(),
            by: comment.user.and_then(wire::Actor::account),
            body: comment.body.unwrap_or_default(),
        }))
    }

    async fn own_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<String>, ForgeError> {
        let ours = self.find_own_comment(number, own, marker).await?;
        Ok(ours.and_then(|comment| comment.body))
    }

    async fn react(&self, comment: u64, reaction: Reaction) -> Result<(), ForgeError> {
        let what = format!("reaction to comment {comment}");
        let route = format!("{}/issues/comments/{comment}/reactions", self.root);
        let content = match reaction {
            Reaction::Seen => "eyes",
            Reaction::Done => "rocket",
            Reaction::Failed => "confused",
        };
        let body = json!({ "content": content });
        // One that is there already is answered with itself.
        self.write::<IgnoredAny>(&what, Method::POST, &route, &body, true)
            .await?;
        Ok(())
    }

    async fn own_status(
        &self,
        at: &CommitSha,
        own: UserId,
        context: &str,
    ) -> Result<Option<StatusRecord>, ForgeError> {
        // One by somebody else that is newer counts, and says nothing: ours before it no longer holds.
        let newest = self.newest_status(at, context).await?;
        Ok(newest
            .filter(|status| status.is_by(own))
            .map(|status| StatusRecord {
                success: status.state == "success",
                description: status.description.unwrap_or_default(),
            }))
    }

    async fn put_deployment(
        &self,
        own: UserId,
        deployment: &Deployment,
    ) -> Result<Upsert, ForgeError> {
        self.deploy(own, deployment).await
    }

    async fn own_issues(&self, own: UserId, marker: &str) -> Result<Vec<Issue>, ForgeError> {
        self.issues_by(own, marker).await
    }

    async fn open_issue(&self, title: &str, body: &str) -> Result<Issue, ForgeError> {
        self.create_issue(title, body).await
    }

    async fn update_issue(&self, number: u64, body: &str, close: bool) -> Result<(), ForgeError> {
        self.change_issue(number, body, close).await
    }
}

impl GitHub {
    /// The first comment by `own` that begins with `marker`.
    pub(super) async fn find_own_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<wire::Comment>, ForgeError> {
        let what = format!("comments on pull request {number}");
        let route = format!("{}/issues/{number}/comments", self.root);
        let is_ours = |comment: &wire::Comment| {
            let by = comment.user.as_ref();
            let body = comment.body.as_deref();
            by.is_some_and(|by| UserId(by.id) == own)
                && body.is_some_and(|body| body.starts_with(marker))
        };
        self.get_first(&what, &route, MAX_COMMENT_PAGES, is_ours)
            .await
    }

    /// The newest status of a context, whoever set it. GitHub lists the newest first, and does not tell contexts apart by case.
    pub(super) async fn newest_status(
        &self,
        at: &CommitSha,
        context: &str,
    ) -> Result<Option<wire::Status>, ForgeError> {
        let what = format!("statuses of {}", at.short());
        let route = format!("{}/commits/{at}/statuses", self.root);
        let is_it = |status: &wire::Status| status.context.eq_ignore_ascii_case(context);
        self.get_first(&what, &route, MAX_STATUS_PAGES, is_it).await
    }
}
