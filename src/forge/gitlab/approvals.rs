//! Approvals and requests for changes. GitLab keeps one row for each user and merge request, without a commit.
//! <https://docs.gitlab.com/api/merge_request_approvals/>

use std::collections::BTreeMap;

use super::client::GitLab;
use super::versions::{HeadVersion, head_at};
use super::wire;
use crate::forge::{ForgeError, Users as _};
use crate::guard::{Review, ReviewState};
use crate::model::CommitSha;

/// How GitLab's notes of both begin, in English on every server.
const OBJECTION: &str = "requested changes";
const APPROVAL: &str = "approved this merge request";

impl GitLab {
    /// Approvals that are in force, and requests for changes. `None` if the token may not read them. An approval counts for the head
    /// that GitLab recorded before it. An approval without a time, or without a known head before it, is left out.
    pub(super) async fn reviews_of(
        &self,
        number: u64,
        head: &CommitSha,
        versions: Option<&[HeadVersion]>,
        teams: &[String],
    ) -> Result<Option<Vec<Review>>, ForgeError> {
        let what = format!("approvals of merge request {number}");
        let root = format!("{}/merge_requests/{number}", self.root);
        let routes = [format!("{root}/approvals"), format!("{root}/reviewers")];
        let (approvals, reviewers, activity) = tokio::join!(
            self.get::<wire::Approvals>(&what, &routes[0]),
            self.get::<Vec<wire::Reviewer>>(&what, &routes[1]),
            self.activity(number),
        );
        let approvals = match approvals {
            Ok(approvals) => approvals,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        // Older servers have no states of reviewers. A request for changes must not be missed, so that nothing counts then.
        let reviewers = match reviewers {
            Ok(reviewers) => reviewers,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        let activity = match activity {
            Ok(activity) => activity,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut reviews = Vec::new();
        for approval in approvals.approved_by {
            let at = approval
                .approved_at
                .as_deref()
                .and_then(|at| at.parse().ok());
            let (Some(user), Some(at), Some(versions)) = (approval.user, at, versions) else {
                continue;
            };
            let Some(commit) = head_at(versions, at).cloned() else {
                continue;
            };
            let by = self.account(&user).await?;
            reviews.push(Review {
                by: self.actor(&by, teams).await?,
                state: ReviewState::Approved,
                commit,
                at: Some(at),
            });
        }
        for user in objecting(reviewers, activity) {
            let by = self.account(&user).await?;
            let by = self.actor(&by, teams).await?;
            // A request for changes is newer than an approval by the same user: it removes that approval.
            reviews.push(Review {
                by,
                state: ReviewState::ChangesRequested,
                commit: head.clone(),
                at: None,
            });
        }
        Ok(Some(reviews))
    }
}

/// Who requested changes. GitLab keeps a state of reviewers alone, and not everybody who reviews becomes one: GitLab Free has one
/// reviewer, and servers before 19 add no one. For all others, the activity is read.
fn objecting(reviewers: Vec<wire::Reviewer>, activity: Vec<wire::Note>) -> Vec<wire::UserRef> {
    let mut objecting = BTreeMap::new();
    for note in activity {
        let body = note.body.unwrap_or_default();
        let Some(author) = note.author else {
            continue;
        };
        if body.starts_with(OBJECTION) {
            objecting.insert(author.id, author);
        } else if body.starts_with(APPROVAL) {
            objecting.remove(&author.id);
        }
    }
    for reviewer in reviewers {
        let Some(user) = reviewer.user else {
            continue;
        };
        match reviewer.state.as_deref() {
            Some("requested_changes") => objecting.insert(user.id, user),
            _ => objecting.remove(&user.id),
        };
    }
    objecting.into_values().collect()
}
