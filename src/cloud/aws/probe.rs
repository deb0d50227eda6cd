//! Proves that a role cannot execute change sets.

use super::{Cloud, error};
use crate::cloud::Result;

impl Cloud {
    /// Whether the caller may execute change sets of a stack.
    ///
    /// Takes no permit, because it cannot change anything: it requests a change set with a random name of 128 bits, which does not
    /// exist. AWS checks the permission before it looks up the change set: it denies a caller without the permission, and reports
    /// to any other caller that the change set does not exist.
    pub async fn may_execute(&self, stack: &str) -> Result<bool> {
        self.ensure_not_cancelled()?;
        let tried = self
            .stacks
            .execute_change_set()
            .stack_name(stack)
            .change_set_name(format!("provisioner-doctor-{:032x}", fastrand::u128(..)))
            .send()
            .await;
        match tried.map_err(|e| error::from_sdk("ExecuteChangeSet", e)) {
            Ok(_) => Ok(true),
            Err(error) if error.has_code("AccessDenied") => Ok(false),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error),
        }
    }
}
