//! Credentials of a job: for each role and region one session, opened when something is first asked there.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::cloud::{CancellationToken, Session};
use crate::forge::IdentityTokens;

/// The sessions of a run.
pub struct CredentialCache {
    identity: Arc<dyn IdentityTokens>,
    /// What AWS's logs show of the run.
    name: String,
    stop: CancellationToken,
    open: Mutex<HashMap<(String, String), Arc<Session>>>,
}

impl CredentialCache {
    /// None is open yet. `name` is at most 64 letters, digits and `=,.@-`.
    pub fn new(identity: Arc<dyn IdentityTokens>, name: String, stop: CancellationToken) -> Self {
        Self {
            identity,
            name,
            stop,
            open: Mutex::default(),
        }
    }

    /// The session of a role in a region: a token and a role's credentials serve all stacks there.
    pub async fn session(&self, role: &str, region: &str) -> Arc<Session> {
        let mut open = self.open.lock().await;
        let key = (role.to_owned(), region.to_owned());
        if let Some(session) = open.get(&key) {
            return Arc::clone(session);
        }
        let identity = Arc::clone(&self.identity);
        let stop = self.stop.clone();
        let session = Session::federated(role, &self.name, identity, region, stop).await;
        let session = Arc::new(session);
        open.insert(key, Arc::clone(&session));
        session
    }
}
