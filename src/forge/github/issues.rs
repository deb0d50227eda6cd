//! Issues that provisioner opens.

use async_trait::async_trait;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitHub;
use super::wire;
use crate::forge::{ForgeError, Issue, Issues};
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
