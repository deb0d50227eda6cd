//! From commits of the default branch to the pull requests that brought them.

use crate::forge::{ForgeError, Reviews};
use crate::model::CommitSha;

/// A push of more is looked at by nobody: whoever rewrites a branch may bring thousands of commits.
const MAX_COMMITS: usize = 250;
const WHAT: &str = "commits of the push";

/// What one pull request, or nobody's, brought onto the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRange {
    /// The pull request; `None` for commits that were pushed without one, or of which it is not certain.
    pub number: Option<u64>,
    /// The branch before.
    pub base: CommitSha,
    /// The branch after.
    pub merge: CommitSha,
}

/// What came between two commits of the default branch, oldest first. Only the branch's own line is followed: what a merge commit
/// brought is its pull request's.
pub async fn merged_ranges(
    forge: &dyn Reviews,
    before: &CommitSha,
    after: &CommitSha,
) -> Result<Vec<MergedRange>, ForgeError> {
    let mut ranges: Vec<MergedRange> = Vec::new();
    let mut at = after.clone();
    for _ in 0..MAX_COMMITS {
        if at == *before {
            ranges.reverse();
            return Ok(ranges);
        }
        let (number, parent) = tokio::try_join!(pull_request_of(forge, &at), parent(forge, &at))?;
        let Some(parent) = parent else { break };
        match ranges.last_mut() {
            // A rebased pull request is several commits.
            Some(newer) if newer.number.is_some() && newer.number == number => {
                newer.base = parent.clone();
            }
            _ => ranges.push(MergedRange {
                number,
                base: parent.clone(),
                merge: at,
            }),
        }
        at = parent;
    }
    let message = format!(
        "{} is not among the last {MAX_COMMITS} commits before {}: the branch was rewritten, or too much was pushed at once",
        before.short(),
        after.short()
    );
    Err(ForgeError::unreachable(WHAT, message))
}

/// What a pull request brought, by the commit that its merge made.
pub async fn range_of_pull_request(
    forge: &dyn Reviews,
    number: u64,
    merge: &CommitSha,
) -> Result<MergedRange, ForgeError> {
    let mut at = merge.clone();
    for _ in 0..MAX_COMMITS {
        // The branch may begin where the pull request left it: that commit's parents are not asked for.
        if pull_request_of(forge, &at).await? != Some(number) {
            break;
        }
        let before = parent(forge, &at).await?;
        at = before.ok_or_else(|| {
            let message = format!("{} is the branch's first commit", at.short());
            ForgeError::unreachable(WHAT, message)
        })?;
    }
    Ok(MergedRange {
        // Where the merge's own commit is not certain, nothing is.
        number: (at != *merge).then_some(number),
        base: at,
        merge: merge.clone(),
    })
}

/// The one pull request that brought a commit.
async fn pull_request_of(forge: &dyn Reviews, at: &CommitSha) -> Result<Option<u64>, ForgeError> {
    let numbers = forge.merged_by(at).await?;
    Ok(match numbers[..] {
        [one] => Some(one),
        _ => None,
    })
}

/// The commit before it on the branch's own line; none before the first.
async fn parent(forge: &dyn Reviews, at: &CommitSha) -> Result<Option<CommitSha>, ForgeError> {
    Ok(forge.parents(at).await?.into_iter().next())
}
