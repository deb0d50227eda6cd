//! Solutions that a command line names and the config does not list.

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::product::{FolderItem, KeyStatus, Verb};
use crate::text::{did_you_mean, quote};

/// A problem with a solution that the config does not list. It is a warning if the action only writes folders, the config sets no list,
/// and the name resembles no other: the original tools' documents add solutions in this way. The product's default is a warning too.
/// Otherwise the name is a mistake, and an error.
pub fn unlisted_solution(config: &Config, solution: &str, verb: Verb) -> Option<Diagnostic> {
    let (product, scope) = (&config.product, &config.derived.scope);
    let Ok(Some(FolderItem::Unlisted { parameter, .. })) = product.folder_item(scope, solution)
    else {
        return None;
    };
    let defaults = default_solutions(config);
    let listed = product.folder_items(scope).unwrap_or_default();
    let known = listed.iter().chain(&defaults).map(String::as_str);
    let is_default = defaults.iter().any(|default| default == solution);
    let meant = did_you_mean(solution, known).filter(|_| !is_default);
    let is_warning = is_default || meant.is_none() && verb != Verb::Provision && !sets_list(config);
    let name = quote(solution);
    let message = match parameter {
        Some(parameter) if is_warning => format!(
            "the config does not list the solution {name}, so the stack has no SSM parameter `{parameter}`"
        ),
        _ => format!("the config does not list the solution {name}"),
    };
    let mut problem = Diagnostic::error(Code::SolutionNotListed, &config.path, message);
    if is_warning {
        problem = problem.with_severity(Severity::Warning);
    }
    let keys = product.folder_keys().iter();
    let mut keys = keys.filter(|key| is_known(config, key));
    let Some(key) = keys.next() else {
        return Some(problem);
    };
    let help = match meant {
        Some(meant) => format!(
            "did you mean {}? If not, add {name} to `{key}`",
            quote(meant)
        ),
        None => format!("add {name} to `{key}`"),
    };
    Some(problem.located(config.location_of(key)).with_help(help))
}

fn is_known(config: &Config, key: &str) -> bool {
    config.product.schema.key_status(key.split('.')) == KeyStatus::Known
}

/// Whether the config, or the defaults of its folder, list solutions.
fn sets_list(config: &Config) -> bool {
    let mut keys = config.product.folder_keys().iter();
    keys.any(|key| is_known(config, key) && config.files.node(key.split('.')).is_some())
}

/// The solutions of the config if it would list none.
fn default_solutions(config: &Config) -> Vec<String> {
    let mut values = (*config.values).clone();
    for key in config.product.folder_keys() {
        if is_known(config, key)
            && let Some((parent, last)) = key.rsplit_once('.')
            && let Some(parent) = values.pointer_mut(&format!("/{}", parent.replace('.', "/")))
            && let Some(parent) = parent.as_object_mut()
        {
            parent.remove(last);
        }
    }
    let product = &config.product;
    let stem = config.path.stem();
    let normal = product.normalize(&mut values, stem, &config.given, true);
    let config = normal.ok().and_then(|()| config.with_values(values));
    let items = config.and_then(|config| product.folder_items(&config.derived.scope).ok());
    items.unwrap_or_default()
}
