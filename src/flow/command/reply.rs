//! The one reply to a comment, edited as the work proceeds.

use super::Answer;
use crate::command::{Command, Problem};
use crate::flow::job::{Failure, Job};
use crate::forge::PullRequests as _;
use crate::model::{Digest, UserId};
use crate::report::{COMMENT_LIMIT, code, inert, log_safe};

/// Begins every reply; the comment's id follows, and in a job with an environment that.
const MARKER: &str = "<!-- provisioner:command ";

/// A reply that grows.
pub struct Reply<'a> {
    job: &'a Job,
    own: Option<UserId>,
    number: u64,
    marker: String,
    sections: Vec<String>,
}

impl<'a> Reply<'a> {
    /// Nothing is said yet.
    pub fn new(job: &'a Job, own: Option<UserId>, number: u64, comment: u64) -> Self {
        let environment = job.environment.environment.as_deref();
        let environment = environment.map(|name| format!(" {}", Digest::of(name).prefix(12)));
        let environment = environment.unwrap_or_default();
        Self {
            job,
            own,
            number,
            marker: format!("{MARKER}{comment}{environment} -->"),
            sections: Vec::new(),
        }
    }

    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    /// A line that is no command.
    pub fn problem(&mut self, problem: &Problem) {
        let section = format!(
            "😕 {}\n\n{}\n",
            inert(&problem.to_string()),
            inert(&problem.help())
        );
        self.sections.push(section);
    }

    /// Work on a command begins. Returns where its answer goes.
    pub async fn begin(&mut self, command: &Command) -> Result<usize, Failure> {
        let title = code(&command.to_string());
        self.sections
            .push(format!("### {title}\n\n⏳ In progress.\n"));
        self.put().await?;
        Ok(self.sections.len() - 1)
    }

    /// Work has ended.
    pub async fn end(&mut self, section: usize, answer: Answer) -> Result<(), Failure> {
        let title = self.sections[section]
            .lines()
            .next()
            .unwrap_or("")
            .to_owned();
        self.sections[section] = format!("{title}\n\n{}\n", answer.body.trim_end());
        self.put().await
    }

    /// Writes what was not written yet.
    pub async fn finish(&self) -> Result<(), Failure> {
        self.put().await
    }

    async fn put(&self) -> Result<(), Failure> {
        let Some(own) = self.own.filter(|_| !self.is_empty()) else {
            return Ok(());
        };
        let body = format!("{}\n{}", self.marker, self.sections.join("\n"));
        let body = cut(&body, COMMENT_LIMIT);
        let put = self
            .job
            .github
            .put_comment(self.number, own, &self.marker, &body);
        match put.await {
            Ok(_) => Ok(()),
            Err(error) if error.is_refusal() => {
                eprintln!("{}", log_safe(&format!("warning: {error}")));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What every answer keeps to makes this the exception: ten long ones. The cut is between lines, outside of any fence that is open.
fn cut(body: &str, limit: usize) -> String {
    if body.chars().count() <= limit {
        return body.to_owned();
    }
    let note = "\n… The rest is in the job summary.\n";
    let room = limit - note.chars().count();
    let mut kept = String::new();
    let mut whole = String::new();
    let mut count = 0;
    let mut fence: Option<String> = None;
    for line in body.lines() {
        count += line.chars().count() + 1;
        if count > room {
            break;
        }
        whole.push_str(line);
        whole.push('\n');
        let ticks: String = line.chars().take_while(|it| *it == '`').collect();
        match &fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if line == open => fence = None,
            _ => {}
        }
        if fence.is_none() {
            kept.clone_from(&whole);
        }
    }
    kept + note
}
