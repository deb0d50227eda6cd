//! The command line: arguments, one file for each family of commands, console and prompts. Each action turns configs into
//! results; printing is one place for all of them.

mod action_log;
mod actions;
mod args;
mod aws;
mod check;
mod completions;
mod console;
mod doctor;
mod global;
mod logger;
mod original;
mod products;
mod render;
mod replay;
mod result;
mod review;
mod roles;
mod schema;
mod tips;
mod validate;
mod verbs;

use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use crate::config::{Config, load};
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::operation::TaskOptions;
use crate::product::{Registry, RunInput, Verb};
use crate::text::{and_list, did_you_mean};
use crate::workspace::{ConfigFile, add_repository_products, locate};

pub use args::{EngineCommand, Invocation, command, parse};
pub use global::{GlobalArgs, start_default_logger};
pub use products::ListFormat;
pub use result::{ActionResults, ConfigResult, Format};

/// What the user asked of some configs.
#[derive(Clone, Debug)]
pub struct ActionRequest {
    /// The action's name, as products call it.
    pub action: String,
    /// Paths, globs, directories, bare names.
    pub configs: Vec<String>,
    /// What is said for all configs.
    pub given: RunInput,
    /// Overwrite hand-edited outputs.
    pub overwrite: bool,
    /// Create, update or delete stacks.
    pub force: bool,
    /// How results are printed.
    pub format: Format,
    /// Whether to write a log into `reports/`.
    pub log: bool,
    /// The time for the log's name, such as `20261123T232156Z`.
    pub time: String,
    /// The solution whose folders are meant; all of the config if absent.
    pub solution: Option<String>,
    /// Ask AWS also where that is not the default.
    pub real: bool,
    /// Leave what a test made.
    pub keep: bool,
    /// Drift is a failure.
    pub fail_on_drift: bool,
    /// Six letters and digits that no other run has.
    pub token: String,
}

impl ActionRequest {
    /// What of it is said to a verb.
    fn options(&self) -> TaskOptions<'_> {
        TaskOptions {
            real: self.real,
            keep: self.keep,
            fail_on_drift: self.fail_on_drift,
            solution: self.solution.as_deref(),
            token: &self.token,
        }
    }
}

/// A config that was asked for, and what came of loading it.
struct LoadedConfig {
    file: ConfigFile,
    config: Option<Config>,
    diagnostics: Vec<Diagnostic>,
}

/// Runs an action on configs. Returns what belongs on standard output.
pub fn run(request: &ActionRequest) -> (String, Exit) {
    let results = results(request);
    let exit = match results.exit {
        Some(exit) => exit,
        None if results.has_errors() => Exit::Config,
        None => Exit::Ok,
    };
    if request.log {
        action_log::write(request, &results);
    }
    (results.print(request.format), exit)
}

fn results(request: &ActionRequest) -> ActionResults {
    let files = match locate(&request.configs) {
        Ok(files) => files,
        Err(problems) => {
            return ActionResults {
                action: request.action.clone(),
                items: Vec::new(),
                diagnostics: problems,
                exit: None,
            };
        }
    };
    for file in &files {
        log::debug!("config {}", file.shown);
    }
    let loaded = load_all(files, &request.given);
    let mut results = ActionResults {
        action: request.action.clone(),
        items: Vec::new(),
        diagnostics: Vec::new(),
        exit: None,
    };
    // One verb at a time: an action name may mean different verbs in different products.
    let mut by_verb: Vec<(Verb, Vec<LoadedConfig>)> = Vec::new();
    for one in loaded {
        results.diagnostics.extend(one.diagnostics.iter().cloned());
        let Some(config) = &one.config else {
            results
                .items
                .push(ConfigResult::failed(&one.file, one.config.as_ref()));
            continue;
        };
        let problem = match config
            .product
            .action(&request.action, &config.derived.scope)
        {
            Some(Ok((action, true))) => {
                match by_verb.iter_mut().find(|(known, _)| *known == action.verb) {
                    Some((_, group)) => group.push(one),
                    None => by_verb.push((action.verb, vec![one])),
                }
                continue;
            }
            Some(Ok((action, false))) => {
                let message = format!("this config has no action `{}`", request.action);
                let problem = Diagnostic::error(Code::ActionNotOffered, &config.path, message);
                problem.with_help(action.otherwise.clone().unwrap_or_default())
            }
            Some(Err(failure)) => {
                Diagnostic::error(Code::ProductInvalid, &config.path, failure.to_string())
            }
            None => not_offered(&request.action, config),
        };
        results.diagnostics.push(problem);
        results
            .items
            .push(ConfigResult::failed(&one.file, one.config.as_ref()));
    }
    for (verb, group) in by_verb {
        match verb {
            Verb::ValidateConfig => results.items.extend(
                group
                    .iter()
                    .map(|one| ConfigResult::done(&one.file, one.config.as_ref())),
            ),
            Verb::RenderTemplate | Verb::RenderPolicy => {
                render::run(verb, &group, request.overwrite, &mut results)
            }
            Verb::ValidateTemplate => {
                validate::run(&group, &mut results);
                if request.real {
                    aws::run(verb, request, &group, &mut results);
                }
            }
            Verb::ReviewReport => review::run(request, &group, &mut results),
            _ => aws::run(verb, request, &group, &mut results),
        }
    }
    results.sort();
    results
}

fn load_all(files: Vec<ConfigFile>, given: &RunInput) -> Vec<LoadedConfig> {
    let mut registry = Registry::built_in();
    registry.given = given.clone();
    let start = files
        .first()
        .and_then(|config| config.file.parent())
        .filter(|folder| !folder.as_os_str().is_empty());
    add_repository_products(&mut registry, start.unwrap_or(Path::new(".")));
    let progress = progress(files.len());
    files
        .into_par_iter()
        .map(|file| load_one(&registry, file))
        .inspect(|_| progress.inc(1))
        .collect()
}

fn load_one(registry: &Registry, file: ConfigFile) -> LoadedConfig {
    match file.read() {
        Ok(bytes) => {
            let loaded = load(registry, &file.shown, &bytes);
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

/// A bar on a terminal once there is something to wait for; elsewhere nothing.
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

fn not_offered(action: &str, config: &Config) -> Diagnostic {
    let offered: Vec<&str> = config
        .product
        .manifest
        .actions
        .keys()
        .map(String::as_str)
        .collect();
    let message = format!(
        "product `{}` has no action `{action}`",
        config.product.name()
    );
    let help = match did_you_mean(action, offered.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it has {}", and_list(&offered)),
    };
    Diagnostic::error(Code::ActionNotOffered, &config.path, message).with_help(help)
}
