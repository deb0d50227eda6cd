//! Accounts and regions that only one config of an environment has.

use std::collections::BTreeMap;

use super::{Change, Intent, StackClaims};
use crate::model::RepoPath;

/// With more such configs, they are not rare in their environment.
const MAX_RARE: usize = 5;
/// Configs of the environment for each rare one, at least.
const MIN_SHARE: usize = 4;

/// Where no other config of the environment has a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RarePlace {
    pub environment: String,
    pub path: RepoPath,
    pub kind: PlaceKind,
    /// The account or the region.
    pub name: String,
    /// The number of the environment's configs, this one included.
    pub configs: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceKind {
    Account,
    Region,
}

/// The rare places of the new stacks among `changes`. `claims`: those of all configs after the change.
pub fn rare_places(changes: &[Change], claims: &StackClaims) -> Vec<RarePlace> {
    let mut environments: BTreeMap<&str, Vec<(&RepoPath, [&str; 2])>> = BTreeMap::new();
    for (path, environment, place) in claims.places() {
        let configs = environments.entry(environment).or_default();
        configs.push((path, place));
    }
    let mut all = Vec::new();
    for (environment, configs) in environments {
        for (at, kind) in [PlaceKind::Account, PlaceKind::Region]
            .into_iter()
            .enumerate()
        {
            let rare = rare_names(&configs, at);
            if rare.len() > MAX_RARE || rare.len() * MIN_SHARE > configs.len() {
                continue;
            }
            let new = rare.into_iter().filter(|(path, _)| is_new(changes, path));
            all.extend(new.map(|(path, name)| RarePlace {
                environment: environment.to_owned(),
                path: path.clone(),
                kind,
                name: name.to_owned(),
                configs: configs.len(),
            }));
        }
    }
    all
}

/// The configs that are alone in their account or region.
fn rare_names<'a>(
    configs: &[(&'a RepoPath, [&'a str; 2])],
    at: usize,
) -> Vec<(&'a RepoPath, &'a str)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, place) in configs {
        *counts.entry(place[at]).or_default() += 1;
    }
    let alone = configs.iter().filter(|(_, place)| counts[place[at]] == 1);
    alone.map(|(path, place)| (*path, place[at])).collect()
}

fn is_new(changes: &[Change], path: &RepoPath) -> bool {
    let mut changes = changes.iter();
    changes.any(|change| {
        change.path == *path
            && matches!(
                change.intent,
                Intent::Create | Intent::Import | Intent::Adopt
            )
    })
}
