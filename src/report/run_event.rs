//! What happened in a run, one JSON object a line, for a step that tells people.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::check::Report;
use super::drift_issue::ScannedStacks;
use super::evidence::SealedChange;
use super::json_document::JsonDocument;
use super::outcome::{Outcome, State, Success};
use super::{Refusal, escape_json};
use crate::diagnostic::{Code, Diagnostic};
use crate::estate::{Estate, EstateState};
use crate::model::{RepoPath, WebAddress};
use crate::plan::Change;
use crate::stack::StackName;

/// One event. It has names and codes, and no value of a config.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunEvent {
    pub kind: RunEventKind,
    /// More about the kind: what was done to a stack, such as `created`, or the state of a row of the estate. `None` for other kinds.
    pub detail: Option<String>,
    /// `None` if the event concerns no single config.
    pub config: Option<String>,
    /// Environment of the stack.
    pub environment: Option<String>,
    /// 12-digit account id.
    pub account: Option<String>,
    /// AWS region of the stack.
    pub region: Option<String>,
    /// Name of the stack.
    pub stack: Option<String>,
    /// Number of the pull request.
    pub pull_request: Option<u64>,
    /// Address of the program's comment on the pull request.
    pub comment_url: Option<String>,
    /// Diagnostic codes, each once.
    pub codes: Vec<Code>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunEventKind {
    /// A check found no errors in a file.
    Checked,
    /// A check found errors in a file.
    CheckFailed,
    /// A stack or its folders were changed.
    Applied,
    /// A stack is as its config says, or a command was answered.
    Unchanged,
    /// The run does not concern the config.
    Skipped,
    /// The run did not begin with the stack.
    NotStarted,
    /// A deletion waits for a second person.
    AwaitingConfirmation,
    /// The guard denied the change, or the command is not allowed.
    Denied,
    /// An operation failed, or a stack or a merge could not be read.
    Failed,
    /// A stack has drift.
    DriftFound,
    /// A stack has no drift any more.
    DriftGone,
    /// The rollback of a stack's update failed.
    RollbackFailed,
    /// A row of the estate that a person should see.
    Estate,
}

/// A line of the file: the event, and the run that wrote it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunEventLine {
    /// When the run wrote the line, in RFC 3339, by the clock of its machine.
    pub time: String,
    /// The page of the run; `None` if it has none.
    pub run_url: Option<WebAddress>,
    #[serde(flatten)]
    pub event: RunEvent,
}

impl JsonDocument for RunEventLine {
    const NAME: &'static str = "run-event";
    const TITLE: &'static str = "A line of the events of a run";
    const FORMAT: &'static str = "provisioner-event/1";
}

impl RunEvent {
    fn new(kind: RunEventKind) -> Self {
        Self {
            kind,
            detail: None,
            config: None,
            environment: None,
            account: None,
            region: None,
            stack: None,
            pull_request: None,
            comment_url: None,
            codes: Vec::new(),
        }
    }

    /// A merge that could not be read, or a drift scan that failed.
    pub fn failed(pull_request: Option<u64>) -> Self {
        Self {
            pull_request,
            ..Self::new(RunEventKind::Failed)
        }
    }

    /// A command that is denied as a whole.
    pub fn denied(refusal: &Refusal) -> Self {
        Self {
            codes: vec![refusal.code()],
            ..Self::new(RunEventKind::Denied)
        }
    }

    pub fn from_outcome(
        outcome: &Outcome,
        pull_request: Option<u64>,
        comment_url: Option<&str>,
    ) -> Self {
        let (kind, detail) = match (outcome.state, outcome.success) {
            (State::Done, success) => {
                let success = success.unwrap_or_default();
                (done(success), Some(success.word()))
            }
            (State::Skipped, _) => (RunEventKind::Skipped, None),
            (State::NotStarted, _) => (RunEventKind::NotStarted, None),
            (State::AwaitingConfirmation, _) => (RunEventKind::AwaitingConfirmation, None),
            (State::Denied, _) => (RunEventKind::Denied, None),
            (State::Failed, _) => (RunEventKind::Failed, None),
        };
        let errors = outcome.problems.iter().filter(|problem| problem.error);
        Self {
            detail: detail.map(str::to_owned),
            pull_request,
            comment_url: comment_url.map(str::to_owned),
            codes: each_once(errors.map(|problem| &problem.code)),
            ..Self::for_stack(kind, &outcome.path, outcome.stack.as_ref())
        }
    }

    fn for_stack(kind: RunEventKind, config: &str, stack: Option<&StackName>) -> Self {
        let target = stack.map(|stack| &stack.target);
        Self {
            config: Some(config.to_owned()),
            environment: target.map(|target| target.environment.clone()),
            account: target.map(|target| target.account.clone()),
            region: target.map(|target| target.region.clone()),
            stack: stack.map(|stack| stack.name.clone()),
            ..Self::new(kind)
        }
    }
}

fn done(success: Success) -> RunEventKind {
    match success {
        Success::DriftFound => RunEventKind::DriftFound,
        Success::Answered
        | Success::Valid
        | Success::NoDrift
        | Success::TestPassed
        | Success::Unchanged
        | Success::Previewed(_) => RunEventKind::Unchanged,
        Success::Uploaded
        | Success::FoldersCreated
        | Success::Created
        | Success::Adopted
        | Success::Unadopted
        | Success::Updated
        | Success::Restored
        | Success::RolledBack
        | Success::Deleted
        | Success::Replaced => RunEventKind::Applied,
    }
}

fn each_once<'a>(codes: impl Iterator<Item = &'a Code>) -> Vec<Code> {
    let mut once: Vec<Code> = Vec::new();
    for code in codes {
        if !once.contains(code) {
            once.push(code.clone());
        }
    }
    once
}

/// The events of merges and of commands that change something. `comments`: addresses of the written comments, by pull request.
pub fn run_events(records: &[SealedChange], comments: &[(u64, String)]) -> Vec<RunEvent> {
    let events = records.iter().flat_map(|sealed| {
        let number = sealed.change.pull_request;
        let mut comments = comments.iter();
        let comment = comments.find(|(known, _)| Some(*known) == number);
        let url = comment.map(|(_, url)| url.as_str());
        let outcomes = sealed.change.report.outcomes.iter();
        outcomes.map(move |outcome| RunEvent::from_outcome(outcome, number, url))
    });
    events.collect()
}

/// The events of a check: one for each changed config, and for each other file with problems.
pub fn check_events(report: &Report, comment_url: Option<&str>) -> Vec<RunEvent> {
    let mut files: BTreeMap<&RepoPath, (Option<&Change>, Vec<&Diagnostic>)> = BTreeMap::new();
    for change in &report.plan.changes {
        files.entry(&change.path).or_default().0 = Some(change);
    }
    for diagnostic in report.diagnostics() {
        files
            .entry(&diagnostic.path)
            .or_default()
            .1
            .push(diagnostic);
    }
    let events = files.into_iter().map(|(path, (change, problems))| {
        let kind = match problems.iter().any(|problem| problem.is_error()) {
            true => RunEventKind::CheckFailed,
            false => RunEventKind::Checked,
        };
        let stack = change.and_then(|change| {
            Some(StackName {
                target: change.target.clone()?,
                name: change.stack.clone()?,
            })
        });
        RunEvent {
            pull_request: report.context.pull_request,
            comment_url: comment_url.map(str::to_owned),
            codes: each_once(problems.iter().map(|problem| &problem.code)),
            ..RunEvent::for_stack(kind, path.as_str(), stack.as_ref())
        }
    });
    events.collect()
}

/// The events of a drift scan: drift, failed rollbacks and stacks that could not be checked. `gone`: the configs whose issues were closed.
pub fn drift_events(scan: &ScannedStacks, gone: &[String]) -> Vec<RunEvent> {
    let events = scan.stacks.iter().flat_map(|scanned| {
        let is_gone = gone.contains(&scanned.config);
        let kinds = match &scanned.found {
            Err(_) => vec![RunEventKind::Failed],
            Ok(found) => [
                (found.drifted, RunEventKind::DriftFound),
                (found.rollback_failed, RunEventKind::RollbackFailed),
                (is_gone, RunEventKind::DriftGone),
            ]
            .into_iter()
            .filter_map(|(holds, kind)| holds.then_some(kind))
            .collect(),
        };
        let event = |kind| RunEvent::for_stack(kind, &scanned.config, Some(&scanned.stack));
        kinds.into_iter().map(event)
    });
    events.collect()
}

/// The rows of the estate that need a person, without drift and failed rollbacks, of which the scan has events.
pub fn estate_events(estate: &Estate) -> Vec<RunEvent> {
    let rows = estate.rows.iter().filter_map(|row| {
        let detail = match row.state {
            EstateState::Failed => "failed",
            EstateState::NotApplied => "not-applied",
            EstateState::WithoutConfig => "without-config",
            EstateState::NotOwned => "not-owned",
            EstateState::Invalid => "invalid",
            EstateState::Drifted
            | EstateState::InProgress
            | EstateState::Unknown
            | EstateState::Applied => return None,
        };
        let change = row.last_change.value.as_ref();
        Some(RunEvent {
            detail: Some(detail.to_owned()),
            config: row.config.as_ref().map(ToString::to_string),
            environment: row.environment.clone(),
            account: row.account.clone(),
            region: row.region.clone(),
            stack: row.stack.clone(),
            pull_request: change.and_then(|change| change.pull_request.value),
            ..RunEvent::new(RunEventKind::Estate)
        })
    });
    rows.collect()
}

/// The file: one object a line, without characters that a log or a terminal would obey.
pub fn event_lines(
    events: &[RunEvent],
    time: &str,
    run_url: Option<&WebAddress>,
) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Versioned {
        format: &'static str,
        #[serde(flatten)]
        line: RunEventLine,
    }
    let mut lines = String::new();
    for event in events {
        let line = RunEventLine {
            time: time.to_owned(),
            run_url: run_url.cloned(),
            event: event.clone(),
        };
        let format = RunEventLine::FORMAT;
        let text = serde_json::to_string(&Versioned { format, line })?;
        lines.push_str(&escape_json(text));
        lines.push('\n');
    }
    Ok(lines)
}
