//! Computed impact: what a change set would do to each resource and its data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::product::Level;

/// What happens to a resource and its data, ascending.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing that exists changes.
    None,
    /// It changes and keeps its id and data.
    InPlace,
    /// It leaves the stack and stays. It holds no data.
    Retained,
    /// Deleted or replaced, with an interruption. It holds no data.
    Interrupts,
    /// Replaced or removed. Its data is retained.
    KeepsData,
    /// Data may be lost.
    MayDestroy,
    /// Data is lost.
    Destroys,
}

impl Verdict {
    pub fn words(self) -> &'static str {
        match self {
            Self::None => "no impact",
            Self::InPlace => "in place",
            Self::Retained => "retained",
            Self::Interrupts => "interrupts",
            Self::KeepsData => "replaces, keeps data",
            Self::MayDestroy => "may destroy data",
            Self::Destroys => "destroys data",
        }
    }

    /// The level for comparison with declared impact.
    pub fn level(self) -> Level {
        match self {
            Self::None => Level::None,
            Self::InPlace => Level::Safe,
            Self::Retained | Self::Interrupts | Self::KeepsData => Level::High,
            Self::MayDestroy | Self::Destroys => Level::Critical,
        }
    }
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceVerdict {
    pub verdict: Verdict,
    /// False if it depends on something that is unknown before the change set runs.
    pub certain: bool,
    /// What happens, in a few words.
    pub reason: String,
    /// Why the verdict is not certain; `None` if it is.
    pub uncertainty: Option<String>,
}

impl ResourceVerdict {
    pub fn certain(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            certain: true,
            reason: reason.into(),
            uncertainty: None,
        }
    }

    /// A verdict that may not come true; `reason` says why.
    pub fn possible(verdict: Verdict, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            verdict,
            certain: false,
            uncertainty: Some(reason.clone()),
            reason,
        }
    }

    /// The same with what happens before its reason.
    pub fn after(self, effect: &str) -> Self {
        Self {
            reason: format!("{effect}; {}", self.reason),
            ..self
        }
    }

    /// The same with what happens after its reason.
    pub fn and(self, effect: &str) -> Self {
        Self {
            reason: format!("{}; {effect}", self.reason),
            ..self
        }
    }

    pub fn worse(self, other: Self) -> Self {
        if (other.verdict, other.certain) > (self.verdict, self.certain) {
            other
        } else {
            self
        }
    }
}
