//! How GitLab merges. <https://docs.gitlab.com/user/project/merge_requests/methods/>

use super::super::github::objects::Sha;
use super::build_commit::NewCommit;
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
        let pull = &self.projects[&project].pulls[&iid];
        let (target, head) = (pull.target.clone(), pull.head.clone());
        let new = merge.clone().or_else(|| squash.clone()).unwrap_or(head);
        self.move_branch(project, &target, &new, by);
        let at = self.now();
        let pull = self
            .project_mut(project)
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
        let data = &self.projects[&project];
        let onto = data.branches[&data.pulls[&iid].target].clone();
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
        let data = &self.projects[&project];
        let pull = &data.pulls[&iid];
        let head = squashed.unwrap_or(&pull.head).clone();
        let path = data.full_path();
        let message = format!(
            "Merge branch '{}' into '{}'\n\n{}\n\nSee merge request {path}!{iid}",
            pull.source, pull.target, pull.title
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
        let data = &self.projects[&project];
        let pull = &data.pulls[&iid];
        let onto = data.branches[&pull.target].clone();
        let files = self.merged_files(data, &onto, &pull.head);
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
            .project_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.state = "closed";
        pull.updated.clone_from(&at);
        pull.closed = Some((by, at));
    }
}
