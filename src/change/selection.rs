//! Selects the files that are configs.

use anyhow::Context as _;
use globset::{GlobSet, GlobSetBuilder};

use crate::forge::PathSelection;
use crate::guard::LoadedPolicy;
use crate::model::RepoPath;
use crate::product::default_configs;
use crate::workspace::{GlobFolders, config_glob};

/// Matches the paths of configs.
#[derive(Clone, Debug)]
pub struct ConfigSelector {
    globs: GlobSet,
    folders: Vec<GlobFolders>,
}

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
        Ok(Self {
            globs: set.build()?,
            folders: globs.iter().map(|glob| GlobFolders::new(glob)).collect(),
        })
    }

    /// The workflow's globs if there are any, else the policy's, else the default ones.
    pub fn for_policy(globs: &[String], policy: &LoadedPolicy) -> anyhow::Result<Self> {
        Self::for_policies(globs, [policy])
    }

    /// The same, by the first policy that loads.
    pub fn for_policies<'a>(
        globs: &[String],
        policies: impl IntoIterator<Item = &'a LoadedPolicy>,
    ) -> anyhow::Result<Self> {
        let policy = policies.into_iter().find_map(|policy| policy.as_ref().ok());
        match policy {
            Some(policy) if globs.is_empty() => Self::new(&policy.configs),
            _ => Self::new(globs),
        }
    }

    pub fn matches(&self, path: &RepoPath) -> bool {
        self.selects(path.as_str())
    }

    fn selects(&self, path: &str) -> bool {
        // APIs print U+FFFD for bytes that are not UTF-8. Such a path is not a config.
        !path.contains('\u{fffd}') && self.globs.is_match(path)
    }
}

impl PathSelection for ConfigSelector {
    fn matches(&self, path: &str) -> bool {
        self.selects(path)
    }

    fn may_match_below(&self, folder: &str) -> bool {
        let mut globs = self.folders.iter();
        globs.any(|glob| glob.may_match_below(folder))
    }
}
