//! Who pushed what, and when. A commit's author and dates are claims of its creator; GitHub's record of activities is not.
//! <https://docs.github.com/en/rest/repos/repos#list-repository-activities>

use super::client::GitHub;
use super::paging::PAGE;
use super::route::encoded;
use super::wire;
use crate::forge::{ForgeError, Push};
use crate::model::CommitSha;

/// Limit of the search. A branch with more pushes has unknown ones.
const MAX_PAGES: usize = 20;

impl GitHub {
    /// Every push to a branch, oldest first; `None` if not all of them are known. The record of a branch that points at `head` has a
    /// push of it.
    pub(super) async fn pushes(
        &self,
        branch: &str,
        head: &CommitSha,
    ) -> Result<Option<Vec<Push>>, ForgeError> {
        let all = format!("{}/activity?per_page={PAGE}", self.root);
        let reference = format!("refs/heads/{branch}");
        let of_branch = format!("{all}&ref={}", encoded(&reference));
        for route in [of_branch, all] {
            match self.pushes_among(&route, &reference).await {
                Ok(Some(pushes)) if pushes.iter().any(|push| push.after == *head) => {
                    return Ok(Some(pushes));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                // GitHub does not document its answer for a deleted branch: then all branches are searched.
                Err(error) if error.is_refusal() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn pushes_among(
        &self,
        route: &str,
        reference: &str,
    ) -> Result<Option<Vec<Push>>, ForgeError> {
        let what = "activities of the repository";
        let mut pushes = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = match &cursor {
                Some(cursor) => format!("{route}&after={cursor}"),
                None => route.to_owned(),
            };
            let (activities, next) = self.get_after::<wire::Activity>(what, &page).await?;
            let ours = activities
                .into_iter()
                .filter(|activity| activity.reference.as_deref() == Some(reference));
            pushes.extend(ours.filter_map(push));
            cursor = next;
            if cursor.is_none() {
                pushes.reverse();
                return Ok(Some(pushes));
            }
        }
        Ok(None)
    }
}

/// `None` for a deletion.
fn push(activity: wire::Activity) -> Option<Push> {
    let is_commit = |sha: &CommitSha| sha.as_str().bytes().any(|digit| digit != b'0');
    let commit = |text: Option<String>| CommitSha::parse(&text?).ok().filter(is_commit);
    Some(Push {
        after: commit(activity.after)?,
        before: commit(activity.before),
        by: activity.actor.and_then(wire::Actor::account),
        at: activity.timestamp.and_then(|time| time.parse().ok()),
    })
}
