//! What acting on a stack came to.

use std::collections::BTreeMap;

use serde_json::json;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::EffectKind;
use crate::model::Digest;
use crate::operation::ActionOutcome;
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

/// Whether nothing but the change of a stack that is there was refused.
pub fn is_refused_update(outcome: &Outcome) -> bool {
    outcome.state == State::Denied
        && outcome.problems.iter().all(|problem| {
            matches!(
                problem.code.as_str(),
                "update-not-allowed"
                    | "stack-exists"
                    | "impact-too-high"
                    | "impact-unknown"
                    | "plan-changed"
            )
        })
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

/// What a task came to. `is_commanded`: somebody asked for it, rather than a merge alone.
pub fn to_outcome(
    change: &Change,
    config: &Config,
    details: ActionOutcome,
    is_commanded: bool,
) -> (Outcome, Option<Exit>) {
    let waits =
        |problem: &Diagnostic| matches!(&*problem.code, "delete-not-confirmed" | "force-required");
    // A merge that removes a config confirms nothing; that is for a second person to do.
    let only_waits = details.exit == Some(Exit::Denied)
        && !is_commanded
        && details.diagnostics.iter().all(waits);
    // Nothing is left to confirm where an earlier run has done it.
    let is_gone = details.result["status"].is_null() && details.result["buckets"] == json!({});
    let (state, exit) = match details.exit {
        _ if only_waits && is_gone => (State::Done, None),
        None | Some(Exit::Ok) => (State::Done, None),
        // Drift that was looked for was found, which is no failure of looking.
        Some(Exit::Drift) => (State::Done, details.exit),
        _ if only_waits => (State::AwaitingConfirmation, None),
        Some(Exit::Denied | Exit::Impact) => (State::Denied, details.exit),
        Some(exit) => (State::Failed, Some(exit)),
    };
    let stack = StackName::for_config(config);
    let mut outcome = Outcome::new(change.path.as_str(), Some(&stack), state);
    outcome.summary = details.line;
    outcome.tables = details.markdown;
    if only_waits && is_gone {
        outcome.next_steps = "The stack is gone, and there is nothing left to confirm.".to_owned();
    }
    // Whoever merges confirms nothing, and need not be told that they did not.
    let summary_text = details.diagnostics.iter();
    let summary_text = summary_text.filter(|problem| is_commanded || !waits(problem));
    outcome.problems = summary_text.map(Problem::from_diagnostic).collect();
    (outcome, exit)
}
