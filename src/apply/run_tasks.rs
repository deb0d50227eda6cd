//! Runs the tasks of one change.

use std::sync::Arc;

use super::deployments::DeploymentReporter;
use super::executor::Executor;
use super::failed_before::{FailedBefore, RecordReader};
use super::fresh::FreshChange;
use super::limits::Failures;
use super::merge_record::MergeRecord;
use super::order::PlannedTask;
use super::outcome::ApplyReport;
use super::pending_merges::pending_merges;
use super::recorder::DecisionRecorder;
use super::run::Run;
use super::task::StackTask;
use super::unapplied::SearchRole;
use crate::change::{MergedChange, policy_at, valid_configs};
use crate::exit::Exit;
use crate::job::{JobError, ProgressLog};
use crate::operation;
use crate::product::Verb;
use crate::report::{Notice, Outcome, PendingReport, Problem, Redactor, StackRecord, State};
use crate::stack::StackName;

impl Run<'_> {
    /// The same for configs that a person named.
    pub fn named(mut self) -> Self {
        self.is_named = true;
        self
    }

    /// The same with what is known of failures.
    pub fn after(mut self, failed: Option<FailedBefore>) -> Self {
        self.failed_before = failed;
        self
    }

    /// Runs the tasks of a change, and adds what came of them.
    pub(super) async fn execute(
        &mut self,
        merged: &Arc<MergedChange>,
        tasks: Vec<PlannedTask<'_>>,
        mut applied: ApplyReport,
        notices: &mut Vec<Notice>,
        record: &MergeRecord<'_>,
    ) -> Result<ApplyReport, JobError> {
        let is_limited = self.read_failed_before(merged, &tasks).await?;
        let forge = &*self.job.forge;
        let of_run = tasks.iter().filter(|(_, before)| before.is_of_run());
        let deployments = DeploymentReporter::new(forge, self.own, &merged.merge, of_run.count());
        let problems: Vec<Problem> = merged
            .policies()
            .problems()
            .map(Problem::from_diagnostic)
            .collect();
        if problems.is_empty() {
            let executor = Executor {
                fresh: FreshChange::new(self.job, Arc::clone(merged)),
                policies: merged.policies(),
                time_limit: self.job.environment.time_limit,
                sessions: self.sessions.as_ref(),
                deployments: &deployments,
                token: &self.token,
                finish_cancelled: self.job.environment.finish_cancelled,
                failures: Failures {
                    now: &self.failed,
                    before: self.failed_before.as_ref().filter(|_| is_limited),
                },
                record,
                clock: self.clock,
            };
            let done = executor.apply(tasks).await;
            let mut outcomes = done.outcomes.iter();
            applied.has_failed = outcomes.any(|outcome| outcome.state == State::Failed);
            applied.records.extend(done.records);
            applied.outcomes.extend(done.outcomes);
            applied.exit = applied.exit.max(done.exit);
            applied.is_out_of_time = done.is_out_of_time;
            applied.has_opened = done.has_opened;
            for (environment, path) in done.succeeded {
                if let Some(failed) = self.failed.get_mut(&environment) {
                    failed.remove(&path);
                }
                if let Some(failed) = &mut self.failed_before {
                    failed.applied(&path);
                }
            }
            for (environment, path) in done.failed {
                self.failed.entry(environment).or_default().insert(path);
            }
        } else {
            for (task, _) in tasks.into_iter().filter(|(_, before)| before.is_of_run()) {
                let (mut outcome, record) = self.deny_all(merged, &task);
                outcome.problems.extend(problems.iter().cloned());
                applied.records.push(record);
                applied.add(outcome, Some(Exit::Denied));
            }
        }
        notices.extend(deployments.failure());
        let records = &applied.records;
        if records.iter().any(StackRecord::allows_update) {
            notices.push(Notice::UpdatePlanRecomputed);
        }
        Ok(applied)
    }

    /// Reads what failed before. Returns whether that can hold a task: the policy limits failures, and no person named the configs.
    async fn read_failed_before(
        &mut self,
        merged: &MergedChange,
        tasks: &[PlannedTask<'_>],
    ) -> Result<bool, JobError> {
        let policies = merged.policies();
        let limits = |environment: &str| policies.max_failures(environment).is_some();
        let mut held = tasks.iter().filter(|(task, before)| {
            let waits = match task.command {
                Some(_) => task.verb == Verb::Provision,
                None => !task.verb.deletes(),
            };
            before.is_of_run() && waits
        });
        let is_limited = held.any(|(task, _)| limits(&task.config.target.environment));
        let is_exempt = self.is_named || self.job.environment.finish_cancelled;
        if !is_limited || is_exempt || self.failed_before.is_some() {
            return Ok(is_limited && !is_exempt);
        }
        let (Some(tip), Some(sessions)) = (merged.tip_commit(), &self.sessions) else {
            return Ok(false);
        };
        let source = self.job.source(&[tip]);
        let policy = policy_at(source, tip).await?;
        let (mut configs, _) = valid_configs(self.job, source, tip, &policy, &[]).await?;
        configs.retain(|config| {
            self.job.environment.covers(&config.target) && limits(&config.target.environment)
        });
        // A policy that does not load denies everything.
        let Ok(policy) = &policy else {
            return Ok(false);
        };
        let mut report = PendingReport::default();
        let by = (policy, SearchRole::Apply);
        let found = pending_merges(self.job, tip, by, sessions, configs, &mut report).await?;
        let mut failed = found.failed;
        let reader = RecordReader {
            job: self.job,
            own: self.own,
            marker: self.marker(),
            absent_counts: false,
        };
        failed.add_records(&reader, &found.origins).await;
        self.failed_before = Some(failed);
        Ok(true)
    }

    /// Denies a task because the policy does not load.
    fn deny_all(&self, merged: &MergedChange, task: &StackTask<'_>) -> (Outcome, StackRecord) {
        let config = &task.config;
        let stack = StackName::for_config(config);
        let values = Redactor::for_config(config, &[]);
        let request = merged.guard_request(
            task.change,
            task.command.clone(),
            self.job.forge.server_time(),
        );
        let recorder = DecisionRecorder::new(request, ProgressLog::new(values.clone()), self.clock);
        let refused = recorder.early_denials_for(task.verb.effect(), merged.policies(), &stack);
        let denials = operation::denial_diagnostics(config, &refused);
        let mut outcome = Outcome::new(task.change.path.as_str(), Some(&stack), State::Denied);
        outcome.add_failure(&denials, None);
        (outcome, recorder.into_record(task, None))
    }
}
