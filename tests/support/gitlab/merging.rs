//! How GitLab merges. <https://docs.gitlab.com/user/project/merge_requests/methods/>

use super::super::forge::NewCommit;
use super::super::forge::objects::Sha;
use super::state::{Merged, State};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Method {
    MergeCommit,
    /// One commit on the target, without a merge commit.
    Squash,
    /// One commit, merged with a merge commit.
    SquashAndMerge,
    FastForward,
}

impl State {
    /// The target's new head.
    pub fn merge(&mut self, project: u64, iid: u64, by: u64, method: Method) -> Sha {
        let (squash, merge) = match method {
            Method::MergeCommit => (None, Some(self.merge_commit(project, iid, by, None))),
            Method::Squash => (Some(self.squash_commit(project, iid, by)), None),
            Method::SquashAndMerge => {
                let squash = self.squash_commit(project, iid, by);
                let merge = self.merge_commit(project, iid, by, Some(&squash));
                (Some(squash), Some(merge))
            }
            Method::FastForward => (None, None),
        };
        let pull = &self.repos[&project].pulls[&iid];
        let (target, head) = (pull.base_ref.clone(), pull.head_sha.clone());
        let new = merge.clone().or_else(|| squash.clone()).unwrap_or(head);
        self.move_branch(project, &target, &new, by);
        let at = self.now();
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.state = "merged";
        pull.updated.clone_from(&at);
        pull.merged = Some(Merged {
            by,
            at,
            merge_commit: merge,
            squash_commit: squash,
        });
        new
    }

    /// A commit of the target and the head, on no branch yet.
    pub fn merge_commit(&mut self, project: u64, iid: u64, by: u64, squashed: Option<&Sha>) -> Sha {
        let data = &self.repos[&project];
        let onto = data.branches[&data.pulls[&iid].base_ref].clone();
        self.merge_commit_onto(project, iid, by, squashed, &onto)
    }

    pub fn merge_commit_onto(
        &mut self,
        project: u64,
        iid: u64,
        by: u64,
        squashed: Option<&Sha>,
        onto: &str,
    ) -> Sha {
        let data = &self.repos[&project];
        let pull = &data.pulls[&iid];
        let head = squashed.unwrap_or(&pull.head_sha).clone();
        let path = data.full_name();
        let message = format!(
            "Merge branch '{}' into '{}'\n\n{}\n\nSee merge request {path}!{iid}",
            pull.head_ref, pull.base_ref, pull.title
        );
        let files = self.merged_files(data, onto, &head);
        let parents = vec![onto.to_owned(), head];
        self.put_commit(
            project,
            NewCommit {
                parents,
                message,
                author: by,
                files,
            },
            None,
        )
    }

    fn squash_commit(&mut self, project: u64, iid: u64, by: u64) -> Sha {
        let data = &self.repos[&project];
        let pull = &data.pulls[&iid];
        let onto = data.branches[&pull.base_ref].clone();
        let files = self.merged_files(data, &onto, &pull.head_sha);
        let (message, parents) = (pull.title.clone(), vec![onto]);
        self.put_commit(
            project,
            NewCommit {
                parents,
                message,
                author: by,
                files,
            },
            None,
        )
    }

    pub fn close(&mut self, project: u64, iid: u64, by: u64) {
        let at = self.now();
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.state = "closed";
        pull.updated.clone_from(&at);
        pull.closed = Some((by, at));
    }
}
