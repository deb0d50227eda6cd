//! Publishes a check: commit status, annotations, summary, files, output variables.

use anyhow::Context as _;

use crate::VERSION;
use crate::ci::{self, JobOutputs, summary};
use crate::diagnostic::{LOG_TARGET, errors_first};
use crate::exit::Exit;
use crate::forge::{CommitStatus, ForgeError, Statuses};
use crate::job::{Job, JobError, write_events};
use crate::model::{CommitSha, UserId};
use crate::report::{
    self as print, MARKER, NotWritten, Notice, PLAN_STATUS, PlanCounts, Report, check_events,
    check_line, page_links, status_description,
};
use crate::stack::StackName;
use crate::workspace::write_file;

/// Who publishes a check.
pub enum Publisher {
    /// The token's user; `None` if the forge does not say, and the check only writes a status that names no comment.
    Known(Option<UserId>),
    /// Nothing is published, because the forge does not say whose token the job has. With an exit code if a later run may find out.
    Unknown(Option<Exit>),
}

/// The token's user. Fails if the job's settings name another one.
pub async fn publisher(
    job: &Job,
    writes_comment: bool,
    report: &mut Report,
) -> Result<Publisher, JobError> {
    let what = match writes_comment {
        true => NotWritten::Comment,
        false => NotWritten::Status,
    };
    match job.forge.current_user().await {
        Ok(None) if writes_comment => {
            report.notices.push(Notice::CommentAuthorUnknown);
            Ok(Publisher::Unknown(None))
        }
        Ok(own) => Ok(Publisher::Known(own)),
        Err(error) if error.is_misconfigured() => Err(error.into()),
        Err(error) => {
            not_written(report, what, &error);
            Ok(Publisher::Unknown(Some(Exit::Unreachable)))
        }
    }
}

/// Writes the comment on a pull request. Returns its address, and an exit code if a later run may write it: a check that the forge
/// does not take still ends with its summary and files.
pub async fn write_comment(
    job: &Job,
    own: Option<UserId>,
    (number, head): (u64, &CommitSha),
    report: &mut Report,
) -> Result<(Option<String>, Option<Exit>), JobError> {
    let Some(own) = own.filter(|_| job.environment.comment) else {
        return Ok((None, None));
    };
    let profile = job.forge.profile();
    let limits = (profile.comment_chars, profile.summary_chars);
    let body = print::comment(report, head, limits);
    let body = body.map_err(|error| JobError::Internal(error.into()))?;
    // A change that concerns nothing gets no comment, but one that said otherwise before is corrected.
    if report.is_empty() {
        match job.forge.own_comment(number, own, MARKER).await {
            Ok(None) => return Ok((None, None)),
            Ok(Some(_)) => {}
            Err(error) => return Ok((None, not_written(report, NotWritten::Comment, &error))),
        }
    }
    let written = job.forge.upsert_comment(number, own, MARKER, &body).await;
    Ok(match written {
        Ok(written) => (Some(written.url().to_owned()), None),
        Err(error) => (None, not_written(report, NotWritten::Comment, &error)),
    })
}

/// Sets the commit status. Returns an exit code if a later run may set it.
pub async fn set_status(
    forge: &dyn Statuses,
    at: &CommitSha,
    own: Option<UserId>,
    report: &mut Report,
) -> Option<Exit> {
    let status = CommitStatus {
        success: !report.has_errors(),
        context: PLAN_STATUS,
        description: status_description(report),
    };
    let written = forge.set_status(at, own, &status).await;
    written
        .err()
        .and_then(|error| not_written(report, NotWritten::Status, &error))
}

/// Adds the reason to the report. Returns an exit code if a later run may write it.
fn not_written(report: &mut Report, what: NotWritten, error: &ForgeError) -> Option<Exit> {
    log::warn!("{error}");
    report.notices.push(error.notice(what));
    (!error.is_refusal()).then_some(Exit::Unreachable)
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
    let json = print::json_text(report)?;
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
    write_events(job, &check_events(report, comment_url), &mut outputs)?;
    outputs.write().context("step outputs")?;
    ci::counts(&PlanCounts::new(report)).context("counts of the plan")?;
    let comments: Vec<String> = comment_url.map(str::to_owned).into_iter().collect();
    let stacks: Vec<StackName> = report
        .plan
        .changes
        .iter()
        .filter_map(|change| {
            Some(StackName {
                target: change.target.clone()?,
                name: change.stack.clone()?,
            })
        })
        .collect();
    ci::links(&page_links(&comments, stacks.iter())).context("links")?;

    let annotations = ci::annotations(report.diagnostics());
    if errors + warnings > 0 {
        log::error!(target: LOG_TARGET, "{}", print::diagnostics(errors_first(report.diagnostics())));
    }
    log::info!("{}", check_line(report));
    let exit = if report.has_errors() {
        Exit::Config
    } else {
        Exit::Ok
    };
    Ok((
        annotations,
        unanswered.map_or(exit, |unanswered| exit.max(unanswered)),
    ))
}
