//! Flow 1: checks a change, then writes comment, status, annotations, summary, SARIF and outputs.

mod preview;
mod publish;
pub mod report;

use std::sync::Arc;

use self::preview::{PreviewContext, preview};
use self::publish::{deliver, set_status, write_comment};
use self::report::{collisions, report};
use crate::change::{
    ConfigSelector, GroupOrigin, group_origin, policy_at, read_inputs, reject_claimed_stacks,
};
use crate::exit::Exit;
use crate::forge::{Forge, IdentityTokens, Source};
use crate::guard::LoadedPolicy;
use crate::guard::POLICY_FILE;
use crate::job::{Job, JobError, JobResult};
use crate::model::CommitSha;
use crate::report::{Notice, OfflineReason, Report};

pub async fn check_pull_request(job: &Job, number: u64) -> JobResult {
    let (report, comment_url, unanswered) = pull_request(job, number).await?;
    deliver(job, &report, comment_url.as_deref(), unanswered).map_err(JobError::Internal)
}

/// Checks what a merge queue would merge.
pub async fn check_merge_group(job: &Job, base: &CommitSha, head: &CommitSha) -> JobResult {
    let (report, unanswered) = merge_group(job, base, head).await?;
    deliver(job, &report, None, unanswered).map_err(JobError::Internal)
}

/// The report, the address of its comment, and an exit code if AWS or the forge did not answer.
type CheckOutcome = (Report, Option<String>, Option<Exit>);

async fn pull_request(job: &Job, number: u64) -> Result<CheckOutcome, JobError> {
    let Job {
        environment, forge, ..
    } = job;
    let pull_request = forge.pull_request(number).await?;
    let files = forge.files_of(&pull_request).await?;
    let (source, base) = job.source_of(&pull_request).await?;
    let policies = read_policies(job, source, &base).await?;
    let selection =
        ConfigSelector::for_policy(&environment.configs, &policies[1]).map_err(JobError::Usage)?;
    let inputs = read_inputs(
        source,
        &base,
        &pull_request.head,
        &files,
        &selection,
        &environment.given,
    )
    .await?;
    let mut report = report(&inputs, &base, &pull_request.head);
    reject_claimed_stacks(
        &mut report.plan,
        &inputs,
        source,
        &pull_request.head,
        &selection,
    )
    .await?;
    if files.iter().any(|file| file.is_under(POLICY_FILE)) {
        report.notices.push(Notice::PolicyChanged);
    }

    if pull_request.fork {
        if !report.plan.changes.is_empty() {
            let reason = OfflineReason::Fork;
            report.notices.push(Notice::Offline { reason });
        }
        report.notices.push(Notice::ForkReport);
        return Ok((report, None, None));
    }
    let plan = plan(job, policies, format!("pull-{number}"));
    let unanswered = preview(&mut report, &inputs, &plan).await;
    add_collisions(&**forge, &mut report, number).await;
    let head = &pull_request.head;
    let (own, url, unwritten) = write_comment(job, (number, head), &mut report).await?;
    let exits = [
        unanswered,
        unwritten,
        set_status(&**forge, head, own, &mut report).await,
    ];
    Ok((report, url, exits.into_iter().max().flatten()))
}

/// Adds the other open pull requests that change the same configs. The report is complete without them, so no error ends the check.
async fn add_collisions(forge: &dyn Forge, report: &mut Report, number: u64) {
    let complete = match forge.open_pull_requests().await {
        Ok(found) => {
            report.collisions = Some(collisions(&report.plan, number, &found.open));
            found.complete
        }
        Err(error) => {
            log::warn!("{error}");
            false
        }
    };
    if !complete && !report.plan.changes.is_empty() {
        report.notices.push(match report.collisions {
            Some(_) => Notice::OpenPullRequestsIncomplete,
            None => Notice::OpenPullRequestsUnknown,
        });
    }
}

async fn merge_group(
    job: &Job,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<(Report, Option<Exit>), JobError> {
    let environment = &job.environment;
    let source = job.source(&[base, head]);
    let files = source.changed_files(base, head).await?;
    let policies = read_policies(job, source, base).await?;
    let selection =
        ConfigSelector::for_policy(&environment.configs, &policies[1]).map_err(JobError::Usage)?;
    let inputs = read_inputs(source, base, head, &files, &selection, &environment.given).await?;
    let mut report = report(&inputs, base, head);
    reject_claimed_stacks(&mut report.plan, &inputs, source, head, &selection).await?;
    let unanswered = match group_offline(job, head, &report).await {
        Some((reason, unanswered)) => {
            report.notices.push(Notice::Offline { reason });
            unanswered
        }
        None => {
            let plan = plan(job, policies, "merge-group".to_owned());
            preview(&mut report, &inputs, &plan).await
        }
    };
    let unwritten = set_status(&*job.forge, head, None, &mut report).await;
    Ok((report, unanswered.max(unwritten)))
}

/// Why no identity token is requested for a merge group: a fork may have brought a part of it. The exit code is set if the forge did
/// not answer.
async fn group_offline(
    job: &Job,
    head: &CommitSha,
    report: &Report,
) -> Option<(OfflineReason, Option<Exit>)> {
    // Without changes or an issuer, no token is requested anyway.
    if report.plan.changes.is_empty() || job.environment.issuer.is_none() {
        return None;
    }
    match group_origin(&*job.forge, head).await {
        Ok(GroupOrigin::Own) => None,
        Ok(GroupOrigin::Fork(number)) => Some((OfflineReason::QueuedFork { number }, None)),
        Ok(GroupOrigin::Unknown) => Some((OfflineReason::QueueUnknown, None)),
        Err(error) => {
            log::warn!("{error}");
            Some((OfflineReason::QueueUnknown, Some(Exit::Unreachable)))
        }
    }
}

/// The policies at the base of the change and at the tip of the default branch. The author chooses the base.
async fn read_policies(
    job: &Job,
    source: &dyn Source,
    base: &CommitSha,
) -> Result<[LoadedPolicy; 2], JobError> {
    let tip = job.forge.default_branch().await?.tip;
    let of_base = policy_at(source, base).await?;
    let of_tip = match tip == *base {
        true => of_base.clone(),
        false => policy_at(job.source(&[&tip]), &tip).await?,
    };
    Ok([of_base, of_tip])
}

fn plan(
    job: &Job,
    [base_policy, tip_policy]: [LoadedPolicy; 2],
    session: String,
) -> PreviewContext {
    PreviewContext {
        base_policy,
        tip_policy,
        identity: job
            .environment
            .issuer
            .clone()
            .map(|issuer| issuer as Arc<dyn IdentityTokens>),
        session: format!("provisioner-{session}"),
        stop: job.stop.clone(),
    }
}
