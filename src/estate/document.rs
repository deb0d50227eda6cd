//! The whole estate.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{EstateRow, EstateState};
use crate::model::CommitSha;

/// Every config of the default branch with its stack, and every own stack without a config.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Estate {
    /// Such as `owner/name`; `None` outside of a job.
    pub repository: Option<String>,
    /// The commit whose configs are listed.
    pub commit: CommitSha,
    /// When the facts were read, as RFC 3339.
    pub time: String,
    /// The version of provisioner.
    pub version: String,
    /// The number of rows in each state, the most urgent first.
    pub counts: Vec<StateCount>,
    /// The most urgent first, then by config and stack.
    pub rows: Vec<EstateRow>,
    /// Why facts are not known.
    pub problems: Vec<EstateProblem>,
    /// How scans take turns with the stacks; `None` outside of a scan of all stacks.
    pub rotation: Option<DriftRotation>,
}

/// How drift scans take turns with the stacks. Each one checks those that were checked longest ago.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DriftRotation {
    /// Number of stacks that scans check.
    pub stacks: usize,
    /// Number of scans within which each of them is checked.
    pub scans: usize,
    /// Number of stacks that no scan has checked yet.
    pub never: usize,
    /// The oldest check of a stack, as RFC 3339; `None` if this scan checked all stacks that were ever checked.
    pub oldest: Option<String>,
}

impl DriftRotation {
    /// `waiting`: when the stacks that this scan leaves were checked last, in Unix seconds; `None` for never. `checked`: the number of
    /// stacks that it checks, `limit` at most.
    pub fn new(checked: usize, waiting: &[Option<i64>], limit: usize) -> Self {
        let stacks = checked + waiting.len();
        let oldest = waiting.iter().flatten().min();
        let oldest = oldest.and_then(|second| Timestamp::from_second(*second).ok());
        Self {
            stacks,
            scans: stacks.div_ceil(limit.max(1)),
            never: waiting.iter().filter(|time| time.is_none()).count(),
            oldest: oldest.map(|time| time.to_string()),
        }
    }
}

/// The number of rows in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StateCount {
    pub state: EstateState,
    /// Number of rows.
    pub rows: usize,
}

/// Why facts of several rows are not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EstateProblem {
    /// What could not be read, such as `stacks of 123456789012 eu-west-1`.
    pub what: String,
    /// The reason.
    pub reason: String,
}

impl Estate {
    /// Sorts and counts the rows.
    pub fn new(
        repository: Option<String>,
        commit: CommitSha,
        time: String,
        mut rows: Vec<EstateRow>,
        problems: Vec<EstateProblem>,
    ) -> Self {
        rows.sort_by(|a, b| {
            let key = |row: &EstateRow| (row.state, row.config.clone(), row.stack.clone());
            key(a).cmp(&key(b))
        });
        let mut counts: BTreeMap<EstateState, usize> = BTreeMap::new();
        for row in &rows {
            *counts.entry(row.state).or_default() += 1;
        }
        Self {
            repository,
            commit,
            time,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            counts: counts
                .into_iter()
                .map(|(state, rows)| StateCount { state, rows })
                .collect(),
            rows,
            problems,
            rotation: None,
        }
    }
}
