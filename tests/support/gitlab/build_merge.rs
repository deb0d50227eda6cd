//! Merges for tests.

use super::super::forge::NewCommit;
use super::super::forge::objects::Sha;
use super::build_pull::Pull;
use super::merging::Method;
use super::state::User;

impl Pull {
    /// Merges with a merge commit whose tree is the target with the merge request's changes.
    pub fn merge(&self, by: &User) -> Sha {
        self.merge_by(by, Method::MergeCommit)
    }

    /// As `merge`, with one commit whose only parent is the target: a fast-forward project that squashes.
    pub fn squash(&self, by: &User) -> Sha {
        self.repo.with(|p| p.merge_method = "ff");
        self.merge_by(by, Method::Squash)
    }

    /// One commit, and a merge commit above it.
    pub fn squash_and_merge(&self, by: &User) -> Sha {
        self.merge_by(by, Method::SquashAndMerge)
    }

    /// The target becomes the head: no merge commit, no squash commit.
    #[track_caller]
    pub fn fast_forward(&self, by: &User) -> Sha {
        let (base, head) = (self.repo.head(&self.base_ref()), self.head_sha());
        let ancestors = self.repo.state(|s| s.objects.ancestors(&head));
        assert!(
            ancestors.contains(&base),
            "the head is not ahead of the target: rebase first"
        );
        self.repo.with(|p| p.merge_method = "ff");
        self.merge_by(by, Method::FastForward)
    }

    /// As `merge`, with further files that the merging person writes into the merge commit.
    pub fn merge_with(&self, by: &User, files: &[(&str, &str)]) -> Sha {
        let merge = self
            .repo
            .state(|s| s.merge_commit(self.repo.id, self.number, by.id, None));
        let (base, target) = (self.repo.head(&self.base_ref()), self.base_ref());
        self.repo.state(|s| {
            let mut tree = (*s.objects.commit(&merge).expect("it was made").files).clone();
            for (path, text) in files {
                let sha = s.objects.put_blob(text.as_bytes().to_vec());
                let mode = super::super::forge::objects::FILE;
                tree.insert(
                    (*path).to_owned(),
                    super::super::forge::objects::Leaf { mode, sha },
                );
            }
            let head = s.repos[&self.repo.id].pulls[&self.number].head_sha.clone();
            let message = format!("Merge branch into '{target}'");
            let new = NewCommit {
                parents: vec![base, head],
                message,
                author: by.id,
                files: tree,
            };
            let sha = s.put_commit(self.repo.id, new, None);
            s.merge(self.repo.id, self.number, by.id, Method::FastForward);
            s.move_branch(self.repo.id, &target, &sha, by.id);
            let pull = s.repo_mut(self.repo.id).pulls.get_mut(&self.number);
            let merged = pull.and_then(|p| p.merged.as_mut()).expect("it is merged");
            merged.merge_commit = Some(sha.clone());
            sha
        })
    }

    fn merge_by(&self, by: &User, method: Method) -> Sha {
        self.repo
            .state(|s| s.merge(self.repo.id, self.number, by.id, method))
    }

    /// Rebases the source branch onto the target, as the button does: the same patch, another head.
    pub fn rebase_source(&self, by: &User) -> Sha {
        let (onto, head) = (self.repo.head(&self.base_ref()), self.head_sha());
        let source = self.head_ref();
        self.head_repo.state(|s| {
            let project = &s.repos[&self.repo.id];
            let files = s.merged_files(project, &onto, &head);
            let message = s
                .objects
                .commit(&head)
                .map(|c| c.message.clone())
                .unwrap_or_default();
            let author = s.objects.commit(&head).map_or(by.id, |c| c.author);
            let new = NewCommit {
                parents: vec![onto],
                message,
                author,
                files,
            };
            let sha = s.put_commit(self.head_repo.id, new, None);
            s.move_branch(self.head_repo.id, &source, &sha, by.id);
            sha
        })
    }
}
