//! What is done to a stack: gather facts, decide, act, watch, verify. The command line and the flows of CI do the same here; they
//! differ in what stands behind the request.

mod changes;
mod deletion;
mod desired;
mod drift;
mod failure;
mod folders;
mod outcome;
mod perform;
mod preflight;
mod provision;
mod test;

use crate::cloud::{self, Cloud, OperationResult};
use crate::diagnostic::Diagnostic;
use crate::guard::{Authority, Denial, Effect, EffectKind, Facts, Permit, Policy, decide};
use crate::plan::{Deletion, LocatedFinding};
use crate::stack::{StackEvent, StackName, first_failure};

pub use changes::changes;
pub use deletion::{DeletionResult, delete, preview_deletion};
pub use desired::Desired;
pub use drift::drift;
pub use failure::{denial_diagnostics, missing_setup, to_diagnostics};
pub use folders::{FolderResult, deploy_folders, upload_template};
pub use outcome::{ActionOutcome, Conclusion};
pub use perform::{Task, TaskOptions, perform};
pub use preflight::{preflight, preflight_of};
pub use provision::{ProvisionOutcome, Provisioned, provision};
pub use test::{TestResult, test_deploy};

/// Where and on whose behalf something is done.
pub struct OperationContext<'a> {
    /// The account and region.
    pub cloud: &'a Cloud,
    /// What the operator allows, if the policy loads.
    pub policy: &'a Result<Policy, Vec<Diagnostic>>,
    /// What stands behind the request.
    pub authority: &'a dyn AuthoritySource,
    /// Who hears how it goes.
    pub progress: &'a dyn Progress,
}

/// Where an authority comes from. Asked as late as possible: whoever is asked should see first what it is about.
pub trait AuthoritySource: Send + Sync {
    /// What stands behind a request for this stack, for which `about` says what would happen.
    fn authority(&self, stack: &StackName, about: Option<&Deletion>) -> Authority;

    /// Whether whoever was asked has seen what it is about.
    fn has_prompted(&self) -> bool {
        false
    }
}

/// Hears what happens while it happens.
pub trait Progress: Send + Sync {
    /// A step begins, such as "change set".
    fn step(&self, stack: &StackName, what: &str);
    /// CloudFormation reports an event.
    fn event(&self, stack: &StackName, event: &StackEvent);
    /// So many of something are done; `of` where it is known.
    fn count(&self, stack: &StackName, what: &str, done: u64, of: Option<u64>);
    /// The guard decided by these facts; no denial means that it allowed.
    fn decided(&self, _stack: &StackName, _kind: EffectKind, _facts: &Facts, _denials: &[Denial]) {}
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The guard refuses.
    #[error("denied")]
    Denied(Vec<Denial>),
    /// AWS refuses, or does not answer.
    #[error(transparent)]
    Cloud(#[from] cloud::CloudError),
    /// What is asked for cannot be made, such as a template that is wrong.
    #[error("invalid")]
    Invalid(Vec<Diagnostic>),
    /// CloudFormation refuses a change set.
    #[error("{what}")]
    ChangeSetFailed {
        /// Its status.
        what: String,
        /// What CloudFormation says of it.
        reason: String,
        /// What its validation found.
        findings: Vec<LocatedFinding>,
    },
    /// CloudFormation tried and failed.
    #[error("{what}")]
    Operation {
        /// What failed, with the stack's last status.
        what: String,
        /// The failure that led to all others.
        cause: Option<StackEvent>,
        /// All failures.
        failures: Vec<StackEvent>,
    },
    /// It was done, and is not what it should be.
    #[error("{0}")]
    VerificationFailed(String),
}

impl OperationContext<'_> {
    fn decide<E: Effect>(
        &self,
        facts: &Facts,
        stack: &StackName,
    ) -> Result<Permit<E>, OperationError> {
        let decision = decide(self.policy, facts, stack);
        let denials = decision.as_ref().err().map_or(&[][..], Vec::as_slice);
        self.progress.decided(stack, E::KIND, facts, denials);
        decision.map_err(OperationError::Denied)
    }

    /// What is known of a stack before anything is asked.
    async fn facts(&self, desired: &Desired<'_>) -> Result<Facts, OperationError> {
        let stack = &desired.stack;
        Ok(Facts {
            caller: Some(self.cloud.caller().clone()),
            stack: Some(self.cloud.stack(&stack.name).await?),
            owner: desired.owner(),
            authority: self.authority.authority(stack, None),
            ..Facts::default()
        })
    }
}

/// The failure of an operation that ended.
fn operation_failed(what: String, ended: &OperationResult) -> OperationError {
    let failures = ended.events.iter().filter(|event| event.is_failure());
    OperationError::Operation {
        what,
        cause: first_failure(&ended.events).cloned(),
        failures: failures.cloned().collect(),
    }
}
