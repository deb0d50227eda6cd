//! The forecast of a check: what the merge does to each config's stack.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::apply::{StackTask, first_paths};
use crate::change::{ChangeInputs, ProposedPolicies};
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::{ChangeRequest, Facts, LockState, Policies};
use crate::model::RepoPath;
use crate::plan::{Change, ChangeKey, Intent};
use crate::product::Verb;
use crate::report::{BeforeMerge, MergeEffect, Notice, OnMerge, Report, group_keys};
use crate::roles::Laws;

/// Adds the forecast of each config, and its problems. `request`: what the forge says about the pull request; `None` on a laptop.
/// `facts`: what the preview read.
pub fn add_on_merge(
    report: &mut Report,
    inputs: &ChangeInputs,
    (policies, lock): (&ProposedPolicies, LockState),
    request: Option<&ChangeRequest>,
    mut facts: BTreeMap<ChangeKey, Facts>,
) {
    report.policy_problems = policies.problems().to_vec();
    warn_of_roles(report, inputs, policies);
    for change in &mut report.plan.changes {
        // Loading a config again costs time, and few changes need it.
        let config = |needed: bool| needed.then(|| inputs.config(change, change.is_removed()))?;
        let deleted = config(change.intent == Intent::Delete);
        let facts = facts.remove(&change.key()).unwrap_or_else(|| Facts {
            external_references: Some(change.external_references.clone()),
            role_boundaries: Some(change.role_boundaries.clone()),
            ..Facts::default()
        });
        let mut samples = report.samples.iter();
        let known = BeforeMerge {
            change,
            sampled: samples.any(|sample| sample.stands_for(&change.key())),
            deletes_by: deleted.and_then(|config| Some(config.delete_action()?.1)),
            policies: policies.for_merge(),
            lock: lock.clone(),
            request: request.cloned(),
            facts,
        };
        let Some(on_merge) = OnMerge::new(known) else {
            continue;
        };
        let mut problems = on_merge.diagnostics(&change.path);
        if let Some(config) = config(!problems.is_empty() && !change.is_removed()) {
            for problem in &mut problems {
                let place = match problem.code {
                    Code::AlarmMismatch => policies.for_merge().foreign_alarm(&config.target),
                    _ => config.target_location(&problem.code),
                };
                if let Some(place) = place {
                    *problem = problem.clone().located(place);
                }
            }
        }
        change.diagnostics.extend(problems);
        report.on_merge.insert(change.key(), on_merge);
    }
    drop_promised_deletions(&mut report.plan.changes);
    report.groups = group_keys(report);
}

/// The plan's warning of a config that moved says that a person can confirm the deletion of the former stack. If the policy denies that
/// deletion, the warning of the policy replaces it.
fn drop_promised_deletions(changes: &mut [Change]) {
    let is_former = |change: &Change| change.stack_move.is_some() && change.is_removed();
    let is_left = |problem: &Diagnostic| problem.code == Code::StackLeftBehind;
    let former = changes.iter().filter(|change| is_former(change));
    let denied = former.filter(|change| change.diagnostics.iter().any(is_left));
    let denied: BTreeSet<RepoPath> = denied.map(|change| change.path.clone()).collect();
    for change in changes {
        if !is_former(change) && denied.contains(&change.path) {
            change.diagnostics.retain(|problem| !is_left(problem));
        }
    }
}

/// Adds the environments of the change in which nothing may change now. No decision depends on it: the time of the merge decides.
pub fn add_closed_environments(
    report: &mut Report,
    policies: Policies<'_>,
    now: Option<Timestamp>,
) {
    let Some(now) = now else {
        return;
    };
    let changes = report.plan.changes.iter();
    let waiting = changes.filter(|change| {
        let on_merge = report.on_merge.get(&change.key());
        on_merge.is_some_and(|on_merge| on_merge.effect != MergeEffect::None)
    });
    let targets = waiting.filter_map(|change| change.target.as_ref());
    let environments: BTreeSet<&String> = targets.map(|target| &target.environment).collect();
    let closed = environments.into_iter().filter_map(|environment| {
        let closed = policies.closed_time(environment, now)?;
        Some(Notice::EnvironmentClosed {
            environment: environment.clone(),
            why: closed.why,
            opens: closed.opens,
        })
    });
    let closed: Vec<Notice> = closed.collect();
    report.notices.extend(closed);
}

/// Adds which stacks go first, in environments whose policy says so and that have more than one changed stack.
pub fn add_first_stacks(report: &mut Report, inputs: &ChangeInputs, policies: Policies<'_>) {
    let mut by_environment: BTreeMap<&str, Vec<StackTask<'_>>> = BTreeMap::new();
    for change in &report.plan.changes {
        let on_merge = report.on_merge.get(&change.key());
        let waits = on_merge.is_some_and(|on_merge| on_merge.effect != MergeEffect::None);
        let Some(target) = change.target.as_ref().filter(|target| {
            waits && !change.is_removed() && policies.names_first(&target.environment)
        }) else {
            continue;
        };
        let tasks = by_environment.entry(&target.environment).or_default();
        tasks.extend(inputs.config(change, false).map(|config| StackTask {
            change,
            config,
            verb: Verb::Provision,
            command: None,
            solution: None,
        }));
    }
    let notices = by_environment.into_iter().filter_map(|(name, tasks)| {
        let count = tasks.len();
        let configs = first_paths(tasks, policies);
        (count > 1 && configs.len() < count).then(|| Notice::GoFirst {
            environment: name.to_owned(),
            others: count - configs.len(),
            configs,
        })
    });
    let notices: Vec<Notice> = notices.collect();
    report.notices.extend(notices);
}

/// Adds a warning to each config that the roles of CI do not cover. They follow the scope and the products before the merge, which the
/// change cannot choose.
fn warn_of_roles(report: &mut Report, inputs: &ChangeInputs, policies: &ProposedPolicies) {
    let Some(policy) = policies.for_merge().before() else {
        return;
    };
    let Some(scope) = &policy.scope else {
        return;
    };
    let mut laws = Laws::new(scope, &inputs.base);
    for change in &mut report.plan.changes {
        if change.is_removed() {
            continue;
        }
        let Some(config) = inputs.config(change, false) else {
            continue;
        };
        let target = &config.target;
        // The guard's error says what to correct. Roles of a wrong account would be a second, wrong correction.
        if !policy.allows_account(&target.environment, &target.account) {
            continue;
        }
        let has_role = policy.apply_role(target).is_some();
        match (laws.warning(policy, &config), &mut change.policy_update) {
            // It can be told of the policy already.
            (Some(gap), _)
                if change
                    .diagnostics
                    .iter()
                    .any(|known| known.code == gap.code) => {}
            (Some(gap), _) => change.diagnostics.push(gap),
            (None, Some(update)) if has_role => update.renews_roles = false,
            _ => {}
        }
    }
}
