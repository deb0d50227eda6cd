//! Loads the configs of a command line.

use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::config::{Config, load_contents};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::RenderedProblems;
use crate::product::{Registry, RunInput};
use crate::template::NameClaim;
use crate::workspace::{ConfigFile, add_repository_products};

/// A config file, and the result of loading it.
pub(super) struct LoadedConfig {
    pub file: ConfigFile,
    pub config: Option<Box<Config>>,
    pub diagnostics: Vec<Diagnostic>,
    /// Why the template does not render: errors of actions that need it. A stack can be deleted without.
    pub faults: Vec<Diagnostic>,
    /// The template is too large: an error or a warning, as the action needs it.
    pub size: Option<Box<Diagnostic>>,
    /// Names of the template that no other stack can have.
    pub names: Vec<NameClaim>,
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

/// Loads the files in parallel.
pub(super) fn load_with(registry: &Registry, files: Vec<ConfigFile>) -> Vec<LoadedConfig> {
    load_each(registry, files, |loaded| loaded)
}

/// The same, and keeps of each config only what `finish` returns.
pub(super) fn load_each<T: Send>(
    registry: &Registry,
    files: Vec<ConfigFile>,
    finish: impl Fn(LoadedConfig) -> T + Sync,
) -> Vec<T> {
    let progress = progress(files.len());
    files
        .into_par_iter()
        .map(|file| finish(load_one(registry, file)))
        .inspect(|_| progress.inc(1))
        .collect()
}

fn load_one(registry: &Registry, file: ConfigFile) -> LoadedConfig {
    match file.read() {
        Ok(contents) => {
            let mut loaded = load_contents(registry, &file.shown, &contents);
            let config = loaded.config.as_ref();
            let rendered = config.map(RenderedProblems::with_claims);
            let (problems, names) = rendered.unwrap_or_default();
            if !problems.names.is_empty() {
                loaded.diagnostics.extend(problems.names);
                loaded.config = None;
            }
            LoadedConfig {
                file,
                config: loaded.config.map(Box::new),
                diagnostics: loaded.diagnostics,
                faults: problems.faults,
                size: problems.size.map(Box::new),
                names,
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
                faults: Vec::new(),
                size: None,
                names: Vec::new(),
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
