//! Flow 1: checks a change, then writes comment, status, annotations, summary, SARIF and outputs.

pub mod on_merge;
mod preview;
mod publish;
pub mod report;
mod sample;
pub mod upgrade;

use std::sync::Arc;

use self::on_merge::{add_closed_environments, add_first_stacks, add_on_merge};
use self::preview::{PreviewContext, Seen, preview};
use self::publish::{Publisher, deliver, publisher, set_status, write_comment};
use self::report::{collisions, report};
use self::upgrade::{add_lock, mark_unread};
use crate::change::{
    ChangeInputs, GroupOrigin, ProposedLock, ProposedPolicies, add_other_configs, group_origin,
    read_inputs, require_matches, unselected_configs,
};
use crate::exit::Exit;
use crate::forge::{ChangedFile, DefaultBranch, Forge, IdentityTokens, Source};
use crate::guard::{Branch, ChangeRequest, POLICY_FILE};
use crate::job::{Job, JobError, JobResult};
use crate::model::CommitSha;
use crate::plan::LinkNeeds;
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
    let forge = &job.forge;
    let pull_request = forge.pull_request(number).await?;
    let files = forge.files_of(&pull_request).await?;
    let (source, base) = job.source_of(&pull_request).await?;
    let head = &pull_request.head;
    let branch = forge.default_branch().await?;
    let change = Proposed {
        source,
        base: &base,
        head,
        files: &files,
    };
    let request = ChangeRequest {
        number,
        target: Some(match pull_request.target == branch.branch.name {
            true => branch.branch.clone(),
            false => Branch {
                name: pull_request.target.clone(),
                default: false,
                protected: None,
            },
        }),
        fork: Some(pull_request.fork),
        ..ChangeRequest::default()
    };
    let mut assessment = assess_change(job, &branch, &change).await?;
    assessment.report.context.pull_request = Some(number);
    if pull_request.fork {
        let mut report = assessment.finish(job, &request, Seen::default());
        if !report.plan.changes.is_empty() {
            let reason = OfflineReason::Fork;
            report.notices.push(Notice::Offline { reason });
        }
        report.notices.push(Notice::ForkReport);
        return Ok((report, None, None));
    }
    let seen = assessment.preview(job, &format!("pull-{number}")).await;
    let unanswered = seen.unanswered;
    let mut report = assessment.finish(job, &request, seen);
    add_collisions(&**forge, &mut report, number).await;
    // On GitHub the list of open pull requests names the token's user.
    let own = match publisher(job, job.environment.comment, &mut report).await? {
        Publisher::Known(own) => own,
        Publisher::Unknown(unknown) => return Ok((report, None, unanswered.max(unknown))),
    };
    let (url, unwritten) = write_comment(job, own, (number, head), &mut report).await?;
    let exits = [
        unanswered,
        unwritten,
        set_status(&**forge, head, own, &mut report).await,
    ];
    Ok((report, url, exits.into_iter().max().flatten()))
}

/// A change that is not merged.
struct Proposed<'a> {
    source: &'a dyn Source,
    base: &'a CommitSha,
    head: &'a CommitSha,
    files: &'a [ChangedFile],
}

/// A change with its report, before AWS and the policy add to it.
struct Assessment {
    report: Report,
    inputs: ChangeInputs,
    policies: ProposedPolicies,
    lock: ProposedLock,
    needs: Option<LinkNeeds>,
}

async fn assess_change(
    job: &Job,
    branch: &DefaultBranch,
    change: &Proposed<'_>,
) -> Result<Assessment, JobError> {
    let environment = &job.environment;
    let Proposed {
        source, base, head, ..
    } = *change;
    let edits_policy = change.files.iter().any(|file| file.is_under(POLICY_FILE));
    let tip = (job.source(&[&branch.tip]), &branch.tip);
    let policies =
        ProposedPolicies::read((source, base), tip, edits_policy.then_some(head)).await?;
    let lock = ProposedLock::read(tip, (source, base, head), change.files).await?;
    let globs = &environment.configs;
    let selection = policies.selection(globs).map_err(JobError::Usage)?;
    require_matches(source, &[base, head], globs, &selection).await?;
    let given = &environment.given;
    let inputs = read_inputs(source, base, head, change.files, &selection, given).await?;
    let shown = policies.for_preview().shown_values();
    let mut report = report(&inputs, (base, head), &shown, Some(environment));
    let plan = &mut report.plan;
    let (needs, rare) = add_other_configs(plan, &inputs, source, head, &selection).await?;
    report.notices.extend(rare.into_iter().map(Notice::from));
    report.unselected = unselected_configs(
        source,
        (base, &inputs.base),
        (head, &inputs.head),
        change.files,
        &selection,
    )
    .await?;
    let edit = policies.change(source, head, &inputs, globs).await;
    report.set_policy(edit.map_err(JobError::Usage)?);
    if report.policy.is_some() || !report.plan.changes.is_empty() {
        let commits = (source, base, head);
        report.policy_warnings = policies.warnings(commits, tip, globs).await?;
        let alarms = policies.foreign_alarms((source, head), &inputs, globs);
        let alarms = alarms.await.map_err(JobError::Usage)?;
        report.policy_warnings.extend(alarms);
    }
    add_lock(&mut report, &inputs, &lock);
    Ok(Assessment {
        report,
        inputs,
        policies,
        lock,
        needs,
    })
}

impl Assessment {
    /// Queries AWS with the plan role. `session`: a name for the role's session.
    async fn preview(&mut self, job: &Job, session: &str) -> Seen {
        let issuer = job.environment.issuer.clone();
        let context = PreviewContext {
            policies: self.policies.for_preview(),
            identity: issuer.map(|issuer| issuer as Arc<dyn IdentityTokens>),
            session: format!("provisioner-{session}"),
            needs: self.needs.as_ref(),
            stop: job.stop.clone(),
        };
        preview(&mut self.report, &self.inputs, &context).await
    }

    /// The report with the forecast of the merge.
    fn finish(self, job: &Job, request: &ChangeRequest, seen: Seen) -> Report {
        let mut report = self.report;
        mark_unread(&mut report, &self.inputs, &seen.facts);
        let rules = (&self.policies, self.lock.state());
        add_on_merge(&mut report, &self.inputs, rules, Some(request), seen.facts);
        let now = job.forge.server_time();
        add_closed_environments(&mut report, self.policies.for_merge(), now);
        add_first_stacks(&mut report, &self.inputs, self.policies.for_merge());
        report
    }
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
    let source = job.source(&[base, head]);
    let files = source.changed_files(base, head).await?;
    let branch = job.forge.default_branch().await?;
    let change = Proposed {
        source,
        base,
        head,
        files: &files,
    };
    let mut assessment = assess_change(job, &branch, &change).await?;
    let mut request = ChangeRequest {
        target: Some(branch.branch.clone()),
        fork: Some(false),
        ..ChangeRequest::default()
    };
    let publisher = publisher(job, false, &mut assessment.report).await?;
    let seen = match group_offline(job, &branch, head, &assessment.report).await {
        Some((reason, unanswered)) => {
            request.fork = Some(matches!(reason, OfflineReason::QueuedFork { .. }));
            assessment.report.notices.push(Notice::Offline { reason });
            Seen {
                unanswered,
                ..Seen::default()
            }
        }
        None => assessment.preview(job, "merge-group").await,
    };
    let unanswered = seen.unanswered;
    let mut report = assessment.finish(job, &request, seen);
    let unwritten = match publisher {
        Publisher::Known(own) => set_status(&*job.forge, head, own, &mut report).await,
        Publisher::Unknown(unknown) => unknown,
    };
    Ok((report, unanswered.max(unwritten)))
}

/// Why no identity token is requested for a merge group: a fork may have brought a part of it. The exit code is set if the forge did
/// not answer.
async fn group_offline(
    job: &Job,
    branch: &DefaultBranch,
    head: &CommitSha,
    report: &Report,
) -> Option<(OfflineReason, Option<Exit>)> {
    // Without changes or an issuer, no token is requested anyway.
    if report.plan.changes.is_empty() || job.environment.issuer.is_none() {
        return None;
    }
    match group_origin(&*job.forge, branch, head).await {
        Ok(GroupOrigin::Own) => None,
        Ok(GroupOrigin::Fork(number)) => Some((OfflineReason::QueuedFork { number }, None)),
        Ok(GroupOrigin::Unknown) => Some((OfflineReason::QueueUnknown, None)),
        Err(error) => {
            log::warn!("{error}");
            Some((OfflineReason::QueueUnknown, Some(Exit::Unreachable)))
        }
    }
}
