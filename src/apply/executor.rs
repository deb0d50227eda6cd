//! Acts on the stacks of one merged change, several at a time. One failure does not stop the others.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::clock::RunClock;
use super::credentials::run_with_role;
use super::deployments::DeploymentReporter;
use super::fresh::FreshChange;
use super::job_time::JobTime;
use super::merge_record::{MergeRecord, RecordGap};
use super::order::{self, PlannedTask};
use super::outcome::{ApplyReport, failed_outcome, to_outcome};
use super::recorder::{DecisionRecorder, recorded_policies, unread_record};
use super::schedule::{Before, Ended, FailureLimit, Held, Schedule};
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
use crate::report::{NextStep, Outcome, Redactor, StackRecord, State, Success};
use crate::stack::StackName;
use crate::text::pluralize;

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
    /// By environment, the stacks of other merges that failed in this run.
    pub failed: &'a BTreeMap<String, usize>,
    pub record: &'a MergeRecord<'a>,
    pub clock: RunClock,
}

/// The outcome of a task, its record for the evidence, and the exit code.
type Finished = (Outcome, StackRecord, Option<Exit>);

impl Executor<'_> {
    /// Runs the tasks in their order, at most as many at once in each account and region as the policy allows. Those that do not begin are
    /// reported. What the run does not work on only holds others.
    pub async fn apply(&self, tasks: Vec<PlannedTask<'_>>) -> ApplyReport {
        let environments = tasks
            .iter()
            .map(|(task, _)| &task.config.target.environment);
        let limits = environments.filter_map(|name| {
            let most = self.policies.max_failures(name)?;
            let failed = self.failed.get(name).copied().unwrap_or_default();
            Some((name.clone(), FailureLimit { most, failed }))
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
            if let Some(minutes) = time.too_little(self.clock.elapsed()) {
                schedule.hold_rest(minutes);
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
            schedule.finish(step, ended(outcome.state), answers);
            applied.records.push(record);
            applied.add(outcome, exit);
        }
        for (step, held) in schedule.held() {
            applied.is_out_of_time |= matches!(held, Held::Time(_));
            let (outcome, record, exit) = not_started(&tasks, (step, held), gap, time.monitoring);
            applied.records.push(record);
            applied.add(outcome, exit);
        }
        applied.failed = schedule.failed();
        applied
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
        // The time until the runner kills the program is for the report.
        if self.sessions.is_some_and(CredentialCache::is_cancelled) {
            let failure = CloudError::Interrupted.into();
            let failed = to_diagnostics(config, &Redactor::default(), failure);
            return not_begun(&task, &stack, &failed.diagnostics, failed.exit);
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

fn ended(state: State) -> Ended {
    match state {
        // The deletion's preview is all that a merge does.
        State::Done | State::Skipped | State::AwaitingConfirmation => Ended::Succeeded,
        State::Denied | State::NotStarted => Ended::Denied,
        State::Failed => Ended::Failed,
    }
}

/// A task that waits for a later run. `monitoring`: for how long alarms watch a stack after its operation.
fn not_started(
    tasks: &[PlannedTask<'_>],
    (step, held): (usize, Held),
    gap: Option<RecordGap>,
    monitoring: Duration,
) -> Finished {
    let (task, _) = &tasks[step];
    let config = |step: usize| tasks[step].0.change.path.as_str();
    let unread = |step: usize| match &tasks[step].1 {
        Before::Unread(words) => Some(words),
        _ => None,
    };
    let why = match held {
        Held::Needs(other) => format!(
            "it needs the stack of `{}`, which is not done",
            config(other)
        ),
        Held::First(other) => match unread(other) {
            Some(words) => format!(
                "the stack of `{}` goes first, and could not be read: {words}",
                config(other)
            ),
            None => format!(
                "the stack of `{}` goes first, and is not done",
                config(other)
            ),
        },
        Held::Unread(other) => format!(
            "the policy sets `max-failures`, and the stack of `{}` could not be read: {}",
            config(other),
            unread(other).map_or("", String::as_str)
        ),
        Held::Failures(failures) => format!(
            "{} of `{}` failed, in this run or before, and the policy's `max-failures` allows fewer",
            pluralize(failures, "stack"),
            task.config.target.environment
        ),
        Held::Unrecorded => format!(
            "the policy sets `max-failures`, and {}",
            gap.map_or("", RecordGap::why)
        ),
        Held::Time(minutes) => format!("the job ends in {}", pluralize(minutes, "minute")),
    };
    let minutes = monitoring.as_secs() / 60;
    let is_unread = match held {
        Held::Unread(_) => true,
        Held::First(other) => unread(other).is_some(),
        _ => false,
    };
    let help = match held {
        Held::Time(_) if minutes > 0 => format!(
            "a scheduled run applies the rest; without a schedule, apply the merge again. Alarms watch each stack for {} after its operation, and a job of less than five minutes more begins none",
            pluralize(usize::try_from(minutes).unwrap_or(usize::MAX), "minute")
        ),
        Held::Time(_) => {
            "a scheduled run applies the rest; without a schedule, apply the merge again".to_owned()
        }
        Held::Unrecorded => {
            "apply the merge again by hand: that begins a new record".to_owned()
        }
        _ if is_unread => "run the job again, or wait for a scheduled run".to_owned(),
        _ => "correct the cause, and apply the merge again. A scheduled run does that too, unless an update was rolled back or three runs failed. Or change the config by another pull request".to_owned(),
    };
    let exit = match held {
        _ if is_unread => Some(Exit::Unreachable),
        Held::Unrecorded => gap.map(RecordGap::exit),
        // The other one has an exit code of its own.
        Held::Needs(other) | Held::First(other) if tasks[other].1.is_of_run() => None,
        _ => Some(Exit::Operation),
    };
    let problem = Diagnostic::error(Code::NotStarted, &task.change.path, why).with_help(help);
    left(task, State::NotStarted, problem, exit)
}

/// A task with which the run does not begin.
pub fn left(
    task: &StackTask<'_>,
    state: State,
    problem: Diagnostic,
    exit: Option<Exit>,
) -> Finished {
    let stack = StackName::for_config(&task.config);
    let mut outcome = Outcome::new(task.change.path.as_str(), Some(&stack), state);
    outcome.add_failure(&[problem], None);
    (outcome, unread_record(task, &stack), exit)
}

/// The config before the change, if it renders to the deployed template.
fn deployed(merged: &MergedChange, task: &StackTask<'_>, body: &str) -> Option<Config> {
    let before = merged.config_before(task.change)?;
    Desired::renders_to(&before, body).then_some(before)
}
