//! Applies what was merged and is not applied: what waited for a window, and what a job did not begin or finish. Each merge is applied as
//! its own run did: with its approvals, and by the policy before it and the present one. It does not matter
//! who or what started the job.

use super::merge::provision_range;
use super::waiting::{TipConfigs, leave_closed, tip_configs};
use crate::apply::{EarlierRuns, KnownStacks, Run, SearchRole, merge_marker, pending_merges};
use crate::job::{Job, JobResult, end_without_policy};
use crate::report::{self, PendingReport};

/// Applies the merges of the configs that are not applied, the oldest first. `reference` is a claim: it ends the job, and satisfies no rule.
pub async fn provision_pending(job: &Job, reference: &str) -> JobResult {
    let TipConfigs {
        branch,
        policy,
        mut configs,
        ..
    } = tip_configs(job, reference, &[]).await?;
    let allowed = match &policy {
        Ok(allowed) => allowed,
        Err(problems) => return end_without_policy(problems),
    };
    let mut report = PendingReport::default();
    // The end of what an earlier step began waits for no window.
    if !job.environment.finish_cancelled {
        let now = job.forge.server_time();
        report.closed = leave_closed(allowed, &mut configs, now);
    }
    let own = job.forge.current_user().await?;
    let (mut merges, mut known, mut before) = (Vec::new(), KnownStacks::default(), None);
    if !configs.is_empty() {
        let sessions = job.required_credentials()?;
        let by = (allowed, SearchRole::Apply);
        let mut environments = configs.iter().map(|config| &config.target.environment);
        let is_limited = environments.any(|name| allowed.max_failures(name).is_some());
        let mut found =
            pending_merges(job, &branch.tip, by, &sessions, configs, &mut report).await?;
        if is_limited && !job.environment.finish_cancelled {
            let marker = merge_marker(&job.environment.scope());
            before = Some(found.read_failed(job, (own, marker)).await);
        }
        (merges, known) = (found.merges, found.known);
    }
    let mut run = Run::new(job, own).after(before);
    log::info!("{}", report::pending_lines(&report, None));
    let limit = job.forge.profile().summary_chars;
    let unread = report.left.iter().any(|(_, reason)| reason.is_unread());
    run.report_pending(report::pending_markdown(&report, None, limit), unread);
    for (index, merge) in merges.iter().enumerate() {
        let only = Some(EarlierRuns {
            waiting: &merge.configs,
            known: &known,
        });
        let done = provision_range(job, &mut run, &branch, &merge.range, index == 0, only).await;
        if let Err(failure) = done {
            run.record_failure(&merge.range, &failure);
        }
    }
    run.finish()
}
