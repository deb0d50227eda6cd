//! Which files are configs: those that the globs of the run select, else those of the policy, else the built-in ones.

use anyhow::Context as _;
use globset::GlobMatcher;

use super::globs::{GlobFolders, config_glob};
use crate::config::{is_defaults, is_recognised};
use crate::guard::LoadedPolicy;
use crate::model::{FileContents, RepoPath};
use crate::product::{Registry, built_in_products};

/// Selects the files that are configs. All commands and jobs use it.
#[derive(Clone, Debug)]
pub struct ConfigSelector {
    globs: Vec<SelectorGlob>,
}

#[derive(Clone, Debug)]
struct SelectorGlob {
    text: String,
    matcher: GlobMatcher,
    folders: GlobFolders,
    /// Whether only files that a product recognizes are configs.
    recognised_only: bool,
}

impl SelectorGlob {
    fn new(text: &str, recognised_only: bool) -> anyhow::Result<Self> {
        let glob = config_glob(text).with_context(|| format!("configs: {text:?}"))?;
        Ok(Self {
            text: text.to_owned(),
            matcher: glob.compile_matcher(),
            folders: GlobFolders::new(text),
            recognised_only,
        })
    }
}

impl ConfigSelector {
    /// `*` does not match `/`. An empty list means the built-in globs.
    pub fn new(globs: &[String]) -> anyhow::Result<Self> {
        let globs = match globs.is_empty() {
            true => built_in_globs()
                .map(|(glob, recognised_only)| SelectorGlob::new(&glob, recognised_only))
                .collect::<anyhow::Result<_>>()?,
            false => globs
                .iter()
                .map(|glob| SelectorGlob::new(glob, false))
                .collect::<anyhow::Result<_>>()?,
        };
        Ok(Self { globs })
    }

    /// The run's globs if there are any, else the policy's, else the built-in ones.
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

    /// Whether a file at this path is a config, or is one if a product recognizes it.
    pub fn matches(&self, path: &RepoPath) -> bool {
        self.selects(path.as_str())
    }

    pub fn selects(&self, path: &str) -> bool {
        self.matching(path).next().is_some()
    }

    /// Whether a folder can hold a match, at any depth.
    pub fn may_match_below(&self, folder: &str) -> bool {
        let mut globs = self.globs.iter();
        globs.any(|glob| glob.folders.may_match_below(folder))
    }

    /// Whether a file is a config.
    pub fn is_config(&self, registry: &Registry, path: &RepoPath, file: &FileContents) -> bool {
        self.matching(path.as_str())
            .any(|glob| !glob.recognised_only || is_recognised(registry, path, file))
    }

    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(|glob| glob.text.as_str())
    }

    /// The globs that match none of the paths.
    pub fn unmatched(&self, paths: &[RepoPath]) -> Vec<String> {
        let is_unmatched = |glob: &&SelectorGlob| {
            let mut paths = paths.iter();
            !paths.any(|path| glob.matcher.is_match(path.as_str()))
        };
        let unmatched = self.globs.iter().filter(is_unmatched);
        unmatched.map(|glob| glob.text.clone()).collect()
    }

    fn matching<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a SelectorGlob> {
        // APIs print U+FFFD for bytes that are not UTF-8. Such a path is neither a config nor a file of defaults.
        let is_none = path.contains('\u{fffd}') || is_defaults(&RepoPath::typed(path));
        let globs = match is_none {
            true => &[],
            false => self.globs.as_slice(),
        };
        globs.iter().filter(move |glob| glob.matcher.is_match(path))
    }
}

/// The folders that the built-in globs select.
pub fn built_in_folders() -> impl Iterator<Item = String> {
    let products = built_in_products().map(|product| format!("{product}/configs"));
    products.chain(["configs".to_owned()])
}

/// Each glob, and whether only files that a product recognizes are configs.
fn built_in_globs() -> impl Iterator<Item = (String, bool)> {
    let files = built_in_products().map(|product| format!("{product}/configs/*.{{yaml,yml}}"));
    let recognised = built_in_folders().map(|folder| format!("{folder}/**/*.{{yaml,yml}}"));
    files
        .map(|glob| (glob, false))
        .chain(recognised.map(|glob| (glob, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_globs_need_recognition_outside_of_product_folders() {
        let selector = ConfigSelector::new(&[]).unwrap();
        let registry = Registry::built_in();
        let file = |text: &str| FileContents::Regular(text.into());
        let is_config = |path: &str, text: &str| {
            selector.is_config(&registry, &RepoPath::typed(path), &file(text))
        };
        for path in ["s3/configs/a.yaml", "ml/configs/a.yml"] {
            assert!(is_config(path, "x: 1\n"), "{path}");
        }
        for path in ["configs/a.yaml", "configs/a/b.yml", "s3/configs/a/b.yaml"] {
            assert!(is_config(path, "s3: {}\n"), "{path}");
            assert!(!is_config(path, "x: 1\n"), "{path}");
        }
        // The file name recognizes a file that does not parse.
        assert!(is_config("configs/a-s3.yaml", "s3: [\n"));
        for path in ["a.yaml", "apps/s3/configs/a.yaml", "s3/configs/a.json"] {
            assert!(!is_config(path, "s3: {}\n"), "{path}");
        }
    }

    #[test]
    fn globs_of_the_policy_replace_the_built_in_ones() {
        let selector = ConfigSelector::new(&["deploy/*.yml".to_owned()]).unwrap();
        assert!(selector.selects("deploy/a.yml"));
        assert!(!selector.selects("s3/configs/a.yaml"));
        assert_eq!(selector.unmatched(&[]), ["deploy/*.yml"]);
        assert!(
            selector
                .unmatched(&[RepoPath::typed("deploy/a.yml")])
                .is_empty()
        );
    }
}
