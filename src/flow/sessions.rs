//! Credentials of a job: for each role and region one session, opened when something is first asked there.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::cloud::{Session, Stop};
use crate::forge::Identity;

/// The sessions of a run.
pub struct Sessions {
    identity: Arc<dyn Identity>,
    /// What AWS's logs show of the run.
    name: String,
    stop: Stop,
    open: Mutex<HashMap<(String, String), Arc<Session>>>,
}

impl Sessions {
    /// None is open yet. `name` is at most 64 letters, digits and `=,.@-`.
    pub fn new(identity: Arc<dyn Identity>, name: String, stop: Stop) -> Self {
        Self {
            identity,
            name,
            stop,
            open: Mutex::default(),
        }
    }

    /// The session of a role in a region: a token and a role's credentials serve all stacks there.
    pub async fn of(&self, role: &str, region: &str) -> Arc<Session> {
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
