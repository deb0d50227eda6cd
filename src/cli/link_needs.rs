//! What the configs around a command line need of other stacks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::load::{LoadedConfig, load_each};
use crate::plan::{LinkNeeds, config_links};
use crate::product::{Registry, Verb};
use crate::stack::StackName;
use crate::workspace::selected_configs;

/// `None` if the verb deletes no stack, or the configs of the command line are not in the default selection, so that their repository is
/// unknown.
pub(super) fn link_needs(
    verb: Verb,
    group: &[LoadedConfig],
    registry: &Registry,
) -> Option<LinkNeeds> {
    if !verb.deletes() && verb != Verb::Replace {
        return None;
    }
    let all = selected_configs().ok()?;
    let known: BTreeSet<PathBuf> = all.iter().map(|file| file.canonical()).collect();
    let is_known = |one: &LoadedConfig| known.contains(&one.file.canonical());
    if !group.iter().all(is_known) {
        return None;
    }
    let read = load_each(registry, all, |one| {
        let found = one.config.as_ref().and_then(|config| {
            let links = config_links(config)?;
            Some((StackName::for_config(config), links.needs))
        });
        (one.file.shown, found)
    });
    let mut needs = LinkNeeds::default();
    for (path, found) in read {
        needs.add(&path, found);
    }
    Some(needs)
}
