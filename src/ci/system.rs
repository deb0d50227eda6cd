//! What differs between CI systems.

use std::borrow::Cow;
use std::io;

use super::environment::JobEnvironment;
use super::event::CiEvent;
use crate::diagnostic::Diagnostic;
use crate::report::{Alert, PageLink, PlanCounts};

/// A CI system. Each adapter gives one.
pub struct CiSystem {
    /// Its name, for people.
    pub name: &'static str,
    /// The variable that is `true` in its jobs.
    pub marker: &'static str,
    /// The variable that names the user who started the job. A claim.
    pub actor_variable: &'static str,
    /// A text in the words of the forge.
    pub words: fn(&str) -> Cow<'_, str>,
    /// Reads the job's environment.
    pub read: fn() -> anyhow::Result<JobEnvironment>,
    /// Writes output variables, by name and value, for later steps or jobs.
    pub write_outputs: fn(&[(&'static str, String)]) -> io::Result<()>,
    /// Appends Markdown to the job summary.
    pub write_summary: fn(&str) -> io::Result<()>,
    /// Shows how many stacks a change would create, update and delete, where the system has a place for it.
    pub write_counts: fn(&PlanCounts) -> io::Result<()>,
    /// Links pages on the page of the job, where the system has a place for it.
    pub write_links: fn(&[PageLink]) -> io::Result<()>,
    /// Starts the jobs of environments that a job of this event found, where its output variables cannot start them.
    pub start_jobs: fn(&CiEvent, &[String]) -> anyhow::Result<()>,
    /// Annotates changed files with diagnostics. Returns text for standard output.
    pub annotations: fn(&mut dyn Iterator<Item = &Diagnostic>) -> String,
    /// Why the job failed as text for standard output, which the system shows on the page of the run.
    pub alerts: fn(&[Alert]) -> String,
}
