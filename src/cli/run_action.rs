//! Runs an action on its configs. Each verb turns configs into results, which are printed here.

use super::candidate::ActionCandidate;
use super::link_needs::link_needs;
use super::load::{LoadedConfig, load_each, registry};
use super::places::PlacePolicy;
use super::request::ActionRequest;
use super::result::{ActionResults, ConfigResult};
use super::shared_stacks::reject_shared_stacks;
use super::tier::{check_tier, warn_of_useless_tier};
use super::{action_log, aws, render, review, validate_template};
use crate::exit::Exit;
use crate::product::Verb;
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
    let places = PlacePolicy::read(&files);
    let mut candidates = load_each(&registry, files, |loaded| {
        ActionCandidate::new(request, (&registry, &places), loaded)
    });
    if request.configs.is_empty() {
        results.left_out = leave_out_others(&mut candidates);
    }
    reject_shared_stacks(&mut candidates, &registry);
    warn_of_useless_tier(request.given.tier.as_deref(), &candidates);
    // One verb at a time: an action name may mean different verbs in different products.
    let mut by_verb: Vec<(Verb, Vec<LoadedConfig>)> = Vec::new();
    for ActionCandidate { loaded, part, .. } in candidates {
        results
            .diagnostics
            .extend(loaded.diagnostics.iter().cloned());
        let Some(part) = part else {
            results.items.push(ConfigResult::failed(&loaded.file, None));
            continue;
        };
        results.diagnostics.extend(part.problem);
        match (part.result, part.verb) {
            (Some(result), _) => results.items.push(*result),
            (None, Some(verb)) => match by_verb.iter_mut().find(|(known, _)| *known == verb) {
                Some((_, group)) => group.push(loaded),
                None => by_verb.push((verb, vec![loaded])),
            },
            (None, None) => {}
        }
    }
    for (verb, group) in by_verb {
        match verb {
            Verb::RenderTemplate | Verb::RenderPolicy => {
                render::run(verb, request, &group, &mut results)
            }
            Verb::ValidateTemplate => {
                validate_template::run(&group, &mut results);
                if request.real {
                    aws::run(verb, (request, None), &group, &mut results);
                }
            }
            Verb::ReviewReport => review::run(request, &group, &mut results),
            _ => {
                let needs = link_needs(verb, &group, &registry);
                aws::run(verb, (request, needs.as_ref()), &group, &mut results);
            }
        }
    }
    results.sort();
    results
}

/// Removes valid configs that do not have the action, and returns their number. If no config has it, they stay, and each reports why.
fn leave_out_others(candidates: &mut Vec<ActionCandidate>) -> usize {
    let others = candidates.iter().filter(|one| one.is_other).count();
    if others == candidates.len() {
        return 0;
    }
    candidates.retain(|one| !one.is_other);
    others
}
