//! Permits: values that only a decision makes, and that an effect uses up.

use std::marker::PhantomData;

use super::rules::{self, RuleInput};
use super::{Denial, Effect, EffectKind, Facts, Policy};
use crate::diagnostic::Diagnostic;
use crate::stack::StackName;

/// Allows one effect on one stack, once. It cannot be made elsewhere, copied, or spent on something else:
/// `compile_fail.rs` holds what does not compile.
#[derive(Debug)]
#[must_use = "a permit allows something that has not been done yet"]
pub struct Permit<E: Effect> {
    stack: StackName,
    effect: PhantomData<E>,
}

impl<E: Effect> Permit<E> {
    /// The stack that it is for.
    pub fn stack(&self) -> &StackName {
        &self.stack
    }
}

/// Decides on an effect. All denials are told, not the first alone.
///
/// `policy` is what came of reading the policy file: one that does not load denies everything.
pub fn decide<E: Effect>(
    policy: &Result<Policy, Vec<Diagnostic>>,
    facts: &Facts,
    stack: &StackName,
) -> Result<Permit<E>, Vec<Denial>> {
    let question = RuleInput {
        policy: policy.as_ref(),
        facts,
        kind: E::KIND,
        stack,
    };
    let denials = rules::denials(&question);
    if denials.is_empty() {
        Ok(Permit {
            stack: stack.clone(),
            effect: PhantomData,
        })
    } else {
        Err(denials)
    }
}

/// What speaks against an effect, for whoever only wants to know: no permit comes of it.
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

/// What speaks against an effect already before AWS is asked anything: whoever is refused here gets no credentials.
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
