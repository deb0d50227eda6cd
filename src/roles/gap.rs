//! Why the roles of a scope do not cover a config, in words.

use super::coverage::Uncovered;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::RepoPath;

/// How a person who may change IAM renews the roles.
const RENEW: &str =
    "then print the roles with `provisioner roles --repository OWNER/NAME` and deploy them";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The policy file does not list a value.
    Outside { list: &'static str, value: String },
    /// The apply role may not do this. `keys` are config keys that give the resource, with their values.
    Missing {
        missing: Uncovered,
        keys: Vec<(String, String)>,
    },
    /// A role of the stack has no permissions boundary.
    NoBoundary { role: String, boundary: String },
    /// A role of the stack may do more than the boundary.
    AboveBoundary { action: String },
}

impl Gap {
    /// A warning about the config: the roles in the account may differ from those of the policy file.
    pub fn diagnostic(&self, path: &RepoPath) -> Diagnostic {
        let message = format!(
            "the apply role does not cover this config: {}",
            self.reason()
        );
        Diagnostic::error(Code::RolesIncomplete, path, message)
            .with_severity(Severity::Warning)
            .with_help(self.help())
    }

    fn reason(&self) -> String {
        match self {
            Self::Outside { list, value } => {
                format!("`{list}` of the policy file lacks `{value}`")
            }
            Self::Missing { missing, .. } => {
                format!("it lacks `{}` on `{}`", missing.action, missing.resource)
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
            Self::Outside { list, value } => {
                format!("add `{value}` to `{list}` of the policy file, {RENEW}")
            }
            Self::Missing { keys, .. } if keys.is_empty() => {
                format!("extend `scope` of the policy file, {RENEW}")
            }
            Self::Missing { keys, .. } => {
                let keys: Vec<String> = keys
                    .iter()
                    .map(|(key, value)| format!("`{key}: [{value}]`"))
                    .collect();
                format!(
                    "add {} to `scope.names` of the policy file, {RENEW}",
                    keys.join(" and ")
                )
            }
            Self::NoBoundary { boundary, .. } => {
                let name = boundary.rsplit('/').next().unwrap_or_default();
                format!("set the key for the permissions boundary in the config to `{name}`")
            }
            Self::AboveBoundary { .. } => {
                "print the roles with `provisioner roles --repository OWNER/NAME` and deploy them"
                    .to_owned()
            }
        }
    }
}
