//! Commands on the head of a pull request: those that read stacks with the plan role, and tests.

use std::collections::BTreeSet;

use super::answer::Answer;
use super::select::{chosen, no_matching_config, verb_for};
use super::session::{CommentSession, failed_outcome};
use crate::apply::run_with_role;
use crate::apply::{ApplyReport, to_outcome};
use crate::apply::{DecisionRecorder, RunClock};
use crate::change::IdentityLimits;
use crate::change::PullRequestContext;
use crate::change::{lock_at, products};
use crate::command::Command;
use crate::config::{Config, load_contents};
use crate::exit::Exit;
use crate::guard::{ChangeRequest, EffectKind, Policy, Trigger};
use crate::job::CredentialCache;
use crate::job::JobError;
use crate::job::ProgressLog;
use crate::lanes::{Lane, Lanes, work_in_lanes};
use crate::operation::{self, Desired};
use crate::operation::{Task, TaskOptions, missing_setup, to_diagnostics};
use crate::plan::{Change, Intent};
use crate::product::{Class, Registry, Verb};
use crate::report::{CONFIG_REMOVED, Outcome, Redactor, Refusal, State};
use crate::stack::StackName;

/// Reads the stacks of a pull request, or tests its configs.
pub async fn inspect(
    session: &mut CommentSession<'_>,
    command: &Command,
) -> Result<Answer, JobError> {
    let context = session.contexts(command).await?;
    let changes = match chosen(&context.plan, command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let policy = match &context.policy {
        Ok(policy) => policy,
        Err(problems) => return session.deny_without_policy(&context, &changes, problems),
    };
    let inspection = Inspection::new(session, &context, policy, command).await?;
    let sessions = session.job.credentials();
    let meant = changes
        .iter()
        .filter(|change| session.is_of_this_job(change));
    // A removed config with errors has no target, and no stack is looked at.
    let no_lane = Lane {
        account: String::new(),
        region: String::new(),
    };
    let meant = meant.map(|change| {
        let lane = change.target.as_ref().map(Lane::from);
        (lane.unwrap_or_else(|| no_lane.clone()), change)
    });
    let lanes = Lanes::new(policy.concurrency());
    let throttled = sessions.as_ref();
    let looks = work_in_lanes(lanes, &throttled, meant, async |change| {
        inspection.at(change, sessions.as_ref()).await
    });
    let mut applied = ApplyReport::default();
    for (outcome, exit) in looks.await.into_iter().flatten() {
        applied.add(outcome, exit);
    }
    if applied.outcomes.is_empty() {
        return Ok(no_matching_config(command));
    }
    session.report(&context, applied.outcomes, applied.exit.unwrap_or(Exit::Ok))
}

/// The environments in which a test can run, and an answer if some are denied already.
pub async fn eligible_environments(
    session: &CommentSession<'_>,
    context: &PullRequestContext,
    command: &Command,
) -> Result<(BTreeSet<String>, Option<Answer>), JobError> {
    let changes = chosen(&context.plan, command).unwrap_or_default();
    let policy = match &context.policy {
        Ok(policy) => policy,
        Err(problems) => {
            let answer = session.deny_without_policy(context, &changes, problems)?;
            return Ok((BTreeSet::new(), Some(answer)));
        }
    };
    let inspection = Inspection::new(session, context, policy, command).await?;
    let mut applied = ApplyReport::default();
    let mut environments = BTreeSet::new();
    for change in &changes {
        match inspection.precondition_failure(change) {
            Err((outcome, exit)) => applied.add(outcome, exit),
            Ok(Some(config)) => {
                environments.insert(config.target.environment.clone());
            }
            Ok(None) => {}
        }
    }
    if applied.outcomes.is_empty() {
        let nothing = environments.is_empty().then(|| no_matching_config(command));
        return Ok((environments, nothing));
    }
    let exit = applied.exit.unwrap_or(Exit::Ok);
    let answer = session.report(context, applied.outcomes, exit)?;
    Ok((environments, Some(answer)))
}

struct Inspection<'a> {
    context: &'a PullRequestContext,
    policy: &'a Policy,
    command: &'a Command,
    request: ChangeRequest,
    /// Of the environments in which a test would run.
    limits: IdentityLimits,
    token: String,
    finish_cancelled: bool,
    /// For a test: the default branch's products, since a pull request does not choose the template that a test deploys.
    products: Option<Registry>,
}

type InspectionFailure = (Outcome, Option<Exit>);

impl<'a> Inspection<'a> {
    async fn new(
        session: &CommentSession<'_>,
        context: &'a PullRequestContext,
        policy: &'a Policy,
        command: &'a Command,
    ) -> Result<Self, JobError> {
        let head = &context.head;
        let reported = session.checked_head(head).await?;
        let mut request = context.reviewed.request.clone();
        // If the reviewed head differs from the head of the configs, someone pushed meanwhile.
        request.head = request.head.filter(|reviewed| reviewed == head);
        let commanded = session.command(command, &policy.teams(), reported).await?;
        request.trigger = Some(Trigger::Comment(commanded));
        request.now = session.job.forge.server_time();
        let mut limits = IdentityLimits::default();
        let products = match command.action.class() {
            Class::Test => {
                let changes = chosen(&context.plan, command).unwrap_or_default();
                let own = changes
                    .iter()
                    .filter(|change| session.is_of_this_job(change));
                let targets = own.filter_map(|change| change.target.as_ref());
                let environments = targets.map(|target| target.environment.as_str()).collect();
                let branch = &context.branch.branch;
                limits = IdentityLimits::read(&*session.job.forge, branch, environments).await?;
                let tip = &context.branch.tip;
                let given = &context.inputs.base.given;
                request.lock = Some(lock_at(session.job.source(&[tip]), tip).await?);
                Some(products(session.job.source(&[tip]), tip, given).await?)
            }
            _ => None,
        };
        Ok(Self {
            context,
            policy,
            command,
            request,
            limits,
            token: session.job.test_suffix(),
            finish_cancelled: session.job.environment.finish_cancelled,
            products,
        })
    }

    /// The config, or an outcome if the test is denied before credentials are requested. `None` if the config does not have the action.
    fn precondition_failure(&self, change: &Change) -> Result<Option<Config>, InspectionFailure> {
        let config = self.config(change)?;
        if self.verb(change, &config)?.is_none() {
            return Ok(None);
        }
        let recorder = DecisionRecorder::new(
            self.request(&config),
            ProgressLog::new(Redactor::default()),
            RunClock::start(),
        );
        let stack = StackName::for_config(&config);
        let denials = recorder.early_denials_for(EffectKind::Test, &self.context.policy, &stack);
        if !denials.is_empty() {
            let failure = operation::OperationError::Denied(denials);
            return Err(self.failed(change, &config, &Redactor::default(), failure));
        }
        // Without the role a job in the environment could do nothing.
        if self.policy.apply_role(&config.target).is_none() {
            let environment = config.target.environment.clone();
            let failure = missing_setup(&Refusal::NoApplyRole { environment });
            return Err(self.failed(change, &config, &Redactor::default(), failure));
        }
        Ok(Some(config))
    }

    async fn at(
        &self,
        change: &Change,
        sessions: Option<&CredentialCache>,
    ) -> Option<InspectionFailure> {
        let config = match self.config(change) {
            Ok(config) => config,
            Err(refused) => return Some(refused),
        };
        let verb = match self.verb(change, &config) {
            Ok(verb) => verb?,
            Err(refused) => return Some(refused),
        };
        let values = Redactor::for_config(&config, &self.policy.values.show);
        let recorder = DecisionRecorder::new(
            self.request(&config),
            ProgressLog::new(values.clone()),
            RunClock::start(),
        );
        let role = match self.products {
            Some(_) => self.policy.apply_role(&config.target),
            None => self.policy.plan_role(&config.target),
        };
        let before = self.context.inputs.config(change, true);
        let deployed = |body: &str| {
            before
                .as_ref()
                .filter(|config| Desired::renders_to(config, body))
                .cloned()
        };
        let task = Task {
            verb,
            config: &config,
            options: TaskOptions {
                keep: self.command.keep,
                token: &self.token,
                finish_cancelled: self.finish_cancelled,
                ..TaskOptions::default()
            },
            deployed_config: &deployed,
            width: None,
        };
        let policy = &self.context.policy;
        match run_with_role(sessions, policy.into(), role, &recorder, &task, &values).await {
            Ok(details) => Some(to_outcome(&change.path, &config, details, true)),
            Err(failure) => Some(self.failed(change, &config, &values, failure)),
        }
    }

    /// The request that the guard decides on, for one stack.
    fn request(&self, config: &Config) -> ChangeRequest {
        ChangeRequest {
            identity_limited: self.limits.of(Some(&config.target)),
            ..self.request.clone()
        }
    }

    fn verb(&self, change: &Change, config: &Config) -> Result<Option<Verb>, InspectionFailure> {
        verb_for(config, self.command)
            .map_err(|problem| (failed_outcome(change, &[problem]), Some(Exit::Usage)))
    }

    fn failed(
        &self,
        change: &Change,
        config: &Config,
        values: &Redactor,
        failure: operation::OperationError,
    ) -> InspectionFailure {
        let denied = matches!(failure, operation::OperationError::Denied(_));
        let failed = to_diagnostics(config, values, failure);
        let mut outcome = failed_outcome(change, &failed.diagnostics);
        outcome.remains = failed.remains;
        if denied {
            outcome.state = State::Denied;
        }
        (outcome, Some(failed.exit))
    }

    /// The config at the head; for a removed config, at the base.
    fn config(&self, change: &Change) -> Result<Config, InspectionFailure> {
        let inputs = &self.context.inputs;
        let is_gone = change.is_removed();
        let checks_drift = self
            .command
            .action
            .has_verb(|verb| verb == Verb::CheckDrift);
        if is_gone && !checks_drift {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            CONFIG_REMOVED.clone_into(&mut outcome.summary);
            return Err((outcome, None));
        }
        if change.intent == Intent::Invalid {
            return Err((
                failed_outcome(change, &change.diagnostics),
                Some(Exit::Config),
            ));
        }
        let (found, refusal) = match &self.products {
            None => (inputs.config(change, is_gone), Refusal::ConfigUnreadable),
            Some(products) => {
                let mut inputs = inputs.inputs.iter();
                let input = inputs.find(|input| input.path == change.path);
                let file = input.and_then(|input| input.head.as_ref());
                (
                    file.and_then(|file| load_contents(products, &change.path, file).config),
                    Refusal::NotRenderedByDefaultBranch,
                )
            }
        };
        found.ok_or_else(|| {
            let problem = refusal.diagnostic(&change.path);
            (failed_outcome(change, &[problem]), Some(Exit::Config))
        })
    }
}
