//! The outputs of a step: output variables and the job summary.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write as _};

use super::detect::system;
use super::environment::variable;
use crate::report::run_summary;

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

/// Appends Markdown to the job summary. A run that appends twice stays within the CI system's limit too.
pub fn summary(markdown: &str) -> io::Result<()> {
    let Some(system) = system() else {
        return Ok(());
    };
    let path = variable(system.summary_variable);
    let written = path.and_then(|path| fs::metadata(path).ok());
    let written = written.map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    let room = system.summary_bytes.saturating_sub(written);
    append(system.summary_variable, &fit_bytes(markdown, room))
}

/// Markdown in at most `room` bytes. A character has at most four.
fn fit_bytes(markdown: &str, room: usize) -> Cow<'_, str> {
    match markdown.len() <= room {
        true => markdown.into(),
        false => run_summary(vec![markdown.to_owned()], None, room / 4).into(),
    }
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
    fn a_summary_is_fitted_by_bytes() {
        let wide = "一二三四五六七八九十 <details>\n\n".repeat(40_000);
        let room = 1 << 20;
        assert!(wide.len() > room && wide.chars().count() < room);
        let fitted = fit_bytes(&wide, room);
        assert!(fitted.len() <= room, "{}", fitted.len());
        assert!(fitted.contains("The rest is in the job's report."));
        assert_eq!(fit_bytes("short\n", 6), "short\n");
        assert!(fit_bytes("# too long\n", 3).len() <= 3);
    }
}
