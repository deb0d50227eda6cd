//! The outputs of a step: output variables and the job summary.

use std::io;

use super::detect::system;
use super::event::CiEvent;
use crate::report::{PageLink, PlanCounts};

/// Output variables of the step, in order.
#[derive(Debug, Default)]
pub struct JobOutputs(Vec<(&'static str, String)>);

impl JobOutputs {
    /// Adds a variable.
    pub fn set(&mut self, name: &'static str, value: impl ToString) {
        self.0.push((name, value.to_string()));
    }

    /// Hands all of them to the CI system.
    pub fn write(&self) -> io::Result<()> {
        system().map_or(Ok(()), |system| (system.write_outputs)(&self.0))
    }
}

/// Appends Markdown to the job summary.
pub fn summary(markdown: &str) -> io::Result<()> {
    system().map_or(Ok(()), |system| (system.write_summary)(markdown))
}

/// Links pages on the page of the job, where the CI system has a place for it.
pub fn links(links: &[PageLink]) -> io::Result<()> {
    system().map_or(Ok(()), |system| (system.write_links)(links))
}

/// Starts the jobs of environments that a job of this event found. Another call replaces what this one starts.
pub fn start_jobs(event: &CiEvent, found: &[String]) -> anyhow::Result<()> {
    system().map_or(Ok(()), |system| (system.start_jobs)(event, found))
}

/// Shows how many stacks a change would create, update and delete, where the CI system has a place for it.
pub fn counts(counts: &PlanCounts) -> io::Result<()> {
    system().map_or(Ok(()), |system| (system.write_counts)(counts))
}
