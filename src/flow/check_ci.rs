//! Flow 1 in a job: facts from the forge, then comment, status, annotations, summary, SARIF and outputs.

use std::sync::Arc;

use anyhow::Context as _;

use super::check::{OFFLINE_NOTICE, PLAN_STATUS, VERSION, collisions, report};
use super::gather::{ConfigSelector, read_inputs};
use super::job::{Job, JobError, JobResult, has_commits};
use super::policy::{LoadedPolicy, policy_at};
use super::preview::{PreviewContext, preview};
use crate::ci::{JobEnvironment, JobOutputs, summary};
use crate::exit::Exit;
use crate::forge::github::GitHub;
use crate::forge::{CommitStatus, ForgeError, IdentityTokens, PullRequest, PullRequests, Source};
use crate::guard::POLICY_FILE;
use crate::model::{CommitSha, UserId};
use crate::report::{
    self as print, COMMENT_LIMIT, MARKER, Report, SUMMARY_LIMIT, escape_workflow_commands,
};
use crate::text::pluralize;
use crate::workspace::write_file;

/// Said when the rules by which the change will be judged are part of the change.
const POLICY_CHANGED: &str = "This change edits the policy file. It takes effect after the merge: for this change, the policy at the base holds.";

/// Checks a pull request.
pub async fn check_pull_request(job: &Job, number: u64) -> JobResult {
    let (report, comment_url) = pull_request(job, number).await?;
    deliver(&job.environment, &report, comment_url.as_deref()).map_err(JobError::Internal)
}

/// Checks what a merge queue would put onto the branch.
pub async fn check_merge_group(job: &Job, base: &CommitSha, head: &CommitSha) -> JobResult {
    let report = merge_group(job, base, head).await?;
    deliver(&job.environment, &report, None).map_err(JobError::Internal)
}

async fn pull_request(job: &Job, number: u64) -> Result<(Report, Option<String>), JobError> {
    let Job {
        environment,
        github,
        ..
    } = job;
    let pull_request = github.pull_request(number).await?;
    let files = github.files_of(&pull_request).await?;
    let (source, base) = job.source_of(&pull_request).await?;
    let policy = policy_at(source, &base).await?;
    let gathered = read_inputs(
        source,
        &base,
        &pull_request.head,
        &files,
        &ConfigSelector::for_policy(&environment.configs, &policy).map_err(JobError::Usage)?,
        &environment.given,
    )
    .await?;
    let mut report = report(&gathered, &base, &pull_request.head);
    if files.iter().any(|file| file.is_under(POLICY_FILE)) {
        report.notices.push(POLICY_CHANGED.to_owned());
    }

    if pull_request.fork {
        if !report.plan.changes.is_empty() {
            let reason = "AWS was not asked: the pull request comes from a fork, whose job gets no credentials.";
            report.notices.push(format!("{reason} {OFFLINE_NOTICE}"));
        }
        let reason = "The pull request comes from a fork, whose job may not write here: there is no comment and no commit status, \
                      only this summary and the annotations.";
        report.notices.push(reason.to_owned());
        return Ok((report, None));
    }
    let plan = plan(environment, policy, format!("pull-{number}"));
    preview(&mut report, &gathered, &plan).await;
    let surroundings = github.open_pull_requests().await?;
    report.collisions = surroundings
        .open
        .as_ref()
        .map(|open| collisions(&report.plan, number, open));
    if !surroundings.complete && !report.plan.changes.is_empty() {
        let notice = match report.collisions {
            Some(_) => {
                "Not all open pull requests could be looked at in whole: there are too many, or they change too much."
            }
            None => "Other open pull requests could not be looked at.",
        };
        report.notices.push(notice.to_owned());
    }
    let mut url = None;
    if environment.comment {
        let body = print::comment(&report, &pull_request.head, COMMENT_LIMIT)
            .map_err(|error| JobError::Internal(error.into()))?;
        match surroundings.own {
            None => report.notices.push(
                "There is no comment: the forge does not tell whose token this is.".to_owned(),
            ),
            Some(own) => match github.upsert_comment(number, own, MARKER, &body).await {
                Ok(written) => url = Some(written.url().to_owned()),
                Err(error) if error.is_refusal() => {
                    report.notices.push("There is no comment: the token may not write one. Grant the job pull-requests write.".to_owned());
                    eprintln!("{}", escape_workflow_commands(&format!("warning: {error}")));
                }
                Err(error) => return Err(error.into()),
            },
        }
    }
    put_status(github, &pull_request.head, surroundings.own, &mut report).await?;
    Ok((report, url))
}

async fn merge_group(job: &Job, base: &CommitSha, head: &CommitSha) -> Result<Report, JobError> {
    let environment = &job.environment;
    let source = job.source(&[base, head]);
    let files = source.changed_files(base, head).await?;
    let policy = policy_at(source, base).await?;
    let selection =
        ConfigSelector::for_policy(&environment.configs, &policy).map_err(JobError::Usage)?;
    let gathered = read_inputs(source, base, head, &files, &selection, &environment.given).await?;
    let mut report = report(&gathered, base, head);
    let plan = plan(environment, policy, "merge-group".to_owned());
    preview(&mut report, &gathered, &plan).await;
    put_status(&job.github, head, None, &mut report).await?;
    Ok(report)
}

/// Who asks AWS.
fn plan(environment: &JobEnvironment, policy: LoadedPolicy, session: String) -> PreviewContext {
    PreviewContext {
        policy,
        identity: environment
            .issuer
            .clone()
            .map(|issuer| issuer as Arc<dyn IdentityTokens>),
        session: format!("provisioner-{session}"),
    }
}

impl Job {
    /// Where contents of a pull request are read, and the commit to compare with.
    async fn source_of(
        &self,
        pull_request: &PullRequest,
    ) -> Result<(&dyn Source, CommitSha), ForgeError> {
        let (base, head) = (&pull_request.base, &pull_request.head);
        let checkout = self.checkout.as_ref();
        if let Some(checkout) = checkout.filter(|checkout| has_commits(checkout, &[base, head]))
            && let Some(base) = checkout.merge_base(base, head)
        {
            return Ok((checkout, base));
        }
        Ok((&self.github, self.github.merge_base(base, head).await?))
    }
}

async fn put_status(
    github: &GitHub,
    at: &CommitSha,
    own: Option<UserId>,
    report: &mut Report,
) -> Result<(), JobError> {
    let plan = &report.plan;
    let digest = plan.digest;
    let description = match plan.invalid {
        0 => format!(
            "{}, impact {}, plan {digest}",
            pluralize(plan.changes.len(), "config"),
            plan.level.word()
        ),
        invalid => format!(
            "{} in {}, plan {digest}",
            pluralize(report.counts().0, "error"),
            pluralize(invalid, "config")
        ),
    };
    let status = CommitStatus {
        success: plan.invalid == 0,
        context: PLAN_STATUS,
        description,
    };
    match github.set_status(at, own, &status).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_refusal() => {
            report.notices.push("There is no commit status: the token may not write one. Grant the job statuses write.".to_owned());
            eprintln!("{}", escape_workflow_commands(&format!("warning: {error}")));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Annotations, summary, files and output variables.
fn deliver(
    environment: &JobEnvironment,
    report: &Report,
    comment_url: Option<&str>,
) -> anyhow::Result<(String, Exit)> {
    summary(&print::markdown(report, SUMMARY_LIMIT)?).context("job summary")?;
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

    let annotations = print::annotations(report.diagnostics());
    eprint!(
        "{}",
        escape_workflow_commands(&print::diagnostics(report.diagnostics()))
    );
    eprintln!(
        "provisioner: {}, {}, {}, impact {}, plan {}",
        pluralize(report.plan.changes.len(), "config"),
        pluralize(errors, "error"),
        pluralize(warnings, "warning"),
        report.plan.level.word(),
        report.plan.digest.prefix(12),
    );
    let exit = if report.plan.invalid > 0 {
        Exit::Config
    } else {
        Exit::Ok
    };
    Ok((annotations.commands, exit))
}
