//! How many stacks the merge of a change creates and updates, and for how many it requests a deletion.

use super::MergeEffect;
use super::check::Report;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanCounts {
    pub create: usize,
    pub update: usize,
    pub delete: usize,
}

impl PlanCounts {
    pub fn new(report: &Report) -> Self {
        let count = |effect: MergeEffect| {
            let stacks = report.on_merge.values();
            stacks.filter(|stack| stack.effect == effect).count()
        };
        Self {
            create: count(MergeEffect::CreateStack),
            update: count(MergeEffect::UpdateStack),
            delete: count(MergeEffect::RequestDeletion),
        }
    }
}
