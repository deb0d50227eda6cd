//! Commands that change stacks of a merged and approved pull request.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::Answer;
use super::select::{chosen, no_matching_config, verb_for};
use super::session::{CommentSession, failed_outcome};
use crate::apply::ApplyReport;
use crate::apply::Run;
use crate::apply::StackTask;
use crate::change::MergedChange;
use crate::change::PullRequestContext;
use crate::change::range_of_pull_request;
use crate::command::Command;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::{
    self, Authority, CommentCommand, Denial, Facts, Trigger, denials_before_credentials,
};
use crate::job::JobError;
use crate::operation::{denial_diagnostics, select_folders, unlisted_solution};
use crate::plan::{Change, Intent};
use crate::product::{Class, Verb};
use crate::report::{Outcome, Refusal, Reply, State};
use crate::stack::StackName;

type EarlyOutcome = (Outcome, Exit);

/// The environments of the stacks that a command changes, and an answer if some are denied already.
pub fn eligible_environments(
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
    let mut applied = ApplyReport::default();
    let mut environments = BTreeSet::new();
    for change in &changes {
        let at_base = change.is_removed();
        let config = context.inputs.config(change, at_base);
        let due = resolve_command(command, change, config).and_then(|due| {
            let Some((config, verb)) = due else {
                return Ok(None);
            };
            require_second_person(session, context, command, (change, &config, verb))?;
            has_role(policy, change, config).map(Some)
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
        let nothing = environments.is_empty().then(|| no_matching_config(command));
        return Ok((environments, nothing));
    }
    let exit = applied.exit.unwrap_or(Exit::Ok);
    let answer = session.report(context, applied.outcomes, exit)?;
    Ok((environments, Some(answer)))
}

/// Changes the stacks of a merged pull request.
pub async fn apply(
    session: &mut CommentSession<'_>,
    command: &Command,
) -> Result<Answer, JobError> {
    let context = session.contexts(command).await?;
    let Some(merge) = context.reviewed.merge.clone() else {
        return Ok(Answer::new(Reply::MergeUnknown, Exit::Denied));
    };
    let job = session.job;
    // Earlier commands took time, so every fact is read again.
    let branch = job.forge.default_branch().await?;
    let range = range_of_pull_request(&*job.forge, session.number, &merge).await?;
    let merged = MergedChange::read(job, &branch, session.own, &range).await?;
    let merged = Arc::new(merged);
    let changes = match chosen(&merged.contents.plan, command) {
        Ok(changes) => changes,
        Err(answer) => return Ok(answer),
    };
    let reported = match &merged.request.head {
        Some(head) => session.checked_head(head).await?,
        None => None,
    };
    let by = session
        .command(command, &merged.policies().teams(), reported)
        .await?;
    let mut applied = ApplyReport::default();
    let mut tasks = Vec::new();
    for change in changes
        .iter()
        .filter(|change| session.is_of_this_job(change))
    {
        let due = resolve_command(command, change, merged.config(change)).map(|due| {
            due.map(|(config, verb)| StackTask {
                change,
                config,
                verb,
                command: Some(by.clone()),
                solution: command.solution.clone(),
            })
        });
        match due {
            Ok(task) => tasks.extend(task),
            Err((outcome, exit)) => applied.add(outcome, Some(exit)),
        }
    }
    if tasks.is_empty() && applied.outcomes.is_empty() {
        return Ok(no_matching_config(command));
    }
    let mut run = match session.run.take() {
        Some(run) => run,
        None => Run::new(job, session.own),
    };
    let answered = run
        .answer_command(&merged, (range.number, &session.url), tasks, applied)
        .await;
    session.run = Some(run);
    let (page, exit) = answered?;
    Ok(Answer::new(Reply::Page(page), exit))
}

/// The config and verb of a command for a change. `None` if the command names no config and this one does not have the action.
fn resolve_command(
    command: &Command,
    change: &Change,
    config: Option<Config>,
) -> Result<Option<(Config, Verb)>, EarlyOutcome> {
    let is_abandoned = change.intent == Intent::Abandon && !change.diagnostics.is_empty();
    if change.intent == Intent::Invalid || is_abandoned {
        return Err((failed_outcome(change, &change.diagnostics), Exit::Config));
    }
    let deletes = command.action.class() == Class::Destructive;
    let Some(config) = config else {
        let problem = Refusal::ConfigUnreadable.diagnostic(&change.path);
        return Err((failed_outcome(change, &[problem]), Exit::Config));
    };
    match verb_for(&config, command) {
        Err(problem) => Err((failed_outcome(change, &[problem]), Exit::Usage)),
        Ok(None) => Ok(None),
        Ok(Some(Verb::Replace)) if change.intent != Intent::Replace => {
            Err(denied_outcome(change, &Refusal::ReplacementNotRequested))
        }
        Ok(Some(Verb::Import)) if change.intent != Intent::Import => {
            Err(denied_outcome(change, &Refusal::ImportNotRequested))
        }
        Ok(Some(verb)) if deletes && verb != Verb::Replace && change.intent != Intent::Delete => {
            Err(denied_outcome(change, &Refusal::RemovalNotRequested))
        }
        Ok(_) if !deletes && change.intent == Intent::Delete => {
            Err(denied_outcome(change, &Refusal::ConfigRemoved))
        }
        Ok(Some(verb)) => match check_solution(&config, command, verb) {
            Err(problem) => Err((failed_outcome(change, &[problem]), Exit::Usage)),
            Ok(false) => Err(denied_outcome(change, &Refusal::SolutionNotListed)),
            Ok(true) => Ok(Some((config, verb))),
        },
    }
}

fn denied_outcome(change: &Change, refusal: &Refusal) -> EarlyOutcome {
    let outcome = Outcome {
        state: State::Denied,
        ..failed_outcome(change, &[refusal.diagnostic(&change.path)])
    };
    (outcome, Exit::Denied)
}

/// Whether the config lists the command's solution, if it has one. A name that no solution can have is an error.
fn check_solution(config: &Config, command: &Command, verb: Verb) -> Result<bool, Diagnostic> {
    let Some(solution) = &command.solution else {
        return Ok(true);
    };
    let wanted = select_folders(config, Some(solution))?;
    Ok(!wanted.is_empty() && unlisted_solution(config, solution, verb).is_none())
}

/// A deletion that its author or a pusher confirms is denied for certain. Later jobs would wait for the environment's reviewers first.
fn require_second_person(
    session: &CommentSession<'_>,
    context: &PullRequestContext,
    command: &Command,
    (change, config, verb): (&Change, &Config, Verb),
) -> Result<(), EarlyOutcome> {
    let mut request = context.reviewed.request.clone();
    // If the pushers are not known, a later job may know them.
    if !verb.deletes() || request.pushers.as_ref().is_none_or(Vec::is_empty) {
        return Ok(());
    }
    request.trigger = Some(Trigger::Comment(CommentCommand {
        id: session.id,
        by: session.author.person.clone(),
        force: command.force,
        confirm: command.confirm.clone(),
        reported: None,
    }));
    let facts = Facts {
        authority: Authority::Request(Box::new(request)),
        ..Facts::default()
    };
    let stack = StackName::for_config(config);
    let mut denials = denials_before_credentials(verb.effect(), &context.policy, &facts, &stack);
    denials.retain(Denial::needs_second_person);
    if denials.is_empty() {
        return Ok(());
    }
    let mut outcome = Outcome::new(change.path.as_str(), Some(&stack), State::Denied);
    outcome.add_failure(&denial_diagnostics(config, &denials), None);
    Err((outcome, Exit::Denied))
}

/// The environment of a config, or a denial if the policy names no apply role there.
fn has_role(
    policy: &guard::Policy,
    change: &Change,
    config: Config,
) -> Result<String, EarlyOutcome> {
    let environment = config.target.environment.clone();
    if policy.apply_role(&config.target).is_some() {
        return Ok(environment);
    }
    Err(denied_outcome(
        change,
        &Refusal::NoApplyRole { environment },
    ))
}
