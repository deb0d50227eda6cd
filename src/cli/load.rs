//! Loads the configs of a command line.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::config::{Config, fault_problem, load_contents};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::RepoPath;
use crate::plan::{RenderedProblems, StackClaims, shared_stack};
use crate::product::{Registry, RunInput, Verb};
use crate::template::NameClaim;
use crate::workspace::{ConfigFile, add_repository_products, selected_configs};

/// A config file, and the result of loading it.
pub(super) struct LoadedConfig {
    pub file: ConfigFile,
    pub config: Option<Config>,
    pub diagnostics: Vec<Diagnostic>,
    /// Why the template does not render: errors of actions that need it. A stack can be deleted without.
    faults: Vec<Diagnostic>,
    /// The template is too large: an error or a warning, as the action needs it.
    pub size: Option<Diagnostic>,
    /// Names of the template that no other stack can have.
    names: Vec<NameClaim>,
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
    let progress = progress(files.len());
    files
        .into_par_iter()
        .map(|file| load_one(registry, file))
        .inspect(|_| progress.inc(1))
        .collect()
}

/// Marks configs as invalid whose stack another config claims, among the files of the command line and the default selection.
/// Configs for which the action only renders files stay valid: alternatives of one stack may lie side by side. A name that a config of
/// another stack claims too is an error if the action creates or updates the stack, else a warning.
pub(super) fn reject_shared_stacks(loaded: &mut [LoadedConfig], registry: &Registry, action: &str) {
    if !loaded.iter().any(|one| claims_stack(one, action)) {
        return;
    }
    // One file may have several names on a command line, such as an absolute path: the first one counts.
    let mut names: HashMap<PathBuf, RepoPath> = HashMap::new();
    for one in loaded.iter() {
        let name = names.entry(one.file.canonical());
        name.or_insert_with(|| one.file.shown.clone());
    }
    let mut others = selected_configs().unwrap_or_default();
    others.retain(|file| !names.contains_key(&file.canonical()));
    let others = load_with(registry, others);
    let first = |one: &LoadedConfig| names.get(&one.file.canonical()) == Some(&one.file.shown);
    let named = loaded.iter().filter(|one| first(one)).chain(&others);
    let configs =
        named.filter_map(|one| Some((&one.file.shown, one.config.as_ref()?, one.names.clone())));
    let claims = StackClaims::from_configs(configs);
    for one in loaded.iter_mut().filter(|one| claims_stack(one, action)) {
        let own = names.get(&one.file.canonical()).unwrap_or(&one.file.shown);
        let Some(config) = &one.config else {
            continue;
        };
        let others: Vec<&RepoPath> = claims.others_of(config, own).collect();
        if !others.is_empty() {
            let keys = config.product.stack_keys();
            let problem = shared_stack(&config.path, config.stack(), &others, &keys);
            one.diagnostics.push(problem);
            one.config = None;
            continue;
        }
        let Some(verb) = verb(one, action).filter(|verb| !verb.deletes()) else {
            continue;
        };
        let clashes = claims.clashes(own, Some(config));
        if verb.changes_stack() && !clashes.is_empty() {
            one.config = None;
            one.diagnostics.extend(clashes);
        } else {
            let warnings = clashes.into_iter();
            let warnings = warnings.map(|clash| clash.with_severity(Severity::Warning));
            one.diagnostics.extend(warnings);
        }
    }
}

/// Marks configs as invalid whose product or template has errors, or whose template no request can hold, if the action judges configs or
/// sends templates. Actions that only render warn of a large template: it can be deployed in another way. Others do without the template.
pub(super) fn reject_bad_templates(loaded: &mut [LoadedConfig], action: &str) {
    // Many configs share a product.
    let mut undefined: HashMap<String, Vec<Diagnostic>> = HashMap::new();
    for one in loaded {
        let (Some(config), Some(verb)) = (&one.config, verb(one, action)) else {
            continue;
        };
        if verb.judges_template() || verb.renders() {
            let mut faults = std::mem::take(&mut one.faults);
            if faults.is_empty() && config.product.source.root.is_some() {
                let product = &config.product;
                let known = undefined.entry(product.name().to_owned());
                let known = known.or_insert_with(|| {
                    let faults = product.undefined_reads().into_iter();
                    let faults = faults.map(|fault| fault_problem(&product.source, &fault));
                    faults.collect()
                });
                faults.extend(known.iter().cloned());
            }
            if !faults.is_empty() {
                one.diagnostics.extend(faults);
                one.config = None;
                continue;
            }
        }
        let Some(problem) = one.size.take() else {
            continue;
        };
        if verb.judges_template() {
            if problem.is_error() {
                one.config = None;
            }
            one.diagnostics.push(problem);
        } else if verb.renders() {
            one.diagnostics
                .push(problem.with_severity(Severity::Warning));
        }
    }
}

fn claims_stack(one: &LoadedConfig, action: &str) -> bool {
    verb(one, action).is_some_and(Verb::claims_stack)
}

fn verb(one: &LoadedConfig, action: &str) -> Option<Verb> {
    let config = one.config.as_ref()?;
    match config.product.action(action, &config.derived.scope) {
        Some(Ok((action, _))) => Some(action.verb),
        _ => None,
    }
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
                config: loaded.config,
                diagnostics: loaded.diagnostics,
                faults: problems.faults,
                size: problems.size,
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
