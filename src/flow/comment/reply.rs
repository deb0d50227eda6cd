//! The reply to a comment: one comment, edited as the work proceeds.

use super::author::CommentEvent;
use crate::command::Command;
use crate::exit::Exit;
use crate::job::Job;
use crate::model::{Digest, UserId};
use crate::product::Class;
use crate::report::{Reply, ReplySection, reply_markdown};

/// First line of every reply; the comment's id and a digest of the environment follow.
const MARKER: &str = "<!-- provisioner:command ";

pub struct CommentReply<'a> {
    job: &'a Job,
    own: Option<UserId>,
    number: u64,
    /// Whether the number is an issue's, and not a pull request's.
    on_issue: bool,
    marker: String,
    /// Lines below the marker.
    records: Vec<String>,
    sections: Vec<ReplySection>,
    /// The body as last written.
    written: String,
    /// The token may not write here, so the reply is not written again.
    refused: bool,
    exit: Exit,
}

impl<'a> CommentReply<'a> {
    pub fn new(job: &'a Job, own: Option<UserId>, number: u64, comment: u64) -> Self {
        let scope = job.environment.scope();
        Self {
            job,
            own,
            number,
            on_issue: false,
            marker: reply_marker(comment, &scope),
            records: Vec::new(),
            sections: Vec::new(),
            written: String::new(),
            refused: false,
            exit: Exit::Ok,
        }
    }

    pub fn on_issue(job: &'a Job, own: UserId, event: &CommentEvent<'_>) -> Self {
        Self {
            on_issue: true,
            ..Self::new(job, Some(own), event.number, event.id)
        }
    }

    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// Adds a line that people do not see.
    pub fn record(&mut self, line: String) {
        if !self.records.contains(&line) {
            self.records.push(line);
        }
    }

    /// Adds the answer to a line that is not a valid command.
    pub fn problem(&mut self, reply: Reply) {
        self.sections.push(ReplySection {
            command: None,
            reply: Some(reply),
        });
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
        self.sections.push(ReplySection {
            command: Some(command.to_string()),
            reply: None,
        });
    }

    /// Sets the answer of the last command.
    pub fn end(&mut self, reply: Reply) {
        if let Some(section) = self.sections.last_mut() {
            section.reply = Some(reply);
        }
    }

    /// Sets a failure as the answer of the last command.
    pub fn failed(&mut self, reply: Reply) {
        let reply = Some(reply);
        match self.sections.last_mut() {
            Some(section) if section.reply.is_none() => section.reply = reply,
            _ => self.sections.push(ReplySection {
                command: None,
                reply,
            }),
        }
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
        let head: Vec<&str> = [&self.marker]
            .into_iter()
            .chain(&self.records)
            .map(String::as_str)
            .collect();
        let body = reply_markdown(
            &head.join("\n"),
            &self.sections,
            self.job.forge.profile().comment_chars,
        );
        if body == self.written {
            return;
        }
        let forge = &self.job.forge;
        let (number, marker) = (self.number, &self.marker);
        let put = match self.on_issue {
            true => forge.upsert_issue_comment(number, own, marker, &body),
            false => forge.upsert_comment(number, own, marker, &body),
        };
        self.exit = Exit::Ok;
        match put.await {
            Ok(_) => self.written = body,
            Err(error) => {
                log::warn!("{error}");
                self.refused = error.is_refusal();
                if !self.refused {
                    self.exit = Exit::Unreachable;
                }
            }
        }
    }
}

/// The first line of the reply to a comment. `scope`: the environment and accounts of the job, or empty.
pub fn reply_marker(comment: u64, scope: &str) -> String {
    let scope = match scope {
        "" => String::new(),
        scope => format!(" {}", Digest::sha256(scope).prefix(12)),
    };
    format!("{MARKER}{comment}{scope} -->")
}

/// Whether a text begins as a reply does.
pub fn is_reply(body: &str) -> bool {
    body.starts_with(MARKER)
}
