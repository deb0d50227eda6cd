//! Where the pull requests of a merge queue's group come from.

use std::collections::BTreeSet;

use crate::forge::{DefaultBranch, Forge, ForgeError, QueuedPullRequest};
use crate::model::CommitSha;

/// Commits from a group to the default branch. A queue has at most 100 entries, and a rebased pull request has several commits.
const MAX_COMMITS: usize = 250;

/// Where the pull requests of a group come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOrigin {
    /// All of them come from this repository.
    Own,
    /// This one comes from a fork.
    Fork(u64),
    /// Not all of them are known.
    Unknown,
}

/// Finds all pull requests between the default branch and a group's head, those that wait ahead of the group too: their products and
/// configs are part of the head.
///
/// The forge names a group's branch after its pull request and its base. The branches have to form a chain without a gap from the
/// default branch to the head, because a commit of a queue is in no pull request before it is merged.
pub async fn group_origin(
    forge: &dyn Forge,
    branch: &DefaultBranch,
    head: &CommitSha,
) -> Result<GroupOrigin, ForgeError> {
    match read_origin(forge, branch, head).await {
        Err(error) if error.is_not_allowed() => {
            log::warn!("{error}");
            Ok(GroupOrigin::Unknown)
        }
        origin => origin,
    }
}

async fn read_origin(
    forge: &dyn Forge,
    branch: &DefaultBranch,
    head: &CommitSha,
) -> Result<GroupOrigin, ForgeError> {
    let start = forge.merge_base(&branch.tip, head).await?;
    let queue = forge.merge_queue(&branch.branch.name).await?;
    let Some(numbers) = pull_requests(forge, &queue, &start, head).await? else {
        return Ok(GroupOrigin::Unknown);
    };
    for number in numbers {
        if forge.pull_request(number).await?.fork {
            return Ok(GroupOrigin::Fork(number));
        }
    }
    Ok(GroupOrigin::Own)
}

/// The pull requests between two commits; `None` if a part of the way belongs to no known one, or if there is no way.
async fn pull_requests(
    forge: &dyn Forge,
    queue: &[QueuedPullRequest],
    start: &CommitSha,
    head: &CommitSha,
) -> Result<Option<BTreeSet<u64>>, ForgeError> {
    let mut numbers = BTreeSet::new();
    let mut at = head.clone();
    // Where the next group has to end.
    let mut end = head.clone();
    for _ in 0..MAX_COMMITS {
        if at == *start {
            return Ok((at == end && !numbers.is_empty()).then_some(numbers));
        }
        let mut groups = queue.iter().filter(|group| group.head == at);
        match (groups.next(), groups.next()) {
            (Some(group), None) if at == end => {
                numbers.insert(group.number);
                end = group.base.clone();
            }
            (None, _) if at != end => {}
            _ => return Ok(None),
        }
        match forge.parents(&at).await?.into_iter().next() {
            Some(parent) => at = parent,
            None => return Ok(None),
        }
    }
    Ok(None)
}
