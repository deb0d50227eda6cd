//! In which order a change reaches the stacks of an environment, and when it stops.

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

    /// Whether no stack goes first.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Configs(paths) => paths.is_empty(),
        }
    }
}
