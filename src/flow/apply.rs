//! Acts on the stacks of one merged change: many at once, within the policy's bound; one failure does not stop the others.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use serde_json::json;

use super::clerk::DecisionRecorder;
use super::deployments::Deployments;
use super::errand::{StackTask, missing_setup};
use super::merged::MergedChange;
use super::policy::LoadedPolicy;
use super::sessions::CredentialCache;
use crate::action::{ActionOutcome, Console, Task, TaskOptions, explain_failure, perform};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::{EffectKind, Policy};
use crate::model::Digest;
use crate::operation::{Desired, OperationContext, OperationError};
use crate::plan::Change;
use crate::product::Verb;
use crate::report::{Decision, Outcome, Problem, Redactor, State, code};
use crate::stack::StackName;

/// With what a change is acted on.
pub struct Executor<'a> {
    /// The change.
    pub merged: &'a MergedChange,
    /// Its policy.
    pub policy: &'a Policy,
    /// Credentials; none without an identity token.
    pub sessions: Option<&'a CredentialCache>,
    /// Where deployments are told.
    pub deployments: &'a Deployments<'a>,
    /// Where it is told how it goes.
    pub console: &'a Console,
    /// Six letters and digits that no other run has.
    pub token: &'a str,
}

/// What became of the stacks.
#[derive(Default)]
pub struct ApplyReport {
    /// Each config.
    pub outcomes: Vec<Outcome>,
    /// Every decision.
    pub decisions: Vec<Decision>,
    /// Stacks that were provisioned or are gone, with the digests of their templates.
    pub subjects: BTreeMap<String, Digest>,
    /// How the job ends.
    pub exit: Option<Exit>,
}

impl ApplyReport {
    /// Adds an outcome and the exit code that it asks for.
    pub fn add(&mut self, outcome: Outcome, exit: Option<Exit>) {
        self.exit = self.exit.max(exit);
        self.outcomes.push(outcome);
    }
}

impl Executor<'_> {
    /// Does all errands.
    pub async fn apply(&self, errands: Vec<StackTask<'_>>) -> ApplyReport {
        let mut applied = ApplyReport::default();
        let done = futures_util::stream::iter(errands)
            .map(|errand| self.run(errand))
            .buffer_unordered(self.policy.concurrency());
        let done: Vec<_> = done.collect().await;
        for (outcome, decisions, subject, exit) in done {
            applied.decisions.extend(decisions);
            applied.subjects.extend(subject);
            applied.add(outcome, exit);
        }
        applied
    }

    async fn run(
        &self,
        errand: StackTask<'_>,
    ) -> (
        Outcome,
        Vec<Decision>,
        Option<(String, Digest)>,
        Option<Exit>,
    ) {
        let config = &errand.config;
        let stack = stack_of(config);
        let values = Redactor::for_config(config, &self.policy.values.show);
        let request = self
            .merged
            .guard_request(errand.change, errand.command.clone());
        let clerk = DecisionRecorder::new(request, self.console.for_stack(values.clone()));
        // A command that is refused says nothing of the stack, which stays as it was told before.
        let is_commanded = errand.command.is_some();
        if !is_commanded {
            self.deployments.begin(&stack, errand.verb).await;
        }
        let result = self.attempt(&errand, &clerk, &values).await;
        let (mut outcome, exit) = match result {
            Ok(details) => to_outcome(errand.change, config, details, is_commanded),
            Err(failure) => {
                let is_denial = matches!(failure, OperationError::Denied(_));
                let (problems, exit) = explain_failure(config, &values, failure);
                let state = match is_denial {
                    true => State::Denied,
                    false => State::Failed,
                };
                let mut outcome = Outcome::new(errand.change.path.as_str(), Some(&stack), state);
                outcome.problems = problems.iter().map(Problem::from_diagnostic).collect();
                (outcome, Some(exit))
            }
        };
        let mut exit = exit;
        let is_update = errand.verb == Verb::Provision && is_refused_update(&outcome);
        let is_applied = outcome.state == State::Done && changes_stack(errand.verb);
        // Whoever was refused before AWS was asked gets no credentials to look either.
        if is_update && clerk.has_queried_aws() {
            self.show_impact(&errand, &clerk, &values, &mut outcome)
                .await;
            self.create_folders(&errand, &clerk, &values, &mut outcome, &mut exit)
                .await;
        }
        if outcome.state == State::AwaitingConfirmation {
            outcome.next_steps = errand.confirmation_hint(clerk.deletion().as_deref());
        }
        if !(is_commanded && matches!(outcome.state, State::Denied | State::AwaitingConfirmation)) {
            self.deployments.finish(&stack, errand.verb, &outcome).await;
        }
        let subject = is_applied
            .then(|| Desired::new(config).ok())
            .flatten()
            .map(|desired| (stack.to_string(), Digest::sha256(&desired.sent)));
        (outcome, clerk.decisions(), subject, exit)
    }

    async fn attempt(
        &self,
        errand: &StackTask<'_>,
        clerk: &DecisionRecorder,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        let deployed = |body: &str| self.deployed(errand, body);
        let task = Task {
            verb: errand.verb,
            config: &errand.config,
            options: TaskOptions {
                solution: errand.solution.as_deref(),
                token: self.token,
                ..TaskOptions::default()
            },
            deployed_config: &deployed,
            width: None,
        };
        let role = self.policy.apply_role(&errand.config.target);
        run_with_role(
            self.sessions,
            &self.merged.policy,
            role,
            clerk,
            &task,
            values,
        )
        .await
    }

    /// Whoever is refused an update sees what it would do.
    async fn show_impact(
        &self,
        errand: &StackTask<'_>,
        clerk: &DecisionRecorder,
        values: &Redactor,
        outcome: &mut Outcome,
    ) {
        let errand = StackTask {
            verb: Verb::ShowChanges,
            ..errand.clone()
        };
        // It was refused already, whatever this finds.
        if let Ok(details) = self.attempt(&errand, clerk, values).await {
            outcome.summary = details.line;
            outcome.tables = details.markdown;
            outcome.next_steps = errand.replacement_hint(&outcome.problems);
        }
    }

    /// New folders are no change of the stack, so that they are made although an update is refused. Where the change asks for nothing
    /// else, that is all that there is to do.
    async fn create_folders(
        &self,
        errand: &StackTask<'_>,
        clerk: &DecisionRecorder,
        values: &Redactor,
        outcome: &mut Outcome,
        exit: &mut Option<Exit>,
    ) {
        if errand.change.folders.is_empty() {
            return;
        }
        let folders = StackTask {
            verb: Verb::DeployFolders,
            ..errand.clone()
        };
        match self.attempt(&folders, clerk, values).await {
            Ok(details) if errand.is_folders_only() => {
                outcome.state = State::Done;
                outcome.summary = details.line;
                outcome.next_steps = errand.folders_only_hint();
                outcome.problems.clear();
                *exit = None;
            }
            Ok(details) => {
                outcome.next_steps = format!("{}\n\n{}", code(&details.line), outcome.next_steps);
            }
            Err(failure) => {
                let (problems, failed) = explain_failure(&errand.config, values, failure);
                outcome.state = State::Failed;
                outcome
                    .problems
                    .extend(problems.iter().map(Problem::from_diagnostic));
                *exit = (*exit).max(Some(failed));
            }
        }
    }

    fn deployed(&self, errand: &StackTask<'_>, body: &str) -> Option<Config> {
        let before = self.merged.config_before(errand.change)?;
        Desired::renders_to(&before, body).then_some(before)
    }
}

/// Does a task with the credentials of a role.
pub async fn run_with_role(
    sessions: Option<&CredentialCache>,
    policy: &LoadedPolicy,
    role: Option<String>,
    clerk: &DecisionRecorder,
    task: &Task<'_>,
    values: &Redactor,
) -> Result<ActionOutcome, OperationError> {
    let target = &task.config.target;
    let stack = stack_of(task.config);
    let refused = clerk.early_denials_for(effect_kind(task.verb), policy, &stack);
    if !refused.is_empty() {
        return Err(OperationError::Denied(refused));
    }
    let role = role.ok_or_else(|| {
        let environment = &target.environment;
        missing_setup(
            &format!("the policy names no role for this in the environment `{environment}`"),
            "name one under `roles` of the environment in the policy file",
        )
    })?;
    let sessions = sessions.ok_or_else(|| {
        missing_setup(
            "the job has no identity token",
            "grant the job `id-token: write`",
        )
    })?;
    let session = sessions.session(&role, &target.region).await;
    let cloud = session.at(&target.region).await?;
    let site = OperationContext {
        cloud: &cloud,
        policy,
        authority: clerk,
        progress: clerk,
    };
    perform(task, &site, values).await
}

/// Whether nothing but the change of a stack that is there was refused.
fn is_refused_update(outcome: &Outcome) -> bool {
    outcome.state == State::Denied
        && outcome.problems.iter().all(|problem| {
            matches!(
                problem.code.as_str(),
                "update-not-allowed" | "impact-too-high" | "impact-unknown" | "plan-changed"
            )
        })
}

/// Whether a verb leaves the stack as the config says.
fn changes_stack(verb: Verb) -> bool {
    matches!(verb, Verb::Provision | Verb::Delete | Verb::TearDown)
}

/// What has to be allowed for a verb, at least.
pub fn effect_kind(verb: Verb) -> EffectKind {
    match verb {
        Verb::Provision => EffectKind::Create,
        Verb::DeployFolders => EffectKind::Folders,
        Verb::UploadTemplate => EffectKind::Upload,
        Verb::Delete => EffectKind::Delete,
        Verb::TearDown => EffectKind::TearDown,
        Verb::TestDeploy => EffectKind::Test,
        _ => EffectKind::Inspect,
    }
}

/// What a task came to. `is_commanded`: somebody asked for it, rather than a merge alone.
pub fn to_outcome(
    change: &Change,
    config: &Config,
    details: ActionOutcome,
    is_commanded: bool,
) -> (Outcome, Option<Exit>) {
    let waits =
        |problem: &Diagnostic| matches!(&*problem.code, "delete-not-confirmed" | "force-missing");
    // A merge that removes a config confirms nothing; that is for a second person to do.
    let only_waits = details.exit == Some(Exit::Denied)
        && !is_commanded
        && details.diagnostics.iter().all(waits);
    // Nothing is left to confirm where an earlier run has done it.
    let is_gone = details.result["status"].is_null() && details.result["buckets"] == json!({});
    let (state, exit) = match details.exit {
        _ if only_waits && is_gone => (State::Done, None),
        None | Some(Exit::Ok) => (State::Done, None),
        // Drift that was looked for was found, which is no failure of looking.
        Some(Exit::Drift) => (State::Done, details.exit),
        _ if only_waits => (State::AwaitingConfirmation, None),
        Some(Exit::Denied | Exit::Impact) => (State::Denied, details.exit),
        Some(exit) => (State::Failed, Some(exit)),
    };
    let stack = stack_of(config);
    let mut outcome = Outcome::new(change.path.as_str(), Some(&stack), state);
    outcome.summary = details.line;
    outcome.tables = details.markdown;
    if only_waits && is_gone {
        outcome.next_steps = "The stack is gone, and there is nothing left to confirm.".to_owned();
    }
    // Whoever merges confirms nothing, and need not be told that they did not.
    let told = details.diagnostics.iter();
    let told = told.filter(|problem| is_commanded || !waits(problem));
    outcome.problems = told.map(Problem::from_diagnostic).collect();
    (outcome, exit)
}

/// The stack that a config asks for.
pub fn stack_of(config: &Config) -> StackName {
    StackName {
        target: config.target.clone(),
        name: config.stack().to_owned(),
    }
}
