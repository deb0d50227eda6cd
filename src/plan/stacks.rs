//! Stacks across all configs of a change: a config that moved to another file keeps its stack, and no two configs share one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use super::{Change, Input, Intent};
use crate::config::{ConfigContents, load_contents};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;
use crate::product::{Registry, Target};
use crate::text::{or_list, pluralize, quote};

/// Configs that moved to another file and keep their stack.
#[derive(Debug, Default)]
pub struct ConfigMoves<'a> {
    from: HashMap<&'a RepoPath, &'a Input>,
    gone: HashSet<&'a RepoPath>,
}

impl<'a> ConfigMoves<'a> {
    /// Pairs removed with added configs by their stacks. git's renames do not count: git does not see an edited file as renamed,
    /// and where the stack's name derives from the file's name, a renamed file has another stack.
    pub fn find(base: &Registry, head: &Registry, inputs: &'a [Input]) -> Self {
        let (removed, added): (Vec<&Input>, Vec<&Input>) = inputs
            .iter()
            .filter(|input| input.base.is_some() != input.head.is_some())
            .partition(|input| input.head.is_none());
        if removed.is_empty() || added.is_empty() {
            return Self::default();
        }
        let mut owners: HashMap<Owned, Vec<&Input>> = HashMap::new();
        let removed: Vec<_> = removed
            .into_par_iter()
            .filter_map(|input| Some((owned(base, input, input.base.as_ref()?)?, input)))
            .collect();
        // `pop` takes the last one, which was first in the change.
        for (owned, input) in removed.into_iter().rev() {
            owners.entry(owned).or_default().push(input);
        }
        let added: Vec<_> = added
            .into_par_iter()
            .filter_map(|input| Some((owned(head, input, input.head.as_ref()?)?, input)))
            .collect();
        let mut moves = Self::default();
        for (owned, input) in added {
            if let Some(before) = owners.get_mut(&owned).and_then(Vec::pop) {
                moves.from.insert(&input.path, before);
                moves.gone.insert(&before.path);
            }
        }
        moves
    }

    /// The former config of this path's stack.
    pub fn from(&self, path: &RepoPath) -> Option<&'a Input> {
        self.from.get(path).copied()
    }

    /// Whether the config of this path moved to another path.
    pub fn is_gone(&self, path: &RepoPath) -> bool {
        self.gone.contains(path)
    }
}

type Owned = (String, Target, String);

fn owned(registry: &Registry, input: &Input, file: &ConfigContents) -> Option<Owned> {
    let config = load_contents(registry, &input.path, file).config?;
    let stack = config.stack().to_owned();
    Some((config.product.name().to_owned(), config.target, stack))
}

/// Reports configs that share one stack: each would undo the other's changes.
pub fn reject_shared_stacks(changes: &mut [Change]) {
    let mut claims: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, change) in changes.iter().enumerate() {
        let stays = !matches!(
            change.intent,
            Intent::Delete | Intent::Abandon | Intent::Unadopt | Intent::Invalid
        );
        if let (true, Some(stack), Some(target)) = (stays, &change.stack, &change.target) {
            let place = format!("{} {}", target.account, target.region);
            claims
                .entry((place, stack.clone()))
                .or_default()
                .push(index);
        }
    }
    for ((_, stack), claimants) in claims {
        for &index in claimants.iter().filter(|_| claimants.len() > 1) {
            let others = claimants.iter().filter(|other| **other != index);
            let others: Vec<&RepoPath> = others.map(|other| &changes[*other].path).collect();
            let problem = shared_stack(&changes[index].path, &stack, &others, &BTreeSet::new());
            let change = &mut changes[index];
            change.diagnostics.push(problem);
            change.intent = Intent::Invalid;
        }
    }
}

/// The error of a config whose stack another config claims. `keys`: those that are part of the stack's name, if known.
pub fn shared_stack(
    path: &RepoPath,
    stack: &str,
    others: &[&RepoPath],
    keys: &BTreeSet<String>,
) -> Diagnostic {
    // The path is whole, so that it can be copied.
    let message = match others {
        [other] => format!("config `{other}` has the same stack: {}", quote(stack)),
        _ => format!(
            "{} have the same stack {}: `{}`{}",
            pluralize(others.len(), "other config"),
            quote(stack),
            others.first().map_or("", |other| other.as_str()),
            if others.len() > 1 { " and others" } else { "" }
        ),
    };
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let help = match keys.is_empty() {
        true => {
            "keep one of the configs, or change a key that is part of the stack's name".to_owned()
        }
        false => format!("keep one of the configs, or change {}", or_list(&keys)),
    };
    Diagnostic::error(Code::DuplicateStack, path, message).with_help(help)
}
