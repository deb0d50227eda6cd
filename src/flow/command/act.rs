//! Commands that change something that lasts: for what was merged and approved.

use std::collections::BTreeSet;

use super::Answer;
use super::desk::{Desk, stuck, untitled};
use super::look::{no_policy, reported_at, verb};
use super::papers::{Papers, chosen};
use crate::action::{Console, explain_failure};
use crate::command::{Class, Command};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::flow::apply::{Applied, kind};
use crate::flow::clerk::Clerk;
use crate::flow::errand::Errand;
use crate::flow::history::segment_of;
use crate::flow::job::Failure;
use crate::flow::merged::Merged;
use crate::flow::policy::{Loaded, policy_bytes};
use crate::flow::provision::Run;
use crate::forge::Reviews as _;
use crate::guard::{self, POLICY_FILE, read_policy};
use crate::model::RepoPath;
use crate::operation;
use crate::plan::{Change, Intent};
use crate::product::Verb;
use crate::report::{Outcome, State, Values, code};
use crate::stack::StackName;

type Refused = (Outcome, Exit);

/// Environments whose stacks a command is about, and what is refused already.
pub fn able(
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
    let mut applied = Applied::default();
    let mut environments = BTreeSet::new();
    for change in &changes {
        let at_base = change.intent == Intent::Delete;
        let config = papers.gathered.config(change, at_base);
        let due = due(command, change, config).and_then(|due| {
            due.map(|(config, _)| has_role(policy, change, config))
                .transpose()
        });
        match due {
            Ok(Some(environment)) => {
                environments.insert(environment);
            }
            Ok(None) => {}
            Err((outcome, exit)) => applied.add(outcome, Some(exit)),
        }
    }
    if applied.outcomes.is_empty() {
        let nothing = environments.is_empty().then(|| is_for_none(command));
        return Ok((environments, nothing));
    }
    let exit = applied.exit.unwrap_or(Exit::Ok);
    let answer = desk.report(papers, applied.outcomes, exit)?;
    Ok((environments, Some(answer)))
}

/// Acts on the stacks of a merged pull request.
pub async fn act(desk: &mut Desk<'_>, command: &Command) -> Result<Answer, Failure> {
    let papers = desk.papers(command).await?;
    let Some(merge) = papers.reviewed.merge.clone() else {
        let answer = "⛔ What was merged is not known, so that nothing is done.";
        return Ok(Answer::new(answer, Exit::Denied));
    };
    let job = desk.job;
    // Commands before this one took their time, so that everything is read again.
    let branch = job.github.default_branch().await?;
    let segment = segment_of(&job.github, desk.number, &merge).await?;
    let merged = Merged::read(job, &branch, desk.own, &segment).await?;
    let file = policy_bytes(job.source(&[&branch.tip]), &branch.tip).await?;
    let now = (file != merged.policy_file)
        .then(|| read_policy(&RepoPath::typed(POLICY_FILE), file.as_deref()));
    let changes = match chosen(&merged.plan, command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let policies = [Some(&merged.policy), now.as_ref()].into_iter().flatten();
    let policies: Vec<&guard::Policy> = policies.filter_map(|it| it.as_ref().ok()).collect();
    let reported = match &merged.request.head {
        Some(head) => reported_at(desk, head).await?,
        None => None,
    };
    let by = desk.command(command, &policies, reported).await?;
    let mut applied = Applied::default();
    let mut errands = Vec::new();
    for change in changes.iter().filter(|change| desk.is_here(change)) {
        let due = due(command, change, merged.config(change)).and_then(|due| {
            let errand = due.map(|(config, verb)| Errand {
                change,
                config,
                verb,
                command: Some(by.clone()),
                solution: command.solution.clone(),
            });
            errand
                .map(|errand| allowed_now(&merged, now.as_ref(), errand))
                .transpose()
        });
        match due {
            Ok(errand) => errands.extend(errand),
            Err((outcome, exit)) => applied.add(outcome, Some(exit)),
        }
    }
    if errands.is_empty() && applied.outcomes.is_empty() {
        return Ok(is_for_none(command));
    }
    let mut run = match desk.run.take() {
        Some(run) => run,
        None => Run::new(job, desk.own),
    };
    let answered = run.answer(&merged, segment.number, errands, applied).await;
    desk.run = Some(run);
    let (body, exit) = answered?;
    Ok(Answer::new(untitled(&body), exit))
}

/// What a command means for a change. `None` if the change is none of those that are meant: nobody named it.
fn due(
    command: &Command,
    change: &Change,
    config: Option<Config>,
) -> Result<Option<(Config, Verb)>, Refused> {
    if change.intent == Intent::Invalid {
        return Err((stuck(change, &change.diagnostics), Exit::Config));
    }
    let deletes = command.action.class() == Class::Destructive;
    let denied = |code: &'static str, message: &str, help: &str| {
        let problem = Diagnostic::error(code, &change.path, message).with_help(help);
        let outcome = Outcome {
            state: State::Denied,
            ..stuck(change, &[problem])
        };
        (outcome, Exit::Denied)
    };
    let Some(config) = config else {
        let problem = Diagnostic::error("render-failed", &change.path, "the config cannot be read");
        return Err((stuck(change, &[problem]), Exit::Config));
    };
    match (verb(&config, command.action), &command.config) {
        (Err(_), None) => Ok(None),
        (Err(problem), Some(_)) => Err((stuck(change, &[problem]), Exit::Usage)),
        (Ok(_), _) if deletes && change.intent != Intent::Delete => Err(denied(
            "delete-not-requested",
            "the pull request does not remove the stack's config",
            "remove the config in a pull request, and have that approved",
        )),
        (Ok(_), _) if !deletes && change.intent == Intent::Delete => Err(denied(
            "plan-changed",
            "the pull request removes the stack's config",
            "comment on the pull request that added it",
        )),
        (Ok(_), _) if !names_solution(&config, command) => Err(denied(
            "plan-changed",
            "the config does not name this solution",
            "add it to the config in a pull request, and have that approved",
        )),
        (Ok(verb), _) => Ok(Some((config, verb))),
    }
}

/// Whether the folders of a solution, if one is given, are among those that were reviewed.
fn names_solution(config: &Config, command: &Command) -> bool {
    let Some(solution) = &command.solution else {
        return true;
    };
    let (product, scope) = (&config.product, &config.derived.scope);
    match (
        product.folder_prefix(scope, solution),
        product.folder_prefixes(scope),
    ) {
        (Ok(Some(wanted)), Ok(named)) => named.contains(&wanted),
        _ => false,
    }
}

/// An environment for which the policy names no role is none that a job is started for.
fn has_role(policy: &guard::Policy, change: &Change, config: Config) -> Result<String, Refused> {
    let environment = config.target.environment.clone();
    if policy.apply_role(&config.target).is_some() {
        return Ok(environment);
    }
    let message = format!("the policy names no role that changes stacks of `{environment}`");
    let problem = Diagnostic::error("environment-not-allowed", &change.path, message)
        .with_help("name one under `roles` of the environment in the policy file");
    let outcome = Outcome {
        state: State::Denied,
        ..stuck(change, &[problem])
    };
    Err((outcome, Exit::Denied))
}

/// A merge is decided by the policy before it. Who commands later has to pass the policy of now as well: whoever was struck off its
/// lists since confirms nothing.
fn allowed_now<'a>(
    merged: &Merged,
    now: Option<&Loaded>,
    errand: Errand<'a>,
) -> Result<Errand<'a>, Refused> {
    let Some(now) = now else {
        return Ok(errand);
    };
    let config = &errand.config;
    let request = merged.request_for(errand.change, errand.command.clone());
    let clerk = Clerk::new(request, Console::new(false).of(Values::default()));
    let stack = StackName {
        target: config.target.clone(),
        name: config.stack().to_owned(),
    };
    let denials = clerk.refuses(kind(errand.verb), now, &stack);
    if denials.is_empty() {
        return Ok(errand);
    }
    let failure = operation::Failure::Denied(denials);
    let (problems, exit) = explain_failure(config, &Values::default(), failure);
    let outcome = Outcome {
        state: State::Denied,
        ..stuck(errand.change, &problems)
    };
    Err((outcome, exit))
}

fn is_for_none(command: &Command) -> Answer {
    let name = code(command.action.name());
    let text = format!("😕 {name} is for no config of this pull request.");
    Answer::new(text, Exit::Usage)
}
