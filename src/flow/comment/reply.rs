//! The reply to a comment: one comment, edited as the work proceeds.

use super::answer::Answer;
use crate::command::{Class, Command, CommandParseError};
use crate::exit::Exit;
use crate::job::{Job, JobError};
use crate::model::{Digest, UserId};
use crate::report::{COMMENT_LIMIT, code, escape_workflow_commands, fence, fit_sections};

/// First line of every reply; the comment's id and a digest of the environment follow.
const MARKER: &str = "<!-- provisioner:command ";
const IN_PROGRESS: &str = "⏳ In progress.";

pub struct CommentReply<'a> {
    job: &'a Job,
    own: Option<UserId>,
    number: u64,
    marker: String,
    /// Title and text of each command. An unrecognized line has no title.
    sections: Vec<(String, String)>,
    /// The body as last written.
    written: String,
    /// The token may not write here, so the reply is not written again.
    refused: bool,
    exit: Exit,
}

impl<'a> CommentReply<'a> {
    pub fn new(job: &'a Job, own: Option<UserId>, number: u64, comment: u64) -> Self {
        let environment = job.environment.environment.as_deref();
        let environment = environment.map(|name| format!(" {}", Digest::sha256(name).prefix(12)));
        let environment = environment.unwrap_or_default();
        Self {
            job,
            own,
            number,
            marker: format!("{MARKER}{comment}{environment} -->"),
            sections: Vec::new(),
            written: String::new(),
            refused: false,
            exit: Exit::Ok,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Adds a line that is not a valid command.
    pub fn problem(&mut self, problem: &CommandParseError) {
        let text = format!("{problem}\nhelp: {}", problem.help());
        let text = format!("😕 A line is no command.\n\n{}", fence(&text, "text"));
        self.sections.push((String::new(), text));
    }

    /// Adds a command. Writes the reply first if the command queries AWS.
    pub async fn begin(&mut self, command: &Command) {
        self.add(command);
        if command.action.class() != Class::Offline {
            self.write().await;
        }
    }

    /// Adds a command without an answer.
    pub fn add(&mut self, command: &Command) {
        let title = format!("## {}", code(&command.to_string()));
        self.sections.push((title, IN_PROGRESS.to_owned()));
    }

    /// Sets the answer of the last command.
    pub fn end(&mut self, answer: Answer) {
        if let Some((_, text)) = self.sections.last_mut() {
            *text = answer.body.trim_end().to_owned();
        }
    }

    /// Sets a failure as the answer of the last command. Returns the exit code.
    pub fn failed(&mut self, failure: &JobError) -> Exit {
        let exit = failure.exit();
        let body = format!(
            "❌ This could not be done, nor what was commanded after it. Comment again to have it tried again.\n\n{}",
            fence(&failure.text(), "text")
        );
        match self.sections.last_mut() {
            Some((_, text)) if text == IN_PROGRESS => *text = body,
            _ => self.sections.push((String::new(), body)),
        }
        exit
    }

    /// Writes the reply if it changed. Returns the exit code.
    pub async fn finish(&mut self) -> Exit {
        self.write().await;
        self.exit
    }

    async fn write(&mut self) {
        let Some(own) = self.own.filter(|_| !self.is_empty() && !self.refused) else {
            return;
        };
        let sections: Vec<String> = self
            .sections
            .iter()
            .map(|(title, text)| match title.is_empty() {
                true => format!("{text}\n"),
                false => format!("{title}\n\n{text}\n"),
            })
            .collect();
        let room = COMMENT_LIMIT - self.marker.chars().count() - 1;
        let body = format!("{}\n{}", self.marker, fit_sections(&sections, room));
        if body == self.written {
            return;
        }
        let put = self
            .job
            .forge
            .upsert_comment(self.number, own, &self.marker, &body);
        self.exit = Exit::Ok;
        match put.await {
            Ok(_) => self.written = body,
            Err(error) => {
                eprintln!("{}", escape_workflow_commands(&format!("warning: {error}")));
                self.refused = error.is_refusal();
                if !self.refused {
                    self.exit = Exit::Unreachable;
                }
            }
        }
    }
}
