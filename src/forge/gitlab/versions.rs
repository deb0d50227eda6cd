//! Versions of a merge request: one for each push to its branch, with GitLab's time. No date of a commit is read.
//! <https://docs.gitlab.com/api/merge_requests/#list-all-merge-request-diff-versions>

use jiff::Timestamp;

use super::client::GitLab;
use super::wire;
use crate::forge::ForgeError;
use crate::model::CommitSha;

/// 1,000 pushes to one merge request.
const MAX_PAGES: usize = 10;

/// A head of a merge request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadVersion {
    pub head: CommitSha,
    /// When GitLab recorded it, which is after the push.
    pub at: Timestamp,
}

impl GitLab {
    /// All heads, oldest first; `None` if one of them is not known.
    pub(super) async fn versions(
        &self,
        number: u64,
    ) -> Result<Option<Vec<HeadVersion>>, ForgeError> {
        let what = format!("versions of merge request {number}");
        let route = format!("{}/merge_requests/{number}/versions", self.root);
        match self
            .get_all::<wire::DiffVersion>(&what, &route, MAX_PAGES)
            .await
        {
            Ok(listed) => Ok(in_order(listed)),
            Err(error) if error.is_withheld() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn in_order(mut listed: Vec<wire::DiffVersion>) -> Option<Vec<HeadVersion>> {
    listed.sort_by_key(|version| version.id);
    let versions = listed.into_iter().map(|version| {
        Some(HeadVersion {
            head: CommitSha::parse(&version.head_commit_sha?).ok()?,
            at: version.created_at?.parse().ok()?,
        })
    });
    versions.collect()
}

/// The head that an approval saw: the newest version from before it, strictly. GitLab's approvals have no commit.
pub fn head_at(versions: &[HeadVersion], approved: Timestamp) -> Option<&CommitSha> {
    let before = versions.iter().rev().find(|version| version.at < approved);
    before.map(|version| &version.head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: u64, digit: char, at: &str) -> wire::DiffVersion {
        wire::DiffVersion {
            id,
            head_commit_sha: Some(digit.to_string().repeat(40)),
            created_at: Some(at.to_owned()),
        }
    }

    #[test]
    fn attack_an_approval_belongs_to_the_head_before_it() {
        let listed = vec![
            version(9, 'b', "2026-11-29T08:00:10.500Z"),
            version(4, 'a', "2026-11-29T08:00:00Z"),
        ];
        let versions = in_order(listed).unwrap();
        let head = |at: &str| {
            head_at(&versions, at.parse().unwrap()).map(|sha| sha.as_str().chars().next())
        };
        assert_eq!(head("2026-11-29T07:59:59Z"), None);
        // At the same time nothing is proved.
        assert_eq!(head("2026-11-29T08:00:00Z"), None);
        assert_eq!(head("2026-11-29T08:00:01Z"), Some(Some('a')));
        assert_eq!(head("2026-11-29T08:00:10.500Z"), Some(Some('a')));
        assert_eq!(head("2026-11-29T08:00:10.501Z"), Some(Some('b')));
        let mut unknown = version(5, 'c', "2026-11-29T08:00:00Z");
        unknown.created_at = None;
        assert_eq!(in_order(vec![unknown]), None);
    }
}
