//! Publishes a check: commit status, annotations, summary, files, output variables.

use anyhow::Context as _;

use crate::VERSION;
use crate::ci::{self, JobOutputs, summary};
use crate::diagnostic::LOG_TARGET;
use crate::exit::Exit;
use crate::forge::{CommitStatus, Statuses};
use crate::job::{Job, JobError};
use crate::model::{CommitSha, UserId};
use crate::report::{
    self as print, NotWritten, PLAN_STATUS, Report, check_line, status_description,
};
use crate::workspace::write_file;

pub async fn set_status(
    forge: &dyn Statuses,
    at: &CommitSha,
    own: Option<UserId>,
    report: &mut Report,
) -> Result<(), JobError> {
    let status = CommitStatus {
        success: report.plan.invalid == 0,
        context: PLAN_STATUS,
        description: status_description(report),
    };
    match forge.set_status(at, own, &status).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_refusal() => {
            report.notices.push(error.notice(NotWritten::Status));
            log::warn!("{error}");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// `unanswered`: the exit code of a question that AWS or the forge did not answer.
pub fn deliver(
    job: &Job,
    report: &Report,
    comment_url: Option<&str>,
    unanswered: Option<Exit>,
) -> anyhow::Result<(String, Exit)> {
    let environment = &job.environment;
    summary(&print::markdown(
        report,
        print::Rest::JsonReport,
        job.forge.profile().summary_chars,
    )?)
    .context("job summary")?;
    let sarif = format!("{:#}\n", print::sarif(report.diagnostics(), VERSION));
    write_file(&environment.sarif, &sarif)
        .with_context(|| format!("SARIF file {}", environment.sarif.display()))?;
    let json = serde_json::to_string_pretty(report)? + "\n";
    write_file(&environment.report, &json)
        .with_context(|| format!("report {}", environment.report.display()))?;

    let (errors, warnings) = report.counts();
    let mut outputs = JobOutputs::default();
    outputs.set("digest", report.plan.digest);
    outputs.set("impact", report.plan.level.word());
    outputs.set("configs", report.plan.changes.len());
    outputs.set("errors", errors);
    outputs.set("warnings", warnings);
    outputs.set("comment-url", comment_url.unwrap_or(""));
    outputs.set("sarif-file", environment.sarif.display());
    outputs.set("report-file", environment.report.display());
    outputs.write().context("step outputs")?;

    let annotations = ci::annotations(report.diagnostics());
    if errors + warnings > 0 {
        log::error!(target: LOG_TARGET, "{}", print::diagnostics(report.diagnostics()));
    }
    log::info!("{}", check_line(report));
    let exit = if report.plan.invalid > 0 {
        Exit::Config
    } else {
        Exit::Ok
    };
    Ok((
        annotations,
        unanswered.map_or(exit, |unanswered| exit.max(unanswered)),
    ))
}
