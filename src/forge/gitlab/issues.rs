//! Issues that provisioner opens.
//! <https://docs.gitlab.com/api/issues/>

use async_trait::async_trait;
use http::Method;
use serde_json::json;

use super::client::GitLab;
use super::notes::{Noteable, reject_quick_actions};
use super::wire;
use crate::forge::{Comment, ForgeError, Issue, IssueState, Issues, Reaction, Upsert};
use crate::model::UserId;
use crate::report::with_merge_requests;

/// 1,000 open issues of one user.
const MAX_PAGES: usize = 10;

#[async_trait]
impl Issues for GitLab {
    async fn own_issues(&self, own: UserId, marker: &str) -> Result<Vec<Issue>, ForgeError> {
        let route = format!(
            "{}/issues?state=opened&scope=all&author_id={}&order_by=created_at&sort=asc",
            self.root, own.0
        );
        let listed: Vec<wire::ProjectIssue> = self.get_all("issues", &route, MAX_PAGES).await?;
        let ours = listed.into_iter().filter_map(|issue| {
            let by = issue.author.as_ref()?;
            let body = issue.description?;
            (UserId(by.id) == own && body.starts_with(marker)).then_some(Issue {
                number: issue.iid,
                body,
                url: issue.web_url,
            })
        });
        Ok(ours.collect())
    }

    async fn open_issue(&self, title: &str, body: &str) -> Result<Issue, ForgeError> {
        let what = "issue";
        let body = with_merge_requests(body);
        reject_quick_actions(what, &body)?;
        let route = format!("{}/issues", self.root);
        let json = json!({ "title": title, "description": body });
        let issue: wire::ProjectIssue =
            self.write(what, Method::POST, &route, &json, false).await?;
        Ok(Issue {
            number: issue.iid,
            body: issue.description.unwrap_or_default(),
            url: issue.web_url,
        })
    }

    async fn update_issue(&self, number: u64, body: &str, close: bool) -> Result<(), ForgeError> {
        let what = format!("issue {number}");
        let body = with_merge_requests(body);
        reject_quick_actions(&what, &body)?;
        let route = format!("{}/issues/{number}", self.root);
        let mut json = json!({ "description": body });
        if close {
            json["state_event"] = json!("close");
        }
        self.write::<wire::ProjectIssue>(&what, Method::PUT, &route, &json, true)
            .await?;
        Ok(())
    }

    async fn issue(&self, number: u64) -> Result<Option<IssueState>, ForgeError> {
        let what = format!("issue {number}");
        let route = format!("{}/issues/{number}", self.root);
        let issue: wire::ProjectIssue = match self.get(&what, &route).await {
            Ok(issue) => issue,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        // A moved issue has another number in another project.
        if issue.iid != number {
            return Ok(None);
        }
        Ok(Some(IssueState {
            by: issue.author.as_ref().map(|by| UserId(by.id)),
            open: issue.state.as_deref() == Some("opened"),
            issue: Issue {
                number,
                body: issue.description.unwrap_or_default(),
                url: issue.web_url,
            },
        }))
    }

    async fn issue_comments(&self, number: u64) -> Result<Vec<Comment>, ForgeError> {
        let of = Noteable::Issue(number);
        let mut comments = Vec::new();
        for note in self.notes(of).await? {
            comments.extend(self.comment_from(note, of).await?);
        }
        Ok(comments)
    }

    async fn upsert_issue_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError> {
        self.upsert_note(Noteable::Issue(number), own, (marker, body))
            .await
    }

    async fn react_on_issue(
        &self,
        number: u64,
        comment: u64,
        reaction: Reaction,
    ) -> Result<(), ForgeError> {
        self.award(Noteable::Issue(number), comment, reaction).await
    }
}
