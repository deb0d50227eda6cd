//! What an entry makes of the change of its config.

use std::collections::BTreeMap;

use super::render::rendered;
use super::{Change, Intent};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::entries::{EntryKind, NewEntry};
use crate::product::{Level, Partition, Target};
use crate::stack::StackArn;
use crate::template::named_imports;
use crate::text::quote;

/// Gives the change the intent of the entry, or errors that say why the entry does not fit the config. `config`: at the head.
pub fn apply_entry(change: &mut Change, new: &NewEntry, config: Option<&Config>) {
    let mut problems = misfits(change, new);
    if let Some(config) = config.filter(|_| new.entry.kind == EntryKind::Import) {
        problems.extend(misnamed(new, config));
    }
    if !problems.is_empty() {
        change.intent = Intent::Invalid;
        change.diagnostics.extend(problems);
        return;
    }
    change.intent = match (new.entry.kind, change.intent) {
        // The config's own errors are reported.
        (_, Intent::Invalid | Intent::Abandon) => return,
        (EntryKind::Adopt, _) => Intent::Adopt,
        (EntryKind::Unadopt, _) => Intent::Unadopt,
        (EntryKind::Replace, _) => Intent::Replace,
        (EntryKind::Import, _) => Intent::Import,
    };
    change.entry = Some(new.entry.clone());
    if change.intent == Intent::Import {
        // The stack is new, and its folders come with it.
        change.folders_only = false;
    } else if change.intent == Intent::Replace {
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

/// What is wrong with the resources that the entry names.
fn misnamed(new: &NewEntry, config: &Config) -> Vec<Diagnostic> {
    // The errors of the template are reported with the config.
    let Ok((_, document)) = rendered(config) else {
        return Vec::new();
    };
    let problems = named_imports(&document, &new.entry.resources).err();
    let problems = problems.into_iter().flatten().map(|problem| {
        let place = (problem.number, problem.is_identifier);
        new.resource_error(place, problem.message, problem.help)
    });
    problems.collect()
}

/// Reports entries that name the same resource of an account and region: it can belong to one stack.
pub fn reject_shared_imports(changes: &mut [Change]) {
    let mut claims: BTreeMap<[String; 4], Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        let Some(target) = change.target.as_ref() else {
            continue;
        };
        for named in change.imported_resources() {
            let claim = [&target.account, &target.region, &named.key, &named.value];
            let claimants = claims.entry(claim.map(Clone::clone)).or_default();
            claimants.push(index);
        }
    }
    for ([.., value], claimants) in claims {
        for &index in claimants.iter().filter(|_| claimants.len() > 1) {
            let change = &mut changes[index];
            let message = format!("two entries import the resource {}", quote(&value));
            let problem = Diagnostic::error(Code::EntryInvalid, &change.path, message);
            let help = "name it in the entry of one config";
            change.diagnostics.push(problem.with_help(help));
            change.intent = Intent::Invalid;
        }
    }
}

/// Everything by which the entry does not fit the config and its change.
fn misfits(change: &Change, new: &NewEntry) -> Vec<Diagnostic> {
    if matches!(change.intent, Intent::Invalid | Intent::Abandon) {
        return Vec::new();
    }
    let found = [wrong_intent(change, new), wrong_stack(change, new)];
    found.into_iter().flatten().collect()
}

/// The pull request keeps a config that the entry releases, or removes one that it needs.
fn wrong_intent(change: &Change, new: &NewEntry) -> Option<Diagnostic> {
    let entry = &new.entry;
    let word = entry.kind.word();
    match (entry.kind, change.intent) {
        (EntryKind::Unadopt, Intent::Delete) => None,
        (EntryKind::Unadopt, _) => Some(new.error(
            format!("the config `{}` is still there", entry.config),
            "remove the config in the same pull request: a config claims its stack",
        )),
        (EntryKind::Adopt | EntryKind::Replace | EntryKind::Import, Intent::Delete) => {
            Some(new.error(
                format!("the pull request removes the config `{}`", entry.config),
                format!("keep the config, or remove the entry below `{word}`"),
            ))
        }
        (EntryKind::Adopt | EntryKind::Replace | EntryKind::Import, _) => None,
    }
}

/// The entry names another stack than the config's.
fn wrong_stack(change: &Change, new: &NewEntry) -> Option<Diagnostic> {
    let entry = &new.entry;
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
    let named = entry.stack.as_ref()?;
    if !named.has_uuid() {
        return Some(new.stack_error(
            format!(
                "the entry's stack id does not end with a UUID in lower case: `{}`",
                named.as_str()
            ),
            "write the full id of the stack, as `provisioner discover --format json` prints it",
        ));
    }
    let (what, named, wanted) = difference(named, target, stack)?;
    Some(new.stack_error(
        format!("the entry's {what} is `{named}`, and the config's is `{wanted}`"),
        "write the full id of the config's own stack, or correct the config",
    ))
}

/// What the id of a stack and its config say differently.
fn difference<'a>(
    named: &'a StackArn,
    target: &'a Target,
    stack: &'a str,
) -> Option<(&'static str, &'a str, &'a str)> {
    let partition = Partition::of_region(&target.region);
    let partition = partition.map_or(named.partition(), |partition| &partition.name);
    let parts = [
        ("partition", named.partition(), partition),
        ("account", named.account(), target.account.as_str()),
        ("region", named.region(), target.region.as_str()),
        ("stack name", named.name(), stack),
    ];
    parts.into_iter().find(|(_, named, wanted)| named != wanted)
}
