//! What a run works on, and what it knows of earlier runs.

use std::collections::BTreeSet;

use super::known_stacks::{EarlierRuns, KnownStacks};
use super::merge_work::{MergeWork, of_no_run};
use super::order::{PlannedTask, first_paths};
use super::outcome::ApplyReport;
use super::run::Run;
use super::schedule::Before;
use super::task::StackTask;
use super::unapplied::{InspectedConfig, SearchRole, SupersededConfig, UnappliedSearch};
use crate::VERSION;
use crate::change::{MergedChange, last_merge_of, policy_at, review_facts, valid_configs};
use crate::config::Config;
use crate::diagnostic::Code;
use crate::forge::ForgeError;
use crate::job::JobError;
use crate::model::{Digest, RepoPath, UserId};
use crate::plan::Change;
use crate::product::Verb;
use crate::report::{Attempts, NewerMerge, Outcome, RunRecord, State};

/// First line of the comment on a merged change; a digest of the environment follows.
const MARKER: &str = "<!-- provisioner:provision ";

/// Maximum number of newer merges that a report names. Each costs two requests.
const MAX_NAMED: usize = 10;

/// First line of the comment on a merged change. `scope`: the environment and accounts of the job.
pub fn merge_marker(scope: &str) -> String {
    match scope.is_empty() {
        true => format!("{MARKER}-->"),
        false => format!("{MARKER}{} -->", Digest::sha256(scope).prefix(12)),
    }
}

/// Whether only a review, the policy, the lock, a new merge or a comment changes the outcome. Time and AWS change the others by themselves.
fn is_for_people(outcome: &Outcome) -> bool {
    let mut errors = outcome.problems.iter().filter(|problem| problem.error);
    let is_decided = |code: &Code| {
        matches!(
            code,
            Code::ApprovalMissing
                | Code::ApprovalStale
                | Code::ApprovalBeforePlan
                | Code::ApprovalByAuthor
                | Code::ApprovalByPusher
                | Code::ApproverNotAllowed
                | Code::ChangesRequested
                | Code::DuplicateStack
                | Code::NotMerged
                | Code::NotRequested
                | Code::PlanChanged
                | Code::ProductNotLocked
                | Code::UpdateNotAllowed
                | Code::ImpactTooHigh
                | Code::ImpactUnknown
                | Code::EnvironmentNotAllowed
                | Code::RoleNotConfigured
        )
    };
    match outcome.state {
        State::Denied => errors.all(|problem| is_decided(&problem.code)),
        // Why it did not begin is known of the stacks.
        State::NotStarted | State::Skipped | State::AwaitingConfirmation => true,
        _ => false,
    }
}

impl Run<'_> {
    /// Reads stacks of a merge that the run does not work on. They are compared with the configs at the tip of the default branch, or with
    /// those of the merge if later commits changed these again.
    pub(super) async fn inspect_others(
        &self,
        merged: &MergedChange,
        others: &[StackTask<'_>],
    ) -> Result<KnownStacks, JobError> {
        let mut known = KnownStacks::default();
        let paths: BTreeSet<&RepoPath> = others.iter().map(|task| &task.change.path).collect();
        let (Some(sessions), Some(tip), false) =
            (&self.sessions, merged.tip_commit(), paths.is_empty())
        else {
            return Ok(known);
        };
        let source = self.job.source(&[tip]);
        let policy = policy_at(source, tip).await?;
        let (mut configs, invalid) = valid_configs(self.job, source, tip, &policy, &[]).await?;
        configs.retain(|config| paths.contains(&config.path));
        // A policy that does not load denies everything.
        let Ok(policy) = &policy else {
            return Ok(known);
        };
        let search = UnappliedSearch {
            policy,
            role: SearchRole::Apply,
            sessions,
            finish_cancelled: false,
            compares_all: true,
        };
        let mut superseded = Vec::new();
        for task in others {
            let path = &task.change.path;
            if merged.is_current(task.change) {
                continue;
            }
            let is_own = |config: &&Config| has_same_stack(config, &task.config);
            let now = configs.iter().find(is_own).cloned();
            let before = merged.config_before(task.change);
            let removed = !invalid.contains(path);
            let effect = SupersededConfig::effect(before.as_ref(), now.as_ref(), removed);
            let later = merged.later_configs(task.change).iter();
            superseded.push(SupersededConfig {
                merged: task.config.clone(),
                before,
                later: later.filter(is_own).cloned().collect(),
                now,
                newer: NewerMerge {
                    number: None,
                    effect,
                },
                merged_at: merged.merged_at(),
            });
        }
        let old: BTreeSet<RepoPath> = superseded
            .iter()
            .map(|config| config.merged.path.clone())
            .collect();
        configs.retain(|config| !old.contains(&config.path));
        for (config, found) in search.search(configs).await {
            known.add(config.path, &found);
        }
        let mut named = 0;
        for (path, mut found) in search.search_superseded(superseded).await {
            if let InspectedConfig::Superseded { newer, .. } = &mut found
                && named < MAX_NAMED
            {
                named += 1;
                // At worst, the report does not name it.
                let merge = last_merge_of(&*self.job.forge, tip, &path).await.ok();
                newer.number = merge.and_then(|merge| merge.number);
            }
            known.add(path, &found);
        }
        Ok(known)
    }

    /// What is known of the configs of a merge, for the stacks that wait for others: what the run knows of the tip of the default branch says
    /// nothing about configs that later commits changed again.
    pub(super) async fn known_of_merge(
        &self,
        merged: &MergedChange,
        known: &KnownStacks,
        others: &[StackTask<'_>],
    ) -> Result<KnownStacks, JobError> {
        let policies = merged.policies();
        let unsure = others.iter().filter(|task| {
            let is_unsure =
                !merged.is_current(task.change) || known.is_uncompared(&task.change.path);
            is_unsure && policies.limits_rollout(&task.config.target.environment)
        });
        let unsure: Vec<StackTask<'_>> = unsure.cloned().collect();
        let paths = unsure.iter().map(|task| task.change.path.clone()).collect();
        let found = self.inspect_others(merged, &unsure).await?;
        Ok(known.replaced(&paths, found))
    }

    /// Whether this job handles a change. A config with errors has no known environment, so every job handles it: otherwise no job
    /// would report it.
    pub(super) fn is_of_this_job(&self, change: &Change) -> bool {
        let target = change.target.as_ref();
        target.is_none_or(|target| self.job.environment.covers(target))
    }

    /// Whether another job of the same environment handles a change.
    fn is_elsewhere(&self, change: &Change) -> bool {
        let own = self.job.environment.environment.as_deref();
        let target = change.target.as_ref();
        let target = target.filter(|target| own.is_none_or(|own| own == target.environment));
        target.is_some_and(|target| !self.job.environment.covers(target))
    }

    /// Adds the stacks that go first in accounts of other jobs of the environment.
    pub(super) async fn add_first_elsewhere<'t>(
        &self,
        merged: &'t MergedChange,
        tasks: &mut Vec<PlannedTask<'t>>,
    ) -> Result<(), JobError> {
        let policies = merged.policies();
        let changes = merged.contents.plan.changes.iter();
        let elsewhere = changes.filter(|change| self.is_elsewhere(change));
        let mut others = MergeWork::new(merged, elsewhere, None, &Attempts::default()).all();
        others.retain(|task| policies.names_first(&task.config.target.environment));
        if others.is_empty() {
            return Ok(());
        }
        let own = tasks.iter().map(|(task, _)| task.clone());
        let first = first_paths(own.chain(others.iter().cloned()).collect(), policies);
        others.retain(|task| first.contains(&task.change.path.to_string()));
        let known = self.inspect_others(merged, &others).await?;
        let others = others.into_iter();
        tasks.extend(others.map(|task| of_no_run(task, &known, &Attempts::default())));
        Ok(())
    }

    /// First line of the comment on a merged change in this job's environment and accounts.
    pub(super) fn marker(&self) -> String {
        merge_marker(&self.job.environment.scope())
    }

    /// Adds to the record of a merge that the run could begin nothing of it, so that `find` starts no job until something changes.
    pub(super) async fn write_rest(&self, (number, own): (u64, UserId), attempts: &Attempts) {
        let marker = self.marker();
        let forge = &self.job.forge;
        let written = async {
            let Some(comment) = forge.own_text(number, own, &marker).await? else {
                return Ok(());
            };
            let body = attempts.replaced_in(&comment);
            forge.upsert_comment(number, own, &marker, &body).await?;
            Ok::<(), ForgeError>(())
        };
        if let Err(error) = written.await {
            log::warn!("{error}");
        }
    }

    /// Records that a merge was denied as before, if people decide about all of it, so that `find` starts no job until a fact changes by which
    /// they do, or until the next day.
    pub(super) async fn rest_denied(
        &self,
        merged: &MergedChange,
        earlier: Option<((u64, UserId), EarlierRuns<'_>)>,
        (before, applied): (&Attempts, &ApplyReport),
    ) {
        let (Some((pull_request, earlier)), Some(tip)) = (earlier, merged.tip_commit()) else {
            return;
        };
        if applied.is_out_of_time || !applied.outcomes.iter().all(is_for_people) {
            return;
        }
        // At worst, a job starts for nothing.
        let facts = match review_facts(self.job, pull_request.0, tip).await {
            Ok(facts) => facts,
            Err(error) => return log::warn!("{}", error.text()),
        };
        let Some(facts) = facts else {
            return;
        };
        let left = earlier.known.digest(earlier.waiting, &facts);
        if !before.rest_with(&left) {
            self.write_rest(pull_request, &before.resting(&left)).await;
        }
    }

    /// The tasks of a command, and the other stacks of the merge for which they may have to wait. A command that deletes, repairs or reads
    /// waits for none.
    pub(super) async fn planned_command<'t>(
        &self,
        merged: &'t MergedChange,
        tasks: Vec<StackTask<'t>>,
        attempts: &Attempts,
    ) -> Result<Vec<PlannedTask<'t>>, JobError> {
        let mut others = Vec::new();
        let is_held = tasks.iter().any(|task| task.verb == Verb::Provision);
        if is_held {
            let changes = merged.contents.plan.changes.iter();
            let unnamed = changes.filter(|change| {
                let mut named = tasks.iter();
                self.is_of_this_job(change) && !named.any(|task| task.change.path == change.path)
            });
            others = MergeWork::new(merged, unnamed, None, &Attempts::default()).all();
            let policies = merged.policies();
            others.retain(|task| policies.limits_rollout(&task.config.target.environment));
        }
        let known = self.inspect_others(merged, &others).await?;
        let others = others.into_iter();
        let others = others.map(|task| of_no_run(task, &known, attempts));
        let tasks = tasks.into_iter().map(|task| {
            let before = match task.verb == Verb::Provision && attempts.have_failed(task.change) {
                true => Before::Retry,
                false => Before::Open,
            };
            (task, before)
        });
        let mut planned: Vec<PlannedTask<'t>> = tasks.chain(others).collect();
        if is_held {
            self.add_first_elsewhere(merged, &mut planned).await?;
        }
        Ok(planned)
    }

    /// What earlier runs told and tried, by their comment on a pull request.
    pub(super) async fn earlier_attempts(
        &self,
        pull_request: Option<(u64, UserId)>,
    ) -> Result<Attempts, JobError> {
        let Some((number, own)) = pull_request else {
            return Ok(Attempts::default());
        };
        let comment = self.job.forge.own_text(number, own, &self.marker()).await?;
        Ok(comment.map_or_else(Attempts::default, |comment| Attempts::parse(&comment)))
    }

    pub(super) fn run_record(&self) -> RunRecord {
        let environment = &self.job.environment;
        RunRecord {
            version: VERSION.to_owned(),
            repository: environment.repository.repository().to_owned(),
            url: environment
                .run
                .url
                .as_ref()
                .map_or_else(String::new, |url| url.as_str().to_owned()),
            finishes_cancelled: environment.finish_cancelled,
            began: self.clock.began(),
        }
    }
}

fn has_same_stack(one: &Config, other: &Config) -> bool {
    one.path == other.path && one.target == other.target && one.stack() == other.stack()
}
