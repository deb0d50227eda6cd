//! Notes on merge requests and issues, and emoji reactions to them.
//! <https://docs.gitlab.com/api/notes/#merge-requests>, <https://docs.gitlab.com/api/emoji_reactions/>

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::client::GitLab;
use super::wire;
use crate::forge::{Comment, Comments, ForgeError, OwnRecord, Reaction, Upsert};
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

/// What has notes.
#[derive(Clone, Copy)]
pub(super) enum Noteable {
    MergeRequest(u64),
    Issue(u64),
}

impl Noteable {
    /// GitLab's name of its type.
    fn kind(self) -> &'static str {
        match self {
            Self::MergeRequest(_) => "MergeRequest",
            Self::Issue(_) => "Issue",
        }
    }

    fn words(self) -> String {
        match self {
            Self::MergeRequest(number) => format!("merge request {number}"),
            Self::Issue(number) => format!("issue {number}"),
        }
    }

    /// Of the API and of the pages that people read.
    fn path(self) -> String {
        match self {
            Self::MergeRequest(number) => format!("merge_requests/{number}"),
            Self::Issue(number) => format!("issues/{number}"),
        }
    }
}

#[async_trait]
impl Comments for GitLab {
    async fn comment(&self, number: u64, id: u64) -> Result<Option<Comment>, ForgeError> {
        let what = format!("note {id}");
        let of = Noteable::MergeRequest(number);
        let route = format!("{}/{}/notes/{id}", self.root, of.path());
        let note: wire::Note = match self.get(&what, &route).await {
            Ok(note) => note,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        self.comment_from(note, of).await
    }

    async fn own_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<Option<String>, ForgeError> {
        // What the check wrote is there under the check's user.
        let users = [Some(own), self.check_user];
        let notes = self.notes(Noteable::MergeRequest(number)).await?;
        let ours = notes.into_iter().find(|note| {
            let mut users = users.into_iter().flatten();
            users.any(|user| is_ours(note, user, marker))
        });
        Ok(ours.and_then(|note| note.body))
    }

    /// Only Maintainers and Owners may edit the notes of others.
    /// <https://docs.gitlab.com/user/discussions/#edit-a-comment>
    async fn own_record(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
    ) -> Result<OwnRecord, ForgeError> {
        let text = self.own_comment(number, own, marker).await?;
        Ok(text.map_or(OwnRecord::Absent, OwnRecord::Text))
    }

    async fn upsert_comment(
        &self,
        number: u64,
        own: UserId,
        marker: &str,
        body: &str,
    ) -> Result<Upsert, ForgeError> {
        self.upsert_note(Noteable::MergeRequest(number), own, (marker, body))
            .await
    }

    async fn react(&self, number: u64, comment: u64, reaction: Reaction) -> Result<(), ForgeError> {
        self.award(Noteable::MergeRequest(number), comment, reaction)
            .await
    }
}

impl GitLab {
    /// `None` for a system note, which GitLab writes in the name of the user who acted, and for the note of something else.
    pub(super) async fn comment_from(
        &self,
        note: wire::Note,
        of: Noteable,
    ) -> Result<Option<Comment>, ForgeError> {
        if note.system || note.noteable_type.as_deref() != Some(of.kind()) {
            return Ok(None);
        }
        let number = note.noteable_iid.ok_or_else(|| {
            ForgeError::invalid(&format!("note {}", note.id), "the answer has no number")
        })?;
        let by = match &note.author {
            Some(author) => Some(self.account(author).await?),
            None => None,
        };
        Ok(Some(Comment {
            id: note.id,
            number,
            url: self.note_page(of, note.id),
            by,
            created: note.created_at.as_deref().and_then(|at| at.parse().ok()),
            // Other actions may move the time too; then the command is to be given again.
            edited: note.created_at.is_none() || note.created_at != note.updated_at,
            body: note.body.unwrap_or_default(),
        }))
    }

    pub(super) async fn upsert_note(
        &self,
        of: Noteable,
        own: UserId,
        (marker, body): (&str, &str),
    ) -> Result<Upsert, ForgeError> {
        let what = format!("note on {}", of.words());
        let body = with_merge_requests(body);
        reject_quick_actions(&what, &body)?;
        let list = format!("{}/{}/notes", self.root, of.path());
        let json = json!({ "body": body });
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let notes = self.notes(of).await?;
            let ours = notes.into_iter().find(|note| is_ours(note, own, marker));
            match ours {
                Some(ours) if ours.body.as_deref().map(str::trim_end) == Some(body.trim_end()) => {
                    return Ok(Upsert::Unchanged(self.note_page(of, ours.id)));
                }
                Some(ours) => {
                    let route = format!("{list}/{}", ours.id);
                    self.write::<IgnoredAny>(&what, Method::PUT, &route, &json, true)
                        .await?;
                    return Ok(Upsert::Updated(self.note_page(of, ours.id)));
                }
                None => match self
                    .write::<Written>(&what, Method::POST, &list, &json, false)
                    .await
                {
                    Ok(Written { id: Some(id) }) => {
                        return Ok(Upsert::Created(self.note_page(of, id)));
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

    pub(super) async fn award(
        &self,
        of: Noteable,
        comment: u64,
        reaction: Reaction,
    ) -> Result<(), ForgeError> {
        let what = format!("reaction to note {comment}");
        let route = format!("{}/{}/notes/{comment}/award_emoji", self.root, of.path());
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

    /// Oldest first.
    pub(super) async fn notes(&self, of: Noteable) -> Result<Vec<wire::Note>, ForgeError> {
        self.notes_of(of, "only_comments").await
    }

    /// What happened to the merge request: notes that GitLab writes in the name of who acted.
    pub(super) async fn activity(&self, number: u64) -> Result<Vec<wire::Note>, ForgeError> {
        let of = Noteable::MergeRequest(number);
        let mut notes = self.notes_of(of, "only_activity").await?;
        notes.retain(|note| note.system);
        Ok(notes)
    }

    async fn notes_of(&self, of: Noteable, filter: &str) -> Result<Vec<wire::Note>, ForgeError> {
        let what = format!("notes on {}", of.words());
        let route = format!(
            "{}/{}/notes?sort=asc&order_by=created_at&activity_filter={filter}",
            self.root,
            of.path()
        );
        self.get_all(&what, &route, MAX_PAGES).await
    }

    fn note_page(&self, of: Noteable, id: u64) -> String {
        format!("{}/-/{}#note_{id}", self.page, of.path())
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
