//! The facts of a merged change in a long run: read again when a stack's turn comes late.
#![expect(
    clippy::disallowed_methods,
    reason = "the age of facts is measured; no decision depends on a time of this machine"
)]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::change::MergedChange;
use crate::job::{Job, JobError};
use crate::pacing::pause;

/// Facts that are older are read again. Each check costs four calls of the forge, shared by all stacks.
const MAX_AGE: Duration = Duration::from_secs(60);

pub struct FreshChange<'a> {
    job: &'a Job,
    first: Arc<MergedChange>,
    latest: Mutex<Latest>,
}

struct Latest {
    checked: Instant,
    merged: Arc<MergedChange>,
}

impl<'a> FreshChange<'a> {
    /// `merged` was read just now.
    pub fn new(job: &'a Job, merged: Arc<MergedChange>) -> Self {
        let latest = Latest {
            checked: Instant::now(),
            merged: Arc::clone(&merged),
        };
        Self {
            job,
            first: merged,
            latest: Mutex::new(latest),
        }
    }

    /// Whether a change is another reading than the first.
    pub fn is_reread(&self, merged: &MergedChange) -> bool {
        !std::ptr::eq(merged, &*self.first)
    }

    /// The forge's time, which is not older than the facts.
    pub fn now(&self) -> Option<Timestamp> {
        self.job.forge.server_time()
    }

    /// The change with facts that are not older than [`MAX_AGE`].
    pub async fn get(&self) -> Result<Arc<MergedChange>, JobError> {
        let mut latest = self.latest.lock().await;
        if latest.checked.elapsed() > pause(MAX_AGE) {
            if let Some(again) = latest.merged.reread(self.job).await? {
                latest.merged = Arc::new(again);
            }
            latest.checked = Instant::now();
        }
        Ok(Arc::clone(&latest.merged))
    }
}
