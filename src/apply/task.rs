//! The task of one stack in a merged change.

use crate::change::MergedChange;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::exit::Exit;
use crate::guard::{CommentCommand, Denial};
use crate::plan::{Change, Impact, Intent};
use crate::product::{Level, Verb};
use crate::report::{Outcome, Problem, State};

#[derive(Clone)]
pub struct StackTask<'a> {
    pub change: &'a Change,
    /// As merged; for a removed config, as it was before.
    pub config: Config,
    pub verb: Verb,
    /// `None` if the merge alone asks for the task.
    pub command: Option<CommentCommand>,
    /// The solution whose folders the task creates.
    pub solution: Option<String>,
}

/// What a merged change asks for.
pub enum Resolution<'a> {
    Task(Box<StackTask<'a>>),
    /// The task cannot run: the outcome says why.
    Blocked(Box<Outcome>, Exit),
    NoOp,
}

impl<'a> Resolution<'a> {
    pub fn resolve(merged: &MergedChange, change: &'a Change) -> Self {
        let stuck = |problems: Vec<Diagnostic>| {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
            outcome.problems = problems.iter().map(Problem::from_diagnostic).collect();
            Self::Blocked(Box::new(outcome), Exit::Config)
        };
        let lost = |message: &str| {
            let problem = Diagnostic::error(Code::RenderFailed, &change.path, message);
            stuck(vec![problem])
        };
        if change.intent == Intent::Invalid {
            let errors = change.diagnostics.iter();
            let errors = errors
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .cloned();
            return stuck(errors.collect());
        }
        let Some(config) = merged.config(change) else {
            return match change.intent {
                // A config with errors never had a stack.
                Intent::Delete => Self::NoOp,
                _ => lost("the config could not be read again"),
            };
        };
        let verb = match change.intent {
            Intent::Create | Intent::Update => Verb::Provision,
            Intent::Unchanged if change.folders.is_empty() => return Self::NoOp,
            // New folders do not change the stack.
            Intent::Unchanged => Verb::DeployFolders,
            Intent::Delete => match config.delete_action() {
                Some((_, verb)) => verb,
                None => return lost("the product has no action that deletes a stack"),
            },
            Intent::Invalid => return Self::NoOp,
        };
        Self::Task(Box::new(StackTask {
            change,
            config,
            verb,
            command: None,
            solution: None,
        }))
    }
}

impl StackTask<'_> {
    /// The comment that a second person has to write, in Markdown. The command parser takes the config's path as it is.
    pub fn confirmation_hint(&self, digest: Option<&str>) -> String {
        let (Some((action, _)), Some(digest)) = (self.config.delete_action(), digest) else {
            return String::new();
        };
        let short = digest.get(..16).unwrap_or(digest);
        let line = format!(
            "/provisioner {action} {} --force --confirm {short}",
            self.change.path
        );
        format!(
            "Nothing goes until a second person, who neither opened nor pushed the pull request, comments on it:\n\n{}",
            crate::report::fence(&line, "text")
        )
    }

    /// Whether the change asks for new folders and nothing else.
    pub fn is_folders_only(&self) -> bool {
        let keys = self.config.product.folder_keys();
        let impact = &self.change.impact;
        let alone = |it: &Impact| it.level == Level::Safe && keys.contains(&it.key);
        !self.change.folders.is_empty() && !impact.is_empty() && impact.iter().all(alone)
    }

    pub fn folders_only_hint(&self) -> String {
        "The folders are there. The stack itself stays as it is, since its update was not allowed; what that would change is below."
            .to_owned()
    }
}

/// Why an existing stack is not updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedUpdate {
    /// The policy does not allow the change.
    ByPolicy,
    /// Reviewers were shown another plan.
    ChangedPlan,
}

impl RefusedUpdate {
    /// `None` if something else than the update was denied too.
    pub fn from_denials(denials: &[Denial]) -> Option<Self> {
        if denials.is_empty() || !denials.iter().all(Denial::denies_update) {
            return None;
        }
        match denials.iter().any(Denial::is_of_changed_plan) {
            true => Some(Self::ChangedPlan),
            false => Some(Self::ByPolicy),
        }
    }

    /// How to get the change applied all the same.
    pub fn replacement_hint(self) -> String {
        match self {
            Self::ChangedPlan => "The stack stays as it is: this is what an update would do now, and nobody has reviewed that. Open a new pull \
                     request that changes the config.",
            Self::ByPolicy => "The stack stays as it is. To replace it, remove the config in a pull request, have the deletion confirmed, and \
                      add the config again; or let the policy allow more under `updates`.",
        }
        .to_owned()
    }
}
