//! The outcome of a task on one config.

use serde::{Deserialize, Serialize};

use super::{NextStep, Remains, diagnostics};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::product::Level;
use crate::stack::StackName;
use crate::text::pluralize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Path of the config.
    pub path: String,
    /// The stack that the task acted on.
    pub stack: Option<StackName>,
    pub state: State,
    /// What the task did; `None` unless its state is [`State::Done`].
    pub success: Option<Success>,
    /// One line; empty if there is nothing to add.
    pub summary: String,
    /// Markdown.
    pub tables: String,
    pub next_steps: Vec<NextStep>,
    pub problems: Vec<Problem>,
    /// What exists after a failure.
    pub remains: Option<Box<Remains>>,
}

/// The worst state is the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Skipped,
    Done,
    /// Nothing of it was begun. A later run can do it.
    NotStarted,
    /// A second person has to confirm a deletion.
    AwaitingConfirmation,
    Denied,
    Failed,
}

/// What a task did. The order is that of headlines, the most important last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Success {
    #[default]
    Answered,
    Valid,
    NoDrift,
    TestPassed,
    Uploaded,
    FoldersCreated,
    Unchanged,
    Created,
    Adopted,
    Unadopted,
    Updated,
    /// Drift was reverted.
    Restored,
    /// A failed rollback was continued to its end.
    RolledBack,
    Deleted,
    /// Deleted and created again.
    Replaced,
    /// The effect on an existing or new stack was read.
    Previewed(Level),
    DriftFound,
}

impl Success {
    /// What the task did, in one or two words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "done",
            Self::Valid => "valid",
            Self::NoDrift => "no drift",
            Self::TestPassed => "test passed",
            Self::Uploaded => "uploaded",
            Self::FoldersCreated => "folders created",
            Self::Unchanged => "unchanged",
            Self::Created => "created",
            Self::Adopted => "adopted",
            Self::Unadopted => "un-adopted",
            Self::Updated => "updated",
            Self::Restored => "restored",
            Self::RolledBack => "rolled back",
            Self::Deleted => "deleted",
            Self::Replaced => "replaced",
            Self::Previewed(Level::None) => "no changes",
            Self::Previewed(_) => "changes",
            Self::DriftFound => "drift",
        }
    }

    /// The symbol of a task that succeeded.
    pub fn mark(self) -> &'static str {
        let kind = OutcomeKind {
            state: State::Done,
            success: self,
        };
        kind.mark()
    }
}

/// A state, with what a task did if it succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OutcomeKind {
    state: State,
    success: Success,
}

impl OutcomeKind {
    pub(super) const AWAITING: Self = Self::of(State::AwaitingConfirmation);

    const fn of(state: State) -> Self {
        Self {
            state,
            success: Success::Answered,
        }
    }

    /// Every kind, worst first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        use Success::*;
        let levels = [
            Level::Unknown,
            Level::Critical,
            Level::High,
            Level::Safe,
            Level::None,
        ];
        let previews = levels.map(Previewed);
        let successes = [DriftFound].into_iter().chain(previews).chain([
            Replaced,
            Deleted,
            RolledBack,
            Restored,
            Updated,
            Unadopted,
            Adopted,
            Created,
            Unchanged,
            FoldersCreated,
            Uploaded,
            TestPassed,
            NoDrift,
            Valid,
            Answered,
        ]);
        let done = successes.map(|success| Self {
            state: State::Done,
            success,
        });
        let bad = [
            State::Failed,
            State::Denied,
            State::AwaitingConfirmation,
            State::NotStarted,
        ];
        let bad = bad.into_iter().map(Self::of);
        bad.chain(done).chain([Self::of(State::Skipped)])
    }

    pub(super) fn mark(self) -> &'static str {
        match (self.state, self.success) {
            (State::Skipped, _) => "▫",
            (State::AwaitingConfirmation, _) => "⏳",
            (State::NotStarted, _) => "⏸",
            (State::Denied, _) => "⛔",
            (State::Failed, _) => "❌",
            (State::Done, Success::DriftFound) => "⚠",
            (State::Done, Success::Previewed(level)) if level > Level::Safe => level.mark(),
            (State::Done, _) => "✅",
        }
    }

    /// For one config.
    pub(super) fn word(self) -> &'static str {
        match (self.state, self.success) {
            (State::Skipped, _) => "skipped",
            (State::AwaitingConfirmation, _) => "to confirm",
            (State::NotStarted, _) => "not started",
            (State::Denied, _) => "denied",
            (State::Failed, _) => "failed",
            (State::Done, success) => match success {
                Success::Answered => "done",
                Success::Valid => "valid",
                Success::NoDrift => "no drift",
                Success::TestPassed => "test passed",
                Success::Uploaded => "uploaded",
                Success::FoldersCreated => "folders created",
                Success::Unchanged => "unchanged",
                Success::Created => "created",
                Success::Adopted => "adopted",
                Success::Unadopted => "un-adopted",
                Success::Updated => "updated",
                Success::Restored => "restored",
                Success::RolledBack => "rolled back",
                Success::Deleted => "deleted",
                Success::Replaced => "replaced",
                Success::DriftFound => "drift",
                Success::Previewed(Level::None) => "preview: no impact",
                Success::Previewed(Level::Safe) => "preview: safe impact",
                Success::Previewed(Level::High) => "preview: high impact",
                Success::Previewed(Level::Unknown) => "preview: unknown impact",
                Success::Previewed(Level::Critical) => "preview: critical impact",
            },
        }
    }

    /// For several configs, in a headline.
    pub(super) fn words(self, count: usize) -> String {
        let of = |noun: &str, word: &str| format!("{} {word}", pluralize(count, noun));
        match (self.state, self.success) {
            (State::Skipped, _) => of("config", "skipped"),
            (State::AwaitingConfirmation, _) => of("deletion", "to confirm"),
            (State::NotStarted, _) => of("config", "not started"),
            (State::Denied, _) => of("config", "denied"),
            (State::Failed, _) => of("config", "failed"),
            (State::Done, success) => match success {
                Success::Answered => of("config", "done"),
                Success::Valid => of("config", "valid"),
                Success::NoDrift => of("stack", "without drift"),
                Success::TestPassed => of("test", "passed"),
                Success::Uploaded => of("template", "uploaded"),
                Success::FoldersCreated => {
                    format!("folders created in {}", pluralize(count, "bucket"))
                }
                Success::Unchanged => of("stack", "unchanged"),
                Success::Created => of("stack", "created"),
                Success::Adopted => of("stack", "adopted"),
                Success::Unadopted => of("stack", "un-adopted"),
                Success::Updated => of("stack", "updated"),
                Success::Restored => of("stack", "restored"),
                Success::RolledBack => of("stack", "rolled back"),
                Success::Deleted => of("stack", "deleted"),
                Success::Replaced => of("stack", "replaced"),
                Success::DriftFound => format!("drift in {}", pluralize(count, "stack")),
                Success::Previewed(Level::None) => of("preview", "without impact"),
                Success::Previewed(level) => {
                    let level = level.word();
                    format!("{} with {level} impact", pluralize(count, "preview"))
                }
            },
        }
    }
}

/// The headline by the number of configs of each kind, worst first.
pub(super) fn headline(counts: &[(OutcomeKind, usize)]) -> String {
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let mark = counts.clone().next().map_or("", |(kind, _)| kind.mark());
    let parts: Vec<String> = counts.map(|(kind, count)| kind.words(*count)).collect();
    format!("{mark} {}", parts.join(" · "))
}

impl Outcome {
    pub fn new(path: &str, stack: Option<&StackName>, state: State) -> Self {
        Self {
            path: path.to_owned(),
            stack: stack.cloned(),
            state,
            success: None,
            summary: String::new(),
            tables: String::new(),
            next_steps: Vec::new(),
            problems: Vec::new(),
            remains: None,
        }
    }

    /// A task that succeeded.
    pub fn done(path: &str, stack: Option<&StackName>, success: Success) -> Self {
        Self {
            success: Some(success),
            ..Self::new(path, stack, State::Done)
        }
    }

    pub(super) fn kind(&self) -> OutcomeKind {
        OutcomeKind {
            state: self.state,
            success: match self.state {
                State::Done => self.success.unwrap_or_default(),
                _ => Success::Answered,
            },
        }
    }

    /// The state, or what the task did, in a few words.
    pub fn word(&self) -> &'static str {
        self.kind().word()
    }

    /// Adds why a task failed or was denied.
    pub fn add_failure(&mut self, diagnostics: &[Diagnostic], remains: Option<Box<Remains>>) {
        let problems = diagnostics.iter().map(Problem::from_diagnostic);
        self.problems.extend(problems);
        self.remains = remains;
    }

    /// Whether a comment requested a deletion and nothing but its confirmation is missing.
    pub fn lacks_confirmation(&self) -> bool {
        let mut errors = self.problems.iter().filter(|problem| problem.error);
        let is_unconfirmed = |problem: &Problem| {
            matches!(problem.code, Code::DeleteNotConfirmed | Code::ForceRequired)
        };
        self.state == State::Denied && !self.problems.is_empty() && errors.all(is_unconfirmed)
    }

    /// The problems that need an own step. Without a pull request of this repository there can be neither a plan nor an approval, and
    /// without a valid plan no approval can count.
    pub fn leading_problems(&self) -> impl Iterator<Item = &Problem> {
        let has = |codes: &[Code]| {
            let mut problems = self.problems.iter();
            problems.any(|problem| codes.contains(&problem.code))
        };
        let is_unmerged = has(&[Code::NotMerged, Code::ForkNotAllowed]);
        let has_no_plan = is_unmerged || has(&[Code::PlanChanged]);
        self.problems.iter().filter(move |problem| {
            !(is_unmerged && problem.code == Code::PlanChanged
                || has_no_plan && problem.is_of_approval())
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: Code,
    /// `false` for a warning.
    pub error: bool,
    /// The diagnostic as text.
    pub text: String,
}

impl Problem {
    pub fn from_diagnostic(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.clone(),
            error: diagnostic.severity == Severity::Error,
            text: diagnostics::diagnostic(diagnostic),
        }
    }

    fn is_of_approval(&self) -> bool {
        matches!(
            self.code,
            Code::ApprovalMissing
                | Code::ApprovalBeforePlan
                | Code::ApprovalStale
                | Code::ApprovalByAuthor
                | Code::ApprovalByPusher
                | Code::ApproverNotAllowed
                | Code::PushersUnknown
        )
    }
}
