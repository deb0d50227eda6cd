//! Which environments only the default branch can deploy to.

use std::collections::{BTreeMap, BTreeSet};

use crate::forge::{Forge, ForgeError};
use crate::guard::Branch;
use crate::product::Target;

/// Whether the identity of each environment is limited to the default branch. An environment that was not read is absent.
#[derive(Clone, Debug, Default)]
pub struct IdentityLimits(BTreeMap<String, bool>);

impl IdentityLimits {
    pub async fn read(
        forge: &dyn Forge,
        branch: &Branch,
        environments: BTreeSet<&str>,
    ) -> Result<Self, ForgeError> {
        let mut limits = BTreeMap::new();
        for environment in environments {
            if let Some(is_limited) = forge.is_limited_to(environment, &branch.name).await? {
                limits.insert(environment.to_owned(), is_limited);
            }
        }
        Ok(Self(limits))
    }

    /// `None` if it is not known.
    pub fn of(&self, target: Option<&Target>) -> Option<bool> {
        self.0.get(&target?.environment).copied()
    }
}
