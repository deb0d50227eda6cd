//! Permits: values that only a decision creates, and that an effect consumes.

use std::marker::PhantomData;

use super::rules;
use super::{Denial, Effect, EffectKind, Facts, Policies};
use crate::stack::StackName;

/// Allows one effect on one stack, once. No other module can create, copy or convert it: `compile_fail.rs` proves that.
#[derive(Debug)]
#[must_use = "a permit allows something that has not been done yet"]
pub struct Permit<E: Effect> {
    stack: StackName,
    effect: PhantomData<E>,
}

impl<E: Effect> Permit<E> {
    pub fn stack(&self) -> &StackName {
        &self.stack
    }
}

/// Decides on an effect. Returns all denials, not only the first. An invalid policy denies everything.
pub fn decide<'a, E: Effect>(
    policies: impl Into<Policies<'a>>,
    facts: &Facts,
    stack: &StackName,
) -> Result<Permit<E>, Vec<Denial>> {
    let denials = denials(E::KIND, policies, facts, stack);
    if denials.is_empty() {
        Ok(Permit {
            stack: stack.clone(),
            effect: PhantomData,
        })
    } else {
        Err(denials)
    }
}

/// All denials of an effect, for a report. Creates no permit.
pub fn denials<'a>(
    kind: EffectKind,
    policies: impl Into<Policies<'a>>,
    facts: &Facts,
    stack: &StackName,
) -> Vec<Denial> {
    let policies = policies.into();
    policies.denials(rules::denials, kind, facts, stack)
}

/// The denials that need no AWS facts. A request that is denied here gets no credentials.
pub fn denials_before_credentials<'a>(
    kind: EffectKind,
    policies: impl Into<Policies<'a>>,
    facts: &Facts,
    stack: &StackName,
) -> Vec<Denial> {
    let policies = policies.into();
    policies.denials(rules::denials_before_credentials, kind, facts, stack)
}

/// The denials of an effect that are certain before the merge of the change that requests it. `previewed`: the facts include what a
/// preview read from AWS.
pub fn denials_before_merge<'a>(
    kind: EffectKind,
    policies: impl Into<Policies<'a>>,
    facts: &Facts,
    stack: &StackName,
    previewed: bool,
) -> Vec<Denial> {
    let policies = policies.into();
    let decide = |input: &rules::RuleInput<'_>| rules::denials_before_merge(input, previewed);
    policies.denials(decide, kind, facts, stack)
}
