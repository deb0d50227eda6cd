//! A config of the command line, and its part in the action.

use std::sync::Arc;

use super::load::LoadedConfig;
use super::places::PlacePolicy;
use super::request::ActionRequest;
use super::result::ConfigResult;
use crate::ci::in_job;
use crate::config::{Config, fault_problem, product_problem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::operation::{select_folders, unlisted_solution};
use crate::plan::ConfigClaims;
use crate::product::{Product, Registry, Verb};
use crate::report::resolved_values;
use crate::text::{and_list, did_you_mean, or_list};

/// A loaded config, and what the action does with it. The config itself is kept only for a verb that works on it: of thousands of
/// configs that are only checked, each is dropped at once.
pub(super) struct ActionCandidate {
    pub loaded: LoadedConfig,
    /// Whether the config is valid and does not have the action.
    pub is_other: bool,
    /// `None` if the config has errors.
    pub part: Option<ActionPart>,
}

/// The part of a config without errors.
pub(super) struct ActionPart {
    pub product: Arc<Product>,
    /// `None` if the product has no such action, or cannot say whether this config has it.
    pub verb: Option<Verb>,
    /// Taken for the comparison with other configs.
    pub claims: Option<ConfigClaims>,
    /// A problem of the action with this config.
    pub problem: Option<Diagnostic>,
    /// The result, if nothing is left to do.
    pub result: Option<Box<ConfigResult>>,
}

impl ActionCandidate {
    /// `places`: where the policy allows stacks.
    pub fn new(
        request: &ActionRequest,
        (registry, places): (&Registry, &PlacePolicy),
        mut loaded: LoadedConfig,
    ) -> Self {
        let Some(config) = loaded.config.take() else {
            return Self {
                loaded,
                is_other: false,
                part: None,
            };
        };
        let action = config
            .product
            .action(&request.action, &config.derived.scope);
        let is_other = matches!(action, None | Some(Ok((_, false))));
        let verb = match &action {
            Some(Ok((action, _))) => Some(action.verb),
            _ => None,
        };
        if let Some(verb) = verb
            && !accepts_template(&config, verb, &mut loaded)
        {
            return Self {
                loaded,
                is_other,
                part: None,
            };
        }
        let failed = || Some(ConfigResult::failed(&loaded.file, Some(&config)));
        let (problem, result) = match action {
            Some(Ok((action, true))) => {
                let problem = solution_problem(request, &config, action.verb);
                let place = match action.verb {
                    Verb::ValidateConfig => places.problems(&loaded.file, &config),
                    _ => Vec::new(),
                };
                let result = match action.verb {
                    _ if !place.is_empty() => failed(),
                    _ if problem.as_ref().is_some_and(Diagnostic::is_error) => failed(),
                    Verb::ValidateConfig => Some(ConfigResult {
                        resolved: request.resolved.then(|| resolved_values(&config)),
                        ..ConfigResult::done(&loaded.file, Some(&config))
                    }),
                    _ => None,
                };
                loaded.diagnostics.extend(place);
                (problem, result)
            }
            Some(Ok((action, false))) => {
                let message = format!("this config has no action `{}`", request.action);
                let problem = Diagnostic::error(Code::ActionNotOffered, &config.path, message);
                let problem = problem.with_help(action.otherwise.clone().unwrap_or_default());
                (Some(problem), failed())
            }
            Some(Err(failure)) => {
                let problem = product_problem(&config.path, &config.product, &failure);
                (Some(problem), failed())
            }
            None => (
                Some(not_offered(&request.action, &config, registry)),
                failed(),
            ),
        };
        let part = ActionPart {
            product: config.product.clone(),
            verb,
            claims: Some(ConfigClaims::new(
                &config,
                &std::mem::take(&mut loaded.names),
            )),
            problem,
            result: result.map(Box::new),
        };
        loaded.config = Some(config).filter(|_| part.result.is_none());
        Self {
            loaded,
            is_other,
            part: Some(part),
        }
    }

    /// The verb of a config without errors.
    pub fn verb(&self) -> Option<Verb> {
        self.part.as_ref()?.verb
    }

    pub fn claims_stack(&self) -> bool {
        self.verb().is_some_and(Verb::claims_stack)
    }

    /// Marks the config as invalid.
    pub fn reject(&mut self, problems: impl IntoIterator<Item = Diagnostic>) {
        self.loaded.diagnostics.extend(problems);
        self.loaded.config = None;
        self.part = None;
    }
}

/// Whether the action can do with the config's product and template. One that judges configs or sends templates needs a template
/// that renders and that a request can hold. Actions that only render warn of a large template: it can be deployed in another way.
/// Others do without the template.
fn accepts_template(config: &Config, verb: Verb, loaded: &mut LoadedConfig) -> bool {
    if verb.judges_template() || verb.renders() {
        let mut faults = std::mem::take(&mut loaded.faults);
        if faults.is_empty() && config.product.source.root.is_some() {
            let product = &config.product;
            let undefined = product.undefined_reads().iter();
            faults.extend(undefined.map(|fault| fault_problem(&product.source, fault)));
        }
        if !faults.is_empty() {
            loaded.diagnostics.extend(faults);
            return false;
        }
    }
    let Some(problem) = loaded.size.take() else {
        return true;
    };
    if verb.judges_template() {
        let is_error = problem.is_error();
        loaded.diagnostics.push(*problem);
        return !is_error;
    }
    if verb.renders() {
        let warning = problem.with_severity(Severity::Warning);
        loaded.diagnostics.push(warning);
    }
    true
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
        None => {
            let common = Verb::COMMON.iter().map(|verb| verb.name());
            let all: Vec<&str> = offered.into_iter().chain(common).collect();
            format!("it has {}", and_list(&all))
        }
    };
    Diagnostic::error(Code::ActionNotOffered, &config.path, message).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::super::load::{load_each, registry};
    use super::*;
    use crate::model::work;
    use crate::product::RunInput;
    use crate::workspace::locate;

    #[test]
    fn a_check_of_configs_keeps_none_of_them() {
        let files = locate(&["examples/s3/configs".to_owned()]).unwrap();
        let registry = registry(&files, &RunInput::default());
        let kept = |action: &str| {
            let request = ActionRequest {
                action: action.to_owned(),
                ..ActionRequest::default()
            };
            let candidates = load_each(&registry, files.clone(), |loaded| {
                ActionCandidate::new(&request, (&registry, &PlacePolicy::default()), loaded)
            });
            assert!(candidates.iter().all(|one| one.part.is_some()));
            let kept = candidates.iter().filter(|one| one.loaded.config.is_some());
            kept.count()
        };
        assert!(files.len() > 1);
        let count = files.len();
        // Reads the tables that a process reads once.
        kept("validate-config");
        let steps = work::steps_of(|| assert_eq!(kept("validate-config"), 0));
        let expected = [("load", 1), ("render template", 1)];
        let expected = expected.map(|(step, each)| (step, each * count));
        assert_eq!(steps, expected.into());
        assert_eq!(kept("create-prov-template"), files.len());
    }
}
