//! The file of what happened in a run.

use anyhow::Context as _;

use super::Job;
use crate::ci::{self, JobOutputs};
use crate::report::{RunEvent, event_lines};
use crate::workspace::write_file;

/// Writes the events of a run, and names their file in the outputs. A run without events writes no file.
pub fn write_events(
    job: &Job,
    events: &[RunEvent],
    outputs: &mut JobOutputs,
) -> anyhow::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let environment = &job.environment;
    let time = ci::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let lines = event_lines(events, &time, environment.run.url.as_ref())?;
    let path = &environment.events;
    write_file(path, &lines).with_context(|| format!("events {}", path.display()))?;
    outputs.set("events-file", path.display());
    Ok(())
}
