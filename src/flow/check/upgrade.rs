//! The lock of the built-in products in a check: whether it is that of the program, and which stacks another version concerns.

use std::collections::BTreeMap;

use crate::change::{ChangeInputs, ProposedLock};
use crate::config::is_own_product;
use crate::guard::Facts;
use crate::plan::{Change, ChangeKey, Intent};
use crate::product::Level;
use crate::report::{Notice, Report};

/// The caveat of a config whose stack was not read.
const NOT_COMPARED: &str = "The lock of the product changes, and AWS was not queried. The effect of the new lock on the stack is not known, \
     because one version rendered both sides.";

/// Adds the problems of the lock, and what a reader has to know about it.
pub fn add_lock(report: &mut Report, inputs: &ChangeInputs, lock: &ProposedLock) {
    report.lock_problems = lock.problems();
    let is_built_in = |change: &Change| {
        let product = change.product.as_ref();
        product.is_some_and(|name| !is_own_product(&inputs.head, name))
    };
    if lock.is_absent() && report.plan.changes.iter().any(is_built_in) {
        report.notices.push(Notice::NoProductLock);
    }
    let changes = report.plan.changes.iter();
    let configs = changes.filter(|change| inputs.is_relocked(change)).count();
    if !inputs.relocked.is_empty() {
        report.notices.push(Notice::ProductsRelocked {
            products: inputs.relocked.products.clone(),
            configs,
        });
    }
}

/// Marks configs of a relocked product whose stacks were not read: the base and the head render the same, since one program renders
/// both.
pub fn mark_unread(report: &mut Report, inputs: &ChangeInputs, facts: &BTreeMap<ChangeKey, Facts>) {
    for change in &mut report.plan.changes {
        let key = change.key();
        let is_read = facts.contains_key(&key) || report.previews.contains_key(&key);
        let has_stack = matches!(change.intent, Intent::Unchanged | Intent::Update);
        if has_stack && !is_read && inputs.is_relocked(change) {
            change.level = change.level.max(Level::Unknown);
            change.caveat = Some(match change.caveat.take() {
                Some(caveat) => format!("{caveat} {NOT_COMPARED}"),
                None => NOT_COMPARED.to_owned(),
            });
            report.plan.level = report.plan.level.max(change.level);
        }
    }
}
