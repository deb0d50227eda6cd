//! Rules about confirmation: `--force`, and the stack's name on a terminal.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, EffectKind, Facts, Trigger};
use crate::plan::Verdict;
use crate::product::Level;
use crate::stack::StackName;

/// Confirms what deletes and replaces nothing.
pub const YES: &str = "yes";

fn needs_confirmation(input: &RuleInput<'_>) -> bool {
    matches!(
        input.kind,
        EffectKind::Create
            | EffectKind::Resume
            | EffectKind::Update
            | EffectKind::Delete
            | EffectKind::TearDown
            | EffectKind::Adopt
            | EffectKind::Unadopt
            | EffectKind::Replace
            | EffectKind::RemoveFailed
            | EffectKind::Restore
            | EffectKind::ContinueRollback
    )
}

/// A known person or pull request requests the effect.
pub fn actor_is_known(input: &RuleInput<'_>) -> Option<Denial> {
    let denial = |fact, remedy| Some(Denial::new(Code::ActorNotAllowed, fact, remedy));
    match &input.facts.authority {
        Authority::Unknown if !input.is_read_only() => denial(
            "the requester is not known",
            "run it on a command line, or request it by a pull request",
        ),
        Authority::Request(request) if request.trigger.is_none() => {
            denial("the event that requests it is not known", "run it again")
        }
        Authority::Request(request)
            if input.kind == EffectKind::Test && request.command().is_none() =>
        {
            denial(
                "no comment requests the test",
                "comment on the pull request with `test-deploy`",
            )
        }
        _ => None,
    }
}

/// Creating or deleting a stack needs `--force`.
pub fn is_forced(input: &RuleInput<'_>) -> Option<Denial> {
    let deletes = input.is_deletion();
    let forced = match &input.facts.authority {
        Authority::Unknown => None,
        Authority::CommandLine { force, .. } => Some(*force),
        // A merge confirms everything but a deletion. No merge requests a repair.
        Authority::Request(_) if !deletes && !input.kind.repairs() => Some(true),
        Authority::Request(request) => request.trigger.as_ref().map(|trigger| match trigger {
            Trigger::Comment(command) => command.force,
            Trigger::Change => false,
        }),
    };
    (needs_confirmation(input) && forced != Some(true)).then(|| {
        Denial::new(
            Code::ForceRequired,
            match forced {
                Some(_) => "`--force` was not given",
                None => "whether `--force` was given is not known",
            },
            match input.kind {
                _ if deletes => "read what the deletion removes, then add `--force`",
                EffectKind::Adopt | EffectKind::Unadopt => {
                    "run it with `--dry-run`, then add `--force`"
                }
                _ if input.kind.repairs() => "read what the repair changes, then add `--force`",
                _ => "run `show-changes`, then add `--force`",
            },
        )
    })
}

/// What a person at a terminal types to confirm an effect: the stack's name if the effect deletes or replaces anything. `None` if
/// the effect needs no confirmation.
pub fn confirmation_word<'a>(
    kind: EffectKind,
    facts: &Facts,
    stack: &'a StackName,
) -> Option<&'a str> {
    match kind {
        EffectKind::Delete | EffectKind::TearDown | EffectKind::Replace => Some(&stack.name),
        EffectKind::ContinueRollback => Some(&stack.name),
        EffectKind::Resume if facts.unfinished_import != Some(true) => None,
        EffectKind::Resume if facts.changes_imported == Some(false) => Some(YES),
        EffectKind::Update | EffectKind::Restore | EffectKind::Resume => {
            let computed = facts.verdict.map(Verdict::level);
            let is_mild = computed.max(facts.declared) <= Some(Level::Safe);
            Some(if is_mild && computed.is_some() {
                YES
            } else {
                &stack.name
            })
        }
        EffectKind::Create
        | EffectKind::Adopt
        | EffectKind::Unadopt
        // Nothing of the stack was ever in use.
        | EffectKind::RemoveFailed => Some(YES),
        _ => None,
    }
}

/// On a terminal, a person confirms what was shown.
pub fn is_typed(input: &RuleInput<'_>) -> Option<Denial> {
    let Authority::CommandLine {
        typed: Some(typed), ..
    } = &input.facts.authority
    else {
        return None;
    };
    let word = confirmation_word(input.kind, input.facts, input.stack)?;
    // The name confirms more than `yes`, so it always suffices.
    let confirms = typed == word || *typed == input.stack.name;
    (!confirms).then(|| {
        Denial::new(
            Code::NameNotTyped,
            "the change was not confirmed",
            format!("run it again, and type `{word}`"),
        )
    })
}
