//! Acts on the stacks of one merged change: many at once, within the policy's bound; one failure does not stop the others.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use serde_json::json;

use super::clerk::Clerk;
use super::deployments::Deployments;
use super::errand::{Errand, denied_here};
use super::merged::Merged;
use super::policy::Loaded;
use super::sessions::Sessions;
use crate::action::{Console, Details, Options, Task, explain_failure, perform};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::{Kind, Policy};
use crate::model::Digest;
use crate::operation::{Desired, Failure, Site};
use crate::plan::Change;
use crate::product::Verb;
use crate::report::{Decision, Outcome, Problem, State, Values, code};
use crate::stack::StackName;

/// With what a change is acted on.
pub struct Hands<'a> {
    /// The change.
    pub merged: &'a Merged,
    /// Its policy.
    pub policy: &'a Policy,
    /// Credentials; none without an identity token.
    pub sessions: Option<&'a Sessions>,
    /// Where deployments are told.
    pub deployments: &'a Deployments<'a>,
    /// Where it is told how it goes.
    pub console: &'a Console,
    /// Six letters and digits that no other run has.
    pub token: &'a str,
}

/// What became of the stacks.
#[derive(Default)]
pub struct Applied {
    /// Each config.
    pub outcomes: Vec<Outcome>,
    /// Every decision.
    pub decisions: Vec<Decision>,
    /// Stacks that were provisioned or are gone, with the digests of their templates.
    pub subjects: BTreeMap<String, Digest>,
    /// How the job ends.
    pub exit: Option<Exit>,
}

impl Applied {
    /// Adds an outcome and the exit code that it asks for.
    pub fn add(&mut self, outcome: Outcome, exit: Option<Exit>) {
        self.exit = self.exit.max(exit);
        self.outcomes.push(outcome);
    }
}

impl Hands<'_> {
    /// Does all errands.
    pub async fn apply(&self, errands: Vec<Errand<'_>>) -> Applied {
        let mut applied = Applied::default();
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
        errand: Errand<'_>,
    ) -> (
        Outcome,
        Vec<Decision>,
        Option<(String, Digest)>,
        Option<Exit>,
    ) {
        let config = &errand.config;
        let stack = stack_of(config);
        let values = Values::of(config, &self.policy.values.show);
        let request = self
            .merged
            .request_for(errand.change, errand.command.clone());
        let clerk = Clerk::new(request, self.console.of(values.clone()));
        // A command that is refused says nothing of the stack, which stays as it was told before.
        let is_commanded = errand.command.is_some();
        if !is_commanded {
            self.deployments.begin(&stack, errand.verb).await;
        }
        let result = self.attempt(&errand, &clerk, &values).await;
        let (mut outcome, exit) = match result {
            Ok(details) => outcome_of(errand.change, config, details, is_commanded),
            Err(failure) => {
                let is_denial = matches!(failure, Failure::Denied(_));
                let (problems, exit) = explain_failure(config, &values, failure);
                let state = match is_denial {
                    true => State::Denied,
                    false => State::Failed,
                };
                let mut outcome = Outcome::new(errand.change.path.as_str(), Some(&stack), state);
                outcome.problems = problems.iter().map(Problem::of).collect();
                (outcome, Some(exit))
            }
        };
        let mut exit = exit;
        let is_update = errand.verb == Verb::Provision && is_refused_update(&outcome);
        let is_applied = outcome.state == State::Done && changes_stack(errand.verb);
        // Whoever was refused before AWS was asked gets no credentials to look either.
        if is_update && clerk.has_asked() {
            self.show_impact(&errand, &clerk, &values, &mut outcome)
                .await;
            self.make_folders(&errand, &clerk, &values, &mut outcome, &mut exit)
                .await;
        }
        if outcome.state == State::Waiting {
            outcome.next = errand.how_to_confirm(clerk.deletion().as_deref());
        }
        if !(is_commanded && matches!(outcome.state, State::Denied | State::Waiting)) {
            self.deployments.end(&stack, errand.verb, &outcome).await;
        }
        let subject = is_applied
            .then(|| Desired::of(config).ok())
            .flatten()
            .map(|desired| (stack.to_string(), Digest::of(&desired.sent)));
        (outcome, clerk.decisions(), subject, exit)
    }

    async fn attempt(
        &self,
        errand: &Errand<'_>,
        clerk: &Clerk,
        values: &Values,
    ) -> Result<Details, Failure> {
        let deployed = |body: &str| self.deployed(errand, body);
        let task = Task {
            verb: errand.verb,
            config: &errand.config,
            options: Options {
                solution: errand.solution.as_deref(),
                token: self.token,
                ..Options::default()
            },
            deployed: &deployed,
            width: None,
        };
        let role = self.policy.apply_role(&errand.config.target);
        perform_as(
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
        errand: &Errand<'_>,
        clerk: &Clerk,
        values: &Values,
        outcome: &mut Outcome,
    ) {
        let errand = Errand {
            verb: Verb::ShowChanges,
            ..errand.clone()
        };
        // It was refused already, whatever this finds.
        if let Ok(details) = self.attempt(&errand, clerk, values).await {
            outcome.line = details.line;
            outcome.tables = details.markdown;
            outcome.next = errand.how_to_replace(&outcome.problems);
        }
    }

    /// New folders are no change of the stack, so that they are made although an update is refused. Where the change asks for nothing
    /// else, that is all that there is to do.
    async fn make_folders(
        &self,
        errand: &Errand<'_>,
        clerk: &Clerk,
        values: &Values,
        outcome: &mut Outcome,
        exit: &mut Option<Exit>,
    ) {
        if errand.change.folders.is_empty() {
            return;
        }
        let folders = Errand {
            verb: Verb::DeployFolders,
            ..errand.clone()
        };
        match self.attempt(&folders, clerk, values).await {
            Ok(details) if errand.asks_for_folders_alone() => {
                outcome.state = State::Done;
                outcome.line = details.line;
                outcome.next = errand.how_the_rest_comes();
                outcome.problems.clear();
                *exit = None;
            }
            Ok(details) => {
                outcome.next = format!("{}\n\n{}", code(&details.line), outcome.next);
            }
            Err(failure) => {
                let (problems, failed) = explain_failure(&errand.config, values, failure);
                outcome.state = State::Failed;
                outcome.problems.extend(problems.iter().map(Problem::of));
                *exit = (*exit).max(Some(failed));
            }
        }
    }

    fn deployed(&self, errand: &Errand<'_>, body: &str) -> Option<Config> {
        let before = self.merged.config_before(errand.change)?;
        Desired::renders_to(&before, body).then_some(before)
    }
}

/// Does a task with the credentials of a role.
pub async fn perform_as(
    sessions: Option<&Sessions>,
    policy: &Loaded,
    role: Option<String>,
    clerk: &Clerk,
    task: &Task<'_>,
    values: &Values,
) -> Result<Details, Failure> {
    let target = &task.config.target;
    let stack = stack_of(task.config);
    let refused = clerk.refuses(kind(task.verb), policy, &stack);
    if !refused.is_empty() {
        return Err(Failure::Denied(refused));
    }
    let role = role.ok_or_else(|| {
        let environment = &target.environment;
        denied_here(
            &format!("the policy names no role for this in the environment `{environment}`"),
            "name one under `roles` of the environment in the policy file",
        )
    })?;
    let sessions = sessions.ok_or_else(|| {
        denied_here(
            "the job has no identity token",
            "grant the job `id-token: write`",
        )
    })?;
    let session = sessions.of(&role, &target.region).await;
    let cloud = session.at(&target.region).await?;
    let site = Site {
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
pub fn kind(verb: Verb) -> Kind {
    match verb {
        Verb::Provision => Kind::Create,
        Verb::DeployFolders => Kind::Folders,
        Verb::UploadTemplate => Kind::Upload,
        Verb::Delete => Kind::Delete,
        Verb::TearDown => Kind::TearDown,
        Verb::TestDeploy => Kind::Test,
        _ => Kind::Inspect,
    }
}

/// What a task came to. `is_commanded`: somebody asked for it, rather than a merge alone.
pub fn outcome_of(
    change: &Change,
    config: &Config,
    details: Details,
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
        _ if only_waits => (State::Waiting, None),
        Some(Exit::Denied | Exit::Impact) => (State::Denied, details.exit),
        Some(exit) => (State::Failed, Some(exit)),
    };
    let stack = stack_of(config);
    let mut outcome = Outcome::new(change.path.as_str(), Some(&stack), state);
    outcome.line = details.line;
    outcome.tables = details.markdown;
    if only_waits && is_gone {
        outcome.next = "The stack is gone, and there is nothing left to confirm.".to_owned();
    }
    // Whoever merges confirms nothing, and need not be told that they did not.
    let told = details.diagnostics.iter();
    let told = told.filter(|problem| is_commanded || !waits(problem));
    outcome.problems = told.map(Problem::of).collect();
    (outcome, exit)
}

/// The stack that a config asks for.
pub fn stack_of(config: &Config) -> StackName {
    StackName {
        target: config.target.clone(),
        name: config.stack().to_owned(),
    }
}
