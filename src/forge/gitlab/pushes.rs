//! Who pushed what, and when. A commit's author and dates are claims of its creator; GitLab's versions and events are not.
//! <https://docs.gitlab.com/api/events/>

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::client::GitLab;
use super::versions::HeadVersion;
use super::wire;
use crate::forge::{ForgeError, Push, User};
use crate::model::CommitSha;

const WHAT: &str = "push events of the project";
/// The newest events of the project, which are always read: they can belong to an earlier branch of the same name.
const USUAL_EVENTS: usize = 2_000;
/// 20,000 pushes to the project since the branch was created. Older events are read only up to its creation.
const MAX_PAGES: usize = 200;
/// GitLab records a push after it moved the branch, so that a merge request of the same push can be older.
const RECORDED_LATER: SignedDuration = SignedDuration::from_secs(60);

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
            let Some(by_commit) = self.pushers(branch, versions).await? else {
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
        versions: &[HeadVersion],
    ) -> Result<Option<BTreeMap<CommitSha, Vec<User>>>, ForgeError> {
        let Some(first) = versions.first() else {
            return Ok(None);
        };
        // Newest first: a new event moves others to later pages, and none away from them.
        let route = format!("{}/events?action=pushed&sort=desc", self.root);
        let are_enough = |events: &[wire::Event]| {
            events.len() >= USUAL_EVENTS && are_all_since(events, branch, first.at)
        };
        let read = self.get_until(WHAT, &route, MAX_PAGES, are_enough);
        let events = match read.await {
            Ok(events) => events,
            Err(error) if error.is_refusal() => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut by_commit: BTreeMap<CommitSha, Vec<User>> = BTreeMap::new();
        for event in events.into_iter().rev() {
            let Some(push) = event.push_data else {
                continue;
            };
            let commit = push.commit_to.as_deref().map(CommitSha::parse);
            let (true, Some(Ok(commit)), Some(author)) = (push.is_to(branch), commit, event.author)
            else {
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

/// Whether the newest events are all pushes to the branch since it was created, and it was created before a merge request of it, of
/// which `first` is the first version. Each push then begins where another one ended, or at the creation.
fn are_all_since(events: &[wire::Event], branch: &str, first: Timestamp) -> bool {
    let at = |event: &wire::Event| event.created_at.as_ref()?.parse::<Timestamp>().ok();
    // An earlier branch of that name may have been deleted after the merge request was opened.
    let oldest = events.last().and_then(at);
    if oldest.is_none_or(|oldest| oldest >= first) {
        return false;
    }
    let ours = || {
        let pushes = events
            .iter()
            .filter_map(|event| Some((event, event.push_data.as_ref()?)));
        pushes.filter(|(_, push)| push.is_to(branch))
    };
    let ends: BTreeSet<&str> = ours()
        .filter_map(|(_, push)| push.commit_to.as_deref())
        .collect();
    let is_created = ours().any(|(event, push)| {
        let latest = first + RECORDED_LATER;
        push.commit_to.is_some()
            && push.commit_from.is_none()
            && at(event).is_some_and(|created| created <= latest)
    });
    is_created
        && ours().all(|(_, push)| {
            let from = push.commit_from.as_deref();
            from.is_none_or(|from| ends.contains(from))
        })
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
