//! The lock of the built-in products at the commits of a change.

use crate::config::{LOCK_FILE, lock_problems, relocked_products};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::forge::{ChangedFile, FileAt, ForgeError, Source};
use crate::guard::LockState;
use crate::model::{CommitSha, FileContents, RepoPath};
use std::collections::BTreeSet;

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

/// The built-in products for which a change names another version. The change lists its files.
pub(super) async fn relocked(
    source: &dyn Source,
    base: &CommitSha,
    head: &CommitSha,
    files: &[ChangedFile],
) -> Result<BTreeSet<String>, ForgeError> {
    if !files.iter().any(|file| file.is_under(LOCK_FILE)) {
        return Ok(BTreeSet::new());
    }
    let before = lock_file_at(source, base).await?;
    let after = lock_file_at(source, head).await?;
    Ok(relocked_products(before.as_ref(), after.as_ref()))
}

/// The lock before a change that is not merged, and after its merge.
pub struct ProposedLock {
    before: Option<FileContents>,
    after: Option<FileContents>,
}

impl ProposedLock {
    /// Reads both; `head` is `None` if the change does not edit the lock.
    pub async fn read(
        (tip_source, tip): (&dyn Source, &CommitSha),
        (source, head): (&dyn Source, Option<&CommitSha>),
    ) -> Result<Self, ForgeError> {
        let before = lock_file_at(tip_source, tip).await?;
        let after = match head {
            Some(head) => lock_file_at(source, head).await?,
            None => before.clone(),
        };
        Ok(Self { before, after })
    }

    /// Whether the repository has no lock, and had none before the change.
    pub fn is_absent(&self) -> bool {
        self.state() == LockState::Absent
    }

    /// The fact on which the guard decides after the merge.
    pub fn state(&self) -> LockState {
        LockState::new(self.before.is_some(), self.after.as_ref())
    }

    /// Errors if the program that runs is not that of the lock after the merge; a warning if the change removes the lock.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let path = RepoPath::typed(LOCK_FILE);
        match &self.after {
            Some(file) => lock_problems(&path, file),
            None if self.before.is_some() => {
                let message = "the change removes the lock, so every version of provisioner may change stacks after it";
                let problem = Diagnostic::error(Code::ProductNotLocked, &path, message);
                let help = "keep the file, or remove it in a pull request that changes no config";
                vec![problem.with_severity(Severity::Warning).with_help(help)]
            }
            None => Vec::new(),
        }
    }
}
