//! Flow 2: a comment commands. Nothing of the pull request is checked out or run: configs are read as data.

mod act;
mod desk;
mod look;
mod papers;
mod pure;
mod reply;
mod standing;

use crate::command::{Class, Command, CommandParseError, parse};
use crate::exit::Exit;
use crate::flow::job::{Job, JobError, JobResult};
use crate::forge::{Reaction, Talk as _};
use crate::report::escape_workflow_commands;

use desk::CommentSession;
use reply::CommentReply;
use standing::CommentAuthor;

/// What an event says of a comment. Claims: they can end the work, and allow nothing.
pub struct CommentEvent<'a> {
    /// The comment.
    pub id: u64,
    /// Of this pull request or issue.
    pub number: u64,
    /// Whether it is new, and on a pull request.
    pub is_new: bool,
    /// What it said.
    pub body: &'a str,
    /// Whether the repository is anybody's to read.
    pub public: bool,
}

/// Does what a comment asks for. A job without an environment answers what only looks, and hands the rest over to jobs that have one:
/// only those have credentials that change anything.
pub async fn command(job: &Job, claimed: &CommentEvent<'_>) -> JobResult {
    // Nearly all comments end here, without a single call.
    if !claimed.is_new || parse(claimed.body).is_empty() {
        return ignored("the comment commands nothing");
    }
    let Some(comment) = job.github.comment(claimed.id).await? else {
        return ignored("the comment is gone");
    };
    let Some(by) = comment.by.filter(|by| !by.bot) else {
        return ignored("machines command nothing");
    };
    if comment.edited {
        return ignored("a comment that was edited commands nothing");
    }
    // What counts is what the forge has.
    let commands = parse(&comment.body);
    if comment.number != claimed.number || commands.is_empty() {
        return ignored("the comment is not the one that the event tells of");
    }
    let Some(standing) = CommentAuthor::read(job, &by, claimed).await? else {
        return ignored("whoever wrote the comment may not command here");
    };
    let own = job.github.current_user().await?;
    if own == Some(by.id) {
        return ignored("own comments command nothing");
    }
    let round = CommentRunner {
        has_hands: job.environment.environment.is_some(),
        reply: CommentReply::new(job, own, claimed.number, claimed.id),
        desk: CommentSession::new(job, own, claimed.number, standing),
        exit: Exit::Ok,
    };
    round.run(job, claimed.id, commands).await
}

fn ignored(why: &str) -> JobResult {
    eprintln!("provisioner: nothing to do: {why}");
    Ok((String::new(), Exit::Ok))
}

/// A reaction is a courtesy: without it, all else goes on.
async fn react(job: &Job, comment: u64, reaction: Reaction) {
    if let Err(error) = job.github.react(comment, reaction).await {
        eprintln!("{}", escape_workflow_commands(&format!("warning: {error}")));
    }
}

/// One job's share of a comment's commands.
struct CommentRunner<'a> {
    /// Whether the job is for an environment, and changes stacks of it.
    has_hands: bool,
    reply: CommentReply<'a>,
    desk: CommentSession<'a>,
    exit: Exit,
}

impl CommentRunner<'_> {
    async fn run(
        mut self,
        job: &Job,
        comment: u64,
        commands: Vec<Result<Command, CommandParseError>>,
    ) -> JobResult {
        if !self.has_hands {
            react(job, comment, Reaction::Seen).await;
        }
        for command in &commands {
            let done = match command {
                Ok(command) => self.handle(command).await,
                // One job says it, and that is the one which every comment has.
                Err(problem) => {
                    if !self.has_hands {
                        self.reply.problem(problem);
                        self.exit = self.exit.max(Exit::Usage);
                    }
                    Ok(())
                }
            };
            if let Err(failure) = done {
                // What the forge does not answer now, it does not answer for the next command either.
                self.exit = self.exit.max(self.reply.failed(&failure));
                eprintln!(
                    "{}",
                    escape_workflow_commands(&format!("error: {}", failure.text()))
                );
                break;
            }
        }
        self.exit = self.exit.max(self.reply.finish().await);
        let is_good = matches!(self.exit, Exit::Ok | Exit::Drift);
        let goes_on = !self.desk.environments().is_empty();
        // Where work goes on in another job, that one says how it ended; what was refused here is said here.
        if !is_good {
            react(job, comment, Reaction::Failed).await;
        } else if !goes_on && !self.reply.is_empty() {
            react(job, comment, Reaction::Done).await;
        }
        self.desk.finish(self.exit)
    }

    /// Does a command, if it is one for this job.
    async fn handle(&mut self, command: &Command) -> Result<(), JobError> {
        let looks = matches!(command.action.class(), Class::Offline | Class::Read);
        if looks != self.has_hands {
            if self.has_hands && !self.desk.applies_here(command).await? {
                return Ok(());
            }
            self.reply.begin(command).await;
            let answer = self.desk.answer(command).await?;
            self.exit = self.exit.max(answer.exit);
            self.reply.end(answer);
        } else if !self.has_hands
            && let Some(refusal) = self.desk.dispatch_to_environments(command).await?
        {
            self.reply.add(command);
            self.exit = self.exit.max(refusal.exit);
            self.reply.end(refusal);
        }
        Ok(())
    }
}

/// What a command came to.
pub struct Answer {
    /// Markdown of the program's own.
    pub body: String,
    /// How the job ends for it.
    pub exit: Exit,
}

impl Answer {
    fn new(body: impl Into<String>, exit: Exit) -> Self {
        Self {
            body: body.into(),
            exit,
        }
    }
}

/// A bug, for whoever renders.
fn internal(error: impl Into<anyhow::Error>) -> JobError {
    JobError::Internal(error.into())
}
