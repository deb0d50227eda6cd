//! On the command line, `--force` and the stack's name stand for an approval.

use super::Question;
use crate::guard::{Authority, Denial, Kind};

fn needs_consent(question: &Question<'_>) -> bool {
    matches!(
        question.kind,
        Kind::Create | Kind::Resume | Kind::Update | Kind::Delete | Kind::TearDown
    )
}

/// Whoever makes or deletes a stack says so twice.
pub fn is_forced(question: &Question<'_>) -> Option<Denial> {
    if !needs_consent(question) {
        return None;
    }
    match &question.facts.authority {
        Authority::CommandLine { force: true, .. } => None,
        Authority::CommandLine { force: false, .. } => Some(Denial::new(
            "force-missing",
            "`--force` was not given",
            "look at `show-changes` first, then add `--force`",
        )),
        Authority::Unknown => Some(Denial::new(
            "force-missing",
            "it is not known what stands behind the request",
            "run it on a command line, with `--force`",
        )),
    }
}

/// On a terminal, whoever deletes a stack types its name.
pub fn name_is_typed(question: &Question<'_>) -> Option<Denial> {
    let deletes = matches!(question.kind, Kind::Delete | Kind::TearDown);
    match &question.facts.authority {
        Authority::CommandLine {
            typed: Some(typed), ..
        } if deletes && *typed != question.stack.name => Some(Denial::new(
            "delete-not-confirmed",
            "the stack's name was not typed",
            format!("type {}", question.stack.name),
        )),
        _ => None,
    }
}
