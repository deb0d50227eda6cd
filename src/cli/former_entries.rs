//! Entries of the repository here that name a stack which was deleted, although another one has its name now.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Severity};
use crate::entries::{ENTRY_FILES, EntryKind, NewEntry, all_entries};
use crate::model::{FileContents, RepoPath};
use crate::stack::StackArn;
use crate::workspace::{SetupPlace, setup_place};

/// Warnings for an adoption on the command line, which counts no entry. A file that cannot be read is one of them.
pub(super) fn former_entries(config: &RepoPath, stack: &str) -> Vec<Diagnostic> {
    let warn = |problem: Diagnostic| problem.with_severity(Severity::Warning);
    match FormerEntries::read(Path::new(".")) {
        Ok(entries) => entries.warnings(config, stack),
        Err(problems) => problems.into_iter().map(warn).collect(),
    }
}

/// The adoptions of a file.
#[derive(Debug, Default)]
pub(super) struct FormerEntries {
    adoptions: Vec<NewEntry>,
}

impl FormerEntries {
    /// Reads the file of adoptions below a folder. Without a file there are none; a file that cannot be read is an error.
    pub(super) fn read(root: &Path) -> Result<Self, Vec<Diagnostic>> {
        let [file, _] = ENTRY_FILES;
        let SetupPlace::Taken(text) = setup_place(root, file.path) else {
            return Ok(Self::default());
        };
        let contents = FileContents::Regular(text.into_bytes());
        let mut adoptions = all_entries(file, &contents)?;
        adoptions.retain(|one| one.entry.kind == EntryKind::Adopt);
        Ok(Self { adoptions })
    }

    /// A warning for each entry of the config that names an earlier stack of the same name. None if an entry names this stack: then the
    /// others are records. `stack`: ARN.
    pub(super) fn warnings(&self, config: &RepoPath, stack: &str) -> Vec<Diagnostic> {
        let Ok(live) = StackArn::parse(stack) else {
            return Vec::new();
        };
        let place = |arn: &StackArn| {
            (
                arn.account().to_owned(),
                arn.region().to_owned(),
                arn.name().to_owned(),
            )
        };
        let entries = self
            .adoptions
            .iter()
            .filter(|one| one.entry.config == *config);
        let named: Vec<(&NewEntry, &StackArn)> = entries
            .filter_map(|one| Some((one, one.entry.stack.as_ref()?)))
            .filter(|(_, named)| place(named) == place(&live))
            .collect();
        if named.iter().any(|(_, named)| **named == live) {
            return Vec::new();
        }
        let warn = |(one, named): (&NewEntry, &StackArn)| {
            let message = format!(
                "the entry names another stack than the one that has the name now: {named}; now: {live}"
            );
            let help = "add an entry with the id of the present stack, or remove this entry";
            one.error(message, help).with_severity(Severity::Warning)
        };
        named.into_iter().map(warn).collect()
    }
}
