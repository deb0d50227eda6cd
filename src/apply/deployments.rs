//! Deployments of stacks in the forge's list. A deployment that cannot be written stops nothing.

use std::sync::Mutex;

use crate::forge::{Deployment, DeploymentState, Forge};
use crate::model::{CommitSha, UserId};
use crate::product::Verb;
use crate::report::{NotWritten, Notice, Outcome, State, deployment_description};
use crate::stack::StackName;

/// Reports the stacks of one commit.
pub struct DeploymentReporter<'a> {
    forge: &'a dyn Forge,
    own: Option<UserId>,
    commit: CommitSha,
    /// Why no more deployments are written.
    failed: Mutex<Option<Notice>>,
}

impl<'a> DeploymentReporter<'a> {
    /// `stacks`: how many there will be. Above the limit no deployment is written.
    pub fn new(
        forge: &'a dyn Forge,
        own: Option<UserId>,
        commit: &CommitSha,
        stacks: usize,
    ) -> Self {
        Self {
            forge,
            own,
            commit: commit.clone(),
            failed: Mutex::new(
                (stacks > forge.profile().deployments_per_run)
                    .then_some(Notice::TooManyDeployments { stacks }),
            ),
        }
    }

    /// Work begins. A deletion is reported when it is done, since it may wait for its confirmation for days.
    pub async fn begin(&self, stack: &StackName, verb: Verb) {
        if !verb.deletes() {
            self.set_state(stack, DeploymentState::InProgress, None)
                .await;
        }
    }

    pub async fn finish(&self, stack: &StackName, verb: Verb, outcome: &Outcome) {
        let deletes = verb.deletes() && verb != Verb::Replace;
        let state = match outcome.state {
            State::Done | State::Skipped if deletes => DeploymentState::Inactive,
            State::Done | State::Skipped => DeploymentState::Success,
            State::AwaitingConfirmation | State::NotStarted => DeploymentState::Pending,
            State::Denied | State::Failed => DeploymentState::Failure,
        };
        self.set_state(stack, state, Some(outcome)).await;
    }

    /// Why deployments could not be written.
    pub fn failure(&self) -> Option<Notice> {
        self.failed.lock().ok()?.clone()
    }

    async fn set_state(
        &self,
        stack: &StackName,
        state: DeploymentState,
        outcome: Option<&Outcome>,
    ) {
        let Some(own) = self.own.filter(|_| self.failure().is_none()) else {
            return;
        };
        let target = &stack.target;
        let deployment = Deployment {
            commit: self.commit.clone(),
            environment: target.environment.clone(),
            task: format!(
                "provisioner:{}/{}/{}",
                target.account, target.region, stack.name
            ),
            description: deployment_description(
                &stack.name,
                outcome,
                self.forge.profile().deployment_description_chars,
            ),
            state,
        };
        if let Err(error) = self.forge.put_deployment(own, &deployment).await {
            log::warn!("{error}");
            if let Ok(mut failed) = self.failed.lock() {
                *failed = Some(match error.is_refusal() {
                    true => error.notice(NotWritten::Deployments),
                    false => Notice::DeploymentsUnreachable,
                });
            }
        }
    }
}
