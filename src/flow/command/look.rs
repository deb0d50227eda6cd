//! Commands about the stacks of a pull request's head: looking at them with the plan role, and tests.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;

use super::Answer;
use super::desk::{CommentSession, failed_outcome};
use super::papers::PullRequestContext;
use crate::action::{Console, Task, TaskOptions, cancel_on_signal, explain_failure};
use crate::command::{Class, Command, CommentAction};
use crate::config::{Config, load};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::flow::apply::{ApplyReport, run_with_role, to_outcome};
use crate::flow::clerk::DecisionRecorder;
use crate::flow::gather::products;
use crate::flow::job::JobError;
use crate::flow::reviewed::reported_digest;
use crate::flow::sessions::CredentialCache;
use crate::guard::{ChangeRequest, EffectKind, Policy, Trigger};
use crate::model::CommitSha;
use crate::operation::{self, Desired};
use crate::plan::{Change, Intent};
use crate::product::{Registry, Verb};
use crate::report::{Outcome, Redactor, State};
use crate::stack::StackName;

/// Looks at the stacks of a pull request, or tests its configs.
pub async fn inspect(desk: &mut CommentSession<'_>, command: &Command) -> Result<Answer, JobError> {
    let papers = desk.contexts(command).await?;
    let changes = match papers.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let policy = match &papers.policy {
        Ok(policy) => policy,
        Err(problems) => return deny_without_policy(desk, &papers, &changes, problems),
    };
    let inspection = Inspection::new(desk, &papers, policy, command).await?;
    let sessions = desk.job.sessions(cancel_on_signal());
    let looks = futures_util::stream::iter(
        changes
            .iter()
            .filter(|change| desk.in_this_environment(change)),
    )
    .map(|change| inspection.at(change, sessions.as_ref()))
    .buffer_unordered(policy.concurrency());
    let mut applied = ApplyReport::default();
    for (outcome, exit) in looks.collect::<Vec<_>>().await {
        applied.add(outcome, exit);
    }
    desk.report(&papers, applied.outcomes, applied.exit.unwrap_or(Exit::Ok))
}

/// Environments in which tests can be made, and what is refused already.
pub async fn eligible_environments(
    desk: &CommentSession<'_>,
    papers: &PullRequestContext,
    command: &Command,
) -> Result<(BTreeSet<String>, Option<Answer>), JobError> {
    let changes = papers.chosen(command).unwrap_or_default();
    let policy = match &papers.policy {
        Ok(policy) => policy,
        Err(problems) => {
            let answer = deny_without_policy(desk, papers, &changes, problems)?;
            return Ok((BTreeSet::new(), Some(answer)));
        }
    };
    let inspection = Inspection::new(desk, papers, policy, command).await?;
    let mut applied = ApplyReport::default();
    let mut environments = BTreeSet::new();
    for change in &changes {
        match inspection.precondition_failure(change) {
            Err((outcome, exit)) => applied.add(outcome, exit),
            Ok(config) => {
                environments.insert(config.target.environment.clone());
            }
        }
    }
    if applied.outcomes.is_empty() {
        return Ok((environments, None));
    }
    let exit = applied.exit.unwrap_or(Exit::Ok);
    let answer = desk.report(papers, applied.outcomes, exit)?;
    Ok((environments, Some(answer)))
}

/// Without a policy nothing is assumed.
pub fn deny_without_policy(
    desk: &CommentSession<'_>,
    papers: &PullRequestContext,
    changes: &[Change],
    problems: &[Diagnostic],
) -> Result<Answer, JobError> {
    let denied = changes.iter().map(|change| Outcome {
        state: State::Denied,
        ..failed_outcome(change, problems)
    });
    desk.report(papers, denied.collect(), Exit::Denied)
}

/// A head, if its check has reported: nobody comments on what nobody was shown.
pub async fn checked_head(
    desk: &CommentSession<'_>,
    head: &CommitSha,
) -> Result<Option<CommitSha>, JobError> {
    let Some(own) = desk.own else {
        return Ok(None);
    };
    let report = reported_digest(desk.job, own, head).await?;
    Ok(report.map(|_| head.clone()))
}

struct Inspection<'a> {
    papers: &'a PullRequestContext,
    policy: &'a Policy,
    command: &'a Command,
    request: ChangeRequest,
    console: Console,
    token: String,
    /// What makes a test's stack: the default branch's products, as far as a pull request cannot choose them.
    products: Option<Registry>,
}

type EarlyOutcome = (Outcome, Option<Exit>);

impl<'a> Inspection<'a> {
    async fn new(
        desk: &CommentSession<'_>,
        papers: &'a PullRequestContext,
        policy: &'a Policy,
        command: &'a Command,
    ) -> Result<Self, JobError> {
        let head = &papers.head;
        let reported = checked_head(desk, head).await?;
        let mut request = papers.reviewed.request.clone();
        // Configs were read at one head, and reviews are of one: if these differ, somebody pushed meanwhile.
        request.head = request.head.filter(|reviewed| reviewed == head);
        let commanded = desk.command(command, &[policy], reported).await?;
        request.trigger = Some(Trigger::Comment(commanded));
        let products = match command.action.class() {
            Class::Test => {
                let tip = &papers.branch.tip;
                let given = &papers.gathered.base.given;
                Some(products(desk.job.source(&[tip]), tip, given).await?)
            }
            _ => None,
        };
        Ok(Self {
            papers,
            policy,
            command,
            request,
            console: Console::new(false),
            token: crate::ci::random_suffix(),
            products,
        })
    }

    /// What can be refused without asking AWS; otherwise the config.
    fn precondition_failure(&self, change: &Change) -> Result<Config, EarlyOutcome> {
        let config = self.config(change)?;
        let clerk = DecisionRecorder::new(
            self.request.clone(),
            self.console.for_stack(Redactor::default()),
        );
        let stack = StackName {
            target: config.target.clone(),
            name: config.stack().to_owned(),
        };
        let denials = clerk.early_denials_for(EffectKind::Test, &self.papers.policy, &stack);
        match denials.is_empty() {
            true => Ok(config),
            false => {
                let failure = operation::OperationError::Denied(denials);
                Err(self.failed(change, &config, &Redactor::default(), failure))
            }
        }
    }

    async fn at(
        &self,
        change: &Change,
        sessions: Option<&CredentialCache>,
    ) -> (Outcome, Option<Exit>) {
        let config = match self.config(change) {
            Ok(config) => config,
            Err(refused) => return refused,
        };
        let verb_for = match verb(&config, self.command.action) {
            Ok(verb) => verb,
            Err(problem) => return (failed_outcome(change, &[problem]), Some(Exit::Usage)),
        };
        let values = Redactor::for_config(&config, &self.policy.values.show);
        let clerk =
            DecisionRecorder::new(self.request.clone(), self.console.for_stack(values.clone()));
        let role = match self.products {
            Some(_) => self.policy.apply_role(&config.target),
            None => self.policy.plan_role(&config.target),
        };
        let before = self.papers.gathered.config(change, true);
        let deployed = |body: &str| {
            before
                .as_ref()
                .filter(|it| Desired::renders_to(it, body))
                .cloned()
        };
        let task = Task {
            verb: verb_for,
            config: &config,
            options: TaskOptions {
                keep: self.command.keep,
                token: &self.token,
                ..TaskOptions::default()
            },
            deployed_config: &deployed,
            width: None,
        };
        let policy = &self.papers.policy;
        match run_with_role(sessions, policy, role, &clerk, &task, &values).await {
            Ok(details) => to_outcome(change, &config, details, true),
            Err(failure) => self.failed(change, &config, &values, failure),
        }
    }

    fn failed(
        &self,
        change: &Change,
        config: &Config,
        values: &Redactor,
        failure: operation::OperationError,
    ) -> EarlyOutcome {
        let denied = matches!(failure, operation::OperationError::Denied(_));
        let (problems, exit) = explain_failure(config, values, failure);
        let mut outcome = failed_outcome(change, &problems);
        if denied {
            outcome.state = State::Denied;
        }
        (outcome, Some(exit))
    }

    /// The config at the head; of a removed one, what its stack was made from.
    fn config(&self, change: &Change) -> Result<Config, EarlyOutcome> {
        let gathered = &self.papers.gathered;
        let is_gone = change.intent == Intent::Delete;
        if is_gone && self.command.action != CommentAction::CheckDrift {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            "the config is removed".clone_into(&mut outcome.summary);
            return Err((outcome, None));
        }
        if change.intent == Intent::Invalid {
            return Err((
                failed_outcome(change, &change.diagnostics),
                Some(Exit::Config),
            ));
        }
        let (found, why) = match &self.products {
            None => (
                gathered.config(change, is_gone),
                "the config could not be read again",
            ),
            Some(products) => {
                let mut inputs = gathered.inputs.iter();
                let input = inputs.find(|input| input.path == change.path);
                let bytes = input.and_then(|input| input.head.as_ref());
                (
                    bytes.and_then(|bytes| load(products, &change.path, bytes).config),
                    "the products of the default branch cannot make a stack of this config",
                )
            }
        };
        found.ok_or_else(|| {
            let problem = Diagnostic::error("render-failed", &change.path, why);
            (failed_outcome(change, &[problem]), Some(Exit::Config))
        })
    }
}

/// What an action means for a config, if it has it.
pub fn verb(config: &Config, action: CommentAction) -> Result<Verb, Diagnostic> {
    let name = action.name();
    let problem = |message: String| Diagnostic::error("action-not-offered", &config.path, message);
    match config.product.action(name, &config.derived.scope) {
        Some(Ok((offered, true))) if required_class(offered.verb) == action.class() => {
            Ok(offered.verb)
        }
        // Products are data: how far a command reaches is not for them to say.
        Some(Ok((_, true))) => Err(problem(format!(
            "product `{}` means something else by `{name}` than comments do",
            config.product.name()
        ))),
        Some(Ok((offered, false))) => {
            let problem = problem(format!("`{name}` is not for this config"));
            Err(match &offered.otherwise {
                Some(other) => problem.with_help(other.clone()),
                None => problem,
            })
        }
        Some(Err(failure)) => Err(problem(failure.to_string())),
        None => Err(problem(format!(
            "product `{}` has no action `{name}`",
            config.product.name()
        ))),
    }
}

/// How far a verb reaches.
fn required_class(verb: Verb) -> Class {
    match verb {
        Verb::ValidateTemplate | Verb::ShowChanges | Verb::CheckDrift => Class::Read,
        Verb::TestDeploy => Class::Test,
        Verb::Provision | Verb::DeployFolders | Verb::UploadTemplate => Class::Write,
        Verb::Delete | Verb::TearDown => Class::Destructive,
        _ => Class::Offline,
    }
}
