//! Rules about confirmation: `--force`, and the stack's name on a terminal.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, EffectKind};

fn needs_confirmation(input: &RuleInput<'_>) -> bool {
    matches!(
        input.kind,
        EffectKind::Create
            | EffectKind::Resume
            | EffectKind::Update
            | EffectKind::Delete
            | EffectKind::TearDown
    )
}

/// A known person or pull request requests the effect.
pub fn actor_is_known(input: &RuleInput<'_>) -> Option<Denial> {
    let denial = |fact, remedy| Some(Denial::new(Code::ActorNotAllowed, fact, remedy));
    match &input.facts.authority {
        Authority::Unknown if !input.is_read_only() => denial(
            "it is not known who asks",
            "run it on a command line, or have it asked for by a pull request",
        ),
        Authority::Request(request) if request.trigger.is_none() => denial(
            "it is not known whether a comment commands it, and whose",
            "run it again",
        ),
        Authority::Request(request)
            if input.kind == EffectKind::Test && request.command().is_none() =>
        {
            denial(
                "no comment commands the test",
                "comment on the pull request with `test-deploy`",
            )
        }
        _ => None,
    }
}

/// Creating or deleting a stack needs `--force`.
pub fn is_forced(input: &RuleInput<'_>) -> Option<Denial> {
    let deletes = matches!(input.kind, EffectKind::Delete | EffectKind::TearDown);
    let forced = match &input.facts.authority {
        Authority::Unknown => false,
        Authority::CommandLine { force, .. } => *force,
        // A merge confirms everything but a deletion.
        Authority::Request(request) => {
            !deletes || request.command().is_some_and(|command| command.force)
        }
    };
    (needs_confirmation(input) && !forced).then(|| {
        Denial::new(
            Code::ForceRequired,
            "`--force` was not given",
            match input.kind {
                EffectKind::Delete | EffectKind::TearDown => {
                    "look at what would go, then add `--force`"
                }
                _ => "look at `show-changes` first, then add `--force`",
            },
        )
    })
}

/// On a terminal, deleting a stack needs its typed name.
pub fn name_is_typed(input: &RuleInput<'_>) -> Option<Denial> {
    let deletes = matches!(input.kind, EffectKind::Delete | EffectKind::TearDown);
    match &input.facts.authority {
        Authority::CommandLine {
            typed: Some(typed), ..
        } if deletes && *typed != input.stack.name => Some(Denial::new(
            Code::NameNotTyped,
            "the stack's name was not typed",
            format!("type {}", input.stack.name),
        )),
        _ => None,
    }
}
