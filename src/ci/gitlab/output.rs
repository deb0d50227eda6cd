//! What a job leaves: a dotenv report for later jobs, Markdown, Code Quality findings and the counts of the plan.
//! <https://docs.gitlab.com/ci/yaml/artifacts_reports/>

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::folder::append;
use super::section::section;
use crate::ci::fit::fit_bytes;
use crate::diagnostic::Diagnostic;
use crate::report::{Alert, PageLink, PlanCounts, code_quality, with_merge_requests};
use crate::text::escape_invisible;

/// The job's folder; empty if the environment could not be read.
pub static OUT: OnceLock<std::path::PathBuf> = OnceLock::new();

/// Bytes of the summary in the log. The whole summary is an artifact.
const LOG_BYTES: usize = 200_000;

pub fn write_outputs(outputs: &[(&'static str, String)]) -> io::Result<()> {
    OUT.get().map_or(Ok(()), |out| {
        append(out, "provisioner.env", &dotenv(outputs))
    })
}

/// One variable a line. GitLab takes no line breaks, and later jobs get every variable: the prefix keeps them off those that
/// provisioner reads.
pub fn dotenv(outputs: &[(&'static str, String)]) -> String {
    let lines = outputs.iter().map(|(name, value)| {
        let name = name.to_ascii_uppercase().replace('-', "_");
        let value = escape_invisible(value, false);
        format!("PROVISIONER_OUTPUT_{name}={value}\n")
    });
    lines.collect()
}

/// Writes the summary to its file and to a section of the log.
pub fn write_summary(markdown: &str) -> io::Result<()> {
    let markdown = &*with_merge_requests(markdown);
    let shown = fit_bytes(markdown, LOG_BYTES);
    let now = jiff::Timestamp::now();
    let text = section("provisioner_summary", "provisioner: summary", &shown, now);
    io::stderr().write_all(text.as_bytes())?;
    OUT.get()
        .map_or(Ok(()), |out| append(out, "summary.md", markdown))
}

/// The widget of a merge request that says how many resources change.
pub fn write_counts(counts: &PlanCounts) -> io::Result<()> {
    let report =
        json!({ "create": counts.create, "update": counts.update, "delete": counts.delete });
    OUT.get().map_or(Ok(()), |out| {
        append(out, "plan.json", &format!("{report}\n"))
    })
}

/// The links on the page of the job. <https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsannotations>
pub fn write_links(links: &[PageLink]) -> io::Result<()> {
    let report = link_report(links);
    OUT.get().map_or(Ok(()), |out| {
        append(out, "annotations.json", &format!("{report:#}\n"))
    })
}

pub fn link_report(links: &[PageLink]) -> Value {
    let links = links
        .iter()
        .map(|link| json!({ "external_link": { "label": link.label, "url": link.url } }));
    json!({ "provisioner": links.collect::<Vec<_>>() })
}

/// GitLab annotates by a file, and takes nothing from the log.
pub fn annotations(diagnostics: &mut dyn Iterator<Item = &Diagnostic>) -> String {
    if let Some(out) = OUT.get()
        && let Err(error) = write_findings(out, diagnostics)
    {
        log::warn!("Code Quality report: {error}");
    }
    String::new()
}

pub fn write_findings(
    out: &Path,
    diagnostics: &mut dyn Iterator<Item = &Diagnostic>,
) -> io::Result<()> {
    let mut report = code_quality(diagnostics);
    for finding in report.as_array_mut().into_iter().flatten() {
        if let Some(text) = finding["description"].as_str() {
            finding["description"] = json!(with_merge_requests(text));
        }
    }
    let report = format!("{report:#}\n");
    append(out, "code-quality.json", &report)
}

/// A page of a job has only its log.
pub fn alerts(alerts: &[Alert]) -> String {
    let lines = alerts.iter().map(|alert| {
        let file = alert.file.as_deref();
        let file = file.map(|file| format!("{file}: ")).unwrap_or_default();
        let line = format!("{}: {file}{}", alert.title, alert.text.replace('\n', " "));
        let line = with_merge_requests(&line);
        format!("{}\n", escape_invisible(&line, false))
    });
    lines.collect()
}
