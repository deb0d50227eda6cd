//! Runs the tasks of one change.

use std::sync::Arc;

use super::deployments::DeploymentReporter;
use super::executor::Executor;
use super::fresh::FreshChange;
use super::merge_record::MergeRecord;
use super::order::PlannedTask;
use super::outcome::ApplyReport;
use super::recorder::DecisionRecorder;
use super::run::Run;
use super::task::StackTask;
use crate::change::MergedChange;
use crate::exit::Exit;
use crate::job::ProgressLog;
use crate::operation;
use crate::report::{Notice, Outcome, Problem, Redactor, StackRecord, State};
use crate::stack::StackName;

impl Run<'_> {
    /// Runs the tasks of a change, and adds what came of them.
    pub(super) async fn execute(
        &mut self,
        merged: &Arc<MergedChange>,
        tasks: Vec<PlannedTask<'_>>,
        mut applied: ApplyReport,
        notices: &mut Vec<Notice>,
        record: &MergeRecord<'_>,
    ) -> ApplyReport {
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
                failed: &self.failed,
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
            for (environment, failed) in done.failed {
                *self.failed.entry(environment).or_default() += failed;
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
        applied
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
