//! `doctor`: what this job or this laptop may do, printed.

use super::ListFormat;
use crate::doctor::diagnose;
use crate::exit::Exit;
use crate::report::{doctor_markdown, doctor_text};

/// Checks everything. Returns what belongs on standard output.
pub fn doctor(configs: &[String], format: ListFormat) -> (String, Exit) {
    let diagnosis = match diagnose(configs) {
        Ok(diagnosis) => diagnosis,
        Err((error, exit)) => {
            log::error!("{error:#}");
            return (String::new(), exit);
        }
    };
    let findings = &diagnosis.findings;
    let text = match format {
        ListFormat::Text => doctor_text(findings),
        ListFormat::Markdown => doctor_markdown(findings),
        ListFormat::Json => serde_json::to_string_pretty(findings).unwrap_or_default() + "\n",
    };
    (text, diagnosis.exit)
}
