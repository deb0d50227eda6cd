//! Whether code owners must approve changes of the files that decide what provisioner does.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::diagnosis::Diagnosis;
use super::facts::JobFacts;
use crate::config::LOCK_FILE;
use crate::forge::{FileAt, Forge, ForgeError};
use crate::guard::POLICY_FILE;
use crate::model::{CommitSha, RepoPath};
use crate::product::PRODUCTS_FOLDER;
use crate::report::Found;

const PART: &str = "repository";

/// Reports whether the default branch requires code owners, and which files have none. `configs`: paths of configs.
pub async fn code_owners(diagnosis: &mut Diagnosis, job: &JobFacts<'_>, configs: &[RepoPath]) {
    let Some(about) = &job.about else {
        return;
    };
    let what = "review by code owners";
    let branch = about.branch.clone();
    match job.forge.requires_code_owners(&branch).await {
        Ok(Some(true)) => diagnosis.pass(PART, what, &Found::CodeOwnersRequired { branch }),
        Ok(Some(false)) => diagnosis.skip(PART, what, &Found::CodeOwnersNotRequired { branch }),
        Ok(None) => diagnosis.skip(PART, what, &Found::CodeOwnersUnproven),
        Err(error) => {
            let reason = error.to_string();
            diagnosis.skip(PART, what, &Found::Unproven { reason });
        }
    }
    let what = "code owners";
    match read(job.forge, &about.tip).await {
        Ok(None) => {
            let files = job.forge.profile().code_owner_files;
            diagnosis.skip(PART, what, &Found::CodeOwnersAbsent { files });
        }
        Ok(Some((path, text))) => {
            let owners = CodeOwners::parse(&text);
            let places = places(job.forge.profile().workflow_folder, &path, configs);
            let missing: Vec<String> = places
                .into_iter()
                .filter(|place| !owners.owns_all(place))
                .collect();
            let found = match missing.is_empty() {
                true => Found::CodeOwnersComplete { path },
                false => Found::CodeOwnersIncomplete { path, missing },
            };
            match found {
                Found::CodeOwnersComplete { .. } => diagnosis.pass(PART, what, &found),
                _ => diagnosis.skip(PART, what, &found),
            }
        }
        Err(error) => {
            let reason = error.to_string();
            diagnosis.skip(PART, what, &Found::Unproven { reason });
        }
    }
}

/// The first of the files in which the forge looks for code owners, with its text.
async fn read(forge: &dyn Forge, tip: &CommitSha) -> Result<Option<(String, String)>, ForgeError> {
    let names = forge.profile().code_owner_files.iter();
    let paths: Vec<RepoPath> = names
        .filter_map(|name| RepoPath::parse(name).ok())
        .collect();
    let at: Vec<FileAt<'_>> = paths
        .iter()
        .map(|path| FileAt { commit: tip, path })
        .collect();
    let files = forge.read(&at).await?;
    Ok(paths.iter().zip(files).find_map(|(path, file)| {
        let text = String::from_utf8_lossy(file?.bytes()?).into_owned();
        Some((path.to_string(), text))
    }))
}

/// Files, and folders with a trailing slash.
fn places(workflows: &str, code_owners: &str, configs: &[RepoPath]) -> BTreeSet<String> {
    let folder = |name: &str| format!("{name}/");
    let of_configs = configs
        .iter()
        .filter_map(|path| path.as_str().rsplit_once('/'));
    [POLICY_FILE, LOCK_FILE, code_owners]
        .map(str::to_owned)
        .into_iter()
        .chain([folder(workflows), folder(PRODUCTS_FOLDER)])
        .chain(of_configs.map(|(name, _)| folder(name)))
        .collect()
}

/// The rules of a file of code owners. <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners>
struct CodeOwners {
    /// Patterns, and whether they have owners. The last one that matches a path counts.
    rules: Vec<(Vec<GlobMatcher>, bool)>,
}

impl CodeOwners {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter_map(|line| {
            let line = line.split_once('#').map_or(line, |(line, _)| line);
            let mut words = line.split_whitespace();
            let pattern = words.next()?;
            Some((matchers(pattern)?, words.next().is_some()))
        });
        Self {
            rules: lines.collect(),
        }
    }

    fn owns(&self, path: &str) -> bool {
        let mut rules = self.rules.iter().rev();
        let last = rules.find(|(globs, _)| globs.iter().any(|glob| glob.is_match(path)));
        last.is_some_and(|(_, owned)| *owned)
    }

    /// Whether a file has an owner; for a folder, whether every file that counts there would have one.
    fn owns_all(&self, place: &str) -> bool {
        let new = |name: &str, extensions: &[&str]| -> Vec<String> {
            let names = extensions.iter();
            names
                .map(|extension| format!("{place}{name}.{extension}"))
                .collect()
        };
        let files = match place.strip_suffix('/') {
            None => vec![place.to_owned()],
            // Each product has a folder of its own.
            Some(PRODUCTS_FOLDER) => new("new/new", &["yaml", "json", "j2"]),
            Some(_) => new("new", &["yaml", "yml"]),
        };
        files.iter().all(|file| self.owns(file))
    }
}

/// The globs of a pattern. `None` for a pattern that is not one: the forge skips such a line.
fn matchers(pattern: &str) -> Option<Vec<GlobMatcher>> {
    let is_folder = pattern.ends_with('/');
    let path = pattern.trim_end_matches('/');
    // Brackets, braces and exclamation marks are characters here.
    let literal: String = path
        .chars()
        .flat_map(|letter| {
            let is_special = matches!(letter, '[' | ']' | '{' | '}' | '!');
            is_special.then_some('\\').into_iter().chain([letter])
        })
        .collect();
    let glob = match literal.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if literal.contains('/') => literal,
        None => format!("**/{literal}"),
    };
    let below = format!("{}/**", glob.trim_end_matches("/**"));
    let globs = match (is_folder, glob.ends_with("/*") && glob != "**/*") {
        (true, _) => vec![below],
        // Files of the folder, and none of its folders.
        (false, true) => vec![glob],
        (false, false) => vec![glob, below],
    };
    let compiled = globs.iter().map(|glob| {
        let glob = GlobBuilder::new(glob).literal_separator(true).build();
        glob.map(|glob| glob.compile_matcher()).ok()
    });
    compiled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owns(text: &str, place: &str) -> bool {
        CodeOwners::parse(text).owns_all(place)
    }

    #[test]
    fn the_last_matching_pattern_counts() {
        assert!(owns("* @acme/ops", ".provisioner.yaml"));
        assert!(!owns(
            "* @acme/ops\n/.provisioner.yaml",
            ".provisioner.yaml"
        ));
        assert!(owns(
            "*.yaml\n.provisioner.yaml @bob # us",
            ".provisioner.yaml"
        ));
        assert!(!owns("# * @bob", ".provisioner.yaml"));
    }

    #[test]
    fn a_folder_needs_owners_for_every_new_file() {
        let workflows = ".github/workflows/";
        for text in [
            "* @bob",
            ".github/ @bob",
            "/.github/workflows @bob",
            "workflows/ @bob",
            "/.github/** @bob",
            "/.github/workflows/* @bob",
            "/.github/workflows/*.yaml @bob\n/.github/workflows/*.yml @bob",
        ] {
            assert!(owns(text, workflows), "{text}");
        }
        for text in [
            "",
            "/.github/workflows/*.yml @bob",
            "/.github/workflows/provisioner-*.yml @bob",
            "/docs/ @bob",
            "* @bob\n*.yml",
        ] {
            assert!(!owns(text, workflows), "{text}");
        }
    }

    #[test]
    fn products_need_owners_in_their_folders() {
        assert!(owns("/.provisioner/ @bob", ".provisioner/products/"));
        assert!(!owns(
            "/.provisioner/products/* @bob",
            ".provisioner/products/"
        ));
        assert!(!owns("*.yaml @bob", ".provisioner/products/"));
    }

    #[test]
    fn attack_a_pattern_with_brackets_owns_no_other_file() {
        assert!(!owns("/.github/workflow[a-z]/ @bob", ".github/workflows/"));
        assert!(!owns("!/.github/ @bob", ".github/workflows/"));
    }
}
