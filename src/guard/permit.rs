//! Permits: values that only a decision creates, and that an effect consumes.

use std::marker::PhantomData;

use super::rules::{self, RuleInput};
use super::{Denial, Effect, EffectKind, Facts, Policy};
use crate::diagnostic::Diagnostic;
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

/// Decides on an effect. Returns all denials, not only the first.
///
/// `policy` is the result of reading the policy file. An invalid policy denies everything.
pub fn decide<E: Effect>(
    policy: &Result<Policy, Vec<Diagnostic>>,
    facts: &Facts,
    stack: &StackName,
) -> Result<Permit<E>, Vec<Denial>> {
    let input = RuleInput {
        policy: policy.as_ref(),
        facts,
        kind: E::KIND,
        stack,
    };
    let denials = rules::denials(&input);
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
pub fn denials(
    kind: EffectKind,
    policy: &Result<Policy, Vec<Diagnostic>>,
    facts: &Facts,
    stack: &StackName,
) -> Vec<Denial> {
    rules::denials(&RuleInput {
        policy: policy.as_ref(),
        facts,
        kind,
        stack,
    })
}

/// The denials that need no AWS facts. A request that is denied here gets no credentials.
pub fn denials_before_credentials(
    kind: EffectKind,
    policy: &Result<Policy, Vec<Diagnostic>>,
    facts: &Facts,
    stack: &StackName,
) -> Vec<Denial> {
    rules::denials_before_credentials(&RuleInput {
        policy: policy.as_ref(),
        facts,
        kind,
        stack,
    })
}
