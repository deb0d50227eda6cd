//! AWS through its SDK.

mod change_set_cleanup;
mod change_set_findings;
mod change_sets;
mod classify;
mod connection;
mod convert;
mod deleted_stacks;
mod dependencies;
mod drift;
mod ec2;
mod emptying;
mod error;
mod federated;
mod live_stacks;
mod network;
mod object_keys;
mod objects;
mod operations;
mod poll;
mod probe;
mod profile;
mod repair;
mod session;
mod stacks;
mod tag_changes;
mod throttling;

use aws_sdk_cloudcontrol as control;
use aws_sdk_cloudformation as cloudformation;
use aws_sdk_s3 as s3;
use aws_sdk_ssm as ssm;
use tokio_util::sync::CancellationToken;

use super::{CloudError, Result};
use crate::guard::Caller;

pub use session::Session;
pub use throttling::ThrottleCounts;

/// AWS in one account and region, with one identity.
#[derive(Clone, Debug)]
pub struct Cloud {
    caller: Caller,
    stacks: cloudformation::Client,
    objects: s3::Client,
    parameters: ssm::Client,
    control: control::Client,
    network: ec2::Client,
    stop: CancellationToken,
}

impl Cloud {
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The same without cancellation, for cleanup that has to finish.
    pub fn without_cancellation(&self) -> Self {
        Self {
            stop: CancellationToken::new(),
            ..self.clone()
        }
    }

    /// Returns when the run is cancelled.
    pub async fn cancelled(&self) {
        self.stop.cancelled().await;
    }

    /// Fails if the run is cancelled.
    fn ensure_not_cancelled(&self) -> Result<()> {
        match self.stop.is_cancelled() {
            true => Err(CloudError::Interrupted),
            false => Ok(()),
        }
    }
}

/// A random request token. Retries of one request carry the same token, so that AWS executes it once.
fn token() -> String {
    format!("provisioner-{:032x}", fastrand::u128(..))
}
