//! Whether the roles that follow the policy's scope cover the configs.

use std::collections::BTreeSet;

use super::diagnosis::Diagnosis;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::Policy;
use crate::product::Registry;
use crate::report::Found;
use crate::roles::Laws;

const PART: &str = "scope";
/// Configs that a finding names.
const MAX_NAMED: usize = 10;

/// Compares the roles of the policy's scope with each config; a policy without a scope has nothing to compare. The roles in the account
/// are not read: they can be older than the policy file.
pub fn check_scope(
    diagnosis: &mut Diagnosis,
    policy: &Policy,
    registry: &Registry,
    configs: &[Config],
) {
    let Some(scope) = &policy.scope else {
        return;
    };
    let mut laws = Laws::new(scope, registry);
    match laws.empty_roles(policy) {
        Ok(empty) => {
            for role in empty {
                diagnosis.fail(PART, &role, &Found::RoleMayNothing, Exit::Unreachable);
            }
        }
        Err(error) => {
            let error = error.reason();
            let error = error.lines().next().unwrap_or_default().to_owned();
            let found = Found::ScopeInvalid { error };
            return diagnosis.fail(PART, "apply roles", &found, Exit::Config);
        }
    }
    let (compared, others): (Vec<&Config>, Vec<&Config>) = configs
        .iter()
        .partition(|config| policy.apply_role(&config.target).is_some());
    let without_role: BTreeSet<&str> = others
        .iter()
        .map(|config| config.target.environment.as_str())
        .collect();
    for environment in without_role {
        let what = format!("apply role of {environment}");
        diagnosis.skip(PART, &what, &Found::NoApplyRole);
    }
    if compared.is_empty() {
        return;
    }
    let warnings = compared
        .iter()
        .filter_map(|config| laws.warning(policy, config));
    let warnings: Vec<Diagnostic> = warnings.collect();
    let help = warnings.first().and_then(|gap| gap.help.clone());
    let mut gaps: Vec<String> = warnings
        .iter()
        .map(|gap| format!("{}: {}", gap.path, gap.message))
        .collect();
    let outside = gaps.len();
    gaps.truncate(MAX_NAMED);
    match outside {
        0 => {
            let configs = compared.len();
            diagnosis.pass(PART, "apply roles", &Found::ScopeCovers { configs });
        }
        _ => {
            let found = Found::ScopeLacks {
                outside,
                messages: gaps,
                help: help.unwrap_or_default(),
            };
            diagnosis.fail(PART, "apply roles", &found, Exit::Unreachable);
        }
    }
}
