//! Why the roles of a policy file cannot be made.

use std::fmt;

use super::statement::{Place, Unsupported};
use crate::product::{MANIFEST, POLICY, ProductError};

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
}

impl RolesError {
    pub(super) fn product(product: &str, source: ProductError) -> Self {
        let product = product.to_owned();
        Self::Product { product, source }
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
