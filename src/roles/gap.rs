//! Why the roles of a scope do not cover a config, in words.

use super::coverage::Uncovered;
use super::error::RolesError;
use super::operator::policy_problems;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::text::pluralize;

/// How a person who may change IAM renews the roles.
const RENEW: &str =
    "print the roles with `provisioner roles --repository OWNER/NAME` and deploy them";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A list of the policy file lacks the value of a config key.
    Outside {
        list: String,
        value: String,
        key: Option<String>,
    },
    /// The apply role may not do this. `keys` are config keys with a value outside the scope.
    Missing {
        missing: Uncovered,
        keys: Vec<(String, String)>,
    },
    /// A role of the stack has no permissions boundary.
    NoBoundary { role: String, boundary: String },
    /// A role of the stack may do more than the boundary.
    AboveBoundary { action: String },
}

/// A warning about a config: the roles in the account may differ from those of the policy file.
pub(super) fn warning(
    config: &Config,
    gap: &Result<Option<Gap>, RolesError>,
) -> Option<Diagnostic> {
    let (reason, help) = match gap {
        Ok(gap) => {
            let gap = gap.as_ref()?;
            (gap.reason(), gap.help())
        }
        Err(error) => (
            error.reason().lines().next().unwrap_or_default().to_owned(),
            "run `provisioner roles --repository OWNER/NAME`, and correct what it reports"
                .to_owned(),
        ),
    };
    let message = format!("the apply role does not cover this config: {reason}");
    let problem = Diagnostic::error(Code::RolesIncomplete, &config.path, message)
        .with_severity(Severity::Warning)
        .with_help(help);
    let key = gap.as_ref().ok().and_then(|gap| gap.as_ref()?.key());
    Some(match key {
        Some(key) => problem.located(config.location_of(key)),
        None => problem,
    })
}

/// A warning about a config of an own product whose operator policy gets no roles of CI, with or without a scope.
pub fn refused_policy(config: &Config) -> Option<Diagnostic> {
    if config.product.source.is_built_in() {
        return None;
    }
    let problems = policy_problems(config);
    let first = problems.first()?;
    let more = match problems.len() - 1 {
        0 => String::new(),
        more => format!(", and {}", pluralize(more, "more problem")),
    };
    let message = format!(
        "`provisioner roles` refuses the operator policy: {}{more}",
        first.reason
    );
    let problem = Diagnostic::error(Code::RolesIncomplete, &config.path, message)
        .with_severity(Severity::Warning);
    Some(match &first.help {
        Some(help) => problem.with_help(help.clone()),
        None => problem,
    })
}

impl Gap {
    /// A config key that is outside of the scope.
    fn key(&self) -> Option<&str> {
        match self {
            Self::Outside { key, .. } => key.as_deref(),
            Self::Missing { keys, .. } => keys.first().map(|(key, _)| key.as_str()),
            Self::NoBoundary { .. } | Self::AboveBoundary { .. } => None,
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::Outside { list, value, .. } => {
                format!("`{list}` of the policy file lacks `{value}`")
            }
            Self::Missing { missing, keys } if keys.is_empty() => {
                format!("it lacks `{}` on `{}`", missing.action, missing.resource)
            }
            Self::Missing { keys, .. } => {
                format!("`scope.names` of the policy file lacks {}", values(keys))
            }
            Self::NoBoundary { role, boundary } => {
                format!(
                    "the role `{role}` of its stack lacks the permissions boundary `{boundary}`"
                )
            }
            Self::AboveBoundary { action } => {
                format!(
                    "a role of its stack needs `{action}`, which the permissions boundary lacks"
                )
            }
        }
    }

    fn help(&self) -> String {
        match self {
            Self::Outside { list, value, .. } => {
                let add = format!("add `{value}` to `{list}` of the policy file, then {RENEW}");
                // An account is more often mistyped than new.
                match list.ends_with("accounts") {
                    true => format!("correct the account of the config, or {add}"),
                    false => add,
                }
            }
            Self::Missing { keys, .. } if keys.is_empty() => {
                format!("extend `scope` of the policy file, then {RENEW}")
            }
            Self::Missing { keys, .. } => {
                format!(
                    "add {} to `scope.names` of the policy file, then {RENEW}",
                    values(keys)
                )
            }
            Self::NoBoundary { boundary, .. } => {
                let name = boundary.rsplit('/').next().unwrap_or_default();
                format!("set the key for the permissions boundary in the config to `{name}`")
            }
            Self::AboveBoundary { .. } => RENEW.to_owned(),
        }
    }
}

/// Keys with their values, as they are added to the scope.
fn values(keys: &[(String, String)]) -> String {
    let keys: Vec<String> = keys
        .iter()
        .map(|(key, value)| format!("`{key}: [{value}]`"))
        .collect();
    keys.join(" and ")
}
