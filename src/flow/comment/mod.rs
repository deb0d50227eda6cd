//! Flow 2: comment commands. Nothing of the pull request is checked out or run: configs are read as data.

mod answer;
mod apply;
mod author;
mod inspect;
mod issue;
mod offline;
mod record;
mod repair;
mod reply;
mod select;
mod session;

use std::collections::BTreeSet;

use crate::change::products;
use crate::ci;
use crate::command::{
    Command, CommandLine, CommandParseError, CommentAction, CommentActions, parse, parse_lines,
};
use crate::exit::Exit;
use crate::forge::Reaction;
use crate::job::{Job, JobError, JobResult};
use crate::product::{Class, Registry};
use crate::report::{Alert, NothingToDo, Refusal, Reply, RunEvent, escape_workflow_commands};

use answer::{Answer, is_failure};
use author::CommentAuthor;
use reply::CommentReply;
use session::CommentSession;

pub use author::CommentEvent;
pub use issue::handle_issue_comment;

/// Handles a comment. A job without an environment answers commands that only read, and starts a job for each environment whose stacks
/// change: only those jobs have credentials that change stacks.
pub async fn handle_comment(job: &Job, event: &CommentEvent<'_>) -> JobResult {
    let built_in = Registry::built_in();
    let actions = CommentActions::from_products(&built_in);
    // Nearly all comments end here, without an API call.
    if !event.is_new || parse(event.body, &actions).is_empty() {
        return ignored(&NothingToDo::NoCommand);
    }
    let Some(comment) = job.forge.comment(event.number, event.id).await? else {
        return ignored(&NothingToDo::CommentGone);
    };
    let Some(by) = comment.by.filter(|by| !by.is_bot()) else {
        return ignored(&NothingToDo::Bot);
    };
    // The forge's clock counts seconds: an edit within the second of the creation shows only in the text.
    if comment.edited || comment.body != event.body {
        return ignored(&NothingToDo::Edited);
    }
    let commands = parse_lines(&comment.body, &actions);
    if comment.number != event.number || commands.is_empty() {
        return ignored(&NothingToDo::OtherComment);
    }
    let Some(author) = CommentAuthor::read(job, &by, event).await? else {
        return ignored(&NothingToDo::AuthorNotAllowed);
    };
    let own = job.forge.current_user().await?;
    if own == Some(by.id) {
        return ignored(&NothingToDo::OwnComment);
    }
    let (products, commands) = match commands.iter().any(needs_products) {
        false => (built_in, commands),
        true => {
            let products = default_branch_products(job).await?;
            let commands = parse_lines(&comment.body, &CommentActions::from_products(&products));
            (products, commands)
        }
    };
    let round = CommentRunner {
        can_apply: job.environment.environment.is_some(),
        reply: CommentReply::new(job, own, event.number, event.id),
        session: CommentSession::new(
            job,
            own,
            (event.number, event.id, comment.url),
            author,
            products,
        ),
        exit: Exit::Ok,
        alerts: Vec::new(),
        events: Vec::new(),
    };
    round.run(job, event, commands).await
}

/// Whether the repository's own products decide what a line means, or its answer lists them.
fn needs_products(line: &CommandLine) -> bool {
    match &line.command {
        Ok(command) => !matches!(command.action, CommentAction::Product(_)),
        Err(problem) => matches!(problem, CommandParseError::UnknownAction { .. }),
    }
}

/// The pull request's own products define no command.
async fn default_branch_products(job: &Job) -> Result<Registry, JobError> {
    let tip = job.forge.default_branch().await?.tip;
    let given = &job.environment.given;
    Ok(products(job.source(&[&tip]), &tip, given).await?)
}

fn ignored(why: &NothingToDo) -> JobResult {
    log::info!("{why}");
    Ok((String::new(), Exit::Ok))
}

/// A reaction that cannot be written stops nothing.
async fn react(job: &Job, event: &CommentEvent<'_>, reaction: Reaction) {
    let reacted = match event.on_issue {
        true => {
            let forge = &job.forge;
            forge.react_on_issue(event.number, event.id, reaction).await
        }
        false => job.forge.react(event.number, event.id, reaction).await,
    };
    if let Err(error) = reacted {
        log::warn!("{error}");
    }
}

/// Runs the commands of one comment that this job handles.
struct CommentRunner<'a> {
    /// Whether the job has an environment, and so credentials that change stacks.
    can_apply: bool,
    reply: CommentReply<'a>,
    session: CommentSession<'a>,
    exit: Exit,
    /// Why commands failed.
    alerts: Vec<Alert>,
    events: Vec<RunEvent>,
}

impl CommentRunner<'_> {
    async fn run(
        mut self,
        job: &Job,
        event: &CommentEvent<'_>,
        commands: Vec<CommandLine>,
    ) -> JobResult {
        let finishes = job.environment.finish_cancelled;
        if finishes && !self.can_apply {
            return ignored(&NothingToDo::Cancelled);
        }
        if !self.can_apply {
            react(job, event, Reaction::Seen).await;
        }
        for CommandLine { text, command } in &commands {
            let done = match command {
                Ok(command) => self.handle(command).await,
                // Only the job without an environment reports it.
                Err(problem) => {
                    if !self.can_apply {
                        let reply = Reply::NoCommand {
                            line: text.clone(),
                            problem: problem.to_string(),
                            help: problem.help(),
                        };
                        let answer = Answer::new(reply, Exit::Usage);
                        self.session.append_summary(None, &answer);
                        let reply = self.note(answer);
                        self.reply.problem(reply);
                    }
                    Ok(())
                }
            };
            if let Err(failure) = done {
                // If the forge does not answer now, later commands would fail too.
                let error = failure.text();
                let answer = Answer::new(Reply::Failed { error }, failure.exit());
                let command = command.as_ref().ok();
                self.session.append_summary(command, &answer);
                let reply = self.note(answer);
                self.reply.failed(reply);
                break;
            }
        }
        // The reply of the cancelled step stays if that step left nothing.
        if finishes && self.exit == Exit::Ok {
            return self.finish();
        }
        self.exit = self.exit.max(self.reply.finish().await);
        let is_good = !is_failure(self.exit);
        let goes_on = !self.session.environments().is_empty();
        // If other jobs continue, they react; this job reacts to its own denials.
        if !is_good {
            react(job, event, Reaction::Failed).await;
        } else if !goes_on && !self.reply.is_empty() {
            react(job, event, Reaction::Done).await;
        }
        self.finish()
    }

    fn finish(self) -> JobResult {
        let (text, exit) = self.session.finish(self.exit, self.events)?;
        Ok((ci::alerts(&self.alerts) + &text, exit))
    }

    /// Keeps why an answer failed. Returns the reply.
    fn note(&mut self, answer: Answer) -> Reply {
        self.exit = self.exit.max(answer.exit);
        if is_failure(answer.exit)
            && let Some(text) = answer.reply.plain()
        {
            log::error!("{}", escape_workflow_commands(&text));
        }
        self.alerts.extend(answer.alerts);
        let number = Some(self.session.number);
        self.events
            .extend(answer.events.into_iter().map(|event| RunEvent {
                pull_request: number,
                ..event
            }));
        answer.reply
    }

    /// Runs a command if this job handles it.
    async fn handle(&mut self, command: &Command) -> Result<(), JobError> {
        if command.repair().is_some() {
            if !self.can_apply {
                self.reply.add(command);
                let answer = answer::denied(Refusal::RepairOnPullRequest);
                self.session.append_summary(Some(command), &answer);
                let reply = self.note(answer);
                self.reply.end(reply);
            }
            return Ok(());
        }
        let looks = matches!(command.action.class(), Class::Offline | Class::Read);
        if looks != self.can_apply {
            if self.can_apply && !self.session.applies_here(command).await? {
                return Ok(());
            }
            match self.session.job.environment.finish_cancelled {
                true => self.reply.add(command),
                false => self.reply.begin(command).await,
            }
            let answer = self.answer(command).await?;
            let reply = self.note(answer);
            self.reply.end(reply);
        } else if !self.can_apply
            && let Some(refusal) = self.dispatch_to_environments(command).await?
        {
            self.reply.add(command);
            let reply = self.note(refusal);
            self.reply.end(reply);
        }
        Ok(())
    }

    async fn answer(&mut self, command: &Command) -> Result<Answer, JobError> {
        let answer = match command.action.class() {
            Class::Offline => offline::answer(&mut self.session, command).await?,
            Class::Read => match self.session.require_write() {
                Some(refusal) => refusal,
                None => inspect::inspect(&mut self.session, command).await?,
            },
            Class::Test => inspect::inspect(&mut self.session, command).await?,
            // The run writes its own summary.
            Class::Write | Class::Destructive => {
                return apply::apply(&mut self.session, command).await;
            }
        };
        self.session.append_summary(Some(command), &answer);
        Ok(answer)
    }

    /// Starts a job for each environment that a command changes. Returns an answer if the command is denied, in whole or in part.
    async fn dispatch_to_environments(
        &mut self,
        command: &Command,
    ) -> Result<Option<Answer>, JobError> {
        let context = self.session.contexts(command).await?;
        let (environments, refusal) = match self.session.refusal(&context, command) {
            Some(refusal) => (BTreeSet::new(), Some(refusal)),
            None => match command.action.class() {
                Class::Test => {
                    inspect::eligible_environments(&self.session, &context, command).await?
                }
                _ => apply::eligible_environments(&self.session, &context, command)?,
            },
        };
        self.session.add_environments(environments);
        if let Some(refusal) = &refusal {
            self.session.append_summary(Some(command), refusal);
        }
        Ok(refusal)
    }
}
