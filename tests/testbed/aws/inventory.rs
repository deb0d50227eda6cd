//! The content of an account, without names that differ between runs.

use std::fmt;

use crate::support::workdir::Workdir;

/// Everything that the program may have created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// `stack` or `test stack`, its status, and its change sets.
    stacks: Vec<(String, String, usize)>,
    /// Keys of each bucket.
    buckets: Vec<usize>,
    parameters: usize,
}

impl Inventory {
    pub fn read(workdir: &Workdir) -> Self {
        let stacks = workdir.aws.stack_names().into_iter();
        let stacks = stacks.map(|(name, status)| {
            let change_sets = workdir.aws.change_sets(&name).len();
            let kind = match name == workdir.stack() {
                true => "stack",
                false => "test stack",
            };
            (kind.to_owned(), status, change_sets)
        });
        let buckets = workdir.aws.buckets();
        Self {
            stacks: stacks.collect(),
            buckets: buckets
                .iter()
                .map(|name| workdir.aws.keys(name).len())
                .collect(),
            parameters: workdir.aws.parameter_names("/").len(),
        }
    }

    /// No unfinished stack, no stack in review, and no stack of a test.
    pub fn is_clean(&self) -> bool {
        self.stacks.iter().all(|(kind, status, change_sets)| {
            kind == "stack" && status.ends_with("E_COMPLETE") && *change_sets == 0
        })
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stacks = self.stacks.iter().map(|(kind, status, change_sets)| {
            let change_sets = match change_sets {
                0 => String::new(),
                count => format!(" with {count} change set"),
            };
            format!("{kind} {status}{change_sets}")
        });
        let buckets = self.buckets.iter().map(|keys| format!("bucket of {keys}"));
        let all: Vec<String> = stacks.chain(buckets).collect();
        match all.is_empty() {
            true => f.write_str("nothing"),
            false => f.write_str(&all.join(", ")),
        }
    }
}
