//! Authority and progress of operations that only read: no authority, no log.

use crate::guard::Authority;
use crate::operation::{AuthoritySource, Progress, ToConfirm};
use crate::report::{Counted, Step};
use crate::stack::{StackEvent, StackName};

pub struct ReadOnly;

impl AuthoritySource for ReadOnly {
    fn authority(&self, _: &StackName, _: Option<ToConfirm<'_>>) -> Authority {
        Authority::Unknown
    }
}

impl Progress for ReadOnly {
    fn step(&self, _: &StackName, _: Step<'_>) {}
    fn event(&self, _: &StackName, _: &StackEvent) {}
    fn count(&self, _: &StackName, _: Counted<'_>, _: u64, _: Option<u64>) {}
}
