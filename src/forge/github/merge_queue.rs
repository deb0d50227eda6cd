//! Branches of a merge queue, such as `gh-readonly-queue/main/pr-7-0123…`.
//! <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue>

use super::client::GitHub;
use super::wire;
use crate::forge::route::segment;
use crate::forge::{ForgeError, QueuedPullRequest, commit_sha};
use crate::model::CommitSha;

/// 1,000 branches. A queue holds at most 100 pull requests.
const MAX_PAGES: usize = 10;

impl GitHub {
    pub(super) async fn queue_branches(
        &self,
        branch: &str,
    ) -> Result<Vec<QueuedPullRequest>, ForgeError> {
        let what = format!("merge queue of branch {branch:?}");
        let segments: Option<Vec<String>> = branch.split('/').map(segment).collect();
        let path = segments
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be a branch's name"))?
            .join("/");
        let root = &self.root;
        let route = format!("{root}/git/matching-refs/heads/gh-readonly-queue/{path}/");
        let refs: Vec<wire::GitReference> = self.get_all(&what, &route, MAX_PAGES).await?;
        let prefix = format!("refs/heads/gh-readonly-queue/{branch}/");
        let mut queue = Vec::new();
        for reference in refs {
            let name = reference.name.strip_prefix(&prefix);
            if let Some((number, base)) = name.and_then(number_and_base) {
                queue.push(QueuedPullRequest {
                    number,
                    base,
                    head: commit_sha(&what, &reference.object.sha)?,
                });
            }
        }
        Ok(queue)
    }
}

/// The parts of `pr-7-0123…`. A name with more parts is not known.
fn number_and_base(name: &str) -> Option<(u64, CommitSha)> {
    let (number, base) = name.strip_prefix("pr-")?.split_once('-')?;
    Some((number.parse().ok()?, CommitSha::parse(base).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_a_branch_of_another_shape_is_not_a_group() {
        let base = "0123456789abcdef0123456789abcdef01234567";
        let parsed = number_and_base(&format!("pr-7-{base}"));
        assert_eq!(parsed, Some((7, CommitSha::parse(base).unwrap())));
        for name in [
            format!("pr-7-{base}-pr-8-{base}"),
            format!("pr-7-pr-8-{base}"),
            format!("pr-7/{base}"),
            format!("x-pr-7-{base}"),
            "pr-7-main".to_owned(),
            format!("pr--{base}"),
        ] {
            assert_eq!(number_and_base(&name), None, "{name}");
        }
    }
}
