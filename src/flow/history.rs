//! From commits of the default branch to the pull requests that brought them.

use crate::forge::{ForgeError, Reviews};
use crate::model::CommitSha;

/// A push of more is looked at by nobody: whoever rewrites a branch may bring thousands of commits.
const MOST_COMMITS: usize = 250;
const WHAT: &str = "commits of the push";

/// What one pull request, or nobody's, brought onto the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The pull request; `None` for commits that were pushed without one, or of which it is not certain.
    pub number: Option<u64>,
    /// The branch before.
    pub base: CommitSha,
    /// The branch after.
    pub merge: CommitSha,
}

/// What came between two commits of the default branch, oldest first. Only the branch's own line is followed: what a merge commit
/// brought is its pull request's.
pub async fn segments(
    forge: &dyn Reviews,
    before: &CommitSha,
    after: &CommitSha,
) -> Result<Vec<Segment>, ForgeError> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut at = after.clone();
    for _ in 0..MOST_COMMITS {
        if at == *before {
            segments.reverse();
            return Ok(segments);
        }
        let (number, parent) = tokio::try_join!(brought_by(forge, &at), parent(forge, &at))?;
        let Some(parent) = parent else { break };
        match segments.last_mut() {
            // A rebased pull request is several commits.
            Some(newer) if newer.number.is_some() && newer.number == number => {
                newer.base = parent.clone();
            }
            _ => segments.push(Segment {
                number,
                base: parent.clone(),
                merge: at,
            }),
        }
        at = parent;
    }
    let message = format!(
        "{} is not among the last {MOST_COMMITS} commits before {}: the branch was rewritten, or too much was pushed at once",
        before.short(),
        after.short()
    );
    Err(ForgeError::unreachable(WHAT, message))
}

/// What a pull request brought, by the commit that its merge made.
pub async fn segment_of(
    forge: &dyn Reviews,
    number: u64,
    merge: &CommitSha,
) -> Result<Segment, ForgeError> {
    let mut at = merge.clone();
    for _ in 0..MOST_COMMITS {
        // The branch may begin where the pull request left it: that commit's parents are not asked for.
        if brought_by(forge, &at).await? != Some(number) {
            break;
        }
        let before = parent(forge, &at).await?;
        at = before.ok_or_else(|| {
            let message = format!("{} is the branch's first commit", at.short());
            ForgeError::unreachable(WHAT, message)
        })?;
    }
    Ok(Segment {
        // Where the merge's own commit is not certain, nothing is.
        number: (at != *merge).then_some(number),
        base: at,
        merge: merge.clone(),
    })
}

/// The one pull request that brought a commit.
async fn brought_by(forge: &dyn Reviews, at: &CommitSha) -> Result<Option<u64>, ForgeError> {
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
