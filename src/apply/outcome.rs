//! What acting on a stack came to.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::exit::Exit;
use crate::guard::EffectKind;
use crate::model::Digest;
use crate::operation::{ActionOutcome, Conclusion, denial_diagnostics};
use crate::plan::Change;
use crate::product::Verb;
use crate::report::{Decision, Outcome, Problem, State};
use crate::stack::StackName;

/// What became of the stacks.
#[derive(Default)]
pub struct ApplyReport {
    /// Each config.
    pub outcomes: Vec<Outcome>,
    /// Every decision.
    pub decisions: Vec<Decision>,
    /// Stacks that were provisioned or are gone, with the digests of their templates.
    pub subjects: BTreeMap<String, Digest>,
    /// How the job ends.
    pub exit: Option<Exit>,
}

impl ApplyReport {
    /// Adds an outcome and the exit code that it asks for.
    pub fn add(&mut self, outcome: Outcome, exit: Option<Exit>) {
        self.exit = self.exit.max(exit);
        self.outcomes.push(outcome);
    }
}

/// Whether a verb leaves the stack as the config says.
pub fn changes_stack(verb: Verb) -> bool {
    matches!(verb, Verb::Provision | Verb::Delete | Verb::TearDown)
}

/// What has to be allowed for a verb, at least.
pub fn effect_kind(verb: Verb) -> EffectKind {
    match verb {
        Verb::Provision => EffectKind::Create,
        Verb::DeployFolders => EffectKind::Folders,
        Verb::UploadTemplate => EffectKind::Upload,
        Verb::Delete => EffectKind::Delete,
        Verb::TearDown => EffectKind::TearDown,
        Verb::TestDeploy => EffectKind::Test,
        _ => EffectKind::Inspect,
    }
}

/// The outcome of a task, and the exit code that it asks for. `is_commanded`: a comment asked for it, rather than a merge alone.
pub fn to_outcome(
    change: &Change,
    config: &Config,
    action: ActionOutcome,
    is_commanded: bool,
) -> (Outcome, Option<Exit>) {
    let exit = action.conclusion.exit();
    let stack = StackName::for_config(config);
    let mut outcome = Outcome::new(change.path.as_str(), Some(&stack), State::Done);
    outcome.summary = action.line;
    outcome.tables = action.markdown;
    let mut diagnostics = action.diagnostics;
    let exit = match action.conclusion {
        // Drift that was looked for was found, which is no failure of looking.
        Conclusion::Done | Conclusion::DriftFound => exit,
        Conclusion::Invalid | Conclusion::ChangeSetFailed => {
            outcome.state = State::Failed;
            exit
        }
        Conclusion::DeletionDenied { .. } if is_commanded => {
            outcome.state = State::Denied;
            exit
        }
        // A merge that removes a config confirms nothing: a second person does.
        Conclusion::DeletionDenied {
            mut denials,
            is_complete,
        } => {
            denials.retain(|denial| !denial.awaits_confirmation());
            diagnostics = denial_diagnostics(&config.path, &denials);
            match (denials.is_empty(), is_complete) {
                (true, true) => {
                    outcome.next_steps =
                        "The stack is gone, and there is nothing left to confirm.".to_owned();
                    None
                }
                (true, false) => {
                    outcome.state = State::AwaitingConfirmation;
                    None
                }
                (false, _) => {
                    outcome.state = State::Denied;
                    exit
                }
            }
        }
    };
    outcome.problems = diagnostics.iter().map(Problem::from_diagnostic).collect();
    (outcome, exit)
}
