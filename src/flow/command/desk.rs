//! What a comment's commands are about: the pull request, its configs, and who stands behind them.

use std::collections::BTreeSet;

use super::pure;
use super::stacks;
use super::{Answer, Standing};
use crate::ci::{Outputs, summary};
use crate::command::{Class, Command};
use crate::exit::Exit;
use crate::flow::check::VERSION;
use crate::flow::gather::{Gathered, Selection, gather};
use crate::flow::job::{Ended, Failure, Job};
use crate::flow::policy::{Loaded, policy_at};
use crate::flow::provision::Run;
use crate::forge::{DefaultBranch, PullRequests as _, Reviewed, Reviews as _};
use crate::guard;
use crate::model::{CommitSha, UserId};
use crate::plan::{Change, Plan, assess};
use crate::report::{Outcome, Problem, Provisioning, State, code, provisioning};
use crate::wording::{nearest, one_of};

/// Characters of one answer: the reply holds several.
pub const LIMIT: usize = 30_000;

/// Everything that is known of the pull request.
pub struct Desk<'a> {
    /// The job.
    pub job: &'a Job,
    /// Who the job is on the forge.
    pub own: Option<UserId>,
    /// The pull request's number.
    pub number: u64,
    /// Who commands.
    pub standing: Standing,
    /// The default branch.
    pub branch: DefaultBranch,
    /// The pull request, with its reviews.
    pub reviewed: Reviewed,
    /// The policy at the base.
    pub policy: Loaded,
    /// Its configs on both sides.
    pub gathered: Gathered,
    /// What it would do.
    pub plan: Plan,
    /// Its head.
    pub head: CommitSha,
    /// What was done for commands, if anything was.
    pub run: Option<Run<'a>>,
    environments: BTreeSet<String>,
    told: String,
}

impl<'a> Desk<'a> {
    /// Reads all of it.
    pub async fn open(
        job: &'a Job,
        own: Option<UserId>,
        number: u64,
        standing: Standing,
    ) -> Result<Self, Failure> {
        let github = &job.github;
        let branch = github.default_branch().await?;
        let pull = github.pull_request(number).await?;
        let base = github.merge_base(&pull.base, &pull.head).await?;
        let source = job.source(&[&base, &pull.head]);
        let policy = policy_at(source, &base).await?;
        let teams = policy
            .as_ref()
            .map(guard::Policy::teams)
            .unwrap_or_default();
        let reviewed = github.request(number, &teams).await?;
        let selection = Selection::of(&job.environment.configs, &policy).map_err(Failure::Usage)?;
        let files = github.files_of(&pull).await?;
        let given = &job.environment.given;
        let gathered = gather(source, &base, &pull.head, &files, &selection, given).await?;
        let plan = assess(&gathered.base, &gathered.head, &gathered.inputs);
        Ok(Self {
            job,
            own,
            number,
            standing,
            branch,
            reviewed,
            policy,
            plan,
            gathered,
            head: pull.head,
            run: None,
            environments: BTreeSet::new(),
            told: String::new(),
        })
    }

    /// Does a command.
    pub async fn answer(&mut self, command: &Command) -> Result<Answer, Failure> {
        let class = command.action.class();
        let answer = match class {
            Class::Pure => pure::answer(self, command)?,
            _ if !self.standing.may_push() => self.denied(
                "actor-not-allowed",
                "this needs the permission to push",
                "have somebody comment who may push",
            ),
            Class::Read | Class::Isolated => stacks::look(self, command).await?,
            Class::Write | Class::Destructive => stacks::act(self, command).await?,
        };
        self.told.push_str(&format!(
            "{}\n\n{}\n",
            code(&command.to_string()),
            answer.body
        ));
        Ok(answer)
    }

    /// What a job with an environment would refuse for certain; otherwise that job is asked for.
    pub async fn refuse(&mut self, command: &Command) -> Result<Option<Answer>, Failure> {
        if !self.standing.may_push() {
            return Ok(Some(self.denied(
                "actor-not-allowed",
                "this needs the permission to push",
                "have somebody comment who may push",
            )));
        }
        let lasts = command.action.class() != Class::Isolated;
        if lasts && self.reviewed.request.merged != Some(true) {
            return Ok(Some(self.denied(
                "not-merged",
                "the pull request is not merged",
                "merge it: what was merged and approved is provisioned by itself",
            )));
        }
        let changes = match self.chosen(command) {
            Ok(changes) => changes,
            Err(answer) => return Ok(Some(answer)),
        };
        let targets = changes.iter().filter_map(|change| change.target.as_ref());
        let environments: Vec<String> = targets.map(|it| it.environment.clone()).collect();
        if environments.is_empty() {
            return Ok(Some(Answer::new(
                "😕 No config that can be used is meant.".to_owned(),
                Exit::Config,
            )));
        }
        self.environments.extend(environments);
        Ok(None)
    }

    /// Environments whose jobs are asked for.
    pub fn environments(&self) -> &BTreeSet<String> {
        &self.environments
    }

    /// The changes that a command means: the one that it names, or all of the pull request. No other config can be named: what a pull
    /// request does is what its reviewers see.
    pub fn chosen(&self, command: &Command) -> Result<Vec<Change>, Answer> {
        let changes = &self.plan.changes;
        let Some(wanted) = &command.config else {
            return Ok(changes.clone());
        };
        let is_meant =
            |change: &&Change| change.path.as_str() == wanted || change.path.file_name() == wanted;
        let found: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
        if found.len() == 1 {
            return Ok(found);
        }
        let names: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        let hint = match (nearest(wanted, names.iter().copied()), names.as_slice()) {
            _ if found.len() > 1 => "Name it with its folder.".to_owned(),
            (Some(meant), _) => format!("Did you mean {}?", code(meant)),
            (None, []) => "It changes none.".to_owned(),
            (None, names) => {
                let few: Vec<String> = names.iter().take(10).map(|name| code(name)).collect();
                let few: Vec<&str> = few.iter().map(String::as_str).collect();
                format!("Use {}.", one_of(&few))
            }
        };
        let body = format!(
            "😕 {} is not one config of this pull request. {hint}",
            code(wanted)
        );
        Err(Answer::new(body, Exit::Usage))
    }

    /// The command for the guard; `reported` is the head of which the last report tells.
    pub async fn command(
        &self,
        command: &Command,
        reported: Option<CommitSha>,
    ) -> Result<guard::Command, Failure> {
        let teams = match command.action.class() {
            Class::Destructive => self.policy.as_ref().map(guard::Policy::teams),
            _ => Ok(Vec::new()),
        };
        let teams = teams.unwrap_or_default();
        let by = match teams.is_empty() {
            true => self.standing.person.clone(),
            false => {
                self.job
                    .github
                    .person(&self.standing.account, &teams)
                    .await?
            }
        };
        Ok(guard::Command {
            by,
            force: command.force,
            confirm: command.confirm.clone(),
            reported,
        })
    }

    /// What became of configs, as an answer.
    pub fn told(&self, outcomes: Vec<Outcome>, exit: Exit) -> Result<Answer, Failure> {
        let report = Provisioning {
            environment: None,
            source: format!("Head {}", code(self.head.short())),
            outcomes,
            notices: Vec::new(),
            version: VERSION.to_owned(),
        };
        let body = provisioning(&report, "", LIMIT).map_err(super::internal)?;
        // The command is the title already.
        let body = body.trim_start().trim_start_matches("## Provisioner");
        Ok(Answer::new(body.trim_start().to_owned(), exit))
    }

    /// One denial of all.
    fn denied(&self, code: &'static str, fact: &str, remedy: &str) -> Answer {
        let body = format!(
            "⛔ {}: {fact}. To go on: {remedy}.",
            crate::report::code(code)
        );
        Answer::new(body, Exit::Denied)
    }

    /// Job summary, evidence and outputs.
    pub fn close(self, exit: Exit) -> Ended {
        let mut outputs = Outputs::default();
        let environments: Vec<&String> = self.environments.iter().collect();
        let json = serde_json::to_string(&environments).map_err(super::internal)?;
        outputs.set("environments", json);
        outputs.write().map_err(super::internal)?;
        if !self.told.is_empty() {
            summary(&format!("## Provisioner\n\n{}", self.told)).map_err(super::internal)?;
        }
        match self.run {
            Some(run) => run.end(),
            None => Ok((String::new(), exit)),
        }
    }
}

/// An outcome with nothing but problems.
pub fn stuck(change: &Change, problems: &[crate::diagnostic::Diagnostic]) -> Outcome {
    let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
    outcome.problems = problems.iter().map(Problem::of).collect();
    outcome
}
