//! Edits statuses, which no user of the API can do.

use super::build::Repo;
use super::state::Status;

impl Repo {
    /// Replaces a status's description.
    pub fn describe_status(&self, id: u64, description: &str) {
        self.with_status(id, |status| {
            status.description = Some(description.to_owned())
        });
    }

    /// Makes a status a failure.
    pub fn fail_status(&self, id: u64) {
        self.with_status(id, |status| "failure".clone_into(&mut status.state));
    }

    fn with_status(&self, id: u64, change: impl FnOnce(&mut Status)) {
        self.with(|r| {
            let status = r.statuses.iter_mut().find(|status| status.id == id);
            change(status.expect("the status exists"));
        });
    }
}
