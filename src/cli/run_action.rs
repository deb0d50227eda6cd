//! Runs an action on its configs. Each verb turns configs into results, which are printed here.

use super::load::{LoadedConfig, load_with, registry, reject_bad_templates, reject_shared_stacks};
use super::request::ActionRequest;
use super::result::{ActionResults, ConfigResult};
use super::tier::{check_tier, warn_of_useless_tier};
use super::{action_log, aws, render, review, validate_template};
use crate::ci::in_job;
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::exit::Exit;
use crate::operation::{select_folders, unlisted_solution};
use crate::product::{Registry, Verb};
use crate::report::resolved_values;
use crate::text::{and_list, did_you_mean, or_list};
use crate::workspace::{exit_of_search, locate};

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
                left_out: 0,
                exit: Some(exit_of_search(&problems)),
                diagnostics: problems,
            };
        }
    };
    for file in &files {
        log::debug!("config {}", file.shown);
    }
    let registry = registry(&files, &request.given);
    let mut results = ActionResults {
        action: request.action.clone(),
        items: Vec::new(),
        diagnostics: Vec::new(),
        left_out: 0,
        exit: None,
    };
    if let Err(error) = check_tier(request.given.tier.as_deref(), &registry) {
        log::error!("{error}");
        results.exit = Some(Exit::Usage);
        return results;
    }
    let mut loaded = load_with(&registry, files);
    if request.configs.is_empty() {
        results.left_out = leave_out_others(&mut loaded, &request.action);
    }
    reject_bad_templates(&mut loaded, &request.action);
    reject_shared_stacks(&mut loaded, &registry, &request.action);
    warn_of_useless_tier(request.given.tier.as_deref(), &loaded);
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
                if let Some(problem) = solution_problem(request, config, action.verb) {
                    let is_error = problem.is_error();
                    results.diagnostics.push(problem);
                    if is_error {
                        let failed = ConfigResult::failed(&one.file, one.config.as_ref());
                        results.items.push(failed);
                        continue;
                    }
                }
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
            Some(Err(failure)) => product_problem(&config.path, &config.product, &failure),
            None => not_offered(&request.action, config, &registry),
        };
        results.diagnostics.push(problem);
        results
            .items
            .push(ConfigResult::failed(&one.file, one.config.as_ref()));
    }
    for (verb, group) in by_verb {
        match verb {
            Verb::ValidateConfig => results.items.extend(group.iter().map(|one| {
                let config = one.config.as_ref();
                ConfigResult {
                    resolved: config.filter(|_| request.resolved).map(resolved_values),
                    ..ConfigResult::done(&one.file, config)
                }
            })),
            Verb::RenderTemplate | Verb::RenderPolicy => {
                render::run(verb, request, &group, &mut results)
            }
            Verb::ValidateTemplate => {
                validate_template::run(&group, &mut results);
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

/// Removes valid configs that do not have the action, and returns their number. If no config has it, they stay, and each reports why.
fn leave_out_others(loaded: &mut Vec<LoadedConfig>, action: &str) -> usize {
    let lacks = |one: &LoadedConfig| {
        let config = one.config.as_ref();
        config.is_some_and(|config| {
            let offered = config.product.action(action, &config.derived.scope);
            matches!(offered, None | Some(Ok((_, false))))
        })
    };
    let others = loaded.iter().filter(|one| lacks(one)).count();
    if others == loaded.len() {
        return 0;
    }
    loaded.retain(|one| !lacks(one));
    others
}

/// What is wrong with the solution of the command line for a config. Every action checks the name, also one that does not use it. A
/// solution that the config does not list is an error in a job of CI: a review approved the config, and not this solution.
fn solution_problem(request: &ActionRequest, config: &Config, verb: Verb) -> Option<Diagnostic> {
    let solution = request.solution.as_deref()?;
    if let Err(problem) = select_folders(config, Some(solution)) {
        return Some(problem);
    }
    let problem = unlisted_solution(config, solution, verb)?;
    Some(match in_job() {
        true => problem.with_severity(Severity::Error),
        false => problem,
    })
}

/// The help names the config's own action for the work that another product does by this name.
fn not_offered(action: &str, config: &Config, registry: &Registry) -> Diagnostic {
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
    let others = registry.actions();
    let others: Vec<_> = others.iter().filter(|other| other.name == action).collect();
    let does_the_same = |name: &&str| match config.product.action(name, &config.derived.scope) {
        Some(Ok((own, true))) => others
            .iter()
            .any(|other| other.has_verb(|verb| verb == own.verb)),
        _ => false,
    };
    let same: Vec<&str> = offered.iter().copied().filter(does_the_same).collect();
    let help = match did_you_mean(action, offered.iter().copied()) {
        _ if !same.is_empty() => format!("use {}", or_list(&same)),
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("it has {}", and_list(&offered)),
    };
    Diagnostic::error(Code::ActionNotOffered, &config.path, message).with_help(help)
}
