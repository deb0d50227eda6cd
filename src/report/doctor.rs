//! The findings of `doctor` as text and Markdown.

use serde::Serialize;

use super::{escape_markdown, escape_workflow_commands};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Good,
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

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Heading, such as `token`.
    pub part: &'static str,
    pub mark: Status,
    /// What was checked.
    pub what: String,
    pub found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
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
