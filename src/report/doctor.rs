//! The findings of `doctor` as text and Markdown.

use schemars::JsonSchema;
use serde::Serialize;

use super::{JsonDocument, escape_markdown, escape_workflow_commands};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It works.
    Good,
    /// It is missing or wrong.
    Bad,
    /// Not checked, not needed, or not provable.
    Open,
}

impl Status {
    fn sign(self) -> char {
        match self {
            Self::Good => '✓',
            Self::Bad => '✗',
            Self::Open => '–',
        }
    }
}

/// What a job or a laptop may do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DoctorReport<'a> {
    /// In the order of the checks.
    pub findings: &'a [Finding],
}

impl JsonDocument for DoctorReport<'_> {
    const NAME: &'static str = "doctor-report";
    const TITLE: &'static str = "What a job or a laptop may do";
    const FORMAT: &'static str = "provisioner-doctor/1";
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Heading, such as `token`.
    pub part: &'static str,
    /// Whether it works.
    pub mark: Status,
    /// What was checked.
    pub what: String,
    /// The result.
    pub found: String,
    /// How to fix it.
    pub help: Option<String>,
}

/// One line for each finding, by heading.
pub fn doctor_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for (at, finding) in findings.iter().enumerate() {
        if at == 0 || findings[at - 1].part != finding.part {
            text += &format!("{}{}\n", if at == 0 { "" } else { "\n" }, finding.part);
        }
        let sign = finding.mark.sign();
        text += &format!("  {sign} {}: {}\n", finding.what, finding.found);
        if let Some(help) = &finding.help {
            text += &format!("      help: {help}\n");
        }
    }
    escape_workflow_commands(&text)
}

pub fn doctor_markdown(findings: &[Finding]) -> String {
    let mut text = "## Provisioner doctor\n".to_owned();
    for (at, finding) in findings.iter().enumerate() {
        if at == 0 || findings[at - 1].part != finding.part {
            text += &format!("\n### {}\n\n", finding.part);
        }
        let sign = finding.mark.sign();
        text += &format!(
            "- {sign} {}: {}\n",
            escape_markdown(&finding.what),
            escape_markdown(&finding.found)
        );
        if let Some(help) = &finding.help {
            text += &format!("  - {}\n", escape_markdown(help));
        }
    }
    text
}
