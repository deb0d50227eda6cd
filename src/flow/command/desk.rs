//! Where commands are answered: what is known of the pull request, who stands behind them, and what was done for them.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::papers::Papers;
use super::{Answer, Standing, act, look, pure};
use crate::ci::{Outputs, summary};
use crate::command::{Class, Command};
use crate::exit::Exit;
use crate::flow::check::VERSION;
use crate::flow::job::{Ended, Failure, Job};
use crate::flow::provision::Run;
use crate::forge::Reviews as _;
use crate::guard;
use crate::model::{CommitSha, UserId};
use crate::plan::Change;
use crate::report::{Outcome, Problem, Provisioning, State, code, provisioning};

/// Characters of one answer: the reply holds several.
pub const LIMIT: usize = 30_000;

/// The desk of one job.
pub struct Desk<'a> {
    /// The job.
    pub job: &'a Job,
    /// Who the job is on the forge.
    pub own: Option<UserId>,
    /// The pull request's number.
    pub number: u64,
    /// Who commands.
    pub standing: Standing,
    /// What was done for commands, if anything was.
    pub run: Option<Run<'a>>,
    /// Read once a command needs them.
    papers: Vec<Rc<Papers>>,
    environments: BTreeSet<String>,
    told: String,
}

impl<'a> Desk<'a> {
    /// Nothing is read yet.
    pub fn new(job: &'a Job, own: Option<UserId>, number: u64, standing: Standing) -> Self {
        Self {
            job,
            own,
            number,
            standing,
            run: None,
            papers: Vec::new(),
            environments: BTreeSet::new(),
            told: String::new(),
        }
    }

    /// What is known of the pull request, with the tier that the command gives.
    pub async fn papers(&mut self, command: &Command) -> Result<Rc<Papers>, Failure> {
        let known = self.papers.iter().find(|it| it.tier == command.tier);
        if let Some(known) = known {
            return Ok(Rc::clone(known));
        }
        let papers = Papers::read(self.job, self.number, command.tier.as_deref()).await?;
        let papers = Rc::new(papers);
        self.papers.push(Rc::clone(&papers));
        Ok(papers)
    }

    /// Does a command.
    pub async fn answer(&mut self, command: &Command) -> Result<Answer, Failure> {
        let answer = match command.action.class() {
            Class::Pure => pure::answer(self, command).await?,
            Class::Read => match self.may_not_push() {
                Some(refusal) => refusal,
                None => look::look(self, command).await?,
            },
            Class::Isolated => look::look(self, command).await?,
            // The run keeps its own account of what was done.
            Class::Write | Class::Destructive => return act::act(self, command).await,
        };
        self.tell(command, &answer);
        Ok(answer)
    }

    /// Asks for the jobs of the environments that a command is about. What those would refuse for certain, or cannot be about, is
    /// answered here.
    pub async fn hand_over(&mut self, command: &Command) -> Result<Option<Answer>, Failure> {
        let papers = self.papers(command).await?;
        let (environments, refusal) = match self.refusal(&papers, command) {
            Some(refusal) => (BTreeSet::new(), Some(refusal)),
            None => match command.action.class() {
                Class::Isolated => look::able(self, &papers, command).await?,
                _ => act::able(self, &papers, command)?,
            },
        };
        self.environments.extend(environments);
        if let Some(refusal) = &refusal {
            self.tell(command, refusal);
        }
        Ok(refusal)
    }

    /// Whether a command is for this job's environment. Those that were refused are told already.
    pub async fn concerns(&mut self, command: &Command) -> Result<bool, Failure> {
        let papers = self.papers(command).await?;
        if self.refusal(&papers, command).is_some() {
            return Ok(false);
        }
        let changes = papers.chosen(command).unwrap_or_default();
        Ok(changes.iter().any(|change| self.is_here(change)))
    }

    /// Whether a change's stack is of this job's environment; in a job without one, all are.
    pub fn is_here(&self, change: &Change) -> bool {
        let own = self.job.environment.environment.as_deref();
        let target = change.target.as_ref();
        own.is_none() || target.map(|it| it.environment.as_str()) == own
    }

    /// What speaks against a command that changes something, whatever it is about.
    fn refusal(&self, papers: &Papers, command: &Command) -> Option<Answer> {
        let request = &papers.reviewed.request;
        let lasts = command.action.class() != Class::Isolated;
        if let Some(refusal) = self.may_not_push() {
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

    fn may_not_push(&self) -> Option<Answer> {
        (!self.standing.may_push()).then(|| {
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
    ) -> Result<guard::Command, Failure> {
        let teams: BTreeSet<String> = policies.iter().flat_map(|policy| policy.teams()).collect();
        let teams: Vec<String> = teams.into_iter().collect();
        let github = &self.job.github;
        Ok(guard::Command {
            by: github.person(&self.standing.account, &teams).await?,
            force: command.force,
            confirm: command.confirm.clone(),
            reported,
        })
    }

    /// What became of configs, as an answer.
    pub fn report(
        &self,
        papers: &Papers,
        outcomes: Vec<Outcome>,
        exit: Exit,
    ) -> Result<Answer, Failure> {
        let report = Provisioning {
            environment: None,
            source: format!("Head {}", code(papers.head.short())),
            outcomes,
            notices: Vec::new(),
            version: VERSION.to_owned(),
        };
        let body = provisioning(&report, "", LIMIT).map_err(super::internal)?;
        Ok(Answer::new(untitled(&body), exit))
    }

    /// For the job summary.
    fn tell(&mut self, command: &Command, answer: &Answer) {
        let title = code(&command.to_string());
        self.told
            .push_str(&format!("## {title}\n\n{}\n\n", answer.body.trim_end()));
    }

    /// Environments whose jobs are asked for.
    pub fn environments(&self) -> &BTreeSet<String> {
        &self.environments
    }

    /// Job summary, evidence and outputs.
    pub fn close(self, exit: Exit) -> Ended {
        if self.job.environment.environment.is_none() {
            let mut outputs = Outputs::default();
            let json = serde_json::to_string(&self.environments).map_err(super::internal)?;
            outputs.set("environments", json);
            outputs.write().map_err(super::internal)?;
        }
        if !self.told.is_empty() {
            summary(&self.told).map_err(super::internal)?;
        }
        match self.run {
            Some(run) => run.end().map(|(text, end)| (text, end.max(exit))),
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
pub fn untitled(report: &str) -> String {
    let report = report.trim_start();
    match report.split_once('\n') {
        Some((title, rest)) if title.starts_with("## ") => rest.trim_start().to_owned(),
        _ => report.to_owned(),
    }
}

/// An outcome with nothing but problems.
pub fn stuck(change: &Change, problems: &[crate::diagnostic::Diagnostic]) -> Outcome {
    let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
    outcome.problems = problems.iter().map(Problem::of).collect();
    outcome
}
