//! The report of a check, from inputs that were read anywhere.

use std::collections::BTreeMap;

use crate::VERSION;
use crate::change::ChangeInputs;
use crate::forge::OpenPullRequest;
use crate::model::CommitSha;
use crate::plan::{Plan, assess};
use crate::report::{CheckContext, Collision, Report};

pub const OFFLINE_NOTICE: &str = "Replacements, drift and the live state of stacks are not known. \
     What is shown is what the rendered templates and the product's impact rules say.";

const PRODUCTS_CHANGED: &str = "This change edits products below .provisioner/products. Of the impact rules before and after it, \
     the stricter one counts; read the change of the rules themselves.";

pub fn report(inputs: &ChangeInputs, base: &CommitSha, head: &CommitSha) -> Report {
    let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
    let mut notices = Vec::new();
    if inputs.products_changed {
        notices.push(PRODUCTS_CHANGED.to_owned());
    }
    let context = CheckContext {
        base: base.short().to_owned(),
        head: head.short().to_owned(),
        version: VERSION,
    };
    Report {
        context,
        plan,
        previews: BTreeMap::new(),
        collisions: None,
        notices,
    }
}

/// Other open pull requests that change configs of the plan.
pub fn collisions(plan: &Plan, own: u64, open: &[OpenPullRequest]) -> Vec<Collision> {
    let touched = |pull: &OpenPullRequest| -> Vec<_> {
        let paths = plan.changes.iter().map(|change| &change.path);
        paths
            .filter(|path| pull.paths.contains(path))
            .cloned()
            .collect()
    };
    let others = open.iter().filter(|pull| pull.number != own);
    let collisions = others.map(|pull| Collision {
        number: pull.number,
        paths: touched(pull),
    });
    collisions
        .filter(|collision| !collision.paths.is_empty())
        .collect()
}
