//! Names that configs of other stacks claim too. AWS would refuse the second stack.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::config_claims::ConfigClaims;
use super::naming::NameSources;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;
use crate::template::{NameClaim, NamePart};

/// Other configs that a message lists for one type.
const MAX_LISTED: usize = 3;

/// The claims of the configs of a tree.
#[derive(Debug, Default)]
pub(super) struct NameClaims {
    claims: BTreeMap<RepoPath, ConfigClaims>,
    /// The names of configs that may have one in common with another stack.
    shared: BTreeMap<RepoPath, Vec<NameClaim>>,
    paths: BTreeMap<Arc<[String; 3]>, Vec<RepoPath>>,
}

impl NameClaims {
    pub(super) fn add(&mut self, path: &RepoPath, claims: ConfigClaims) {
        self.claims.insert(path.clone(), claims);
    }

    /// Reads the names of configs whose names have a hash in common with those of another stack. `names_of` loads a config again.
    pub(super) fn find_shared(&mut self, names_of: impl Fn(&RepoPath) -> Vec<NameClaim> + Sync) {
        let mut stacks: HashMap<u64, &[String; 3]> = HashMap::new();
        let mut shared: HashSet<u64> = HashSet::new();
        for own in self.claims.values() {
            let of_other = |hash: &&u64| *stacks.entry(**hash).or_insert(&own.stack) != &own.stack;
            shared.extend(own.names.iter().filter(of_other));
        }
        let is_shared = |own: &ConfigClaims| own.names.iter().any(|hash| shared.contains(hash));
        let paths = self.claims.iter().filter(|(_, own)| is_shared(own));
        let paths: Vec<&RepoPath> = paths.map(|(path, _)| path).collect();
        let names = paths
            .into_par_iter()
            .map(|path| (path.clone(), names_of(path)));
        self.shared = names.collect();
        for (path, names) in &self.shared {
            let keys: BTreeSet<&Arc<[String; 3]>> = names.iter().map(|claim| &claim.key).collect();
            for key in keys {
                let paths = self.paths.entry(key.clone()).or_default();
                paths.push(path.clone());
            }
        }
    }

    /// Each config with its environment, and the account and region of its stack.
    pub(super) fn places(&self) -> impl Iterator<Item = (&RepoPath, &str, [&str; 2])> {
        self.claims.iter().map(|(path, own)| {
            let [account, region, _] = &own.stack;
            (path, &*own.environment, [&**account, &**region])
        })
    }

    /// The stack of a config.
    pub(super) fn stack(&self, path: &RepoPath) -> Option<&[String; 3]> {
        Some(&self.claims.get(path)?.stack)
    }

    /// One error for each type with names that a config of another stack claims too.
    pub(super) fn problems(&self, path: &RepoPath, config: Option<&Config>) -> Vec<Diagnostic> {
        let (Some(own), Some(names)) = (self.claims.get(path), self.shared.get(path)) else {
            return Vec::new();
        };
        let mut clashes: BTreeMap<&str, (&NameClaim, usize, BTreeSet<&RepoPath>)> = BTreeMap::new();
        for claim in names {
            let others = self.paths.get(&claim.key).into_iter().flatten();
            let others: Vec<&RepoPath> = others
                .filter(|other| {
                    self.claims
                        .get(*other)
                        .is_some_and(|other| other.stack != own.stack)
                })
                .collect();
            if !others.is_empty() {
                let clash = clashes
                    .entry(claim.kind())
                    .or_insert((claim, 0, BTreeSet::new()));
                clash.1 += 1;
                clash.2.extend(others);
            }
        }
        let help = &own.product.manifest.clashes;
        let sources = config.filter(|_| !clashes.is_empty()).map(NameSources::new);
        let problems = clashes.into_iter().map(|(kind, (claim, count, others))| {
            let more = match count - 1 {
                0 => String::new(),
                more => format!(", and {more} more of this type"),
            };
            let mut listed: Vec<String> = others
                .iter()
                .take(MAX_LISTED)
                .map(|other| format!("`{other}`"))
                .collect();
            if others.len() > MAX_LISTED {
                listed.push(format!("{} more", others.len() - MAX_LISTED));
            }
            let listed = listed.join(", ");
            let (what, why) = (&claim.what, claim.why);
            let message = format!("{what} {why}, and is claimed by {listed} too{more}");
            let sources = sources.as_ref();
            let key = sources.and_then(|sources| sources.key(&claim.logical_id, NamePart::Whole));
            let help = match (help.get(kind), key) {
                (Some(help), _) => help.clone(),
                (None, Some(key)) => format!("change `{key}` in one of the configs"),
                (None, None) => "change the name in one of the configs".to_owned(),
            };
            let problem = Diagnostic::error(Code::DuplicateName, path, message).with_help(help);
            match config.zip(key) {
                Some((config, key)) => problem.located(config.location_of(key)),
                None => problem,
            }
        });
        problems.collect()
    }
}
