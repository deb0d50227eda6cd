//! What one config claims: its stack, and the names that only one stack can have.

use std::collections::BTreeMap;
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
    pub(super) names: Vec<NameClaim>,
    pub(super) product: Arc<Product>,
}

impl ConfigClaims {
    /// `names` are those of the rendered template.
    pub fn new(config: &Config, names: Vec<NameClaim>) -> Self {
        Self {
            stack: stack_key(&config.target, config.stack()),
            names,
            product: config.product.clone(),
        }
    }
}

/// Account, region and name.
pub(super) fn stack_key(target: &Target, stack: &str) -> [String; 3] {
    [
        target.account.clone(),
        target.region.clone(),
        stack.to_owned(),
    ]
}
