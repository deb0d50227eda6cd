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
    findings: &'a [Finding],
    /// What solves the first problem: a command, or words if no command does. `null` if nothing is known to be wrong.
    next: Option<String>,
}

impl<'a> DoctorReport<'a> {
    pub fn new(findings: &'a [Finding]) -> Self {
        Self {
            findings,
            next: next_step(findings).map(|(step, _)| step),
        }
    }
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
    if let Some((next, _)) = next_step(findings) {
        text += &format!("\nnext: {next}\n");
    }
    escape_workflow_commands(&text)
}

/// The next command after the findings: it shows the first problem in full, or prints the commands that solve it. `None` if
/// the setup is whole, or no command helps.
fn next_command(findings: &[Finding]) -> Option<&'static str> {
    let is_missing = |finding: &&Finding| {
        finding.mark == Status::Open && finding.what == "policy file" && finding.part == "policy"
    };
    let mut problems = findings
        .iter()
        .filter(|finding| finding.mark == Status::Bad);
    let first = problems.next().or(findings.iter().find(is_missing))?;
    match (first.part, first.mark, &*first.what) {
        ("policy", Status::Bad, "policy file" | "configs") => Some("provisioner validate-config"),
        ("job" | "credentials" | "scope", ..) | ("repository", _, "repository") => None,
        _ => Some("provisioner init"),
    }
}

/// What solves the first problem, and whether it is a command.
fn next_step(findings: &[Finding]) -> Option<(String, bool)> {
    if let Some(command) = next_command(findings) {
        return Some((command.to_owned(), true));
    }
    let first = findings
        .iter()
        .find(|finding| finding.mark == Status::Bad)?;
    Some((first.help.clone()?, false))
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
    if let Some((next, is_command)) = next_step(findings) {
        text += &match is_command {
            true => format!("\nNext: `{next}`\n"),
            false => format!("\nNext: {}\n", escape_markdown(&next)),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(findings: &[(&'static str, Status, &str)]) -> Option<&'static str> {
        let findings = findings.iter().map(|(part, mark, what)| Finding {
            part,
            mark: *mark,
            what: (*what).to_owned(),
            found: String::new(),
            help: None,
        });
        next_command(&findings.collect::<Vec<_>>())
    }

    #[test]
    fn the_first_problem_gives_the_next_command() {
        let branch = ("repository", Status::Bad, "branch");
        let configs = ("policy", Status::Bad, "configs");
        let absent = ("policy", Status::Open, "policy file");
        assert_eq!(next(&[branch, configs]), Some("provisioner init"));
        assert_eq!(
            next(&[configs, branch]),
            Some("provisioner validate-config")
        );
        assert_eq!(
            next(&[absent, configs]),
            Some("provisioner validate-config")
        );
        assert_eq!(next(&[absent]), Some("provisioner init"));
        assert_eq!(next(&[("credentials", Status::Bad, "account")]), None);
        assert_eq!(next(&[("repository", Status::Bad, "repository")]), None);
        assert_eq!(next(&[("token", Status::Good, "x")]), None);
    }
}
