//! Commands about the stacks of a pull request's head: looking at them with the plan role, and tests.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;

use super::Answer;
use super::desk::{Desk, stuck};
use super::papers::Papers;
use crate::action::{Console, Options, Task, explain_failure, stop_on_signal};
use crate::command::{Action, Class, Command};
use crate::config::{Config, load};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::flow::apply::{Applied, outcome_of, perform_as};
use crate::flow::clerk::Clerk;
use crate::flow::gather::products;
use crate::flow::job::Failure;
use crate::flow::reviewed::reported;
use crate::flow::sessions::Sessions;
use crate::guard::{Kind, Policy, Request, Trigger};
use crate::model::CommitSha;
use crate::operation::{self, Desired};
use crate::plan::{Change, Intent};
use crate::product::{Registry, Verb};
use crate::report::{Outcome, State, Values};
use crate::stack::StackName;

/// Looks at the stacks of a pull request, or tests its configs.
pub async fn look(desk: &mut Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let papers = desk.papers(command).await?;
    let changes = match papers.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let policy = match &papers.policy {
        Ok(policy) => policy,
        Err(problems) => return no_policy(desk, &papers, &changes, problems),
    };
    let look = Look::new(desk, &papers, policy, command).await?;
    let sessions = desk.job.sessions(stop_on_signal());
    let looks = futures_util::stream::iter(changes.iter().filter(|change| desk.is_here(change)))
        .map(|change| look.at(change, sessions.as_ref()))
        .buffer_unordered(policy.concurrency());
    let mut applied = Applied::default();
    for (outcome, exit) in looks.collect::<Vec<_>>().await {
        applied.add(outcome, exit);
    }
    desk.report(&papers, applied.outcomes, applied.exit.unwrap_or(Exit::Ok))
}

/// Environments in which tests can be made, and what is refused already.
pub async fn able(
    desk: &Desk<'_>,
    papers: &Papers,
    command: &Command,
) -> Result<(BTreeSet<String>, Option<Answer>), Failure> {
    let changes = papers.chosen(command).unwrap_or_default();
    let policy = match &papers.policy {
        Ok(policy) => policy,
        Err(problems) => {
            let answer = no_policy(desk, papers, &changes, problems)?;
            return Ok((BTreeSet::new(), Some(answer)));
        }
    };
    let look = Look::new(desk, papers, policy, command).await?;
    let mut applied = Applied::default();
    let mut environments = BTreeSet::new();
    for change in &changes {
        match look.refused(change) {
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
pub fn no_policy(
    desk: &Desk<'_>,
    papers: &Papers,
    changes: &[Change],
    problems: &[Diagnostic],
) -> Result<Answer, Failure> {
    let denied = changes.iter().map(|change| Outcome {
        state: State::Denied,
        ..stuck(change, problems)
    });
    desk.report(papers, denied.collect(), Exit::Denied)
}

/// A head, if its check has reported: nobody comments on what nobody was shown.
pub async fn reported_at(desk: &Desk<'_>, head: &CommitSha) -> Result<Option<CommitSha>, Failure> {
    let Some(own) = desk.own else {
        return Ok(None);
    };
    let report = reported(desk.job, own, head).await?;
    Ok(report.map(|_| head.clone()))
}

struct Look<'a> {
    papers: &'a Papers,
    policy: &'a Policy,
    command: &'a Command,
    request: Request,
    console: Console,
    token: String,
    /// What makes a test's stack: the default branch's products, as far as a pull request cannot choose them.
    products: Option<Registry>,
}

type Refused = (Outcome, Option<Exit>);

impl<'a> Look<'a> {
    async fn new(
        desk: &Desk<'_>,
        papers: &'a Papers,
        policy: &'a Policy,
        command: &'a Command,
    ) -> Result<Self, Failure> {
        let head = &papers.head;
        let reported = reported_at(desk, head).await?;
        let mut request = papers.reviewed.request.clone();
        // Configs were read at one head, and reviews are of one: if these differ, somebody pushed meanwhile.
        request.head = request.head.filter(|reviewed| reviewed == head);
        let commanded = desk.command(command, &[policy], reported).await?;
        request.trigger = Some(Trigger::Comment(commanded));
        let products = match command.action.class() {
            Class::Isolated => {
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
            token: crate::ci::token(),
            products,
        })
    }

    /// What can be refused without asking AWS; otherwise the config.
    fn refused(&self, change: &Change) -> Result<Config, Refused> {
        let config = self.config(change)?;
        let clerk = Clerk::new(self.request.clone(), self.console.of(Values::default()));
        let stack = StackName {
            target: config.target.clone(),
            name: config.stack().to_owned(),
        };
        let denials = clerk.refuses(Kind::Test, &self.papers.policy, &stack);
        match denials.is_empty() {
            true => Ok(config),
            false => {
                let failure = operation::Failure::Denied(denials);
                Err(self.failed(change, &config, &Values::default(), failure))
            }
        }
    }

    async fn at(&self, change: &Change, sessions: Option<&Sessions>) -> (Outcome, Option<Exit>) {
        let config = match self.config(change) {
            Ok(config) => config,
            Err(refused) => return refused,
        };
        let verb = match verb(&config, self.command.action) {
            Ok(verb) => verb,
            Err(problem) => return (stuck(change, &[problem]), Some(Exit::Usage)),
        };
        let values = Values::of(&config, &self.policy.values.show);
        let clerk = Clerk::new(self.request.clone(), self.console.of(values.clone()));
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
            verb,
            config: &config,
            options: Options {
                keep: self.command.keep,
                token: &self.token,
                ..Options::default()
            },
            deployed: &deployed,
            width: None,
        };
        let policy = &self.papers.policy;
        match perform_as(sessions, policy, role, &clerk, &task, &values).await {
            Ok(details) => outcome_of(change, &config, details, true),
            Err(failure) => self.failed(change, &config, &values, failure),
        }
    }

    fn failed(
        &self,
        change: &Change,
        config: &Config,
        values: &Values,
        failure: operation::Failure,
    ) -> Refused {
        let denied = matches!(failure, operation::Failure::Denied(_));
        let (problems, exit) = explain_failure(config, values, failure);
        let mut outcome = stuck(change, &problems);
        if denied {
            outcome.state = State::Denied;
        }
        (outcome, Some(exit))
    }

    /// The config at the head; of a removed one, what its stack was made from.
    fn config(&self, change: &Change) -> Result<Config, Refused> {
        let gathered = &self.papers.gathered;
        let is_gone = change.intent == Intent::Delete;
        if is_gone && self.command.action != Action::CheckDrift {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Skipped);
            "the config is removed".clone_into(&mut outcome.line);
            return Err((outcome, None));
        }
        if change.intent == Intent::Invalid {
            return Err((stuck(change, &change.diagnostics), Some(Exit::Config)));
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
            (stuck(change, &[problem]), Some(Exit::Config))
        })
    }
}

/// What an action means for a config, if it has it.
pub fn verb(config: &Config, action: Action) -> Result<Verb, Diagnostic> {
    let name = action.name();
    let problem = |message: String| Diagnostic::error("action-not-offered", &config.path, message);
    match config.product.action(name, &config.derived.scope) {
        Some(Ok((offered, true))) if reach(offered.verb) == action.class() => Ok(offered.verb),
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
fn reach(verb: Verb) -> Class {
    match verb {
        Verb::ValidateTemplate | Verb::ShowChanges | Verb::CheckDrift => Class::Read,
        Verb::TestDeploy => Class::Isolated,
        Verb::Provision | Verb::DeployFolders | Verb::UploadTemplate => Class::Write,
        Verb::Delete | Verb::TearDown => Class::Destructive,
        _ => Class::Pure,
    }
}
