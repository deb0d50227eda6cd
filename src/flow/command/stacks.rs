//! Commands about stacks: looking, with the plan role and for open pull requests; acting, for what was merged and approved.

use futures_util::StreamExt as _;

use super::Answer;
use super::desk::{Desk, stuck};
use crate::action::{Console, Options, Task, explain_failure, stop_on_signal};
use crate::command::{Action, Class, Command};
use crate::config::{Config, load};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::flow::apply::{Applied, outcome_of, perform_as};
use crate::flow::clerk::Clerk;
use crate::flow::errand::Errand;
use crate::flow::history::segment_of;
use crate::flow::job::Failure;
use crate::flow::merged::Merged;
use crate::flow::provision::Run;
use crate::flow::reviewed::reported;
use crate::guard::{Request, Trigger};
use crate::model::CommitSha;
use crate::operation::Desired;
use crate::plan::{Change, Intent};
use crate::product::Verb;
use crate::report::{Outcome, Problem, State, Values};

/// Looks at the stacks of an open pull request, or tests its configs.
pub async fn look(desk: &Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let changes = match desk.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let reported = reported_head(desk).await?;
    let mut request = desk.reviewed.request.clone();
    // Configs were read at one head, and reviews are of one: if these differ, somebody pushed meanwhile.
    request.head = request.head.filter(|head| *head == desk.head);
    let commanded = desk.command(command, reported).await?;
    request.trigger = Some(Trigger::Comment(commanded));
    let policy = match &desk.policy {
        Ok(policy) => policy,
        Err(problems) => {
            let stuck = changes.iter().map(|change| stuck(change, problems));
            return desk.told(stuck.collect(), Exit::Denied);
        }
    };
    let sessions = desk.job.sessions(stop_on_signal());
    let look = Look {
        desk,
        command,
        request,
        console: Console::new(false),
        token: crate::ci::token(),
    };
    let environment = desk.job.environment.environment.as_deref();
    let is_here = |change: &&Change| {
        let target = change.target.as_ref();
        environment.is_none() || target.map(|it| it.environment.as_str()) == environment
    };
    let looks = futures_util::stream::iter(changes.iter().filter(is_here))
        .map(|change| look.at(change, policy, sessions.as_ref()))
        .buffer_unordered(policy.concurrency());
    let mut applied = Applied::default();
    for (outcome, exit) in looks.collect::<Vec<_>>().await {
        applied.add(outcome, exit);
    }
    applied.outcomes.sort_by(|a, b| a.path.cmp(&b.path));
    desk.told(applied.outcomes, applied.exit.unwrap_or(Exit::Ok))
}

/// The head that was reported on: the present one if its check is done, otherwise whatever the comment of the check tells of.
async fn reported_head(desk: &Desk<'_>) -> Result<Option<CommitSha>, Failure> {
    let Some(own) = desk.own else {
        return Ok(None);
    };
    let is_reported = reported(desk.job, own, &desk.head).await?.is_some();
    Ok(is_reported.then(|| desk.head.clone()))
}

struct Look<'a> {
    desk: &'a Desk<'a>,
    command: &'a Command,
    request: Request,
    console: Console,
    token: String,
}

impl Look<'_> {
    async fn at(
        &self,
        change: &Change,
        policy: &crate::guard::Policy,
        sessions: Option<&crate::flow::sessions::Sessions>,
    ) -> (Outcome, Option<Exit>) {
        let is_test = self.command.action.class() == Class::Isolated;
        let config = match self.config(change, is_test) {
            Ok(config) => config,
            Err(problems) => return (stuck(change, &problems), Some(Exit::Config)),
        };
        let values = Values::of(&config, &policy.values.show);
        let clerk = Clerk::new(self.request.clone(), self.console.of(values.clone()));
        let role = match is_test {
            true => policy.apply_role(&config.target),
            false => policy.plan_role(&config.target),
        };
        let before = self.desk.gathered.config(change, true);
        let deployed = |body: &str| {
            before
                .as_ref()
                .filter(|it| Desired::renders_to(it, body))
                .cloned()
        };
        let verb = match verb(&config, self.command.action) {
            Ok(verb) => verb,
            Err(problem) => return (stuck(change, &[problem]), Some(Exit::Usage)),
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
        match perform_as(sessions, &self.desk.policy, role, &clerk, &task, &values).await {
            Ok(details) => outcome_of(change, &config, details, true),
            Err(failure) => {
                let denied = matches!(failure, crate::operation::Failure::Denied(_));
                let (problems, exit) = explain_failure(&config, &values, failure);
                let mut outcome = stuck(change, &problems);
                if denied {
                    outcome.state = State::Denied;
                }
                (outcome, Some(exit))
            }
        }
    }

    /// The config at the head; a removed one as it was. What makes stacks has the products of the base.
    fn config(&self, change: &Change, is_test: bool) -> Result<Config, Vec<Diagnostic>> {
        let gathered = &self.desk.gathered;
        if change.intent == Intent::Invalid {
            return Err(change.diagnostics.clone());
        }
        let found = match is_test {
            true => {
                let mut inputs = gathered.inputs.iter();
                let input = inputs.find(|input| input.path == change.path);
                input
                    .and_then(|input| input.head.as_ref())
                    .and_then(|bytes| load(&gathered.base, &change.path, bytes).config)
            }
            false => gathered.config(change, change.intent == Intent::Delete),
        };
        found.ok_or_else(|| {
            let message = match is_test {
                true => "the products of the base branch cannot make a stack of this config",
                false => "the config could not be read again",
            };
            vec![Diagnostic::error("render-failed", &change.path, message)]
        })
    }
}

/// What an action means for a config, if it has it.
fn verb(config: &Config, action: Action) -> Result<Verb, Diagnostic> {
    let name = action.name();
    let problem = |message: String| Diagnostic::error("action-not-offered", &config.path, message);
    match config.product.action(name, &config.derived.scope) {
        Some(Ok((action, true))) => Ok(action.verb),
        Some(Ok((offered, false))) => {
            let problem = problem(format!("`{name}` is not for this config"));
            Err(match &offered.otherwise {
                Some(other) => problem.with_help(format!("use `{other}`")),
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

/// Acts on the stacks of a merged pull request.
pub async fn act(desk: &mut Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let Some(merge) = desk.reviewed.merge.clone() else {
        let refused = desk.refuse(command).await?;
        return Ok(refused.unwrap_or_else(|| {
            Answer::new("😕 What was merged is not known.".to_owned(), Exit::Denied)
        }));
    };
    let segment = segment_of(&desk.job.github, desk.number, &merge).await?;
    let merged = Merged::read(desk.job, &desk.branch, desk.own, &segment).await?;
    // What was merged counts, and no more what the pull request was before.
    desk.plan = merged.plan.clone();
    let changes = match desk.chosen(command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let by = desk.command(command, None).await?;
    let environment = desk.job.environment.environment.as_deref();
    let mut applied = Applied::default();
    let mut errands = Vec::new();
    for change in &changes {
        let target = change.target.as_ref();
        if target.map(|it| it.environment.as_str()) != environment {
            continue;
        }
        let Some(config) = merged.config(change) else {
            applied.add(stuck(change, &change.diagnostics), Some(Exit::Config));
            continue;
        };
        match verb(&config, command.action) {
            Ok(verb) => errands.push(Errand {
                change,
                config,
                verb,
                command: Some(by.clone()),
                solution: command.solution.clone(),
            }),
            Err(problem) => {
                let mut outcome = stuck(change, &[]);
                outcome.problems = vec![Problem::of(&problem)];
                applied.add(outcome, Some(Exit::Usage));
            }
        }
    }
    let mut run = match desk.run.take() {
        Some(run) => run,
        None => Run::new(desk.job, desk.own),
    };
    let (body, exit) = run
        .answer(&merged, segment.number, errands, applied)
        .await?;
    desk.run = Some(run);
    Ok(Answer::new(body, exit))
}
