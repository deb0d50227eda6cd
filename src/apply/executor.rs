//! Acts on the stacks of one merged change, several at a time. One failure does not stop the others.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::clock::RunClock;
use super::credentials::run_with_role;
use super::deployments::DeploymentReporter;
use super::fresh::FreshChange;
use super::job_time::JobTime;
use super::limits::Failures;
use super::merge_record::MergeRecord;
use super::not_started::{HeldContext, not_started};
use super::order::{self, PlannedTask};
use super::outcome::{ApplyReport, Finished, failed_outcome, to_outcome};
use super::recorder::{DecisionRecorder, recorded_policies, unread_record};
use super::schedule::{Before, Ended, Held, Schedule};
use super::task::{RefusedUpdate, StackTask};
use crate::change::MergedChange;
use crate::cloud::CloudError;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::guard::Policies;
use crate::job::{CredentialCache, ProgressLog};
use crate::lanes::{Lane, Lanes, Throttled as _};
use crate::model::Digest;
use crate::operation::{ActionOutcome, Task, TaskOptions, to_diagnostics};
use crate::operation::{Desired, OperationError};
use crate::product::Verb;
use crate::report::{NextStep, Outcome, Redactor, State, Success};
use crate::stack::StackName;

/// What the tasks of one change share.
pub struct Executor<'a> {
    pub fresh: FreshChange<'a>,
    /// How the stacks follow each other.
    pub policies: Policies<'a>,
    /// After which the forge ends the job; `None` if it is not known.
    pub time_limit: Option<Duration>,
    /// `None` if the job has no identity token.
    pub sessions: Option<&'a CredentialCache>,
    pub deployments: &'a DeploymentReporter<'a>,
    /// Suffix of this run's tests: six letters and digits.
    pub token: &'a str,
    /// Finish what a cancelled job left.
    pub finish_cancelled: bool,
    pub failures: Failures<'a>,
    pub record: &'a MergeRecord<'a>,
    pub clock: RunClock,
}

impl Executor<'_> {
    /// Runs the tasks in their order, at most as many at once in each account and region as the policy allows. Those that do not begin are
    /// reported. What the run does not work on only holds others.
    pub async fn apply(&self, mut tasks: Vec<PlannedTask<'_>>) -> ApplyReport {
        // What failed is tried before the others, whichever merge it failed in.
        for (task, before) in &mut tasks {
            if *before == Before::Open && !task.verb.deletes() {
                let target = &task.config.target;
                if self.failures.has(&target.environment, &task.change.path) {
                    *before = Before::Retry;
                }
            }
        }
        let environments = tasks
            .iter()
            .map(|(task, _)| &task.config.target.environment);
        let limits = environments.filter_map(|name| {
            let most = self.policies.max_failures(name)?;
            Some((name.clone(), self.failures.limit(name, most, &tasks)))
        });
        let limits = limits.collect();
        let steps = order::steps(&tasks, self.policies);
        let lanes = Lanes::new(self.policies.concurrency());
        let mut schedule = Schedule::new(steps, lanes, limits);
        let mut time = JobTime {
            limit: self.time_limit,
            monitoring: self.monitoring(&tasks),
            ..JobTime::default()
        };
        let mut applied = ApplyReport::default();
        let mut gap = self.record.gap;
        if self.is_cancelled() {
            schedule.hold_rest(Held::Cancelled);
        }
        if gap.is_none()
            && let Some(keeper) = &self.record.keeper
            && schedule.begins_limited()
        {
            gap = keeper.open(&self.record.attempts.opened()).await.err();
            applied.has_opened = gap.is_none();
        }
        if gap.is_some() {
            schedule.hold_limited();
        }
        let mut running = FuturesUnordered::new();
        loop {
            // What was stopped is no failure that could hold others.
            if self.is_cancelled() {
                schedule.hold_rest(Held::Cancelled);
            } else if let Some(minutes) = time.too_little(self.clock.elapsed()) {
                schedule.hold_rest(Held::Time(minutes));
            }
            while let Some(step) = schedule.next() {
                let task = tasks[step].0.clone();
                let begun = self.clock.elapsed();
                running.push(async move { (step, begun, self.run(task).await) });
            }
            let Some((step, begun, (outcome, record, exit))) = running.next().await else {
                break;
            };
            time.longest = time.longest.max(self.clock.elapsed().saturating_sub(begun));
            let lane = Lane::from(&tasks[step].0.config.target);
            let answers = self.sessions.answers(&lane);
            let ended = ended(outcome.state);
            let (task, _) = &tasks[step];
            let place = (
                task.config.target.environment.clone(),
                task.change.path.clone(),
            );
            match ended {
                Ended::Failed => applied.failed.push(place),
                Ended::Succeeded
                    if task.verb == Verb::Provision
                        && outcome.success != Some(Success::FoldersCreated) =>
                {
                    applied.succeeded.push(place);
                }
                Ended::Succeeded | Ended::Denied | Ended::Unknown => {}
            }
            schedule.finish(step, ended, answers);
            applied.records.push(record);
            applied.add(outcome, exit);
        }
        let context = HeldContext {
            gap,
            monitoring: time.monitoring,
            failures: self.failures,
        };
        for (step, held) in schedule.held() {
            applied.is_out_of_time |= matches!(held, Held::Time(_));
            let (outcome, record, exit) = match held {
                Held::Cancelled => interrupted(&tasks[step].0),
                held => not_started(&tasks, (step, held), &context),
            };
            applied.records.push(record);
            applied.add(outcome, exit);
        }
        applied
    }

    /// The time until the runner kills the program is for the report.
    fn is_cancelled(&self) -> bool {
        self.sessions.is_some_and(CredentialCache::is_cancelled)
    }

    /// The longest time for which alarms watch a stack after its operation.
    fn monitoring(&self, tasks: &[PlannedTask<'_>]) -> Duration {
        let of_run = tasks.iter().filter(|(_, before)| before.is_of_run());
        let targets = of_run.map(|(task, _)| &task.config.target);
        let triggers = targets.filter_map(|target| self.policies.rollback(target));
        let minutes = triggers.map(|triggers| triggers.monitoring_minutes).max();
        Duration::from_secs(60 * u64::from(minutes.unwrap_or_default()))
    }

    async fn run(&self, task: StackTask<'_>) -> Finished {
        let config = &task.config;
        let stack = StackName::for_config(config);
        if self.is_cancelled() {
            return interrupted(&task);
        }
        let merged = match self.fresh.get().await {
            Ok(merged) => merged,
            Err(error) => {
                let path = &task.change.path;
                let problem = Diagnostic::error(Code::ForgeUnreachable, path, error.text());
                return not_begun(&task, &stack, &[problem], error.exit());
            }
        };
        let merged = &*merged;
        let policies = merged.policies();
        let values = Redactor::for_config(config, &policies.shown_values());
        let values = values.with_alarms(policies.rollback(&config.target).as_ref());
        let request = merged.guard_request(task.change, task.command.clone(), self.fresh.now());
        let recorder = DecisionRecorder::new(request, ProgressLog::new(values.clone()), self.clock);
        // A denied command changes no stack, so the deployment that was reported before stays.
        let is_commanded = task.command.is_some();
        if !is_commanded && !self.finish_cancelled {
            self.deployments.begin(&stack, task.verb).await;
        }
        let result = self.attempt(merged, &task, &recorder, &values).await;
        let refused_update = match &result {
            Err(OperationError::Denied(denials))
                if task.verb == Verb::Provision && !self.finish_cancelled =>
            {
                RefusedUpdate::from_denials(denials)
            }
            _ => None,
        };
        let (mut outcome, exit) = match result {
            Ok(details) => to_outcome(&task.change.path, config, details, is_commanded),
            Err(failure) => {
                let (mut outcome, exit) =
                    failed_outcome(&task.change.path, config, &values, failure);
                if recorder.has_failed_rollback() {
                    let config = task.change.path.to_string();
                    outcome
                        .next_steps
                        .push(NextStep::ContinueRollback { config });
                }
                (outcome, exit)
            }
        };
        let mut exit = exit;
        let is_applied = outcome.state == State::Done && task.verb.changes_stack();
        // A request denied before credentials gets no credentials to read the stack either.
        if let Some(refused) = refused_update.filter(|_| recorder.has_queried_aws()) {
            self.show_impact(merged, &task, refused, &recorder, &values, &mut outcome)
                .await;
            // An unreviewed plan creates no folders either.
            if task.is_folders_only() && refused == RefusedUpdate::ByPolicy {
                self.create_folders(merged, &task, &recorder, &values, &mut outcome, &mut exit)
                    .await;
            } else if !task.change.folders.is_empty() {
                outcome.next_steps.insert(0, NextStep::FoldersNotCreated);
            }
        }
        if outcome.state == State::AwaitingConfirmation || outcome.lacks_confirmation() {
            outcome
                .next_steps
                .extend(task.confirmation_step(recorder.deletion()));
        }
        let is_unchanged = match outcome.state {
            State::Denied | State::AwaitingConfirmation => is_commanded,
            State::Skipped => true,
            State::Done | State::Failed | State::NotStarted => false,
        };
        if !is_unchanged {
            self.deployments.finish(&stack, task.verb, &outcome).await;
        }
        let desired = is_applied.then(|| Desired::new(config).ok()).flatten();
        let template = desired.map(|desired| Digest::sha256(&desired.sent));
        let mut record = recorder.into_record(&task, template);
        record.policy = self
            .fresh
            .is_reread(merged)
            .then(|| recorded_policies(merged));
        (outcome, record, exit)
    }

    async fn attempt(
        &self,
        merged: &MergedChange,
        task: &StackTask<'_>,
        recorder: &DecisionRecorder,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        let deployed = |body: &str| deployed(merged, task, body);
        let task = Task {
            verb: task.verb,
            config: &task.config,
            options: TaskOptions {
                solution: task.solution.as_deref(),
                token: self.token,
                needs: merged.needs(),
                finish_cancelled: self.finish_cancelled,
                ..TaskOptions::default()
            },
            deployed_config: &deployed,
            width: None,
        };
        let policies = merged.policies();
        let role = policies.apply_role(&task.config.target);
        let done = run_with_role(self.sessions, policies, role, recorder, &task, values).await;
        if let Err(OperationError::Denied(denials)) = &done {
            recorder.denied(denials);
        }
        done
    }

    /// Adds what the denied update would do.
    async fn show_impact(
        &self,
        merged: &MergedChange,
        task: &StackTask<'_>,
        refused: RefusedUpdate,
        recorder: &DecisionRecorder,
        values: &Redactor,
        outcome: &mut Outcome,
    ) {
        let task = StackTask {
            verb: Verb::ShowChanges,
            ..task.clone()
        };
        // The update stays denied, regardless of this result.
        if let Ok(details) = self.attempt(merged, &task, recorder, values).await {
            outcome.summary = details.line;
            outcome.tables = details.markdown;
            outcome.next_steps = vec![refused.next_step(&task)];
        }
    }

    /// Creates the folders of a change that requests nothing else: they need no update of the stack, so the change is then done.
    async fn create_folders(
        &self,
        merged: &MergedChange,
        task: &StackTask<'_>,
        recorder: &DecisionRecorder,
        values: &Redactor,
        outcome: &mut Outcome,
        exit: &mut Option<Exit>,
    ) {
        let folders = StackTask {
            verb: Verb::DeployFolders,
            ..task.clone()
        };
        match self.attempt(merged, &folders, recorder, values).await {
            Ok(details) => {
                outcome.state = State::Done;
                outcome.success = Some(Success::FoldersCreated);
                outcome.summary = details.line;
                outcome.next_steps = vec![NextStep::FoldersOnly];
                outcome.problems.clear();
                *exit = None;
            }
            Err(failure) => {
                if !matches!(failure, OperationError::Denied(_)) {
                    outcome.state = State::Failed;
                }
                let failed = to_diagnostics(&task.config, values, failure);
                outcome.add_failure(&failed.diagnostics, failed.remains);
                *exit = (*exit).max(Some(failed.exit));
            }
        }
    }
}

/// The forge did not answer when the task's turn came, or the job was cancelled by then.
fn not_begun(
    task: &StackTask<'_>,
    stack: &StackName,
    problems: &[Diagnostic],
    exit: Exit,
) -> Finished {
    let mut outcome = Outcome::new(task.change.path.as_str(), Some(stack), State::Failed);
    outcome.add_failure(problems, None);
    (outcome, unread_record(task, stack), Some(exit))
}

fn interrupted(task: &StackTask<'_>) -> Finished {
    let failure = CloudError::Interrupted.into();
    let failed = to_diagnostics(&task.config, &Redactor::default(), failure);
    let stack = StackName::for_config(&task.config);
    not_begun(task, &stack, &failed.diagnostics, failed.exit)
}

fn ended(state: State) -> Ended {
    match state {
        // The deletion's preview is all that a merge does.
        State::Done | State::Skipped | State::AwaitingConfirmation => Ended::Succeeded,
        State::Denied | State::NotStarted => Ended::Denied,
        State::Failed => Ended::Failed,
    }
}

/// The config before the change, if it renders to the deployed template.
fn deployed(merged: &MergedChange, task: &StackTask<'_>, body: &str) -> Option<Config> {
    let before = merged.config_before(task.change)?;
    Desired::renders_to(&before, body).then_some(before)
}
