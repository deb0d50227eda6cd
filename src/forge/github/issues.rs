//! Issues that provisioner opens.

use async_trait::async_trait;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitHub;
use super::comments::MAX_PAGES as MAX_COMMENT_PAGES;
use super::wire;
use crate::forge::{
    Comment, Comments as _, ForgeError, Issue, IssueState, Issues, Reaction, Upsert,
};
use crate::model::UserId;

/// 5,000 open issues and pull requests.
const MAX_PAGES: usize = 50;

#[async_trait]
impl Issues for GitHub {
    /// Filters the list itself: GitHub's filter takes a login, and does not accept the logins of bots.
    async fn own_issues(&self, own: UserId, marker: &str) -> Result<Vec<Issue>, ForgeError> {
        let route = format!("{}/issues?state=open", self.root);
        let listed: Vec<wire::Issue> = self.get_all("open issues", &route, MAX_PAGES).await?;
        let ours = listed.into_iter().filter(|issue| {
            let by = issue.user.as_ref();
            let body = issue.body.as_deref();
            issue.pull_request.is_none()
                && by.is_some_and(|by| UserId(by.id) == own)
                && body.is_some_and(|body| body.starts_with(marker))
        });
        let mut ours: Vec<Issue> = ours.map(wire::Issue::into_ours).collect();
        ours.sort_by_key(|issue| issue.number);
        // An issue that is opened between two pages moves another issue to the next page.
        ours.dedup_by_key(|issue| issue.number);
        Ok(ours)
    }

    /// Opens an issue. After an unclear answer it is not retried: the issue may exist, and the next scan finds it.
    async fn open_issue(&self, title: &str, body: &str) -> Result<Issue, ForgeError> {
        let route = format!("{}/issues", self.root);
        let json = json!({ "title": title, "body": body });
        let issue: wire::Issue = self
            .write("new issue", Method::POST, &route, &json, false)
            .await?;
        Ok(issue.into_ours())
    }

    async fn update_issue(&self, number: u64, body: &str, close: bool) -> Result<(), ForgeError> {
        let what = format!("issue {number}");
        let route = format!("{}/issues/{number}", self.root);
        let json = match close {
            true => json!({ "body": body, "state": "closed", "state_reason": "completed" }),
            false => json!({ "body": body }),
        };
        self.write::<IgnoredAny>(&what, Method::PATCH, &route, &json, true)
            .await?;
        Ok(())
    }

    async fn issue(&self, number: u64) -> Result<Option<IssueState>, ForgeError> {
        let what = format!("issue {number}");
        let route = format!("{}/issues/{number}", self.root);
        let issue: wire::Issue = match self.get(&what, &route).await {
            Ok(issue) => issue,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        // A transferred issue is answered from its new repository, under another number.
        if issue.pull_request.is_some() || issue.number != number {
            return Ok(None);
        }
        Ok(Some(IssueState {
            by: issue.user.as_ref().map(|by| UserId(by.id)),
            open: issue.state.as_deref() == Some("open"),
            issue: issue.into_ours(),
        }))
    }

    async fn issue_comments(&self, number: u64) -> Result<Vec<Comment>, ForgeError> {
        let what = format!("comments on issue {number}");
        let route = format!("{}/issues/{number}/comments", self.root);
        let listed: Vec<wire::Comment> = self.get_all(&what, &route, MAX_COMMENT_PAGES).await?;
        let comments = listed.into_iter().map(|comment| comment.into_ours(&what));
        comments.collect()
    }

    async fn upsert_issue_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError> {
        // GitHub has the same calls for both.
        self.upsert_comment(number, own, marker, body).await
    }

    async fn react_on_issue(
        &self,
        number: u64,
        comment: u64,
        reaction: Reaction,
    ) -> Result<(), ForgeError> {
        self.react(number, comment, reaction).await
    }
}

impl wire::Issue {
    fn into_ours(self) -> Issue {
        Issue {
            number: self.number,
            body: self.body.unwrap_or_default(),
            url: self.html_url,
        }
    }
}
