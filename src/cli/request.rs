//! What a command line requests of an action.

use super::result::ResultFormat;
use crate::entries::NamedResource;
use crate::operation::TaskOptions;
use crate::product::RunInput;

/// An action and the configs that it is for.
#[derive(Clone, Debug, Default)]
pub struct ActionRequest {
    /// The action's name in the product's manifest.
    pub action: String,
    /// Paths, globs, folders or bare file names.
    pub configs: Vec<String>,
    /// Settings for all configs.
    pub given: RunInput,
    /// Overwrite hand-edited outputs.
    pub overwrite: bool,
    /// Create, update or delete stacks.
    pub force: bool,
    /// Confirm what deletes and replaces nothing, without a prompt.
    pub yes: bool,
    /// Report what the action would do, and change nothing.
    pub dry_run: bool,
    /// Format of the printed results.
    pub format: ResultFormat,
    /// Whether to write a log into `reports/`.
    pub log: bool,
    /// The time for the log's name, such as `20261123T232156Z`.
    pub time: String,
    /// The solution whose folders the action creates; `None` means all solutions of the config.
    pub solution: Option<String>,
    /// Logical ids of resources whose rollback is skipped.
    pub skip: Vec<String>,
    /// Existing resources that new stacks import.
    pub resources: Vec<NamedResource>,
    /// Query AWS where that is not the default.
    pub real: bool,
    /// Keep the stack of a test.
    pub keep: bool,
    /// Print the values of the configs with their sources.
    pub resolved: bool,
    /// Count drift as a failure.
    pub fail_on_drift: bool,
    /// Random suffix for the names of a test: six letters and digits.
    pub token: String,
}

impl ActionRequest {
    /// Options of the task on each stack.
    pub(super) fn options(&self) -> TaskOptions<'_> {
        TaskOptions {
            finish_cancelled: false,
            needs: None,
            real: self.real,
            keep: self.keep,
            dry_run: self.dry_run,
            fail_on_drift: self.fail_on_drift,
            solution: self.solution.as_deref(),
            skip: &self.skip,
            imports: &self.resources,
            token: &self.token,
        }
    }
}
