//! Who pushed what, and when. A commit's author and dates are claims of its creator; GitLab's versions and events are not.
//! <https://docs.gitlab.com/api/events/>

use std::collections::BTreeMap;

use super::client::GitLab;
use super::versions::HeadVersion;
use super::wire;
use crate::forge::{ForgeError, Push, User};
use crate::model::CommitSha;

const WHAT: &str = "push events of the project";
/// Limit of the search. A branch with pushes before that has unknown ones.
const MAX_PAGES: usize = 20;

impl GitLab {
    /// Every push to a merge request's branch, oldest first. `None` if not all of them are known: an event is missing, is older than
    /// GitLab keeps them, or belongs to a push of many branches, whose event names no commit.
    pub(super) async fn pushes(
        &self,
        branch: &str,
        versions: &[HeadVersion],
    ) -> Result<Option<Vec<Push>>, ForgeError> {
        let mut pauses = self.recent.pauses(WHAT);
        loop {
            let Some(by_commit) = self.pushers(branch).await? else {
                return Ok(None);
            };
            if let Some(pushes) = pushes(versions, &by_commit) {
                return Ok(Some(pushes));
            }
            if !pauses.wait().await {
                return Ok(None);
            }
        }
    }

    /// Who pushed each commit to a branch; `None` if the events cannot be read.
    async fn pushers(
        &self,
        branch: &str,
    ) -> Result<Option<BTreeMap<CommitSha, Vec<User>>>, ForgeError> {
        let route = format!("{}/events?action=pushed&sort=asc", self.root);
        let events = match self.get_all::<wire::Event>(WHAT, &route, MAX_PAGES).await {
            Ok(events) => events,
            Err(error) if error.is_refusal() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut by_commit: BTreeMap<CommitSha, Vec<User>> = BTreeMap::new();
        for event in events {
            let Some(push) = event.push_data else {
                continue;
            };
            let is_ours = push.reference.as_deref() == Some(branch)
                && push.ref_type.as_deref().unwrap_or("branch") == "branch";
            let commit = push.commit_to.as_deref().map(CommitSha::parse);
            let (true, Some(Ok(commit)), Some(author)) = (is_ours, commit, event.author) else {
                continue;
            };
            let by = self.account(&author).await?;
            let known = by_commit.entry(commit).or_default();
            if !known.contains(&by) {
                known.push(by);
            }
        }
        Ok(Some(by_commit))
    }
}

/// Each version with all pushers of its commit. `None` if a version has no known pusher.
fn pushes(
    versions: &[HeadVersion],
    by_commit: &BTreeMap<CommitSha, Vec<User>>,
) -> Option<Vec<Push>> {
    let mut pushes = Vec::new();
    let mut before: Option<CommitSha> = None;
    for version in versions {
        for by in by_commit.get(&version.head).filter(|by| !by.is_empty())? {
            pushes.push(Push {
                by: Some(by.clone()),
                before: before.clone(),
                after: version.head.clone(),
                at: Some(version.at),
            });
        }
        before = Some(version.head.clone());
    }
    (!pushes.is_empty()).then_some(pushes)
}
