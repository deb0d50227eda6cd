//! Selects the files that are configs.

use anyhow::Context as _;
use globset::{GlobSet, GlobSetBuilder};

use super::policy::LoadedPolicy;
use crate::model::RepoPath;
use crate::product::default_configs;
use crate::workspace::config_glob;

/// Matches the paths of configs.
#[derive(Clone, Debug)]
pub struct ConfigSelector(GlobSet);

impl ConfigSelector {
    /// `*` does not match `/`. An empty list means the default globs.
    pub fn new(globs: &[String]) -> anyhow::Result<Self> {
        let mut set = GlobSetBuilder::new();
        let globs = match globs.is_empty() {
            true => default_configs(),
            false => globs.to_vec(),
        };
        for glob in &globs {
            set.add(config_glob(glob).with_context(|| format!("configs: {glob:?}"))?);
        }
        Ok(Self(set.build()?))
    }

    /// The workflow's globs if there are any, else the policy's, else the default ones.
    pub fn for_policy(globs: &[String], policy: &LoadedPolicy) -> anyhow::Result<Self> {
        match policy {
            Ok(policy) if globs.is_empty() => Self::new(&policy.configs),
            _ => Self::new(globs),
        }
    }

    pub fn matches(&self, path: &RepoPath) -> bool {
        self.0.is_match(path.as_str())
    }
}
