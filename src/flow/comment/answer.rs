//! The answer to one command.

use crate::diagnostic::Code;
use crate::exit::Exit;
use crate::job::JobError;
use crate::report::code;

pub struct Answer {
    pub body: String,
    pub exit: Exit,
}

impl Answer {
    pub fn new(body: impl Into<String>, exit: Exit) -> Self {
        Self {
            body: body.into(),
            exit,
        }
    }
}

/// Denies the whole command. `fact` is Markdown.
pub fn denied(denial: &Code, fact: &str, remedy: &str) -> Answer {
    let body = format!(
        "⛔ {}: {fact}.\n\nTo go on, {remedy}.",
        code(denial.as_str())
    );
    Answer::new(body, Exit::Denied)
}

/// A report without its title: the reply has the command as its title.
pub fn strip_title(report: &str) -> String {
    let report = report.trim_start();
    match report.split_once('\n') {
        Some((title, rest)) if title.starts_with("## ") => rest.trim_start().to_owned(),
        _ => report.to_owned(),
    }
}

pub fn internal(error: impl Into<anyhow::Error>) -> JobError {
    JobError::Internal(error.into())
}
