//! Deployments: what runs where, for people.

use async_trait::async_trait;

use super::{ForgeError, Upsert};
use crate::model::{CommitSha, UserId};

#[async_trait]
pub trait Deployments: Send + Sync {
    /// Sets the state of a stack's deployment. Reuses the deployment of the same commit, environment and task by `own`.
    async fn put_deployment(
        &self,
        own: UserId,
        deployment: &Deployment,
    ) -> Result<Upsert, ForgeError>;
}

/// The deployment of one stack at one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    pub commit: CommitSha,
    /// The config's environment.
    pub environment: String,
    /// Identifies the deployments of one stack: `provisioner:<account>/<region>/<stack>`.
    pub task: String,
    /// For people. The forge's profile says how long it may be.
    pub description: String,
    pub state: DeploymentState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentState {
    /// A person has to confirm.
    Pending,
    /// Work has begun.
    InProgress,
    /// The stack is as the config says.
    Success,
    /// Denied or failed.
    Failure,
    /// The stack was deleted.
    Inactive,
}
