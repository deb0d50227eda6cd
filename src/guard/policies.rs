//! The policies that an effect has to pass.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::calendar::ClosedTime;
use super::rules::RuleInput;
use super::{Denial, EffectKind, Facts, Policy};
use crate::diagnostic::{Diagnostic, Location};
use crate::product::Target;
use crate::stack::{RollbackTriggers, StackName};

/// How the fact of a denial ends that only the policy before the change gives.
pub const BY_FORMER_POLICY: &str = "by the policy before the change";

/// A policy, or the errors of its file.
pub type LoadedPolicy = Result<Policy, Vec<Diagnostic>>;

/// Approvals that every policy requires.
const MIN_APPROVALS: u8 = 1;

/// What a change requires of reviewers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApprovalRequirement {
    /// How many people have to approve.
    pub approvals: u8,
    /// An approval counts if each list names the person. No list: everybody with write permission.
    pub approvers: Vec<Vec<String>>,
}

/// Two versions of the policy for a pull request: the one that its author could not choose, and the one of now, so that a person who
/// was removed from it, or an account that it no longer lists, counts at once. A command line has one.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    before: &'a LoadedPolicy,
    now: Option<&'a LoadedPolicy>,
}

impl<'a> From<&'a LoadedPolicy> for Policies<'a> {
    fn from(policy: &'a LoadedPolicy) -> Self {
        Self {
            before: policy,
            now: None,
        }
    }
}

impl<'a> Policies<'a> {
    /// `before`: the policy before the change. `now`: the one at the tip of the default branch, if it differs.
    pub fn new(before: &'a LoadedPolicy, now: Option<&'a LoadedPolicy>) -> Self {
        Self { before, now }
    }

    /// The policy of now, if the change repaired the policy. A policy that does not load cannot forbid its own repair, so the policy of now decides
    /// alone, at its strictest. Callers pass no policy of now for a change that left the policy broken.
    fn repair(self) -> Option<&'a Policy> {
        self.before.as_ref().err()?;
        self.now?.as_ref().ok()
    }

    fn both(self) -> impl Iterator<Item = &'a LoadedPolicy> {
        let before = self.repair().is_none().then_some(self.before);
        before.into_iter().chain(self.now)
    }

    /// The errors of the files.
    pub fn problems(self) -> impl Iterator<Item = &'a Diagnostic> {
        self.both()
            .filter_map(|policy| policy.as_ref().err())
            .flatten()
    }

    /// The role that reads stacks of a target; `None` unless both policies name one. The author of a pull request chooses its base, so
    /// that the policy of now says which.
    pub fn plan_role(self, target: &Target) -> Option<String> {
        self.roles(|policy| policy.plan_role(target))?.pop()
    }

    /// The role that changes stacks of a target; `None` unless both policies name one. A change does not choose its own role, so that the
    /// policy before it says which.
    pub fn apply_role(self, target: &Target) -> Option<String> {
        let roles = self.roles(|policy| policy.apply_role(target))?;
        roles.into_iter().next()
    }

    /// Whether a policy names a role that changes stacks of a target.
    pub fn names_apply_role(self, target: &Target) -> bool {
        let mut policies = self.both().filter_map(|policy| policy.as_ref().ok());
        policies.any(|policy| policy.apply_role(target).is_some())
    }

    /// The environments for which a policy names an apply role.
    pub fn applied_environments(self) -> BTreeSet<String> {
        let policies = self.both().filter_map(|policy| policy.as_ref().ok());
        let names = policies.flat_map(Policy::applied_environments);
        names.map(str::to_owned).collect()
    }

    /// Whether a policy names an apply role for any environment.
    pub fn names_apply_roles(self) -> bool {
        !self.applied_environments().is_empty()
    }

    /// The policy before the change, which no change chooses; `None` if its file has errors.
    pub fn before(self) -> Option<&'a Policy> {
        self.before.as_ref().ok()
    }

    /// The role by each policy.
    fn roles(self, role: impl Fn(&Policy) -> Option<String>) -> Option<Vec<String>> {
        let policies = self.both();
        policies.map(|policy| role(policy.as_ref().ok()?)).collect()
    }

    /// Whether a stack goes first by either policy. `rank`: its place among the stacks of its environment, by tier and path.
    pub fn goes_first(self, environment: &str, path: &str, rank: usize) -> bool {
        let policies = self.both().filter_map(|policy| policy.as_ref().ok());
        let mut first = policies.filter_map(|policy| policy.first(environment));
        first.any(|first| first.contains(path, rank))
    }

    /// Whether stacks of an environment may go first, by either policy.
    pub fn names_first(self, environment: &str) -> bool {
        let mut policies = self.both().filter_map(|policy| policy.as_ref().ok());
        policies.any(|policy| policy.first(environment).is_some())
    }

    /// How many stacks of an environment may fail before no other one begins; `None` for any number.
    pub fn max_failures(self, environment: &str) -> Option<usize> {
        let policies = self.both().filter_map(|policy| policy.as_ref().ok());
        policies
            .filter_map(|policy| policy.max_failures(environment))
            .min()
    }

    /// Whether stacks of an environment may have to wait for others of the same change, by either policy.
    pub fn limits_rollout(self, environment: &str) -> bool {
        let mut policies = self.both().filter_map(|policy| policy.as_ref().ok());
        policies.any(|policy| policy.limits_rollout(environment))
    }

    /// The change sets that a check creates for each group of configs with the same change; `None` for all, unless both policies allow less.
    pub fn sample(self, environment: &str) -> Option<usize> {
        let samples: Option<Vec<usize>> = self
            .both()
            .map(|policy| policy.as_ref().ok()?.sample(environment))
            .collect();
        samples?.into_iter().max()
    }

    /// The alarms that roll back creations and updates of a target: those of both policies. `None` if neither names any, so that a stack
    /// keeps its own.
    pub fn rollback(self, target: &Target) -> Option<RollbackTriggers> {
        let policies = self.both().filter_map(|policy| policy.as_ref().ok());
        let all = policies.filter_map(|policy| policy.rollback(target));
        all.reduce(|before, now| before.joined(&now))
    }

    /// Where a policy writes an alarm of a target that is in another account or region.
    pub fn foreign_alarm(self, target: &Target) -> Option<Location> {
        let mut policies = self.both().filter_map(|policy| policy.as_ref().ok());
        let (_, place) = policies.find_map(|policy| policy.foreign_alarm(target))?;
        place.cloned()
    }

    /// Why no stack of an environment may change at a time, by either policy; `None` if the environment is open.
    pub fn closed_time(self, environment: &str, now: Timestamp) -> Option<ClosedTime> {
        let mut policies = self.both().filter_map(|policy| policy.as_ref().ok());
        policies.find_map(|policy| policy.closed_time(environment, Some(now)))
    }

    /// The number of stacks that are changed at the same time in each account and region.
    pub fn concurrency(self) -> usize {
        let limits = self.both().filter_map(|policy| policy.as_ref().ok());
        limits.map(Policy::concurrency).min().unwrap_or(1)
    }

    /// Config keys whose values are not redacted by either policy.
    pub fn shown_values(self) -> Vec<String> {
        let mut shown: Vec<String> = match self.before {
            Ok(policy) => policy.values.show.clone(),
            Err(_) => return Vec::new(),
        };
        shown.retain(|key| {
            let mut policies = self.both();
            policies.all(|policy| {
                policy
                    .as_ref()
                    .is_ok_and(|policy| policy.values.show.contains(key))
            })
        });
        shown
    }

    /// All teams that `approvers` lists, as `organisation/team`.
    pub fn teams(self) -> Vec<String> {
        let policies = self.both().filter_map(|policy| policy.as_ref().ok());
        let mut teams: Vec<String> = policies.flat_map(Policy::teams).collect();
        teams.sort();
        teams.dedup();
        teams
    }

    /// What a change of an environment's stacks requires of reviewers.
    pub fn requirement(self, environment: &str) -> ApprovalRequirement {
        let strict = self.repair().map(Policy::strictest);
        let policies: Vec<&Policy> = match &strict {
            Some(strict) => vec![strict],
            None => self
                .both()
                .filter_map(|policy| policy.as_ref().ok())
                .collect(),
        };
        let approvals = policies.iter().map(|policy| policy.approvals(environment));
        let mut approvers: Vec<Vec<String>> = policies
            .iter()
            .map(|policy| policy.approvers(environment).to_vec())
            .filter(|approvers| !approvers.is_empty())
            .collect();
        approvers.dedup();
        ApprovalRequirement {
            approvals: approvals.max().unwrap_or(MIN_APPROVALS),
            approvers,
        }
    }

    /// The denials by each policy, each once. A denial by one of two policies says which.
    pub(super) fn denials(
        self,
        decide: impl Fn(&RuleInput<'_>) -> Vec<Denial>,
        kind: EffectKind,
        facts: &Facts,
        stack: &StackName,
    ) -> Vec<Denial> {
        let by = |policy: &LoadedPolicy| {
            decide(&RuleInput {
                policy: policy.as_ref(),
                facts,
                kind,
                stack,
            })
        };
        if let Some(now) = self.repair() {
            let denials = by(&Ok(now.strictest())).into_iter();
            let named = denials.map(|denial| Denial {
                fact: format!(
                    "{}, by the policy after the change, since the one before does not load",
                    denial.fact
                ),
                ..denial
            });
            return named.collect();
        }
        let before = by(self.before);
        let Some(now) = self.now.map(by) else {
            return before;
        };
        let only = |denials: &[Denial], others: &[Denial], which: &str| -> Vec<Denial> {
            let denials = denials.iter().filter(|denial| !others.contains(denial));
            let named = denials.map(|denial| Denial {
                fact: format!("{}, {which}", denial.fact),
                ..denial.clone()
            });
            named.collect()
        };
        let by_now = only(&now, &before, "by the policy after the change");
        let by_before = only(&before, &now, BY_FORMER_POLICY);
        let by_both = before.into_iter().filter(|denial| now.contains(denial));
        by_both.chain(by_before).chain(by_now).collect()
    }
}
