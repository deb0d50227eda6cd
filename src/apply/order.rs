//! The steps of a change: which stacks go first, and which follow others.

use std::collections::{BTreeMap, BTreeSet};

use super::schedule::{Before, StackStep};
use super::task::StackTask;
use crate::config::Config;
use crate::guard::Policies;
use crate::lanes::Lane;
use crate::operation::Desired;
use crate::plan::Intent;
use crate::template::{Link, StackLinks};

/// A task of a merge, and what is known of it before the run.
pub type PlannedTask<'a> = (StackTask<'a>, Before);

/// A step for each task.
pub fn steps(tasks: &[PlannedTask<'_>], policies: Policies<'_>) -> Vec<StackStep> {
    let links: Vec<StackLinks> = match tasks.len() {
        // Nothing to put in order.
        0 | 1 => vec![StackLinks::default(); tasks.len()],
        _ => tasks.iter().map(|(task, _)| links(&task.config)).collect(),
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
            let deletes = [index, *provider].map(|task| tasks[task].0.verb.deletes());
            match deletes {
                [false, false] => after[index].insert(*provider),
                // What needs it is deleted before what provides it.
                [true, true] => after[*provider].insert(index),
                _ => false,
            };
        }
    }
    let ranks = ranks(tasks);
    let first = tasks.iter().zip(ranks).map(|((task, _), rank)| {
        let (environment, path) = (&task.config.target.environment, task.change.path.as_str());
        // A merge alone deletes nothing.
        !task.verb.deletes() && policies.goes_first(environment, path, rank)
    });
    let mut first: Vec<bool> = first.collect();
    add_needed(&mut first, &after);
    let steps = tasks.iter().zip(after).zip(first);
    steps
        .map(|(((task, before), after), first)| {
            let target = &task.config.target;
            StackStep {
                lane: Lane::from(target),
                environment: target.environment.clone(),
                after,
                first,
                // A merge alone deletes nothing: it shows what a second person would confirm.
                reads: task.verb.deletes() && task.command.is_none(),
                before: before.clone(),
            }
        })
        .collect()
}

/// The paths of the configs that go first.
pub fn first_paths(tasks: Vec<StackTask<'_>>, policies: Policies<'_>) -> Vec<String> {
    let tasks = tasks.into_iter().map(|task| (task, Before::Open));
    let tasks: Vec<PlannedTask<'_>> = tasks.collect();
    let steps = steps(&tasks, policies).into_iter().zip(&tasks);
    let first = steps.filter(|(step, _)| step.first);
    first
        .map(|(_, (task, _))| task.change.path.to_string())
        .collect()
}

/// Lets those go first too that others need which go first.
fn add_needed(first: &mut [bool], after: &[BTreeSet<usize>]) {
    let mut todo: Vec<usize> = (0..first.len()).filter(|step| first[*step]).collect();
    while let Some(step) = todo.pop() {
        for needed in &after[step] {
            if !first[*needed] {
                first[*needed] = true;
                todo.push(*needed);
            }
        }
    }
}

/// A config that does not render has no links. Its own task reports why.
fn links(config: &Config) -> StackLinks {
    Desired::new(config).map_or_else(
        |_| StackLinks::default(),
        |desired| StackLinks::new(&desired.document, &config.target, &desired.stack.name),
    )
}

/// The place of each task among those of its environment, by tier and path. Deletions come last, and what the merge does not change.
fn ranks(tasks: &[PlannedTask<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|task| {
        let (task, _) = &tasks[*task];
        let tier = tier_rank(&task.config);
        let is_last = task.verb.deletes() || task.change.intent == Intent::Unchanged;
        (is_last, tier, task.change.path.clone())
    });
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ranks = vec![0; tasks.len()];
    for task in order {
        let count = counts
            .entry(&tasks[task].0.config.target.environment)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_first_one_needs_goes_first_too() {
        let after = [vec![1], vec![3], vec![0], vec![1]];
        let after = after.map(|after| after.into_iter().collect());
        let mut first = [true, false, false, false];
        add_needed(&mut first, &after);
        assert_eq!(first, [true, true, false, true]);
    }
}
