//! Notes on merge requests, and emoji reactions to them.
//! <https://docs.gitlab.com/api/notes/#merge-requests>, <https://docs.gitlab.com/api/emoji_reactions/>

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitLab;
use super::wire;
use crate::forge::{Comment, Comments, ForgeError, Reaction, Upsert};
use crate::model::UserId;
use crate::report::with_merge_requests;

/// A merge request with more notes is not worth reading on every push.
const MAX_PAGES: usize = 100;
/// How often to create a note again after an answer that does not say whether it was created.
const ATTEMPTS: usize = 3;
/// GitLab's words for a reaction that exists.
const EXISTS: &str = "already been taken";

/// The answer to a write. A note that GitLab took for quick actions has no id.
#[derive(Deserialize)]
struct Written {
    id: Option<u64>,
}

#[async_trait]
impl Comments for GitLab {
    async fn comment(&self, number: u64, id: u64) -> Result<Option<Comment>, ForgeError> {
        let what = format!("note {id}");
        let route = format!("{}/merge_requests/{number}/notes/{id}", self.root);
        let note: wire::Note = match self.get(&what, &route).await {
            Ok(note) => note,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        // A system note is written by GitLab, and names the user who acted.
        if note.system || note.noteable_type.as_deref() != Some("MergeRequest") {
            return Ok(None);
        }
        let number = note
            .noteable_iid
            .ok_or_else(|| ForgeError::invalid(&what, "the answer has no number"))?;
        let by = match &note.author {
            Some(author) => Some(self.account(author).await?),
            None => None,
        };
        Ok(Some(Comment {
            number,
            url: self.note_page(number, note.id),
            by,
            // Other actions may move the time too; then the command is to be given again.
            edited: note.created_at.is_none() || note.created_at != note.updated_at,
            body: note.body.unwrap_or_default(),
        }))
    }

    async fn own_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<String>, ForgeError> {
        // What the check wrote is there under the check's user.
        let users = [Some(own), self.check_user];
        let notes = self.notes(number).await?;
        let ours = notes.into_iter().find(|note| {
            let mut users = users.into_iter().flatten();
            users.any(|user| is_ours(note, user, marker))
        });
        Ok(ours.and_then(|note| note.body))
    }

    async fn upsert_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError> {
        let what = format!("note on merge request {number}");
        let body = with_merge_requests(body);
        reject_quick_actions(&what, &body)?;
        let list = format!("{}/merge_requests/{number}/notes", self.root);
        let json = json!({ "body": body });
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let notes = self.notes(number).await?;
            let ours = notes.into_iter().find(|note| is_ours(note, own, marker));
            match ours {
                Some(ours) if ours.body.as_deref().map(str::trim_end) == Some(body.trim_end()) => {
                    return Ok(Upsert::Unchanged(self.note_page(number, ours.id)));
                }
                Some(ours) => {
                    let route = format!("{list}/{}", ours.id);
                    self.write::<IgnoredAny>(&what, Method::PUT, &route, &json, true)
                        .await?;
                    return Ok(Upsert::Updated(self.note_page(number, ours.id)));
                }
                None => match self
                    .write::<Written>(&what, Method::POST, &list, &json, false)
                    .await
                {
                    Ok(Written { id: Some(id) }) => {
                        return Ok(Upsert::Created(self.note_page(number, id)));
                    }
                    Ok(Written { id: None }) => {
                        return Err(ForgeError::invalid(&what, "GitLab created no note"));
                    }
                    Err(error) if error.is_refusal() => return Err(error),
                    // GitLab may have created it: search again before another attempt.
                    Err(error) => last = Some(error),
                },
            }
        }
        Err(last.unwrap_or_else(|| ForgeError::unreachable(&what, "not written")))
    }

    async fn react(&self, number: u64, comment: u64, reaction: Reaction) -> Result<(), ForgeError> {
        let what = format!("reaction to note {comment}");
        let route = format!(
            "{}/merge_requests/{number}/notes/{comment}/award_emoji",
            self.root
        );
        let name = match reaction {
            Reaction::Seen => "eyes",
            Reaction::Done => "rocket",
            Reaction::Failed => "confused",
        };
        let body = json!({ "name": name });
        match self
            .write::<IgnoredAny>(&what, Method::POST, &route, &body, true)
            .await
        {
            Err(error) if !error.message.contains(EXISTS) => Err(error),
            _ => Ok(()),
        }
    }
}

impl GitLab {
    async fn notes(&self, number: u64) -> Result<Vec<wire::Note>, ForgeError> {
        self.notes_of(number, "only_comments").await
    }

    /// What happened to the merge request: notes that GitLab writes in the name of who acted.
    pub(super) async fn activity(&self, number: u64) -> Result<Vec<wire::Note>, ForgeError> {
        let mut notes = self.notes_of(number, "only_activity").await?;
        notes.retain(|note| note.system);
        Ok(notes)
    }

    async fn notes_of(&self, number: u64, filter: &str) -> Result<Vec<wire::Note>, ForgeError> {
        let what = format!("notes on merge request {number}");
        let route = format!(
            "{}/merge_requests/{number}/notes?sort=asc&order_by=created_at&activity_filter={filter}",
            self.root
        );
        self.get_all(&what, &route, MAX_PAGES).await
    }

    fn note_page(&self, number: u64, id: u64) -> String {
        format!("{}/-/merge_requests/{number}#note_{id}", self.page)
    }
}

fn is_ours(note: &wire::Note, user: UserId, marker: &str) -> bool {
    let by = note.author.as_ref();
    let body = note.body.as_deref();
    !note.system
        && by.is_some_and(|by| UserId(by.id) == user)
        && body.is_some_and(|body| body.starts_with(marker))
}

/// The last line of defence: GitLab executes a line that begins with a slash as the token's user, in some versions in a code block too.
/// <https://docs.gitlab.com/user/project/quick_actions/>
pub(super) fn reject_quick_actions(what: &str, body: &str) -> Result<(), ForgeError> {
    let body = body.replace('\r', "");
    let is_action = |line: &str| {
        line.strip_prefix('/')
            .is_some_and(|rest| !rest.starts_with("provisioner "))
    };
    match body.lines().any(is_action) {
        true => Err(ForgeError::invalid(
            what,
            "a line begins with `/`, which GitLab would execute",
        )),
        false => Ok(()),
    }
}
