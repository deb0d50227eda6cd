//! Drift as `DescribeStackResourceDrifts` shows it.

use serde::{Deserialize, Serialize};

use super::StackName;

/// How a resource, or a whole stack, relates to its template.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DriftStatus {
    /// It was deleted outside of CloudFormation.
    Deleted,
    /// It differs.
    Modified,
    /// A word that the API did not have when this was written.
    Unknown,
    /// Nobody looked: the type does not support drift detection. That is not the same as being in sync.
    #[default]
    NotChecked,
    /// It is as the template says, as far as drift detection looks.
    InSync,
}

impl DriftStatus {
    /// Reads the API's word, of a resource or of a stack.
    pub fn parse(word: &str) -> Self {
        match word {
            "DELETED" => Self::Deleted,
            "MODIFIED" | "DRIFTED" => Self::Modified,
            "NOT_CHECKED" => Self::NotChecked,
            "IN_SYNC" => Self::InSync,
            _ => Self::Unknown,
        }
    }

    /// The API's word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deleted => "DELETED",
            Self::Modified => "MODIFIED",
            Self::Unknown => "UNKNOWN",
            Self::NotChecked => "NOT_CHECKED",
            Self::InSync => "IN_SYNC",
        }
    }

    /// Whether it is known to differ.
    pub fn is_drift(&self) -> bool {
        matches!(self, Self::Deleted | Self::Modified)
    }
}

/// The last look at a stack's drift, as `DescribeStacks` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftCheck {
    /// What it found of the stack as a whole.
    pub status: DriftStatus,
    /// When it was, in Unix time; `None` if never.
    pub checked: Option<i64>,
    /// Whether the stack was updated after it.
    pub outdated: bool,
}

/// What drift detection found of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Resources, those that differ first.
    pub resources: Vec<ResourceDrift>,
    /// Why detection could not look at everything.
    pub incomplete: Option<String>,
}

impl Drift {
    /// Resources that are known to differ.
    pub fn drifted(&self) -> impl Iterator<Item = &ResourceDrift> {
        self.resources
            .iter()
            .filter(|resource| resource.status.is_drift())
    }
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceDrift {
    /// Logical id.
    pub logical_id: String,
    /// Physical id.
    pub physical_id: Option<String>,
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it relates to the template.
    pub status: DriftStatus,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// One property that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// JSON pointer from the properties.
    pub path: String,
    /// `ADD`, `REMOVE`, `NOT_EQUAL`.
    pub kind: String,
    /// What the template says, as JSON text.
    pub expected: String,
    /// What is there, as JSON text.
    pub actual: String,
}

/// What was found of one stack.
#[derive(Clone, Debug, Serialize)]
pub struct Drifted {
    /// Which stack.
    #[serde(flatten)]
    pub stack: StackName,
    /// Its status; `None` if there is none.
    pub status: Option<String>,
    /// What drift detection found; `None` if there is no stack.
    pub drift: Option<Drift>,
    /// Whether the deployed template is the one that the config renders to. Drift detection compares with the deployed one,
    /// and cannot see this.
    pub current: bool,
}

impl Drifted {
    /// Whether anything is known to differ.
    pub fn has_drifted(&self) -> bool {
        self.drift
            .as_ref()
            .is_some_and(|drift| drift.drifted().next().is_some())
    }
}
