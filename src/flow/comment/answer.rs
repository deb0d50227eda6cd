//! What a command came to.

use crate::exit::Exit;
use crate::job::JobError;
use crate::report::code;

/// What a command came to.
pub struct Answer {
    /// Markdown of the program's own.
    pub body: String,
    /// How the job ends for it.
    pub exit: Exit,
}

impl Answer {
    /// `body` is Markdown of the program's own.
    pub fn new(body: impl Into<String>, exit: Exit) -> Self {
        Self {
            body: body.into(),
            exit,
        }
    }
}

/// One denial of everything that is asked for. `fact` is Markdown of the program's own.
pub fn denied(denial: &'static str, fact: &str, remedy: &str) -> Answer {
    let body = format!("⛔ {}: {fact}.\n\nTo go on, {remedy}.", code(denial));
    Answer::new(body, Exit::Denied)
}

/// A report without its title: the command stands above it.
pub fn strip_title(report: &str) -> String {
    let report = report.trim_start();
    match report.split_once('\n') {
        Some((title, rest)) if title.starts_with("## ") => rest.trim_start().to_owned(),
        _ => report.to_owned(),
    }
}

/// A bug, for whoever renders.
pub fn internal(error: impl Into<anyhow::Error>) -> JobError {
    JobError::Internal(error.into())
}
