//! Why the roles of a policy file cannot be generated.

use std::fmt;

use super::statement::{Place, Unsupported};
use crate::diagnostic::Code;
use crate::product::{MANIFEST, POLICY, ProductError};
use crate::text::or_list;

#[derive(Debug)]
pub enum RolesError {
    /// The product has a bug, not the config.
    Product {
        product: String,
        source: ProductError,
    },
    /// The operator's policy of a product has parts that no role takes over. At least one problem.
    Policy {
        product: String,
        problems: Vec<PolicyProblem>,
    },
    /// The scope of the policy file and the product do not fit.
    Scope {
        product: String,
        problem: ScopeProblem,
    },
    /// The scope of the policy file names what there is not.
    PolicyFile(ScopeProblem),
    /// A name of a config is a pattern of IAM.
    Wildcard { path: String, value: String },
}

impl std::error::Error for RolesError {}

/// One error for each problem, each with its help.
impl fmt::Display for RolesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Policy { product, problems } = self else {
            return f.write_str(&with_help(self.reason(), self.help()));
        };
        let texts = problems.iter().map(|problem| {
            let reason = format!("{product}: {POLICY}: {}", problem.reason());
            with_help(reason, Some(problem.help()))
        });
        let texts: Vec<String> = texts.collect();
        f.write_str(&texts.join("\nerror[product-invalid]: "))
    }
}

fn with_help(reason: String, help: Option<String>) -> String {
    match help {
        Some(help) => format!("{reason}\n  help: {help}"),
        None => reason,
    }
}

/// Why a scope gives no roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeProblem {
    UnknownProduct {
        name: String,
        known: Vec<String>,
    },
    ProductUnreadable(String),
    /// There is no account to create roles in.
    NoAccounts,
    /// An open key begins a name.
    Missing {
        key: String,
        pattern: String,
    },
    OpenFileName {
        pattern: String,
    },
    /// A target of the manifest is no plain key.
    ComputedTarget,
    TooManyKeys,
    TooManyShapes {
        count: usize,
    },
    /// Every config of the scope breaks a rule of the product.
    NoConfig,
    NoBoundary,
    Reserved {
        value: String,
    },
    TemplateUnreadable,
    ManagedPolicy {
        role: String,
    },
}

impl ScopeProblem {
    fn code(&self) -> Code {
        match self {
            Self::ComputedTarget
            | Self::ManagedPolicy { .. }
            | Self::OpenFileName { .. }
            | Self::ProductUnreadable(_)
            | Self::TemplateUnreadable => Code::ProductInvalid,
            _ => Code::PolicyInvalid,
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::UnknownProduct { name, .. } => {
                format!("`scope.products` lists a product that does not exist: `{name}`")
            }
            Self::ProductUnreadable(error) => error.clone(),
            Self::NoAccounts => "`scope` has no accounts".to_owned(),
            Self::Missing { key, pattern } => format!(
                "`scope.names` lacks `{key}`: a resource could have nearly any name: `{pattern}`"
            ),
            Self::OpenFileName { pattern } => {
                format!("a part of the file's name begins the name of a resource: `{pattern}`")
            }
            Self::ComputedTarget => "`scope` needs a `target` of plain keys".to_owned(),
            Self::TooManyKeys => "too many keys are open".to_owned(),
            Self::TooManyShapes { count } => format!("too many combinations of keys: {count}"),
            Self::NoConfig => "every config of the scope breaks a rule of the product".to_owned(),
            Self::NoBoundary => {
                "the product creates roles, and `scope` names no permissions boundary".to_owned()
            }
            Self::Reserved { value } => {
                format!("`scope.names` has a value that provisioner uses itself: `{value}`")
            }
            Self::TemplateUnreadable => "the template of a config cannot be parsed".to_owned(),
            Self::ManagedPolicy { role } => format!(
                "the role `{role}` has managed policies, so the actions of the boundary are unknown"
            ),
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::ProductUnreadable(_) | Self::TemplateUnreadable => return None,
            Self::UnknownProduct { known, .. } => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                format!("choose from {}", or_list(&known))
            }
            Self::NoAccounts => {
                "list the accounts in `accounts` of the policy file, or pass --account".to_owned()
            }
            Self::Missing { key, .. } => {
                format!("list the values of `{key}` in `scope.names` of the policy file")
            }
            Self::OpenFileName { .. } => {
                "begin the names of the product with a key of the config".to_owned()
            }
            Self::ComputedTarget => format!("name one key each in `target` of {MANIFEST}"),
            Self::TooManyKeys => {
                "list the values of more keys in `scope.names` of the policy file".to_owned()
            }
            Self::TooManyShapes { .. } => {
                "list fewer values in `scope.names` of the policy file".to_owned()
            }
            Self::NoConfig => "compare the values of `scope` with the product's keys".to_owned(),
            Self::NoBoundary => "set `scope.boundary` in the policy file".to_owned(),
            Self::Reserved { .. } => "choose another value".to_owned(),
            Self::ManagedPolicy { .. } => {
                format!("list its actions in `permissions.boundary` of {MANIFEST}")
            }
        })
    }
}

impl RolesError {
    /// What is wrong; of several problems the first.
    pub fn reason(&self) -> String {
        match self {
            Self::Product { product, source } => format!("{product}: {source}"),
            Self::Policy { product, problems } => {
                let first = problems.first().map(PolicyProblem::reason);
                format!("{product}: {POLICY}: {}", first.unwrap_or_default())
            }
            Self::Scope { product, problem } => format!("{product}: {}", problem.reason()),
            Self::PolicyFile(problem) => problem.reason(),
            Self::Wildcard { path, value } => {
                format!("{path}: the value `{value}` would be a wildcard in the role's permissions")
            }
        }
    }

    /// How to correct it; `None` if nothing more is known.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Product { .. } | Self::Wildcard { .. } => None,
            Self::Policy { problems, .. } => problems.first().map(PolicyProblem::help),
            Self::Scope { problem, .. } | Self::PolicyFile(problem) => problem.help(),
        }
    }

    pub(super) fn product(product: &str, source: ProductError) -> Self {
        let product = product.to_owned();
        Self::Product { product, source }
    }

    /// With the code of the file that has to change.
    pub fn message(&self) -> String {
        let code = match self {
            Self::Product { .. } | Self::Policy { .. } => Code::ProductInvalid,
            Self::Scope { problem, .. } | Self::PolicyFile(problem) => problem.code(),
            Self::Wildcard { .. } => Code::RolesIncomplete,
        };
        format!("error[{code}]: {self}")
    }

    pub(super) fn scope(product: &str, problem: ScopeProblem) -> Self {
        let product = product.to_owned();
        Self::Scope { product, problem }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyProblem {
    /// A part that the roles cannot honour.
    Unsupported(Unsupported),
    /// A wide grant that the manifest does not declare.
    Undeclared {
        place: Place,
        action: String,
        resources: Vec<String>,
    },
}

impl PolicyProblem {
    pub(super) fn sid(&self) -> Option<&str> {
        let place = match self {
            Self::Unsupported(unsupported) => unsupported.place.as_ref()?,
            Self::Undeclared { place, .. } => place,
        };
        place.sid.as_deref()
    }
}

impl PolicyProblem {
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Unsupported(Unsupported {
                place: Some(place),
                problem,
            }) => format!("{place}: {problem}"),
            Self::Unsupported(Unsupported { problem, .. }) => problem.clone(),
            Self::Undeclared {
                place,
                action,
                resources,
            } => format!(
                "{place}: wide grant: `{action}` on `{}`",
                resources.join("`, `")
            ),
        }
    }

    pub(super) fn help(&self) -> String {
        match self {
            Self::Unsupported(_) => {
                "write the policy with statements that allow listed actions on listed resources"
                    .to_owned()
            }
            Self::Undeclared { action, .. } => format!(
                "list narrower actions and resources, or add `{action}` with a reason to `permissions.wide` of {MANIFEST}"
            ),
        }
    }
}
