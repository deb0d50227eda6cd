//! Where commands are answered: what is known of the pull request, who stands behind them, and what was done for them.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::papers::PullRequestContext;
use super::{Answer, CommentAuthor, act, look, pure};
use crate::ci::{JobOutputs, summary};
use crate::command::{Class, Command};
use crate::exit::Exit;
use crate::flow::check::VERSION;
use crate::flow::job::{Job, JobError, JobResult};
use crate::flow::provision::Run;
use crate::forge::Reviews as _;
use crate::guard;
use crate::model::{CommitSha, UserId};
use crate::plan::Change;
use crate::report::{Outcome, Problem, Provisioning, State, code, provisioning};

/// Characters of one answer: the reply holds several.
pub const REPLY_LIMIT: usize = 30_000;

/// The desk of one job.
pub struct CommentSession<'a> {
    /// The job.
    pub job: &'a Job,
    /// Who the job is on the forge.
    pub own: Option<UserId>,
    /// The pull request's number.
    pub number: u64,
    /// Who commands.
    pub standing: CommentAuthor,
    /// What was done for commands, if anything was.
    pub run: Option<Run<'a>>,
    /// Read once a command needs them.
    context: Vec<Rc<PullRequestContext>>,
    environments: BTreeSet<String>,
    summary: String,
}

impl<'a> CommentSession<'a> {
    /// Nothing is read yet.
    pub fn new(job: &'a Job, own: Option<UserId>, number: u64, standing: CommentAuthor) -> Self {
        Self {
            job,
            own,
            number,
            standing,
            run: None,
            context: Vec::new(),
            environments: BTreeSet::new(),
            summary: String::new(),
        }
    }

    /// What is known of the pull request, with the tier that the command gives.
    pub async fn contexts(
        &mut self,
        command: &Command,
    ) -> Result<Rc<PullRequestContext>, JobError> {
        let known = self.context.iter().find(|it| it.tier == command.tier);
        if let Some(known) = known {
            return Ok(Rc::clone(known));
        }
        let papers =
            PullRequestContext::read(self.job, self.number, command.tier.as_deref()).await?;
        let papers = Rc::new(papers);
        self.context.push(Rc::clone(&papers));
        Ok(papers)
    }

    /// Does a command.
    pub async fn answer(&mut self, command: &Command) -> Result<Answer, JobError> {
        let answer = match command.action.class() {
            Class::Offline => pure::answer(self, command).await?,
            Class::Read => match self.require_write() {
                Some(refusal) => refusal,
                None => look::inspect(self, command).await?,
            },
            Class::Test => look::inspect(self, command).await?,
            // The run keeps its own account of what was done.
            Class::Write | Class::Destructive => return act::apply(self, command).await,
        };
        self.append_summary(command, &answer);
        Ok(answer)
    }

    /// Asks for the jobs of the environments that a command is about. What those would refuse for certain, or cannot be about, is
    /// answered here.
    pub async fn dispatch_to_environments(
        &mut self,
        command: &Command,
    ) -> Result<Option<Answer>, JobError> {
        let papers = self.contexts(command).await?;
        let (environments, refusal) = match self.refusal(&papers, command) {
            Some(refusal) => (BTreeSet::new(), Some(refusal)),
            None => match command.action.class() {
                Class::Test => look::eligible_environments(self, &papers, command).await?,
                _ => act::eligible_environments(self, &papers, command)?,
            },
        };
        self.environments.extend(environments);
        if let Some(refusal) = &refusal {
            self.append_summary(command, refusal);
        }
        Ok(refusal)
    }

    /// Whether a command is for this job's environment. Those that were refused are told already.
    pub async fn applies_here(&mut self, command: &Command) -> Result<bool, JobError> {
        let papers = self.contexts(command).await?;
        if self.refusal(&papers, command).is_some() {
            return Ok(false);
        }
        let changes = papers.chosen(command).unwrap_or_default();
        Ok(changes
            .iter()
            .any(|change| self.in_this_environment(change)))
    }

    /// Whether a change's stack is of this job's environment; in a job without one, all are.
    pub fn in_this_environment(&self, change: &Change) -> bool {
        let own = self.job.environment.environment.as_deref();
        let target = change.target.as_ref();
        own.is_none() || target.map(|it| it.environment.as_str()) == own
    }

    /// What speaks against a command that changes something, whatever it is about.
    fn refusal(&self, papers: &PullRequestContext, command: &Command) -> Option<Answer> {
        let request = &papers.reviewed.request;
        let lasts = command.action.class() != Class::Test;
        if let Some(refusal) = self.require_write() {
            return Some(refusal);
        }
        if request.fork == Some(true) {
            return Some(denied(
                "fork-head",
                "the pull request comes from another repository",
                "push the branch to this repository, and open a pull request from there",
            ));
        }
        if lasts && request.merged != Some(true) {
            return Some(denied(
                "not-merged",
                "the pull request is not merged",
                "merge it; what is merged and approved is provisioned without a command",
            ));
        }
        papers.chosen(command).err()
    }

    fn require_write(&self) -> Option<Answer> {
        (!self.standing.can_write()).then(|| {
            let login = code(&self.standing.account.login);
            denied(
                "actor-not-allowed",
                &format!("{login} may not push to this repository"),
                "have somebody comment who may push",
            )
        })
    }

    /// The command for the guard, by what its author may do now; `reported` is the head that was reported on.
    pub async fn command(
        &self,
        command: &Command,
        policies: &[&guard::Policy],
        reported: Option<CommitSha>,
    ) -> Result<guard::CommentCommand, JobError> {
        let teams: BTreeSet<String> = policies.iter().flat_map(|policy| policy.teams()).collect();
        let teams: Vec<String> = teams.into_iter().collect();
        let github = &self.job.github;
        Ok(guard::CommentCommand {
            by: github.actor(&self.standing.account, &teams).await?,
            force: command.force,
            confirm: command.confirm.clone(),
            reported,
        })
    }

    /// What became of configs, as an answer.
    pub fn report(
        &self,
        papers: &PullRequestContext,
        outcomes: Vec<Outcome>,
        exit: Exit,
    ) -> Result<Answer, JobError> {
        let report = Provisioning {
            environment: None,
            source: format!("Head {}", code(papers.head.short())),
            outcomes,
            notices: Vec::new(),
            version: VERSION.to_owned(),
        };
        let body = provisioning(&report, "", REPLY_LIMIT).map_err(super::internal)?;
        Ok(Answer::new(strip_title(&body), exit))
    }

    /// For the job summary.
    fn append_summary(&mut self, command: &Command, answer: &Answer) {
        let title = code(&command.to_string());
        self.summary
            .push_str(&format!("## {title}\n\n{}\n\n", answer.body.trim_end()));
    }

    /// Environments whose jobs are asked for.
    pub fn environments(&self) -> &BTreeSet<String> {
        &self.environments
    }

    /// Job summary, evidence and outputs.
    pub fn finish(self, exit: Exit) -> JobResult {
        if self.job.environment.environment.is_none() {
            let mut outputs = JobOutputs::default();
            let json = serde_json::to_string(&self.environments).map_err(super::internal)?;
            outputs.set("environments", json);
            outputs.write().map_err(super::internal)?;
        }
        if !self.summary.is_empty() {
            summary(&self.summary).map_err(super::internal)?;
        }
        match self.run {
            Some(run) => run.finish().map(|(text, end)| (text, end.max(exit))),
            None => Ok((String::new(), exit)),
        }
    }
}

/// One denial of everything that is asked for. `fact` is Markdown of the program's own.
fn denied(denial: &'static str, fact: &str, remedy: &str) -> Answer {
    let body = format!("⛔ {}: {fact}.\n\nTo go on, {remedy}.", code(denial));
    Answer::new(body, Exit::Denied)
}

/// A report without its title: the command stands above it.
pub fn strip_title(report: &str) -> String {
    let report = report.trim_start();
    match report.split_once('\n') {
        Some((title, rest)) if title.starts_with("## ") => rest.trim_start().to_owned(),
        _ => report.to_owned(),
    }
}

/// An outcome with nothing but problems.
pub fn failed_outcome(change: &Change, problems: &[crate::diagnostic::Diagnostic]) -> Outcome {
    let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
    outcome.problems = problems.iter().map(Problem::from_diagnostic).collect();
    outcome
}
