//! Loads the configs of a command line.

use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::config::{Config, load_file};
use crate::diagnostic::{Code, Diagnostic};
use crate::product::{Registry, RunInput};
use crate::workspace::{ConfigFile, add_repository_products};

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
