//! What a step leaves behind: output variables and the job summary.

use std::fs::File;
use std::io::{self, Write as _};

use super::environment::variable;
use crate::model::Digest;

/// Output variables of the step, in order.
#[derive(Debug, Default)]
pub struct JobOutputs(Vec<(&'static str, String)>);

impl JobOutputs {
    /// Adds a variable.
    pub fn set(&mut self, name: &'static str, value: impl ToString) {
        self.0.push((name, value.to_string()));
    }

    /// Appends all of them to `$GITHUB_OUTPUT`.
    pub fn write(&self) -> io::Result<()> {
        let text: String = self
            .0
            .iter()
            .map(|(name, value)| entry(name, value))
            .collect();
        append("GITHUB_OUTPUT", &text)
    }
}

/// Appends Markdown to the job summary.
pub fn summary(markdown: &str) -> io::Result<()> {
    append("GITHUB_STEP_SUMMARY", markdown)
}

/// A value may hold line breaks and anything else; it cannot hold a delimiter that is made from the value itself.
fn entry(name: &str, value: &str) -> String {
    let delimiter = format!("end-{}", Digest::sha256(format!("{name}={value}")));
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_a_value_cannot_end_its_entry() {
        let value = "x\nEOF\nother<<y\n";
        let text = entry("digest", value);
        let delimiter = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("digest<<")
            .unwrap();
        assert!(!value.contains(delimiter) && text.ends_with(&format!("\n{delimiter}\n")));
    }
}
