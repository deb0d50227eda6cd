//! Selects the files that are configs.

use anyhow::{Context as _, bail};
use globset::{GlobSet, GlobSetBuilder};

use crate::forge::PathSelection;
use crate::guard::LoadedPolicy;
use crate::model::RepoPath;
use crate::product::default_configs;
use crate::text::did_you_mean;
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

/// The paths that a person names by path or file name, in their order. A name that fits no path or several ones is an error.
pub fn named_paths(paths: &[RepoPath], names: &[String]) -> anyhow::Result<Vec<RepoPath>> {
    let find = |name: &String| {
        let is_meant = |path: &&RepoPath| path.as_str() == name || path.file_name() == name;
        let found: Vec<&RepoPath> = paths.iter().filter(is_meant).collect();
        match found[..] {
            [path] => Ok(path.clone()),
            [] => {
                let known = paths.iter().map(RepoPath::as_str);
                let files = paths.iter().map(RepoPath::file_name);
                let hint = did_you_mean(name, known.chain(files));
                let hint = hint.map(|known| format!("; did you mean `{known}`?"));
                let hint = hint.unwrap_or_default();
                bail!("not a config of the default branch: {name:?}{hint}")
            }
            _ => bail!("several configs have this file name: {name:?}; add the folder"),
        }
    };
    names.iter().map(find).collect()
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
