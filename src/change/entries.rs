//! The entries that a change adds to the files of entries, and removes from them.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::entries::{ENTRY_FILES, EntryFile, NewEntry, StackEntry, all_entries, new_entries};
use crate::forge::{ChangeKind, ChangedFile, FileAt, ForgeError, Source};
use crate::model::{CommitSha, FileContents, RepoPath};
use crate::plan::Input;

/// How the names of the files of entries begin, in their order.
const BEGINNINGS: [&str; 2] = [".provisioner/adopt", ".provisioner/replace"];

/// New entries by the path of their config, and the problems of the files by their path.
pub(super) struct AddedEntries {
    entries: BTreeMap<RepoPath, NewEntry>,
    faults: BTreeMap<RepoPath, Vec<Diagnostic>>,
    removed: Vec<StackEntry>,
}

impl AddedEntries {
    pub(super) async fn read(
        source: &dyn Source,
        base: &CommitSha,
        head: &CommitSha,
        files: &[ChangedFile],
    ) -> Result<Self, ForgeError> {
        let mut added = Self {
            entries: BTreeMap::new(),
            faults: BTreeMap::new(),
            removed: Vec::new(),
        };
        for file in ENTRY_FILES.into_iter().filter(|file| edits(files, *file)) {
            let path = &RepoPath::typed(file.path);
            let sides = [base, head].map(|commit| FileAt { commit, path });
            let mut sides = source.read(&sides).await?.into_iter();
            let (before, after) = (sides.next().flatten(), sides.next().flatten());
            added
                .removed
                .extend(removed_entries(file, before.as_ref(), after.as_ref()));
            match new_entries(file, before.as_ref(), after.as_ref()) {
                Ok(new) => new.into_iter().for_each(|new| added.add(new)),
                Err(problems) => added
                    .faults
                    .entry(path.clone())
                    .or_default()
                    .extend(problems),
            }
        }
        for problem in files.iter().filter_map(misspelt) {
            added.reject(problem);
        }
        Ok(added)
    }

    /// Each file names a config at most once.
    fn add(&mut self, new: NewEntry) {
        let config = new.entry.config.clone();
        if let Some(other) = self.entries.get(&config) {
            let message = format!(
                "this change also has an entry for `{config}` below `{}`",
                other.entry.kind.word()
            );
            self.reject(new.error(message, "keep one of them"));
            return;
        }
        self.entries.insert(config, new);
    }

    fn reject(&mut self, problem: Diagnostic) {
        let problems = self.faults.entry(problem.path.clone()).or_default();
        problems.push(problem);
    }

    /// The paths of the configs that entries name.
    pub(super) fn configs(&self) -> impl Iterator<Item = &RepoPath> {
        self.entries.keys()
    }

    /// Adds the entries to the inputs of their configs, and an input for each file with problems. Returns the removed entries.
    pub(super) fn add_to(mut self, inputs: &mut Vec<Input>) -> Vec<StackEntry> {
        for input in inputs.iter_mut() {
            input.entry = self.entries.remove(&input.path);
        }
        for new in std::mem::take(&mut self.entries).into_values() {
            let message = format!("there is no config `{}`", new.entry.config);
            let help = "write the path of a config that the policy's `configs` select";
            self.reject(new.error(message, help));
        }
        let faults = self.faults.into_iter();
        inputs.extend(faults.map(|(path, faults)| Input::with_faults(path, faults)));
        inputs.sort_by(|a, b| a.path.cmp(&b.path));
        self.removed
    }
}

/// A file whose entries would not count: its name is nearly that of a file of entries.
fn misspelt(changed: &ChangedFile) -> Option<Diagnostic> {
    if changed.kind == ChangeKind::Removed {
        return None;
    }
    let written = changed.path.as_str();
    let lower = written.to_ascii_lowercase();
    let mut names = BEGINNINGS.iter().zip(ENTRY_FILES);
    let (_, meant) = names.find(|(beginning, _)| lower.starts_with(*beginning))?;
    let is_known = ENTRY_FILES.iter().any(|file| file.path == written);
    let is_file = written.matches('/').count() == 1;
    (is_file && !is_known).then(|| {
        let message = "provisioner does not read a file of this name";
        let problem = Diagnostic::error(Code::EntryInvalid, &changed.path, message);
        problem.with_help(format!("rename it to `{}`", meant.path))
    })
}

/// Whether a change edits a file of entries, or puts something else in place of its folder.
fn edits(files: &[ChangedFile], file: EntryFile) -> bool {
    let folder = file.path.split('/').next();
    files.iter().any(|changed| {
        let is_folder = |path: &RepoPath| Some(path.as_str()) == folder;
        changed.is_under(file.path) || changed.paths().any(is_folder)
    })
}

/// The entries that the base has and the head does not. A head with errors removes nothing yet: it has to be corrected.
fn removed_entries(
    file: EntryFile,
    base: Option<&FileContents>,
    head: Option<&FileContents>,
) -> Vec<StackEntry> {
    let read = |contents: Option<&FileContents>| match contents {
        Some(contents) => all_entries(file, contents).ok(),
        None => Some(Vec::new()),
    };
    let (Some(base), Some(head)) = (read(base), read(head)) else {
        return Vec::new();
    };
    let is_kept = |entry: &StackEntry| head.iter().any(|kept| kept.entry == *entry);
    let base = base.into_iter().map(|known| known.entry);
    base.filter(|entry| !is_kept(entry)).collect()
}

/// The entries of a commit by their file. A file with errors has none.
pub(super) async fn entries_by_file(
    source: &dyn Source,
    commit: &CommitSha,
) -> Result<Vec<(RepoPath, Vec<StackEntry>)>, ForgeError> {
    let paths = ENTRY_FILES.map(|file| RepoPath::typed(file.path));
    let files: Vec<FileAt<'_>> = paths.iter().map(|path| FileAt { commit, path }).collect();
    let contents = source.read(&files).await?;
    let files = ENTRY_FILES.into_iter().zip(contents);
    let entries = files.map(|(file, contents)| {
        let entries = contents.and_then(|contents| all_entries(file, &contents).ok());
        let entries = entries.unwrap_or_default().into_iter();
        entries.map(|known| known.entry).collect()
    });
    Ok(paths.iter().cloned().zip(entries).collect())
}

/// The entries of a commit for some configs.
pub(super) async fn entries_at(
    source: &dyn Source,
    commit: &CommitSha,
    configs: &BTreeSet<&RepoPath>,
) -> Result<Vec<StackEntry>, ForgeError> {
    let entries = entries_by_file(source, commit).await?.into_iter();
    Ok(entries
        .flat_map(|(_, entries)| entries)
        .filter(|entry| configs.contains(&entry.config))
        .collect())
}

/// Whether a change edits any file of entries.
pub(super) fn edits_entries(files: &[ChangedFile]) -> bool {
    ENTRY_FILES.into_iter().any(|file| edits(files, file))
}
