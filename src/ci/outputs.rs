//! The outputs of a step: output variables and the job summary.

use std::fs::File;
use std::io::{self, Write as _};

use super::detect::system;
use super::environment::variable;

/// Output variables of the step, in order.
#[derive(Debug, Default)]
pub struct JobOutputs(Vec<(&'static str, String)>);

impl JobOutputs {
    /// Adds a variable.
    pub fn set(&mut self, name: &'static str, value: impl ToString) {
        self.0.push((name, value.to_string()));
    }

    /// Appends all of them to the file that the CI system reads.
    pub fn write(&self) -> io::Result<()> {
        let Some(system) = system() else {
            return Ok(());
        };
        let text: String = self
            .0
            .iter()
            .map(|(name, value)| (system.output_entry)(name, value))
            .collect();
        append(system.output_variable, &text)
    }
}

/// Appends Markdown to the job summary.
pub fn summary(markdown: &str) -> io::Result<()> {
    system().map_or(Ok(()), |system| append(system.summary_variable, markdown))
}

fn append(variable_name: &str, text: &str) -> io::Result<()> {
    let Some(path) = variable(variable_name) else {
        return Ok(());
    };
    File::options()
        .create(true)
        .append(true)
        .open(path)?
        .write_all(text.as_bytes())
}
