//! Who pushed what, and when. A commit's author and dates are claims of its creator; GitHub's record of activities is not.
//! <https://docs.github.com/en/rest/repos/repos#list-repository-activities>

use super::client::GitHub;
use super::paging::PAGE;
use super::wire;
use crate::forge::route::encoded;
use crate::forge::{ForgeError, Push};
use crate::model::CommitSha;

const WHAT: &str = "activities of the repository";
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
        let mut pauses = self.recent.pauses(WHAT);
        loop {
            match self.recorded_pushes(branch, head).await? {
                Record::Complete(pushes) => return Ok(Some(pushes)),
                Record::Withheld => return Ok(None),
                Record::WithoutHead if pauses.wait().await => {}
                Record::WithoutHead => return Ok(None),
            }
        }
    }

    async fn recorded_pushes(&self, branch: &str, head: &CommitSha) -> Result<Record, ForgeError> {
        let all = format!("{}/activity?per_page={PAGE}", self.root);
        let reference = format!("refs/heads/{branch}");
        let of_branch = format!("{all}&ref={}", encoded(&reference));
        for (route, is_last) in [(of_branch, false), (all, true)] {
            match self.pushes_among(&route, &reference).await {
                Ok(Some(pushes)) if pushes.iter().any(|push| push.after == *head) => {
                    return Ok(Record::Complete(pushes));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(Record::Withheld),
                Err(error) if error.is_not_allowed() => return Ok(Record::Withheld),
                // GitHub does not document its answer for a deleted branch: then all branches are searched.
                Err(error) if error.is_refusal() && !is_last => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Record::WithoutHead)
    }

    async fn pushes_among(
        &self,
        route: &str,
        reference: &str,
    ) -> Result<Option<Vec<Push>>, ForgeError> {
        let mut pushes = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = match &cursor {
                Some(cursor) => format!("{route}&after={cursor}"),
                None => route.to_owned(),
            };
            let (activities, next) = self.get_after::<wire::Activity>(WHAT, &page).await?;
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

/// The record of a branch's pushes.
enum Record {
    Complete(Vec<Push>),
    /// The push of the head is not recorded, or not yet.
    WithoutHead,
    /// It is too long, or the token may not read it.
    Withheld,
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
