//! Comments on provisioner's issue about a stack: one person requests a repair, and a second person confirms its digest.

use super::answer::{Answer, denied, internal, is_failure};
use super::author::{CommentAuthor, CommentEvent};
use super::record::RepairRecord;
use super::repair::{IssueComments, IssueRepair};
use super::reply::CommentReply;
use super::session::REPLY_LIMIT;
use super::{ignored, react};
use crate::VERSION;
use crate::apply::{RepairReport, Run};
use crate::ci::{self, JobOutputs, summary};
use crate::command::{Command, CommandLine, CommentActions, parse, parse_lines};
use crate::exit::Exit;
use crate::forge::{IssueState, Reaction};
use crate::job::{Job, JobError, JobResult, write_events};
use crate::model::UserId;
use crate::product::Registry;
use crate::report::{
    Alert, DRIFT_MARKER, Heading, NextStep, NothingToDo, Outcome, Provisioning, Refusal, Reply,
    ReplySection, ReportSource, RunEvent, State, escape_workflow_commands, outcome_lines,
    provisioning, reply_summary,
};

/// Characters of a page that is shown in full.
const NO_LIMIT: usize = 100_000_000;

/// Handles a comment on an issue. A job without an environment previews repairs, and starts a job in the environment for a confirmed
/// one: only that job has credentials that change stacks.
pub async fn handle_issue_comment(job: &Job, event: &CommentEvent<'_>) -> JobResult {
    let actions = CommentActions::from_products(&Registry::built_in());
    // Nearly all comments end here, without an API call.
    if !event.is_new || parse(event.body, &actions).is_empty() {
        return ignored(&NothingToDo::NoCommand);
    }
    let own = job.forge.current_user().await?;
    let issue = job.forge.issue(event.number).await?;
    let is_ours = |state: &IssueState| {
        own.is_some() && state.by == own && state.issue.body.starts_with(DRIFT_MARKER)
    };
    let (Some(own), Some(issue)) = (own, issue.filter(is_ours)) else {
        return ignored(&NothingToDo::OtherIssue);
    };
    let all = job.forge.issue_comments(event.number).await?;
    let Some(place) = all.iter().position(|comment| comment.id == event.id) else {
        return ignored(&NothingToDo::CommentGone);
    };
    let comment = &all[place];
    let Some(by) = comment.by.as_ref().filter(|by| !by.is_bot()) else {
        return ignored(&NothingToDo::Bot);
    };
    // The forge's clock counts seconds: an edit within the second of the creation shows only in the text.
    if comment.edited || comment.body != event.body {
        return ignored(&NothingToDo::Edited);
    }
    if comment.number != event.number {
        return ignored(&NothingToDo::OtherComment);
    }
    if by.id == own {
        return ignored(&NothingToDo::OwnComment);
    }
    let Some(author) = CommentAuthor::on_issue(job, by).await? else {
        return ignored(&NothingToDo::AuthorNotAllowed);
    };
    let mut reply = CommentReply::on_issue(job, own, event);
    // A job that runs again replaces its reply.
    if job.environment.environment.is_some() {
        let scope = job.environment.scope();
        let ran = RepairRecord::Ran.lines(&all, own, (event.id, &scope));
        ran.into_iter().for_each(|line| reply.record(line));
    }
    let runner = IssueRunner {
        job,
        own,
        issue,
        comments: IssueComments { all: &all, place },
        author,
        actions,
        run: Run::new(job, Some(own)),
        has_run: false,
        can_apply: job.environment.environment.is_some(),
        reply,
        environments: Vec::new(),
        summary: Vec::new(),
        exit: Exit::Ok,
        alerts: Vec::new(),
        events: Vec::new(),
    };
    runner.run(event).await
}

/// Runs the commands of one comment that this job handles.
struct IssueRunner<'a> {
    job: &'a Job,
    own: UserId,
    issue: IssueState,
    comments: IssueComments<'a>,
    author: CommentAuthor,
    actions: CommentActions,
    run: Run<'a>,
    has_run: bool,
    /// Whether the job has an environment, and so credentials that change stacks.
    can_apply: bool,
    reply: CommentReply<'a>,
    environments: Vec<String>,
    summary: Vec<ReplySection>,
    exit: Exit,
    alerts: Vec<Alert>,
    events: Vec<RunEvent>,
}

impl IssueRunner<'_> {
    async fn run(mut self, event: &CommentEvent<'_>) -> JobResult {
        let finishes = self.job.environment.finish_cancelled;
        if finishes && !self.can_apply {
            return ignored(&NothingToDo::Cancelled);
        }
        if !self.can_apply {
            react(self.job, event, Reaction::Seen).await;
        }
        for CommandLine { text, command } in parse_lines(event.body, &self.actions) {
            let done = match &command {
                Ok(command) => self.handle(command).await,
                Err(problem) => {
                    // Only the job without an environment reports it.
                    if !self.can_apply {
                        let reply = Reply::NoCommand {
                            line: text,
                            problem: problem.to_string(),
                            help: problem.help(),
                        };
                        let reply = self.note(None, Answer::new(reply, Exit::Usage));
                        self.reply.problem(reply);
                    }
                    Ok(())
                }
            };
            if let Err(failure) = done {
                // If the forge does not answer now, later commands would fail too.
                let error = failure.text();
                let answer = Answer::new(Reply::Failed { error }, failure.exit());
                let reply = self.note(command.as_ref().ok(), answer);
                self.reply.failed(reply);
                break;
            }
        }
        // The reply of the cancelled step stays if that step left nothing.
        if finishes && self.exit == Exit::Ok {
            return self.finish();
        }
        self.exit = self.exit.max(self.reply.finish().await);
        if is_failure(self.exit) {
            react(self.job, event, Reaction::Failed).await;
        } else if self.environments.is_empty() && !self.reply.is_empty() {
            react(self.job, event, Reaction::Done).await;
        }
        self.finish()
    }

    async fn handle(&mut self, command: &Command) -> Result<(), JobError> {
        if command.repair().is_none() {
            return self.refuse(command, Refusal::NoRepair);
        }
        if !self.author.can_write() {
            let login = self.author.account.login.clone();
            return self.refuse(command, Refusal::CannotPush { login });
        }
        let confirms = command.confirm.is_some();
        if !confirms && self.can_apply {
            return Ok(());
        }
        let place = (&self.issue, self.comments);
        let repair = IssueRepair::read(self.job, self.own, place, &self.actions, command).await?;
        let Some(repair) = repair else {
            return self.refuse(command, Refusal::NoConfigOfIssue);
        };
        let environment = repair.config.target.environment.clone();
        match (confirms, self.can_apply) {
            (false, _) => {
                // The reply is written once: a second person confirms what it shows, and an edited one proves nothing.
                self.reply.add(command);
                let report = repair.task().preview(self.job.credentials().as_ref()).await;
                let answer = self.preview(command, &repair, report)?;
                self.answer(command, answer);
            }
            (true, false) => {
                let role = repair.policy.as_ref().ok();
                let role = role.and_then(|policy| policy.apply_role(&repair.config.target));
                if let Some(report) = repair.task().early_report() {
                    self.reply.add(command);
                    let answer = self.report(&repair, report)?;
                    self.answer(command, answer);
                } else if role.is_none() {
                    return self.refuse(command, Refusal::NoApplyRole { environment });
                } else {
                    self.record_confirmation(command, &repair);
                    if !self.environments.contains(&environment) {
                        self.environments.push(environment);
                    }
                }
            }
            // Another environment, and another group of accounts, has a job of its own.
            (true, true) if !self.job.environment.covers(&repair.config.target) => {}
            (true, true) => {
                match self.job.environment.finish_cancelled {
                    true => self.reply.add(command),
                    false => self.reply.begin(command).await,
                }
                let answer = self.apply(command, &repair).await?;
                let reply = self.note_run(answer);
                self.reply.end(reply);
            }
        }
        Ok(())
    }

    /// Records a confirmation that others must follow: only a recorded one counts later.
    fn record_confirmation(&mut self, command: &Command, repair: &IssueRepair) {
        let environment = repair.config.target.environment.clone();
        let policy = repair.policy.as_ref().ok();
        let needed = policy.map_or(1, |policy| policy.approvals(&environment));
        if let Some(digest) = command.confirm.as_deref().filter(|_| needed > 1) {
            self.reply.add(command);
            self.reply.record(RepairRecord::Confirmed.line(digest));
            let reply = Reply::ConfirmationRecorded {
                needed,
                environment,
            };
            self.answer(command, Answer::new(reply, Exit::Ok));
        }
    }

    async fn apply(&mut self, command: &Command, repair: &IssueRepair) -> Result<Answer, JobError> {
        self.has_run = true;
        let policy_file = repair.policy_file.as_ref();
        let commit = &repair.branch.tip;
        let (report, page) = self
            .run
            .repair(repair.task(), (commit, policy_file))
            .await?;
        if let Some(digest) = command.confirm.as_deref()
            && !matches!(report.outcome.state, State::Denied | State::NotStarted)
        {
            self.reply.record(RepairRecord::Ran.line(digest));
        }
        if let Some(drift) = &report.drift
            && report.outcome.state == State::Done
        {
            repair.close(self.job, &self.issue.issue, drift).await;
        }
        let exit = report.exit.unwrap_or(Exit::Ok);
        Ok(Answer::new(Reply::Page(page), exit))
    }

    /// The answer to a request.
    fn preview(
        &mut self,
        command: &Command,
        repair: &IssueRepair,
        mut report: RepairReport,
    ) -> Result<Answer, JobError> {
        if let Some(digest) = report.to_confirm.take()
            && report.outcome.state == State::Done
        {
            let record = RepairRecord::Shown.line(&digest);
            let action = command.action.name().to_owned();
            report.outcome.next_steps.push(NextStep::ConfirmRepair {
                action: action.clone(),
                skip: command.skip.clone(),
                digest,
            });
            // Nobody confirms what the reply does not show.
            let page = |limit| self.page(repair, &report.outcome, limit);
            if page(REPLY_LIMIT)? == page(NO_LIMIT)? {
                self.reply.record(record);
            } else {
                report.outcome.next_steps.pop();
                let config = repair.config.path.to_string();
                let step = NextStep::RepairTooLong { action, config };
                report.outcome.next_steps.push(step);
            }
        }
        self.report(repair, report)
    }

    fn report(&self, repair: &IssueRepair, report: RepairReport) -> Result<Answer, JobError> {
        let alerts = Vec::from_iter(Alert::from_outcome(&report.outcome));
        let exit = report.exit.unwrap_or(Exit::Ok);
        let page = self.page(repair, &report.outcome, REPLY_LIMIT)?;
        let events = vec![RunEvent::from_outcome(&report.outcome, None, None)];
        log::info!("{}", outcome_lines(&[report.outcome]));
        Ok(Answer {
            alerts,
            events,
            ..Answer::new(Reply::Page(page), exit)
        })
    }

    fn page(
        &self,
        repair: &IssueRepair,
        outcome: &Outcome,
        limit: usize,
    ) -> Result<String, JobError> {
        let run = &self.job.environment.run;
        let report = Provisioning {
            accounts: Vec::new(),
            environment: None,
            source: ReportSource::Branch {
                commit: repair.branch.tip.short().to_owned(),
                run: run.name(),
                url: run.url.clone(),
            },
            outcomes: vec![outcome.clone()],
            notices: Vec::new(),
            version: VERSION.to_owned(),
        };
        provisioning(&report, &Heading::Command, limit, None).map_err(internal)
    }

    /// Denies a command. Only the job without an environment answers.
    fn refuse(&mut self, command: &Command, refusal: Refusal) -> Result<(), JobError> {
        if !self.can_apply {
            self.reply.add(command);
            self.answer(command, denied(refusal));
        }
        Ok(())
    }

    fn answer(&mut self, command: &Command, answer: Answer) {
        let reply = self.note(Some(command), answer);
        self.reply.end(reply);
    }

    /// Keeps an answer for the job summary, and why it failed. Returns the reply.
    fn note(&mut self, command: Option<&Command>, answer: Answer) -> Reply {
        self.summary.push(ReplySection {
            command: command.map(Command::to_string),
            reply: Some(answer.reply.clone()),
        });
        self.note_run(answer)
    }

    /// The same for an answer with a summary of its own.
    fn note_run(&mut self, answer: Answer) -> Reply {
        self.exit = self.exit.max(answer.exit);
        if is_failure(answer.exit)
            && let Some(text) = answer.reply.plain()
        {
            log::error!("{}", escape_workflow_commands(&text));
        }
        self.alerts.extend(answer.alerts);
        self.events.extend(answer.events);
        answer.reply
    }

    /// Writes job summary, evidence and outputs.
    fn finish(mut self) -> JobResult {
        let mut outputs = JobOutputs::default();
        if !self.can_apply {
            let json = serde_json::to_string(&self.environments).map_err(internal)?;
            outputs.set("environments", json);
        }
        match self.has_run {
            true => self.run.add_events(self.events),
            false => write_events(self.job, &self.events, &mut outputs).map_err(internal)?,
        }
        outputs.write().map_err(internal)?;
        if !self.summary.is_empty() {
            let limit = self.job.forge.profile().summary_chars;
            summary(&reply_summary(&self.summary, limit)).map_err(internal)?;
        }
        let alerts = ci::alerts(&self.alerts);
        match self.has_run {
            true => {
                let (text, exit) = self.run.finish()?;
                Ok((alerts + &text, exit.max(self.exit)))
            }
            false => Ok((alerts, self.exit)),
        }
    }
}
