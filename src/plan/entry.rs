//! What an entry makes of the change of its config.

use super::{Change, Intent};
use crate::diagnostic::Diagnostic;
use crate::entries::{EntryKind, NewEntry};
use crate::product::Level;

/// Gives the change the intent of the entry, or an error that says why the entry does not fit the config.
pub fn apply_entry(change: &mut Change, new: &NewEntry) {
    if let Some(problem) = misfit(change, new) {
        change.intent = Intent::Invalid;
        change.diagnostics.push(problem);
        return;
    }
    change.intent = match (new.entry.kind, change.intent) {
        // The config's own errors are reported.
        (_, Intent::Invalid | Intent::Abandon) => return,
        (EntryKind::Adopt, _) => Intent::Adopt,
        (EntryKind::Unadopt, _) => Intent::Unadopt,
        (EntryKind::Replace, _) => Intent::Replace,
    };
    change.entry = Some(new.entry.clone());
    if change.intent == Intent::Replace {
        change.level = change.level.max(Level::High);
    } else {
        // The stack keeps its template and its contents.
        change.folders.clear();
        change.folders_only = false;
        // Nothing but its tags changes.
        change.level = Level::Safe;
        change.costs = None;
    }
}

/// Why the entry does not fit the config and its change.
fn misfit(change: &Change, new: &NewEntry) -> Option<Diagnostic> {
    let entry = &new.entry;
    let word = entry.kind.word();
    match (entry.kind, change.intent) {
        (_, Intent::Invalid | Intent::Abandon) => return None,
        (EntryKind::Unadopt, Intent::Delete) => {}
        (EntryKind::Unadopt, _) => {
            return Some(new.error(
                format!("the config `{}` is still there", entry.config),
                "remove the config in the same pull request: a config claims its stack",
            ));
        }
        (EntryKind::Adopt | EntryKind::Replace, Intent::Delete) => {
            return Some(new.error(
                format!("the pull request removes the config `{}`", entry.config),
                format!("keep the config, or remove the entry below `{word}`"),
            ));
        }
        (EntryKind::Adopt | EntryKind::Replace, _) => {}
    }
    // Two stacks in one change: the entry cannot say which it means.
    if change.stack_move.is_some() {
        return Some(new.error(
            format!(
                "the config `{}` names another stack than before",
                entry.config
            ),
            "change the names of the config in another pull request",
        ));
    }
    let stack = change.stack.as_deref().unwrap_or_default();
    let target = change.target.as_ref()?;
    let differs = [
        ("account", entry.stack.account(), target.account.as_str()),
        ("region", entry.stack.region(), target.region.as_str()),
        ("stack name", entry.stack.name(), stack),
    ];
    let (what, named, wanted) = differs
        .into_iter()
        .find(|(_, named, wanted)| named != wanted)?;
    Some(new.error(
        format!("the entry's {what} is `{named}`, and the config's is `{wanted}`"),
        "write the full id of the config's own stack, or correct the config",
    ))
}
