//! Which files are configs.

use anyhow::Context as _;
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::policy::LoadedPolicy;
use crate::model::RepoPath;
use crate::workspace::DEFAULT_CONFIGS;

/// Which paths are configs.
#[derive(Clone, Debug)]
pub struct ConfigSelector(GlobSet);

impl ConfigSelector {
    /// Compiles globs; none means the default ones. `*` does not cross `/`.
    pub fn new(globs: &[String]) -> anyhow::Result<Self> {
        let mut set = GlobSetBuilder::new();
        let defaults = DEFAULT_CONFIGS.iter().map(|glob| (*glob).to_owned());
        let globs: Vec<String> = if globs.is_empty() {
            defaults.collect()
        } else {
            globs.to_vec()
        };
        for glob in &globs {
            let compiled: Glob = GlobBuilder::new(glob)
                .literal_separator(true)
                .build()
                .with_context(|| format!("configs: {glob:?}"))?;
            set.add(compiled);
        }
        Ok(Self(set.build()?))
    }

    /// The globs that the workflow names; otherwise those of the policy, or the default ones where that does not load.
    pub fn for_policy(globs: &[String], policy: &LoadedPolicy) -> anyhow::Result<Self> {
        match policy {
            Ok(policy) if globs.is_empty() => Self::new(&policy.configs),
            _ => Self::new(globs),
        }
    }

    /// Whether a path is that of a config.
    pub fn matches(&self, path: &RepoPath) -> bool {
        self.0.is_match(path.as_str())
    }
}
