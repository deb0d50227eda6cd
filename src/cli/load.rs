//! Loads the configs of a command line.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::config::{Config, load_file};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;
use crate::plan::shared_stack;
use crate::product::{Registry, RunInput, Target};
use crate::workspace::{ConfigFile, add_repository_products, locate};

/// A config file, and the result of loading it.
pub(super) struct LoadedConfig {
    pub file: ConfigFile,
    pub config: Option<Config>,
    pub diagnostics: Vec<Diagnostic>,
}

/// The built-in products and those of the repository around the first file.
pub(super) fn registry(files: &[ConfigFile], given: &RunInput) -> Registry {
    let mut registry = Registry::built_in();
    registry.given = given.clone();
    let start = files
        .first()
        .and_then(|config| config.file.parent())
        .filter(|folder| !folder.as_os_str().is_empty());
    add_repository_products(&mut registry, start.unwrap_or(Path::new(".")));
    registry
}

/// Loads the files in parallel, with the products of the repository around the first file.
pub(super) fn load_all(files: Vec<ConfigFile>, given: &RunInput) -> Vec<LoadedConfig> {
    load_with(&registry(&files, given), files)
}

/// Loads the files in parallel.
pub(super) fn load_with(registry: &Registry, files: Vec<ConfigFile>) -> Vec<LoadedConfig> {
    let progress = progress(files.len());
    files
        .into_par_iter()
        .map(|file| load_one(registry, file))
        .inspect(|_| progress.inc(1))
        .collect()
}

/// Makes configs invalid whose stack another config claims, among the files of the command line and those of the default folders.
pub(super) fn reject_shared_stacks(loaded: &mut [LoadedConfig], registry: &Registry) {
    let named: HashSet<PathBuf> = loaded.iter().map(|one| one.file.canonical()).collect();
    let mut others = locate(&[]).unwrap_or_default();
    others.retain(|file| !named.contains(&file.canonical()));
    let others = load_with(registry, others);
    let mut claims: BTreeMap<[String; 3], Vec<RepoPath>> = BTreeMap::new();
    for (stack, path) in loaded.iter().chain(&others).filter_map(claim) {
        claims.entry(stack).or_default().push(path);
    }
    for one in loaded {
        let claimants = claim(one).and_then(|(stack, _)| claims.get(&stack));
        let other = claimants.and_then(|paths| paths.iter().find(|path| **path != one.file.shown));
        if let (Some(config), Some(other)) = (&one.config, other) {
            let problem = shared_stack(&config.path, config.stack(), other);
            one.diagnostics.push(problem);
            one.config = None;
        }
    }
}

/// Account, region and name of the stack, and the path of the config.
fn claim(one: &LoadedConfig) -> Option<([String; 3], RepoPath)> {
    let config = one.config.as_ref()?;
    let Target {
        account, region, ..
    } = config.target.clone();
    let stack = [account, region, config.stack().to_owned()];
    Some((stack, one.file.shown.clone()))
}

fn load_one(registry: &Registry, file: ConfigFile) -> LoadedConfig {
    match file.read() {
        Ok(contents) => {
            let loaded = load_file(registry, &file.shown, &contents);
            LoadedConfig {
                file,
                config: loaded.config,
                diagnostics: loaded.diagnostics,
            }
        }
        Err(error) => {
            let problem = Diagnostic::error(
                Code::ConfigNotFound,
                &file.shown,
                format!("the file cannot be read: {error}"),
            );
            LoadedConfig {
                file,
                config: None,
                diagnostics: vec![problem],
            }
        }
    }
}

/// A progress bar for 100 configs or more, on a terminal only.
fn progress(length: usize) -> ProgressBar {
    if length < 100 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{bar:30} {pos}/{len} configs") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
