//! The log of a job: one plain line for each thing that happens. It cannot prompt.

use crate::operation::Progress;
use crate::report::{Redactor, escape_workflow_commands};
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
    fn step(&self, stack: &StackName, what: &str) {
        print_line(&format!("{}: {what}", stack.name));
    }

    fn event(&self, stack: &StackName, event: &StackEvent) {
        print_line(&event_line(stack, event, &self.redactor));
    }

    fn count(&self, stack: &StackName, what: &str, done: u64, of: Option<u64>) {
        if is_milestone(done, of) {
            print_line(&format!("{}: {}", stack.name, count_line(what, done, of)));
        }
    }
}

/// Writes one line to standard error. Nothing in it is read as a workflow command or moves the cursor.
pub fn print_line(line: &str) {
    eprintln!(
        "{}",
        escape_workflow_commands(&escape_invisible(line, false))
    );
}

/// An event of a stack: name, UTC time, status, type, logical id, reason.
pub fn event_line(stack: &StackName, event: &StackEvent, redactor: &Redactor) -> String {
    let time = jiff::Timestamp::from_millisecond(event.time)
        .map(|time| time.strftime("%H:%M:%S").to_string())
        .unwrap_or_default();
    let reason = event.reason.as_deref();
    let reason = reason.map(|reason| format!(": {}", redactor.redact(reason)));
    format!(
        "{}: {time} {} {} {}{}",
        stack.name,
        event.status,
        event.kind,
        event.logical_id,
        reason.unwrap_or_default()
    )
}

/// Such as `40 of 162 folders`.
pub fn count_line(what: &str, done: u64, of: Option<u64>) -> String {
    let whole = of.map(|of| format!(" of {of}")).unwrap_or_default();
    format!("{done}{whole} {what}")
}

/// Whether a log shows this count: every tenth part of a known whole is enough.
pub fn is_milestone(done: u64, of: Option<u64>) -> bool {
    of.is_none_or(|of| done == of || done.is_multiple_of((of / 10).max(1)))
}
