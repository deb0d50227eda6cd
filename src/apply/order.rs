//! The steps of a change: which stacks go first, and which follow others.

use std::collections::{BTreeMap, BTreeSet};

use super::schedule::StackStep;
use super::task::StackTask;
use crate::config::Config;
use crate::guard::Policies;
use crate::lanes::Lane;
use crate::operation::Desired;
use crate::template::{Link, StackLinks};

/// A step for each task.
pub fn steps(tasks: &[StackTask<'_>], policies: Policies<'_>) -> Vec<StackStep> {
    let links: Vec<StackLinks> = match tasks.len() {
        // Nothing to put in order.
        0 | 1 => vec![StackLinks::default(); tasks.len()],
        _ => tasks.iter().map(|task| links(&task.config)).collect(),
    };
    let mut providers: BTreeMap<&Link, Vec<usize>> = BTreeMap::new();
    for (index, own) in links.iter().enumerate() {
        for link in &own.provides {
            providers.entry(link).or_default().push(index);
        }
    }
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); tasks.len()];
    for (index, own) in links.iter().enumerate() {
        let providers = own.needs.iter().filter_map(|link| providers.get(link));
        for provider in providers.flatten().filter(|provider| **provider != index) {
            let deletes = [index, *provider].map(|task| tasks[task].verb.deletes());
            match deletes {
                [false, false] => after[index].insert(*provider),
                // What needs it is deleted before what provides it.
                [true, true] => after[*provider].insert(index),
                _ => false,
            };
        }
    }
    let ranks = ranks(tasks);
    let steps = tasks.iter().zip(after).zip(ranks);
    steps
        .map(|((task, after), rank)| {
            let target = &task.config.target;
            StackStep {
                lane: Lane::from(target),
                first: policies.goes_first(&target.environment, task.change.path.as_str(), rank),
                environment: target.environment.clone(),
                after,
            }
        })
        .collect()
}

/// A config that does not render has no links. Its own task reports why.
fn links(config: &Config) -> StackLinks {
    Desired::new(config).map_or_else(
        |_| StackLinks::default(),
        |desired| StackLinks::new(&desired.document, &config.target, &desired.stack.name),
    )
}

/// The place of each task among those of its environment, by tier and path.
fn ranks(tasks: &[StackTask<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|task| {
        let task = &tasks[*task];
        (tier_rank(&task.config), task.change.path.clone())
    });
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ranks = vec![0; tasks.len()];
    for task in order {
        let count = counts
            .entry(&tasks[task].config.target.environment)
            .or_default();
        ranks[task] = *count;
        *count += 1;
    }
    ranks
}

/// Ascending by tier; configs without one come first.
fn tier_rank(config: &Config) -> usize {
    let tier = config.derived.names.get("tier");
    tier.map_or(0, |tier| config.product.manifest.tiers_up_to(tier).len())
}
