//! Finds the environments in which something is to be applied, in a job without an environment: with the plan role, and without a
//! reviewer. The answer only decides which jobs start. Each of them searches again.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use super::waiting::{TipConfigs, leave_closed, tip_configs};
use crate::apply::{KnownStacks, PendingMerge, SearchRole, merge_marker, pending_merges};
use crate::change::review_facts;
use crate::ci::{JobOutputs, scope_of, start_jobs, summary};
use crate::config::Config;
use crate::exit::Exit;
use crate::job::{Job, JobError, JobResult, end_without_policy};
use crate::model::{CommitSha, UserId};
use crate::report::{Attempts, LeftReason, PendingReport, pending_lines, pending_markdown};

/// Writes the environments whose jobs have something to apply into the output `environments`. `names`: configs that a person names, whose
/// environments it then writes; empty means what was merged and is not applied.
pub async fn find_environments(job: &Job, reference: &str, names: &[String]) -> JobResult {
    let TipConfigs {
        branch,
        policy,
        mut configs,
        invalid,
    } = tip_configs(job, reference, names).await?;
    let allowed = match &policy {
        Ok(allowed) => allowed,
        Err(problems) => return end_without_policy(problems),
    };
    if !names.is_empty() {
        if let Some(path) = invalid.first() {
            let text = format!("the config has errors: {path}");
            return Err(JobError::Usage(anyhow::anyhow!(text)));
        }
        let named = configs.into_iter().map(|config| config.target.environment);
        let report = PendingReport::default();
        return finish(job, &report, named.collect(), true);
    }
    let mut report = PendingReport {
        closed: leave_closed(allowed, &mut configs, job.forge.server_time()),
        ..PendingReport::default()
    };
    let mut by_job: BTreeMap<(String, String), Vec<Config>> = BTreeMap::new();
    for config in configs {
        let environment = &config.target.environment;
        let mut groups = job.environment.groups.iter();
        // A job of another workflow works on the other accounts.
        let Some(group) = groups.find(|group| group.contains(&config.target.account)) else {
            continue;
        };
        let scope = scope_of(Some(environment), group);
        let key = (environment.clone(), scope);
        by_job.entry(key).or_default().push(config);
    }
    let mut found = BTreeSet::new();
    if !by_job.is_empty() {
        let sessions = job.required_credentials()?;
        let own = job.forge.current_user().await?;
        // Each job on its own, so that the merges of one leave room for those of another, and because each has a comment of its own.
        for ((environment, scope), configs) in by_job {
            let before = report.left.len();
            let by = (allowed, SearchRole::Plan);
            let mut pending =
                pending_merges(job, &branch.tip, by, &sessions, configs, &mut report).await?;
            let marker = merge_marker(&scope);
            if allowed.max_failures(&environment).is_some() {
                pending.read_failed(job, (own, marker.clone())).await;
            }
            let mut merges = pending.merges;
            let rests = Rests {
                own,
                marker,
                tip: &branch.tip,
                known: &pending.known,
            };
            leave_resting(job, &rests, &mut merges, &mut report).await;
            let mut left = report.left[before..].iter();
            if !merges.is_empty() || left.any(|(_, reason)| is_open(reason)) {
                found.insert(environment);
            }
        }
    }
    report.left.sort_by(|(a, _), (b, _)| a.cmp(b));
    if !found.is_empty() {
        let waiting = job.forge.environments_in_review(&branch.branch.name).await;
        // At worst, people have to review one job more.
        let waiting = waiting.unwrap_or_else(|error| {
            log::warn!("{error}");
            BTreeSet::new()
        });
        report.in_review = found.intersection(&waiting).cloned().collect();
        found.retain(|name| !waiting.contains(name));
    }
    finish(job, &report, found, false)
}

/// What tells whether a merge rests.
struct Rests<'a> {
    /// The job's user.
    own: Option<UserId>,
    /// First line of the comment of the job that may start.
    marker: String,
    tip: &'a CommitSha,
    known: &'a KnownStacks,
}

impl Rests<'_> {
    /// Whether an earlier run could begin nothing of a merge, or denied it as before, and nothing changed since.
    async fn holds(
        &self,
        job: &Job,
        number: u64,
        attempts: &Attempts,
        merge: &PendingMerge,
    ) -> bool {
        if attempts.rest_with(&self.known.digest(&merge.configs, "")) {
            return true;
        }
        if !attempts.rests() {
            return false;
        }
        match review_facts(job, number, self.tip).await {
            Ok(Some(facts)) => attempts.rest_with(&self.known.digest(&merge.configs, &facts)),
            Ok(None) => false,
            // At worst, a job starts for nothing.
            Err(error) => {
                log::warn!("{}", error.text());
                false
            }
        }
    }
}

/// Leaves the merges that rest. A record that somebody else edited counts as none.
async fn leave_resting(
    job: &Job,
    rests: &Rests<'_>,
    merges: &mut Vec<PendingMerge>,
    report: &mut PendingReport,
) {
    let Some(own) = rests.own else {
        return;
    };
    let mut left = Vec::new();
    for merge in std::mem::take(merges) {
        let Some(number) = merge.range.number else {
            merges.push(merge);
            continue;
        };
        let text = job.forge.own_text(number, own, &rests.marker).await;
        // At worst, a job starts for nothing.
        let text = text.unwrap_or_else(|error| {
            log::warn!("{error}");
            None
        });
        let attempts = text.map(|text| Attempts::parse(&text)).unwrap_or_default();
        match rests.holds(job, number, &attempts, &merge).await {
            true => left.extend(merge.configs),
            false => merges.push(merge),
        }
    }
    report.configs -= left.len();
    let left = left.into_iter();
    let left = left.map(|path| (path.to_string(), LeftReason::Rests));
    report.left.extend(left);
}

/// Whether only the job of the environment can find out.
fn is_open(reason: &LeftReason) -> bool {
    reason.is_unread() || *reason == LeftReason::NoPlanRole
}

/// `is_named`: a person named the configs.
fn finish(job: &Job, report: &PendingReport, found: BTreeSet<String>, is_named: bool) -> JobResult {
    write_environments(job, &found)?;
    let found: Vec<String> = found.into_iter().collect();
    if !is_named {
        let limit = job.forge.profile().summary_chars;
        write_summary(&pending_markdown(report, Some(&found), limit))?;
    }
    log::info!("{}", pending_lines(report, Some(&found)));
    let unread = report.left.iter().any(|(_, reason)| reason.is_unread());
    let exit = match unread {
        true => Exit::Unreachable,
        false => Exit::Ok,
    };
    Ok((String::new(), exit))
}

/// Writes the output `environments`, or what else starts the jobs.
pub(super) fn write_environments(job: &Job, found: &BTreeSet<String>) -> Result<(), JobError> {
    let names: Vec<String> = found.iter().cloned().collect();
    start_jobs(&job.environment.event, &names).map_err(JobError::Internal)?;
    let json = serde_json::to_string(found).context("environments");
    let mut outputs = JobOutputs::default();
    outputs.set("environments", json.map_err(JobError::Internal)?);
    let written = outputs.write().context("step outputs");
    written.map_err(JobError::Internal)
}

pub(super) fn write_summary(page: &str) -> Result<(), JobError> {
    let written = summary(page).context("job summary");
    written.map_err(JobError::Internal)
}
