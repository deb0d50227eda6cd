//! The lock of the built-in products at the commits of a change.

use crate::config::{LOCK_FILE, Relock, lock_problems};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::forge::{ChangedFile, FileAt, ForgeError, Source};
use crate::guard::LockState;
use crate::model::{CommitSha, FileContents, RepoPath};

/// The lock; `None` if the commit has none.
pub(super) async fn lock_file_at(
    source: &dyn Source,
    commit: &CommitSha,
) -> Result<Option<FileContents>, ForgeError> {
    let path = &RepoPath::typed(LOCK_FILE);
    let files = source.read(&[FileAt { commit, path }]).await?;
    Ok(files.into_iter().next().flatten())
}

/// The lock of the default branch's tip as a fact.
pub async fn lock_at(source: &dyn Source, tip: &CommitSha) -> Result<LockState, ForgeError> {
    let file = lock_file_at(source, tip).await?;
    Ok(LockState::new(false, file.as_ref()))
}

/// The same for a merge from `base` to `merge`, which may have removed the lock.
pub(super) async fn merged_lock(
    (source, base, merge): (&dyn Source, &CommitSha, &CommitSha),
    (tip_source, tip): (&dyn Source, &CommitSha),
) -> Result<LockState, ForgeError> {
    let file = lock_file_at(tip_source, tip).await?;
    let is_removed = file.is_none()
        && lock_file_at(source, base).await?.is_some()
        && lock_file_at(source, merge).await?.is_none();
    Ok(LockState::new(is_removed, file.as_ref()))
}

/// How a change edits the lock. The change lists its files.
pub(super) async fn relocked(
    source: &dyn Source,
    base: &CommitSha,
    head: &CommitSha,
    files: &[ChangedFile],
) -> Result<Relock, ForgeError> {
    if !edits_lock(files) {
        return Ok(Relock::default());
    }
    let before = lock_file_at(source, base).await?;
    let after = lock_file_at(source, head).await?;
    Ok(Relock::new(before.as_ref(), after.as_ref()))
}

/// Whether a change edits the lock, or puts something else in place of its folder.
fn edits_lock(files: &[ChangedFile]) -> bool {
    let folder = LOCK_FILE.split('/').next();
    files.iter().any(|file| {
        let is_folder = |path: &RepoPath| Some(path.as_str()) == folder;
        file.is_under(LOCK_FILE) || file.paths().any(is_folder)
    })
}

/// The lock before a change that is not merged, and after its merge.
pub struct ProposedLock {
    before: Option<FileContents>,
    after: Option<FileContents>,
    /// The default branch and the change both edit it, so that what the merge leaves is not known.
    is_contested: bool,
}

impl ProposedLock {
    /// Reads the lock at the tip of the default branch, and of a change from `base` to `head` with these files.
    pub async fn read(
        (tip_source, tip): (&dyn Source, &CommitSha),
        (source, base, head): (&dyn Source, &CommitSha, &CommitSha),
        files: &[ChangedFile],
    ) -> Result<Self, ForgeError> {
        let before = lock_file_at(tip_source, tip).await?;
        if !edits_lock(files) {
            let after = before.clone();
            return Ok(Self {
                before,
                after,
                is_contested: false,
            });
        }
        let fork = lock_file_at(source, base).await?;
        let after = lock_file_at(source, head).await?;
        Ok(Self {
            is_contested: before != fork && after != before,
            before,
            after,
        })
    }

    /// Whether the repository has no lock, and had none before the change.
    pub fn is_absent(&self) -> bool {
        self.state() == LockState::Absent
    }

    /// The fact on which the guard decides after the merge.
    pub fn state(&self) -> LockState {
        match self.is_contested {
            true => LockState::Invalid {
                problem: CONTESTED.to_owned(),
                remedy: Some(MERGE_FIRST.to_owned()),
            },
            false => LockState::new(self.before.is_some(), self.after.as_ref()),
        }
    }

    /// Errors if the program that runs is not that of the lock after the merge; a warning if the change removes the lock.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let path = RepoPath::typed(LOCK_FILE);
        let problem = |message| Diagnostic::error(Code::ProductNotLocked, &path, message);
        match &self.after {
            _ if self.is_contested => vec![problem(CONTESTED).with_help(MERGE_FIRST)],
            Some(file) => lock_problems(&path, file),
            None if self.before.is_some() => {
                let problem = problem(
                    "the change removes the lock, so every version of provisioner may change stacks after it",
                );
                let help = "keep the file, or remove it in a pull request that changes no config";
                vec![problem.with_severity(Severity::Warning).with_help(help)]
            }
            None => Vec::new(),
        }
    }
}

const CONTESTED: &str = "the default branch and this change both edit the lock";
const MERGE_FIRST: &str =
    "merge the default branch into this branch, then write the file with `provisioner lock`";
