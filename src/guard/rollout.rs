//! How a change reaches the stacks of an environment: what is previewed, in which order they change, and when that stops.

use serde::Deserialize;

/// The stacks that go first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum FirstStacks {
    /// So many, those of the lowest tier first.
    Count(usize),
    /// Paths of their configs.
    Configs(Vec<String>),
}

impl FirstStacks {
    /// Whether one of the stacks of a change goes first. `rank`: its place among the stacks of its environment, by tier and path.
    pub fn contains(&self, path: &str, rank: usize) -> bool {
        match self {
            Self::Count(count) => rank < *count,
            Self::Configs(paths) => paths.iter().any(|listed| listed == path),
        }
    }

    /// Whether each stack that goes first by another rule goes first by this one too.
    pub(super) fn contains_all(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Count(own), Self::Count(other)) => other <= own,
            (Self::Configs(own), Self::Configs(other)) => {
                other.iter().all(|path| own.contains(path))
            }
            (Self::Count(_), Self::Configs(_)) | (Self::Configs(_), Self::Count(_)) => false,
        }
    }

    /// Whether no stack goes first.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Configs(paths) => paths.is_empty(),
        }
    }
}

/// The change sets that a check creates for configs with the same change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum SampleSize {
    /// So many of each group.
    Count(usize),
    All(All),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum All {
    All,
}
