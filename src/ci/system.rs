//! What differs between CI systems.

use super::environment::JobEnvironment;
use crate::diagnostic::Diagnostic;
use crate::report::Alert;

/// A CI system. Each adapter gives one.
pub struct CiSystem {
    /// Its name, for people.
    pub name: &'static str,
    /// The variable that is `true` in its jobs.
    pub marker: &'static str,
    /// The variable that names the user who started the job. A claim.
    pub actor_variable: &'static str,
    /// The variable with the path of the file to which a step appends its output variables.
    pub output_variable: &'static str,
    /// The variable with the path of the file to which a step appends its part of the job summary.
    pub summary_variable: &'static str,
    /// Most bytes of a step's part of the job summary.
    pub summary_bytes: usize,
    /// Reads the job's environment.
    pub read: fn() -> anyhow::Result<JobEnvironment>,
    /// One output variable, by name and value, as text for the file.
    pub output_entry: fn(&str, &str) -> String,
    /// Diagnostics as text for standard output, from which the system annotates changed files.
    pub annotations: fn(&mut dyn Iterator<Item = &Diagnostic>) -> String,
    /// Why the job failed as text for standard output, which the system shows on the page of the run.
    pub alerts: fn(&[Alert]) -> String,
}
