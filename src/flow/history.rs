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
        let (number, parent) = step(forge, &at).await?;
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
        let (brought_by, parent) = step(forge, &at).await?;
        if brought_by != Some(number) {
            break;
        }
        at = parent;
    }
    Ok(Segment {
        // Where the merge's own commit is not certain, nothing is.
        number: (at != *merge).then_some(number),
        base: at,
        merge: merge.clone(),
    })
}

/// The one pull request that brought a commit, and the commit before it.
async fn step(forge: &dyn Reviews, at: &CommitSha) -> Result<(Option<u64>, CommitSha), ForgeError> {
    let (numbers, parents) = tokio::try_join!(forge.merged_by(at), forge.parents(at))?;
    let number = match numbers[..] {
        [one] => Some(one),
        _ => None,
    };
    let parent = parents.into_iter().next();
    let parent = parent.ok_or_else(|| {
        ForgeError::unreachable(WHAT, format!("{} is the branch's first commit", at.short()))
    })?;
    Ok((number, parent))
}
