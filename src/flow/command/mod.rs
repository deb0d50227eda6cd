//! Flow 2: a comment commands. Nothing of the pull request is checked out or run: configs are read as data.

mod desk;
mod pure;
mod reply;
mod stacks;
mod standing;

use crate::command::{Class, parse};
use crate::exit::Exit;
use crate::flow::job::{Ended, Failure, Job};
use crate::forge::{Reaction, Talk as _};
use crate::report::log_safe;

use desk::Desk;
use reply::Reply;
use standing::Standing;

/// Does what a comment asks for. A job without an environment answers what only looks, and hands the rest over to jobs that have one:
/// only those have credentials that change anything.
pub async fn command(job: &Job, id: u64, number: u64, is_new: bool, claimed: &str) -> Ended {
    // Nearly all comments end here, without a single call.
    if !is_new || parse(claimed).is_empty() {
        return nothing("the comment commands nothing");
    }
    let Some(comment) = job.github.comment(id).await? else {
        return nothing("the comment is gone");
    };
    let Some(by) = comment.by.filter(|by| !by.bot) else {
        return nothing("machines command nothing");
    };
    let commands = parse(&comment.body);
    if comment.edited || comment.number != number || commands.is_empty() {
        return nothing("a comment that was edited commands nothing");
    }
    let Some(standing) = Standing::of(job, &by, number).await? else {
        return nothing("whoever wrote the comment may not command here");
    };
    let own = job.github.own().await?;
    if own == Some(by.id) {
        return nothing("own comments command nothing");
    }
    let has_hands = job.environment.environment.is_some();
    if !has_hands {
        react(job, id, Reaction::Seen).await;
    }
    let mut desk = Desk::open(job, own, number, standing).await?;
    let mut reply = Reply::new(job, own, number, id);
    let mut exit = Exit::Ok;
    for command in commands {
        let mine = match &command {
            Err(_) => !has_hands,
            Ok(command) => {
                let looks = matches!(command.action.class(), Class::Pure | Class::Read);
                looks != has_hands
            }
        };
        match command {
            Err(problem) if mine => {
                reply.problem(&problem);
                exit = exit.max(Exit::Usage);
            }
            Ok(command) if mine => {
                let section = reply.begin(&command).await?;
                let answer = desk.answer(&command).await?;
                exit = exit.max(answer.exit);
                reply.end(section, answer).await?;
            }
            // What a job with an environment does is refused here, if that is certain already.
            Ok(command) if !has_hands => {
                if let Some(refusal) = desk.refuse(&command).await? {
                    let section = reply.begin(&command).await?;
                    exit = exit.max(refusal.exit);
                    reply.end(section, refusal).await?;
                }
            }
            _ => {}
        }
    }
    reply.finish().await?;
    let handed_over = !desk.environments().is_empty();
    if !reply.is_empty() && !handed_over {
        let reaction = match exit {
            Exit::Ok | Exit::Drift => Reaction::Done,
            _ => Reaction::Failed,
        };
        react(job, id, reaction).await;
    }
    desk.close(exit)
}

fn nothing(why: &str) -> Ended {
    eprintln!("provisioner: nothing to do: {why}");
    Ok((String::new(), Exit::Ok))
}

/// A reaction is a courtesy: without it, all else goes on.
async fn react(job: &Job, comment: u64, reaction: Reaction) {
    if let Err(error) = job.github.react(comment, reaction).await {
        eprintln!("{}", log_safe(&format!("warning: {error}")));
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
    fn new(body: String, exit: Exit) -> Self {
        Self { body, exit }
    }
}

/// A bug, for whoever renders.
fn internal(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Internal(error.into())
}
