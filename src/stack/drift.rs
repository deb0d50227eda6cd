//! Drift as `DescribeStackResourceDrifts` returns it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StackName;

/// Whether a resource, or a whole stack, matches its template. Ordered: the worst first.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DriftStatus {
    /// Deleted outside of CloudFormation.
    Deleted,
    /// Changed outside of CloudFormation. Of a stack: a resource has drifted.
    Modified,
    /// A value that AWS added to the API later.
    Unknown,
    /// The type does not support drift detection. This does not mean that the resource is in sync.
    #[default]
    NotChecked,
    /// No difference in the properties that drift detection compares.
    InSync,
}

impl DriftStatus {
    /// Parses the API's value, of a resource or of a stack.
    pub fn parse(word: &str) -> Self {
        match word {
            "DELETED" => Self::Deleted,
            "MODIFIED" | "DRIFTED" => Self::Modified,
            "NOT_CHECKED" | "UNSUPPORTED" => Self::NotChecked,
            "IN_SYNC" => Self::InSync,
            _ => Self::Unknown,
        }
    }

    /// The API's value.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deleted => "DELETED",
            Self::Modified => "MODIFIED",
            Self::Unknown => "UNKNOWN",
            Self::NotChecked => "NOT_CHECKED",
            Self::InSync => "IN_SYNC",
        }
    }

    /// Whether a difference is known.
    pub fn is_drift(&self) -> bool {
        matches!(self, Self::Deleted | Self::Modified)
    }
}

/// The last drift detection of a stack, as `DescribeStacks` returns it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DriftCheck {
    pub status: DriftStatus,
    /// Unix time in seconds; `None` if never.
    pub checked: Option<i64>,
    /// Whether the stack was updated after it.
    pub outdated: bool,
}

/// The result of drift detection for a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Drift {
    /// Drifted resources first.
    pub resources: Vec<ResourceDrift>,
    /// Why detection could not check every resource.
    pub incomplete: Option<String>,
}

impl Drift {
    pub fn drifted(&self) -> impl Iterator<Item = &ResourceDrift> {
        self.resources
            .iter()
            .filter(|resource| resource.status.is_drift())
    }

    /// Whether CloudFormation checked every resource whose type it supports.
    pub fn is_complete(&self) -> bool {
        let mut resources = self.resources.iter();
        self.incomplete.is_none() && resources.all(|one| one.status != DriftStatus::Unknown)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ResourceDrift {
    /// The key in the template.
    pub logical_id: String,
    /// `None` if CloudFormation names none.
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    pub status: DriftStatus,
    /// Properties whose live value differs.
    pub differences: Vec<Difference>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// JSON pointer from the properties.
    pub path: String,
    /// `ADD`, `REMOVE`, `NOT_EQUAL`.
    pub kind: String,
    /// The template's value, as JSON text.
    pub expected: String,
    /// The live value, as JSON text.
    pub actual: String,
}

/// The drift of one stack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Drifted {
    #[serde(flatten)]
    pub stack: StackName,
    /// `None` if the stack does not exist.
    pub status: Option<String>,
    /// `None` if the stack does not exist.
    pub drift: Option<Drift>,
    /// Whether the deployed template equals the one that the config renders to. Drift detection compares with the deployed
    /// template only.
    pub current: bool,
    /// Whether provisioner created the stack for the config, by its tags. Drift detection changes no stack.
    pub owned: bool,
    /// Whether the creation of the stack is not finished: it lacks resources and the tags.
    pub unfinished: bool,
}

impl Drifted {
    pub fn has_drifted(&self) -> bool {
        self.drift
            .as_ref()
            .is_some_and(|drift| drift.drifted().next().is_some())
    }

    /// Whether no drift was found, and the detection did not check every resource that it should.
    pub fn is_unknown(&self) -> bool {
        let is_complete = self.drift.as_ref().is_none_or(Drift::is_complete);
        !self.has_drifted() && !is_complete
    }
}
