//! The workflows of the repository: jobs that wait for people, and workflows that the forge does not start.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::ForgeError;

/// A workflow or a schedule that the forge does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoppedWorkflow {
    pub name: String,
    /// Why, with the forge's word.
    pub state: String,
    /// Whether the forge knows none of that name, which is no fault.
    pub is_absent: bool,
}

/// Reads what the forge knows of provisioner's workflows. The answers are claims: they decide nothing about a stack.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Environments for which a job on `branch` waits until people let it run. Empty if the forge has no such list, or the token may not
    /// read it.
    async fn environments_in_review(&self, _branch: &str) -> Result<BTreeSet<String>, ForgeError> {
        Ok(BTreeSet::new())
    }

    /// The workflows or schedules that the forge does not start. `None` if it lists none, or the token may not read the list.
    async fn stopped_workflows(&self) -> Result<Option<Vec<StoppedWorkflow>>, ForgeError> {
        Ok(None)
    }
}
