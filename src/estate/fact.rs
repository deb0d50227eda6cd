//! A fact, or why it is not known.

use schemars::JsonSchema;
use serde::Serialize;

/// A fact. Without a value and without a reason there is nothing to know, such as the template of a stack that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fact<T> {
    /// `None` if it is unknown, or if there is nothing to know.
    pub value: Option<T>,
    /// Why it is not known.
    pub unknown: Option<Unknown>,
}

impl<T> Fact<T> {
    pub fn known(value: T) -> Self {
        Self {
            value: Some(value),
            unknown: None,
        }
    }

    pub fn unknown(reason: Unknown) -> Self {
        Self {
            value: None,
            unknown: Some(reason),
        }
    }

    /// There is nothing to know.
    pub fn none() -> Self {
        Self {
            value: None,
            unknown: None,
        }
    }
}

/// Why a fact is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// The config has errors.
    ConfigErrors,
    /// AWS was not queried.
    AwsNotQueried,
    /// The policy names no plan role for the environment.
    NoPlanRole,
    /// The policy does not allow the account for the environment.
    AccountNotAllowed,
    /// The credentials are of another account.
    OtherAccount,
    /// AWS did not answer, or denied the query.
    AwsFailed,
    /// The run reads a limited number of them.
    Limit,
    /// No forge was queried.
    ForgeNotQueried,
    /// The forge did not answer, or denied the query.
    ForgeFailed,
    /// The file's last change is older than the commits that were read, or they could not be read.
    HistoryNotRead,
}
