//! The state that the commands of one comment share.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::answer::{Answer, denied, internal};
use super::author::CommentAuthor;
use super::select::chosen;
use crate::VERSION;
use crate::apply::Run;
use crate::change::{PullRequestContext, plan_reports};
use crate::ci::{JobOutputs, summary};
use crate::command::Command;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard;
use crate::job::{Job, JobError, JobResult, write_events};
use crate::model::{CommitSha, UserId};
use crate::plan::Change;
use crate::product::{Class, Registry};
use crate::report::{
    Alert, Heading, Outcome, Problem, Provisioning, Refusal, Reply, ReplySection, ReportSource,
    RunEvent, State, outcome_lines, provisioning, reply_summary,
};

/// Most characters of one answer. A reply holds several.
pub const REPLY_LIMIT: usize = 30_000;

pub struct CommentSession<'a> {
    pub job: &'a Job,
    /// The token's user; `None` if unknown.
    pub own: Option<UserId>,
    pub number: u64,
    /// Id of the comment.
    pub id: u64,
    /// Address of the comment.
    pub url: String,
    pub author: CommentAuthor,
    /// Those whose actions comments command.
    pub products: Registry,
    /// Set once a command changes stacks.
    pub run: Option<Run<'a>>,
    /// One for each tier that commands give, read at first use.
    context: Vec<Rc<PullRequestContext>>,
    environments: BTreeSet<String>,
    summary: Vec<ReplySection>,
}

impl<'a> CommentSession<'a> {
    pub fn new(
        job: &'a Job,
        own: Option<UserId>,
        (number, id, url): (u64, u64, String),
        author: CommentAuthor,
        products: Registry,
    ) -> Self {
        Self {
            job,
            own,
            number,
            id,
            url,
            author,
            products,
            run: None,
            context: Vec::new(),
            environments: BTreeSet::new(),
            summary: Vec::new(),
        }
    }

    /// The pull request, planned with the command's tier.
    pub async fn contexts(
        &mut self,
        command: &Command,
    ) -> Result<Rc<PullRequestContext>, JobError> {
        let known = self
            .context
            .iter()
            .find(|context| context.tier == command.tier);
        if let Some(known) = known {
            return Ok(Rc::clone(known));
        }
        let context =
            PullRequestContext::read(self.job, self.number, command.tier.as_deref()).await?;
        let context = Rc::new(context);
        self.context.push(Rc::clone(&context));
        Ok(context)
    }

    /// Whether a command concerns this job's environment. The job without an environment has answered denied ones.
    pub async fn applies_here(&mut self, command: &Command) -> Result<bool, JobError> {
        let context = self.contexts(command).await?;
        if self.refusal(&context, command).is_some() {
            return Ok(false);
        }
        let changes = chosen(&context.plan, command).unwrap_or_default();
        Ok(changes.iter().any(|change| self.is_of_this_job(change)))
    }

    /// Whether this job works on a change's stack. A job without an environment has all of them.
    pub fn is_of_this_job(&self, change: &Change) -> bool {
        let own = &self.job.environment;
        let target = change.target.as_ref();
        target.map_or(own.environment.is_none(), |target| own.covers(target))
    }

    /// A denial that holds for every config of the command.
    pub fn refusal(&self, context: &PullRequestContext, command: &Command) -> Option<Answer> {
        let request = &context.reviewed.request;
        let lasts = command.action.class() != Class::Test;
        if let Some(refusal) = self.require_write() {
            return Some(refusal);
        }
        if request.fork == Some(true) {
            return Some(denied(Refusal::ForkHead));
        }
        if lasts && request.merged != Some(true) {
            return Some(denied(Refusal::NotMerged));
        }
        chosen(&context.plan, command).err()
    }

    pub fn require_write(&self) -> Option<Answer> {
        (!self.author.can_write()).then(|| {
            let login = self.author.account.login.clone();
            denied(Refusal::CannotPush { login })
        })
    }

    /// The command as a fact for the guard, with its author's permission read now. `reported`: the head that the check reported on.
    pub async fn command(
        &self,
        command: &Command,
        teams: &[String],
        reported: Option<CommitSha>,
    ) -> Result<guard::CommentCommand, JobError> {
        let forge = &*self.job.forge;
        Ok(guard::CommentCommand {
            id: self.id,
            by: forge.actor(&self.author.account, teams).await?,
            force: command.force,
            confirm: command.confirm.clone(),
            reported,
        })
    }

    /// Denies all changes, since the policy does not load.
    pub fn deny_without_policy(
        &self,
        context: &PullRequestContext,
        changes: &[Change],
        problems: &[Diagnostic],
    ) -> Result<Answer, JobError> {
        let denied = changes.iter().map(|change| Outcome {
            state: State::Denied,
            ..failed_outcome(change, problems)
        });
        self.report(context, denied.collect(), Exit::Denied)
    }

    /// A head, if its check has reported: a command acts on what its author was shown.
    pub async fn checked_head(&self, head: &CommitSha) -> Result<Option<CommitSha>, JobError> {
        let Some(own) = self.own else {
            return Ok(None);
        };
        let reports = plan_reports(self.job, own, head).await?;
        let newest = reports.and_then(|mut reports| reports.pop()?.plan);
        Ok(newest.map(|_| head.clone()))
    }

    /// Environments whose jobs act on the stacks that commands are about.
    pub fn add_environments(&mut self, environments: BTreeSet<String>) {
        self.environments.extend(environments);
    }

    /// The outcomes as an answer.
    pub fn report(
        &self,
        context: &PullRequestContext,
        outcomes: Vec<Outcome>,
        exit: Exit,
    ) -> Result<Answer, JobError> {
        let report = Provisioning {
            accounts: Vec::new(),
            environment: None,
            source: ReportSource::Head {
                commit: context.head.short().to_owned(),
            },
            outcomes,
            notices: Vec::new(),
            version: VERSION.to_owned(),
        };
        let page = provisioning(&report, &Heading::Command, REPLY_LIMIT, None).map_err(internal)?;
        log::info!("{}", outcome_lines(&report.outcomes));
        let event = |outcome| RunEvent::from_outcome(outcome, None, None);
        Ok(Answer {
            events: report.outcomes.iter().map(event).collect(),
            alerts: report
                .outcomes
                .iter()
                .filter_map(Alert::from_outcome)
                .collect(),
            ..Answer::new(Reply::Page(page), exit)
        })
    }

    /// `command`: `None` for a line that is not a command.
    pub fn append_summary(&mut self, command: Option<&Command>, answer: &Answer) {
        self.summary.push(ReplySection {
            command: command.map(Command::to_string),
            reply: Some(answer.reply.clone()),
        });
    }

    pub fn environments(&self) -> &BTreeSet<String> {
        &self.environments
    }

    /// Writes job summary, evidence and outputs.
    pub fn finish(self, exit: Exit, events: Vec<RunEvent>) -> JobResult {
        let mut outputs = JobOutputs::default();
        if self.job.environment.environment.is_none() {
            let json = serde_json::to_string(&self.environments).map_err(internal)?;
            outputs.set("environments", json);
        }
        if self.run.is_none() {
            write_events(self.job, &events, &mut outputs).map_err(internal)?;
        }
        outputs.write().map_err(internal)?;
        if !self.summary.is_empty() {
            summary(&reply_summary(
                &self.summary,
                self.job.forge.profile().summary_chars,
            ))
            .map_err(internal)?;
        }
        match self.run {
            Some(mut run) => {
                run.add_events(events);
                run.finish().map(|(text, end)| (text, end.max(exit)))
            }
            None => Ok((String::new(), exit)),
        }
    }
}

/// A failed outcome with these problems.
pub fn failed_outcome(change: &Change, problems: &[Diagnostic]) -> Outcome {
    let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
    outcome.problems = problems.iter().map(Problem::from_diagnostic).collect();
    outcome
}
