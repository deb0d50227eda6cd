//! Credentials of a job: one session for each role and region, opened at first use.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::cloud::{CancellationToken, Session, ThrottleCounts};
use crate::forge::IdentityTokens;
use crate::lanes::{Lane, LaneAnswers, Throttled};

pub struct CredentialCache {
    identity: Arc<dyn IdentityTokens>,
    /// Role session name, which CloudTrail shows.
    name: String,
    stop: CancellationToken,
    throttles: Arc<ThrottleCounts>,
    open: Mutex<HashMap<(String, String), Arc<Session>>>,
}

impl CredentialCache {
    /// `name`: at most 64 letters, digits and `=,.@-`.
    pub fn new(identity: Arc<dyn IdentityTokens>, name: String, stop: CancellationToken) -> Self {
        Self {
            identity,
            name,
            stop,
            throttles: Arc::default(),
            open: Mutex::default(),
        }
    }

    /// Whether the job is cancelled, so that no further stack is begun.
    pub fn is_cancelled(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// The session of a role in a region, shared by all stacks there.
    pub async fn session(&self, role: &str, region: &str) -> Arc<Session> {
        let mut open = self.open.lock().await;
        let key = (role.to_owned(), region.to_owned());
        if let Some(session) = open.get(&key) {
            return Arc::clone(session);
        }
        let identity = Arc::clone(&self.identity);
        let shared = (self.stop.clone(), Arc::clone(&self.throttles));
        let session = Session::federated(role, &self.name, identity, region, shared).await;
        let session = Arc::new(session);
        open.insert(key, Arc::clone(&session));
        session
    }
}

impl Throttled for CredentialCache {
    fn answers(&self, lane: &Lane) -> LaneAnswers {
        self.throttles.answers(lane)
    }
}
