//! Rules about resources that a new stack imports.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind};

/// A new stack takes over only what a former stack of the config retained.
pub fn imports_are_reviewed(input: &RuleInput<'_>) -> Option<Denial> {
    if !matches!(input.kind, EffectKind::Create | EffectKind::Resume) {
        return None;
    }
    let imports = input.facts.imports.as_ref()?;
    let foreign = imports.iter().find(|import| !import.former)?;
    let name = foreign.physical_id.as_deref().unwrap_or("without a name");
    Some(Denial::new(
        Code::ImportNotReviewed,
        format!(
            "the change set imports `{}` ({}): {name}, which no former stack of this config retained",
            foreign.logical_id, foreign.kind
        ),
        "delete the resource, or give the stack's resource another name",
    ))
}
