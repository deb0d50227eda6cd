//! How many stacks a change would create, update and delete.

use super::check::Report;
use crate::plan::Intent;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanCounts {
    pub create: usize,
    pub update: usize,
    pub delete: usize,
}

impl PlanCounts {
    pub fn new(report: &Report) -> Self {
        let count = |intent: Intent| {
            let changes = report.plan.changes.iter();
            changes.filter(|change| change.intent == intent).count()
        };
        Self {
            create: count(Intent::Create),
            update: count(Intent::Update),
            delete: count(Intent::Delete),
        }
    }
}
