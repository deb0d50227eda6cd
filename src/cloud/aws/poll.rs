//! Polls AWS. The SDK's own waiters poll every 30 s, which is most of the time that a small stack takes.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio_util::sync::CancellationToken;

use crate::cloud::{CloudError, Result};
use crate::pacing;

/// Pauses between polls: from one to ten seconds, with jitter so that many stacks do not poll at once.
pub struct PollBackoff {
    pauses: backon::ExponentialBackoff,
    stop: CancellationToken,
}

impl PollBackoff {
    /// Starts with the shortest pause.
    pub fn new(stop: &CancellationToken) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(700))
            .with_max_delay(Duration::from_secs(9))
            .with_factor(1.5)
            .with_jitter()
            .without_max_times();
        Self {
            pauses: pauses.build(),
            stop: stop.clone(),
        }
    }

    /// Waits for the next poll. Fails if the run is cancelled.
    pub async fn wait(&mut self) -> Result<()> {
        let pause = self.pauses.next().unwrap_or(Duration::from_secs(9));
        tokio::select! {
            () = tokio::time::sleep(pacing::pause(pause)) => Ok(()),
            () = self.stop.cancelled() => Err(CloudError::Interrupted),
        }
    }
}
