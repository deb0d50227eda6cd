//! What one config claims: its stack, and the names that only one stack can have.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::config::Config;
use crate::model::RepoPath;
use crate::product::{Product, Target};
use crate::template::NameClaim;

/// What each assessed config claims at the head; `None` for a config with errors.
pub type HeadClaims = BTreeMap<RepoPath, Option<ConfigClaims>>;

/// The claims of one config.
#[derive(Clone, Debug)]
pub struct ConfigClaims {
    pub(super) stack: [String; 3],
    pub(super) environment: String,
    /// A hash of each name. The names of thousands of configs would take most of the memory, and few are claimed twice.
    pub(super) names: Box<[u64]>,
    pub(super) product: Arc<Product>,
}

impl ConfigClaims {
    /// `names` are those of the rendered template.
    pub fn new(config: &Config, names: &[NameClaim]) -> Self {
        Self {
            stack: stack_key(&config.target, config.stack()),
            environment: config.target.environment.clone(),
            names: names.iter().map(hash).collect(),
            product: config.product.clone(),
        }
    }
}

fn hash(claim: &NameClaim) -> u64 {
    let mut hasher = DefaultHasher::new();
    claim.key.hash(&mut hasher);
    hasher.finish()
}

/// Account, region and name.
pub(super) fn stack_key(target: &Target, stack: &str) -> [String; 3] {
    [
        target.account.clone(),
        target.region.clone(),
        stack.to_owned(),
    ]
}
