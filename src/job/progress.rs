//! The log of a job: one plain line for each event. It cannot prompt.

use crate::operation::Progress;
use crate::report::{Counted, Redactor, Step, event_line};
use crate::stack::{StackEvent, StackName};
use crate::text::escape_invisible;

/// Writes the progress of one stack to standard error.
pub struct ProgressLog {
    redactor: Redactor,
}

impl ProgressLog {
    /// Values that `redactor` hides are not written.
    pub fn new(redactor: Redactor) -> Self {
        Self { redactor }
    }
}

impl Progress for ProgressLog {
    fn step(&self, stack: &StackName, step: Step<'_>) {
        print_line(&format!("{}: {}", stack.name, step.words()));
    }

    fn event(&self, stack: &StackName, event: &StackEvent) {
        print_line(&event_line(stack, event, &self.redactor));
    }

    fn count(&self, stack: &StackName, what: Counted<'_>, done: u64, of: Option<u64>) {
        if is_milestone(done, of) {
            print_line(&format!("{}: {}", stack.name, what.line(done, of)));
        }
    }
}

/// Logs one line with invisible characters escaped.
pub fn print_line(line: &str) {
    log::info!("{}", escape_invisible(line, false));
}

/// Whether a log shows this count: at most ten lines for a known total.
pub fn is_milestone(done: u64, of: Option<u64>) -> bool {
    of.is_none_or(|of| done == of || done.is_multiple_of((of / 10).max(1)))
}
