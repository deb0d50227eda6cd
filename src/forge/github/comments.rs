//! Comments on pull requests and issues, and reactions to them.

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitHub;
use super::wire;
use crate::forge::{Comment, Comments, ForgeError, OwnRecord, Reaction, Upsert};
use crate::model::UserId;

/// A pull request with more comments is not worth reading on every push.
pub(super) const MAX_PAGES: usize = 100;
/// How often to create a comment again after an answer that does not say whether it was created.
const ATTEMPTS: usize = 3;

/// <https://docs.github.com/en/graphql/reference/objects#issuecomment>
const EDITOR: &str = "query($id: ID!) { node(id: $id) { ... on IssueComment { lastEditedAt editor { \
     ... on Bot { databaseId } ... on User { databaseId } } } } }";

#[derive(Deserialize)]
struct Edited {
    node: Option<EditedComment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EditedComment {
    /// `None` if nobody edited it. An answer without the field is an error.
    #[serde(deserialize_with = "Option::deserialize")]
    last_edited_at: Option<String>,
    editor: Option<Editor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Editor {
    database_id: Option<u64>,
}

impl EditedComment {
    /// Whether nobody but its author edited it last.
    fn is_by(&self, own: UserId) -> bool {
        let editor = self.editor.as_ref().and_then(|editor| editor.database_id);
        match self.last_edited_at {
            None => self.editor.is_none(),
            Some(_) => editor.map(UserId) == Some(own),
        }
    }
}

#[async_trait]
impl Comments for GitHub {
    async fn comment(&self, _number: u64, id: u64) -> Result<Option<Comment>, ForgeError> {
        let what = format!("comment {id}");
        let route = format!("{}/issues/comments/{id}", self.root);
        let comment: wire::Comment = match self.get(&what, &route).await {
            Ok(comment) => comment,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        comment.into_ours(&what).map(Some)
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

    async fn own_record(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<OwnRecord, ForgeError> {
        let Some(ours) = self.find_own_comment(number, own, marker).await? else {
            return Ok(OwnRecord::Absent);
        };
        let body = ours.body.unwrap_or_default();
        // Everybody with write permission may edit the comments of others, and the REST API does not say who did.
        let what = format!("editor of the comment on pull request {number}");
        let variables = json!({ "id": ours.node_id });
        let reply: Edited = self.query(&what, EDITOR, variables).await?;
        let comment = reply.node;
        Ok(match comment.is_some_and(|comment| comment.is_by(own)) {
            true => OwnRecord::Text(body),
            false => {
                log::warn!(
                    "{}: somebody else edited it, so its record does not count",
                    ours.html_url
                );
                OwnRecord::Edited(body)
            }
        })
    }

    async fn upsert_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError> {
        let what = format!("comment on pull request {number}");
        let list = format!("{}/issues/{number}/comments", self.root);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let ours = self.find_own_comment(number, own, marker).await?;
            let json = json!({ "body": body });
            match ours {
                Some(ours) if ours.body.as_deref().map(str::trim_end) == Some(body.trim_end()) => {
                    return Ok(Upsert::Unchanged(ours.html_url));
                }
                Some(ours) => {
                    let route = format!("{}/issues/comments/{}", self.root, ours.id);
                    let updated: wire::Comment = self
                        .write(&what, Method::PATCH, &route, &json, true)
                        .await?;
                    return Ok(Upsert::Updated(updated.html_url));
                }
                None => match self
                    .write::<wire::Comment>(&what, Method::POST, &list, &json, false)
                    .await
                {
                    Ok(created) => return Ok(Upsert::Created(created.html_url)),
                    Err(error) if error.is_refusal() => return Err(error),
                    // GitHub may have created it: search again before another attempt.
                    Err(error) => last = Some(error),
                },
            }
        }
        Err(last.unwrap_or_else(|| ForgeError::unreachable(&what, "not written")))
    }

    async fn react(
        &self,
        _number: u64,
        comment: u64,
        reaction: Reaction,
    ) -> Result<(), ForgeError> {
        let what = format!("reaction to comment {comment}");
        let route = format!("{}/issues/comments/{comment}/reactions", self.root);
        let content = match reaction {
            Reaction::Seen => "eyes",
            Reaction::Done => "rocket",
            Reaction::Failed => "confused",
        };
        let body = json!({ "content": content });
        // GitHub answers with the reaction if it exists.
        self.write::<IgnoredAny>(&what, Method::POST, &route, &body, true)
            .await?;
        Ok(())
    }
}

impl wire::Comment {
    pub(super) fn into_ours(self, what: &str) -> Result<Comment, ForgeError> {
        let number = self.number();
        let number = number.ok_or_else(|| ForgeError::invalid(what, "the answer has no number"))?;
        Ok(Comment {
            id: self.id,
            number,
            url: self.html_url.clone(),
            edited: self.may_be_edited(),
            created: self.created_at.as_deref().and_then(|at| at.parse().ok()),
            by: self.user.and_then(wire::Actor::account),
            body: self.body.unwrap_or_default(),
        })
    }
}

impl GitHub {
    /// The first comment by `own` that begins with `marker`.
    async fn find_own_comment(
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
        self.get_first(&what, &route, MAX_PAGES, is_ours).await
    }
}
