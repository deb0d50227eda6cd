//! A proof of what a role may not do.

use super::{Cloud, error};
use crate::cloud::Result;

impl Cloud {
    /// Whether whoever asks may run change sets of a stack.
    ///
    /// Takes no permit, since it cannot change anything: the change set that it asks CloudFormation to run has a name of 128 random
    /// bits, which is made here and which nobody else knows, so that there is none. AWS looks at the permission before it looks for the
    /// change set: whoever has none is refused, and whoever has it is told that there is no such thing.
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
            Err(error)
                if error.has_code("ChangeSetNotFound") || error.has_code("does not exist") =>
            {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }
}
