//! Rules about repairs: they change nothing but what a failure or a person beside CloudFormation changed.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, EffectKind};
use crate::stack::{Health, ROLLBACK_FAILED};

/// Entries that a denial lists.
const MAX_LISTED: usize = 5;

/// No merge requests a repair: a merge changes a config, and a repair does not follow from that.
pub fn is_requested(input: &RuleInput<'_>) -> Option<Denial> {
    let by_change = matches!(input.facts.authority, Authority::Request(_));
    (input.kind.repairs() && by_change).then(|| {
        Denial::new(
            Code::RepairNotRequested,
            "no person requested this repair: a pull request only changes configs",
            "run it on a command line",
        )
    })
}

/// The stack is in the state that the repair ends.
pub fn is_needed(input: &RuleInput<'_>) -> Option<Denial> {
    if input.kind != EffectKind::ContinueRollback {
        return None;
    }
    // Other rules deny an unknown and a busy stack.
    let stack = input.facts.stack.as_ref()?.as_ref()?;
    let fits = stack.status.0 == ROLLBACK_FAILED || stack.status.health() != Health::Stable;
    (!fits).then(|| {
        Denial::new(
            Code::RepairNotNeeded,
            format!("the stack is {}, so no rollback failed", stack.status),
            "run `check-drift`, which shows whether the stack is as its template says",
        )
    })
}

/// The repair does nothing beside the repair.
pub fn is_only_repair(input: &RuleInput<'_>) -> Option<Denial> {
    if !input.kind.repairs() {
        return None;
    }
    let restores = input.kind == EffectKind::Restore;
    let Some(repair) = &input.facts.repair else {
        return Some(Denial::new(
            Code::RepairChangesMore,
            "what the repair changes is not known",
            "preview the repair again with `--dry-run`",
        ));
    };
    if repair.beyond.is_empty() {
        return None;
    }
    let more = repair.beyond.len().saturating_sub(MAX_LISTED);
    let mut listed: Vec<String> = repair.beyond.iter().take(MAX_LISTED).cloned().collect();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    let listed = listed.join(", ");
    let (fact, remedy) = match restores {
        true => (
            format!("the change set has changes that revert no drift: {listed}"),
            "change the config in a pull request instead, or undo the drift in the account",
        ),
        false => (
            format!("`--skip` names resources whose rollback did not fail: {listed}"),
            "name only resources that the preview lists",
        ),
    };
    Some(Denial::new(Code::RepairChangesMore, fact, remedy))
}
