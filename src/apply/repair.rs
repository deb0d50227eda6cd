//! A repair that comments on provisioner's issue about a stack request and confirm.

use super::RunClock;
use super::credentials::run_with_role;
use super::outcome::{ApplyReport, failed_outcome, to_outcome};
use super::recorded::RecordedChange;
use super::recorder::{DecisionRecorder, policy_text};
use super::run::{ANSWER_LIMIT, Run};
use crate::config::Config;
use crate::exit::Exit;
use crate::guard::{ChangeRequest, LoadedPolicy, Policies};
use crate::job::{CredentialCache, JobError, ProgressLog};
use crate::model::{CommitSha, FileContents};
use crate::operation::{ActionData, ActionOutcome, OperationError, Task, TaskOptions};
use crate::product::Verb;
use crate::report::{Heading, Outcome, RecordedPolicies, Redactor, StackRecord};
use crate::stack::{Drift, StackName};

/// The repair of one stack.
#[derive(Clone, Copy)]
pub struct RepairTask<'a> {
    pub config: &'a Config,
    pub verb: Verb,
    /// Logical ids of resources whose rollback is skipped.
    pub skip: &'a [String],
    pub request: &'a ChangeRequest,
    /// The policy of the default branch.
    pub policy: &'a LoadedPolicy,
}

/// How a repair or its preview ended.
pub struct RepairReport {
    pub outcome: Outcome,
    pub exit: Option<Exit>,
    /// Digest of a previewed repair that changes something.
    pub to_confirm: Option<String>,
    /// What a drift detection found after drift was reverted.
    pub drift: Option<Drift>,
}

impl RepairTask<'_> {
    /// Previews the repair with the role that only reads.
    pub async fn preview(&self, sessions: Option<&CredentialCache>) -> RepairReport {
        let recorder = self.recorder(RunClock::start());
        let role = self.policies().plan_role(&self.config.target);
        let options = TaskOptions {
            dry_run: true,
            ..TaskOptions::default()
        };
        self.attempt(sessions, role, &recorder, options).await
    }

    /// The denials that are known before the repair gets credentials.
    pub fn early_report(&self) -> Option<RepairReport> {
        let recorder = self.recorder(RunClock::start());
        let stack = StackName::for_config(self.config);
        let denials = recorder.early_denials_for(self.verb.effect(), self.policies(), &stack);
        (!denials.is_empty()).then(|| self.report(Err(OperationError::Denied(denials))))
    }

    fn policies(&self) -> Policies<'_> {
        self.policy.into()
    }

    fn values(&self) -> Redactor {
        Redactor::for_config(self.config, &self.policies().shown_values())
    }

    fn recorder(&self, clock: RunClock) -> DecisionRecorder {
        DecisionRecorder::new(self.request.clone(), ProgressLog::new(self.values()), clock)
    }

    async fn attempt(
        &self,
        sessions: Option<&CredentialCache>,
        role: Option<String>,
        recorder: &DecisionRecorder,
        options: TaskOptions<'_>,
    ) -> RepairReport {
        let task = Task {
            verb: self.verb,
            config: self.config,
            options: TaskOptions {
                skip: self.skip,
                ..options
            },
            deployed_config: &|_| None,
            width: None,
        };
        let (policies, values) = (self.policies(), self.values());
        let done = run_with_role(sessions, policies, role, recorder, &task, &values).await;
        if let Err(OperationError::Denied(denials)) = &done {
            recorder.denied(denials);
        }
        self.report(done)
    }

    fn report(&self, done: Result<ActionOutcome, OperationError>) -> RepairReport {
        let path = &self.config.path;
        match done {
            Ok(action) => {
                let (to_confirm, drift) = match &action.data {
                    ActionData::Restoration(found) if found.has_changes => {
                        (Some(found.digest.to_string()), None)
                    }
                    ActionData::Rollback(found) => (Some(found.digest.to_string()), None),
                    ActionData::Restored(restored) => (None, Some(restored.drift.clone())),
                    _ => (None, None),
                };
                let (outcome, exit) = to_outcome(path, self.config, action, true);
                RepairReport {
                    outcome,
                    exit,
                    to_confirm,
                    drift,
                }
            }
            Err(failure) => {
                let (outcome, exit) = failed_outcome(path, self.config, &self.values(), failure);
                RepairReport {
                    outcome,
                    exit,
                    to_confirm: None,
                    drift: None,
                }
            }
        }
    }
}

impl Run<'_> {
    /// Repairs the stack. Returns the answer to the comment too.
    pub async fn repair(
        &mut self,
        task: RepairTask<'_>,
        (commit, policy_file): (&CommitSha, Option<&FileContents>),
    ) -> Result<(RepairReport, String), JobError> {
        let recorder = task.recorder(self.clock);
        let role = task.policies().apply_role(&task.config.target);
        let options = TaskOptions {
            token: &self.token,
            finish_cancelled: self.job.environment.finish_cancelled,
            ..TaskOptions::default()
        };
        let sessions = self.sessions.as_ref();
        let report = task.attempt(sessions, role, &recorder, options).await;
        let stack = StackName::for_config(task.config);
        let product = task.config.product.name();
        let unread = StackRecord::unread(task.config.path.as_str(), product, task.verb, &stack);
        let mut applied = ApplyReport::default();
        applied.records.push(recorder.completed(unread));
        applied.add(report.outcome.clone(), report.exit);
        let recorded = RecordedChange {
            pull_request: None,
            commit: commit.clone(),
            policy: RecordedPolicies {
                before: policy_file.map(policy_text),
                now: None,
            },
            is_repair: true,
        };
        let place = (Heading::Command, ANSWER_LIMIT);
        let page = self.record(recorded, applied, Vec::new(), place)?;
        Ok((report, page))
    }
}
