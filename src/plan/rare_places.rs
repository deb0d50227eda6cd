//! Accounts and regions that few configs of an environment have.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Change, Intent, StackClaims};
use crate::model::RepoPath;

/// With fewer configs, nothing is rare.
pub const MIN_CONFIGS: usize = 4;
/// Single ones are rare if at most one config of so many is.
const SINGLE_SHARE: usize = 4;
/// Others are rare if fewer than one config of so many is.
const FEW_SHARE: usize = 20;

/// Where few configs of an environment have their stacks, the rarest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RarePlaces {
    pub environment: String,
    pub kind: PlaceKind,
    pub places: Vec<RarePlace>,
    /// The number of the environment's configs.
    pub configs: usize,
}

/// An account or a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RarePlace {
    pub name: String,
    /// The number of configs there.
    pub count: usize,
    /// The first one that is new.
    pub config: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlaceKind {
    Account,
    Region,
}

/// Whether what `count` of `all` configs have is rare. `as_rare`: the number of configs of which each has what at most so many have;
/// where many have something of their own, nothing is rare.
pub fn is_few(count: usize, as_rare: usize, all: usize) -> bool {
    let is_single = count == 1 && as_rare * SINGLE_SHARE <= all;
    all >= MIN_CONFIGS && (is_single || as_rare * FEW_SHARE < all)
}

/// The rare places of the new stacks among `changes`. `claims`: those of all configs after the change.
pub fn rare_places(changes: &[Change], claims: &StackClaims) -> Vec<RarePlaces> {
    let is_new = |change: &&Change| {
        matches!(
            change.intent,
            Intent::Create | Intent::Import | Intent::Adopt
        )
    };
    let new: BTreeSet<&RepoPath> = changes
        .iter()
        .filter(is_new)
        .map(|change| &change.path)
        .collect();
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
            let of_kind = configs.iter().map(|(path, place)| (*path, place[at]));
            let places = rare_names(of_kind, &new);
            if !places.is_empty() {
                all.push(RarePlaces {
                    environment: environment.to_owned(),
                    kind,
                    places,
                    configs: configs.len(),
                });
            }
        }
    }
    all
}

/// The rare accounts or regions that a new config has, the rarest first.
fn rare_names<'a>(
    configs: impl Iterator<Item = (&'a RepoPath, &'a str)>,
    new: &BTreeSet<&RepoPath>,
) -> Vec<RarePlace> {
    let mut places: BTreeMap<&str, (usize, Option<&RepoPath>)> = BTreeMap::new();
    let mut all = 0;
    for (path, name) in configs {
        let (count, first) = places.entry(name).or_default();
        *count += 1;
        all += 1;
        if first.is_none() && new.contains(path) {
            *first = Some(path);
        }
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, (count, _))| *count);
    let counts: Vec<usize> = places.iter().map(|(_, (count, _))| *count).collect();
    let as_rare = |count: usize| counts.iter().filter(|other| **other <= count).sum();
    let rare = places
        .iter()
        .take_while(|(_, (count, _))| is_few(*count, as_rare(*count), all));
    let rare = rare.filter_map(|(name, (count, first))| {
        Some(RarePlace {
            name: (*name).to_owned(),
            count: *count,
            config: first.as_ref()?.to_string(),
        })
    });
    rare.collect()
}
