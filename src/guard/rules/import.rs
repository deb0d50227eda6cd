//! Rules about resources that a new stack imports.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind, ImportFact, RequestedChange};

/// A new stack takes over what a former stack of the config retained, and exactly those other resources that the entry or the command
/// line names.
pub fn imports_are_reviewed(input: &RuleInput<'_>) -> Option<Denial> {
    if !matches!(input.kind, EffectKind::Create | EffectKind::Resume) {
        return None;
    }
    // A stack that has imported resources is complete only with those of the entry.
    let has_imported = input.facts.unfinished_import == Some(true);
    let unknown = has_imported.then_some(&[][..]);
    let imports = input.facts.imports.as_deref().or(unknown)?;
    if let Some(foreign) = imports.iter().find(|import| !may_import(input, import)) {
        let name = foreign.physical_id.as_deref().unwrap_or("without a name");
        return Some(Denial::new(
            Code::ImportNotReviewed,
            format!(
                "the change set imports `{}` ({}): {name}, which no former stack of this config retained and no entry names",
                foreign.logical_id, foreign.kind
            ),
            "name the resource in an entry below `import`, delete it, or give the stack's resource another name",
        ));
    }
    let request = input.merge()?;
    let lacks = |id: &str| {
        let mut imports = imports.iter();
        !imports.any(|import| import.named && import.logical_id == id)
    };
    let lost = request.imports.iter().find(|named| lacks(&named.id))?;
    Some(Denial::new(
        Code::ImportNotReviewed,
        format!(
            "the change set does not import `{}`, which the entry names: {}",
            lost.id, lost.value
        ),
        "run it again; if it is denied again, open a new pull request with the entry",
    ))
}

/// Reviewers approved the import of what a former stack retained, and not a new resource of its name. A replacement was reviewed, and
/// confirmed, with its deletion.
pub fn retained_imports_are_reviewed(input: &RuleInput<'_>) -> Option<Denial> {
    let imports = input.facts.imports.as_ref()?;
    let retained = imports.iter().find(|import| import.former)?;
    let request = input.merge().filter(|_| input.kind == EffectKind::Create)?;
    if request.asks == Some(RequestedChange::Replace) {
        return None;
    }
    let shown = request
        .shown
        .as_ref()
        .and_then(|plan| plan.change_set.as_ref());
    let digests = input.facts.digests.as_ref();
    let is_reviewed = digests.is_some_and(|[reviewed, now]| reviewed == now && shown == Some(now));
    (!is_reviewed).then(|| {
        let name = retained.physical_id.as_deref().unwrap_or("without a name");
        Denial::new(
            Code::ImportNotReviewed,
            format!(
                "a former stack of this config retained `{}` ({}): {name}, and the check did not report that the new stack imports it",
                retained.logical_id, retained.kind
            ),
            "open a new pull request, whose check reads the account with a plan role; or name the resource in an entry below `import`, or delete it",
        )
    })
}

fn may_import(input: &RuleInput<'_>, import: &ImportFact) -> bool {
    // What a command line names is known by the operation alone. A pull request says it again.
    let is_listed = input.merge().is_none_or(|request| {
        request.asks == Some(RequestedChange::Import)
            && request.imports.iter().any(|named| {
                let id = import.physical_id.as_ref();
                named.id == import.logical_id && id.is_none_or(|id| *id == named.value)
            })
    });
    import.former || import.named && is_listed
}
