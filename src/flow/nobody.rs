//! Stands for nobody's consent, and tells nobody how it goes: for whoever only looks.

use crate::guard::Authority;
use crate::operation::{Consent, Progress};
use crate::plan::Deletion;
use crate::stack::{Event, StackName};

/// Nobody.
pub struct Nobody;

impl Consent for Nobody {
    fn authority(&self, _: &StackName, _: Option<&Deletion>) -> Authority {
        Authority::Unknown
    }
}

impl Progress for Nobody {
    fn step(&self, _: &StackName, _: &str) {}
    fn event(&self, _: &StackName, _: &Event) {}
    fn count(&self, _: &StackName, _: &str, _: u64, _: Option<u64>) {}
}
