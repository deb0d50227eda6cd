//! Why the roles of a policy file cannot be generated.

use std::fmt;

use super::statement::{Place, Unsupported};
use crate::diagnostic::Code;
use crate::product::{MANIFEST, POLICY, ProductError};
use crate::text::or_list;

/// The product has a bug, not the config.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    #[error("{product}: {source}")]
    Product {
        product: String,
        source: ProductError,
    },
    /// The operator's policy of a product has parts that no role takes over.
    #[error("{}", lines(.product, .problems))]
    Policy {
        product: String,
        problems: Vec<PolicyProblem>,
    },
    /// The scope of the policy file and the product do not fit.
    #[error("{product}: {problem}")]
    Scope {
        product: String,
        problem: ScopeProblem,
    },
    /// The scope of the policy file names what there is not.
    #[error("{0}")]
    PolicyFile(ScopeProblem),
    /// A name of a config is a pattern of IAM.
    #[error("{path}: the value `{value}` would be a wildcard in the role's permissions")]
    Wildcard { path: String, value: String },
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
}

impl fmt::Display for ScopeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProduct { name, known } => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                write!(
                    f,
                    "`scope.products` lists a product that does not exist: `{name}`\n  help: choose from {}",
                    or_list(&known)
                )
            }
            Self::ProductUnreadable(error) => f.write_str(error),
            Self::NoAccounts => f.write_str(
                "`scope` has no accounts\n  help: list the accounts in `accounts` of the policy file, or pass --account",
            ),
            Self::Missing { key, pattern } => write!(
                f,
                "`scope.names` lacks `{key}`: a resource could have nearly any name: `{pattern}`\n  help: list the values of `{key}` in `scope.names` of the policy file"
            ),
            Self::OpenFileName { pattern } => write!(
                f,
                "a part of the file's name begins the name of a resource: `{pattern}`\n  help: begin the names of the product with a key of the config"
            ),
            Self::ComputedTarget => write!(
                f,
                "`scope` needs a `target` of plain keys\n  help: name one key each in `target` of {MANIFEST}"
            ),
            Self::TooManyKeys => f.write_str(
                "too many keys are open\n  help: list the values of more keys in `scope.names` of the policy file",
            ),
            Self::TooManyShapes { count } => write!(
                f,
                "too many combinations of keys: {count}\n  help: list fewer values in `scope.names` of the policy file"
            ),
            Self::NoConfig => f.write_str(
                "every config of the scope breaks a rule of the product\n  help: compare the values of `scope` with the product's keys",
            ),
            Self::NoBoundary => f.write_str(
                "the product creates roles, and `scope` names no permissions boundary\n  help: set `scope.boundary` in the policy file",
            ),
            Self::Reserved { value } => write!(
                f,
                "`scope.names` has a value that provisioner uses itself: `{value}`\n  help: choose another value"
            ),
            Self::TemplateUnreadable => f.write_str("the template of a config cannot be parsed"),
            Self::ManagedPolicy { role } => write!(
                f,
                "the role `{role}` has managed policies, so the actions of the boundary are unknown\n  help: list its actions in `permissions.boundary` of {MANIFEST}"
            ),
        }
    }
}

impl RolesError {
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

impl fmt::Display for PolicyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(Unsupported { place, problem }) => {
                if let Some(place) = place {
                    write!(f, "{place}: ")?;
                }
                write!(
                    f,
                    "{problem}\n  help: write the policy with statements that allow listed actions on listed resources"
                )
            }
            Self::Undeclared {
                place,
                action,
                resources,
            } => write!(
                f,
                "{place}: wide grant: `{action}` on `{}`\n  help: list narrower actions and resources, or add `{action}` with a reason to `permissions.wide` of {MANIFEST}",
                resources.join("`, `")
            ),
        }
    }
}

/// One message for each problem, with the file.
fn lines(product: &str, problems: &[PolicyProblem]) -> String {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("{product}: {POLICY}: {problem}"))
        .collect();
    lines.join("\nerror[product-invalid]: ")
}
