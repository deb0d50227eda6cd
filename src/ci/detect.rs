//! Finds the CI system that runs the program.

use std::borrow::Cow;

use anyhow::bail;

use super::SYSTEMS;
use super::environment::{JobEnvironment, variable};
use super::system::CiSystem;
use crate::diagnostic::Diagnostic;
use crate::report::Alert;
use crate::text::or_list;

/// The system whose job this is.
pub fn system() -> Option<&'static CiSystem> {
    SYSTEMS
        .iter()
        .find(|system| variable(system.marker).as_deref() == Some("true"))
}

/// Whether this is a job of a known CI system.
pub fn in_job() -> bool {
    system().is_some()
}

/// Who started the job. A claim.
pub fn actor() -> Option<String> {
    variable(system()?.actor_variable)
}

/// A text for people in the words of the job's forge. Unchanged outside of jobs.
pub fn worded(text: &str) -> Cow<'_, str> {
    system().map_or(Cow::Borrowed(text), |system| (system.words)(text))
}

/// Reads the environment of the job.
pub fn read_environment() -> anyhow::Result<JobEnvironment> {
    if let Some(system) = system() {
        return (system.read)();
    }
    bail!(
        "not a job of a supported CI system: expected {}; `provisioner check` works on a laptop",
        supported_systems()
    )
}

/// The supported systems and how their jobs are recognized.
fn supported_systems() -> String {
    let systems: Vec<String> = SYSTEMS
        .iter()
        .map(|system| format!("{} ({}=true)", system.name, system.marker))
        .collect();
    or_list(&systems.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Diagnostics as text for standard output, from which the CI system annotates changed files. Empty outside of jobs.
pub fn annotations<'a>(mut diagnostics: impl Iterator<Item = &'a Diagnostic>) -> String {
    system().map_or_else(String::new, |system| (system.annotations)(&mut diagnostics))
}

/// Why the job failed as text for standard output, which the CI system shows on the page of the run. Empty outside of jobs.
pub fn alerts(alerts: &[Alert]) -> String {
    system().map_or_else(String::new, |system| (system.alerts)(alerts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_for_an_unknown_system_lists_all_systems() {
        let listed = supported_systems();
        for system in SYSTEMS {
            assert!(listed.contains(system.name), "{listed}");
            assert!(listed.contains(system.marker), "{listed}");
        }
    }
}
