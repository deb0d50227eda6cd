//! Rules about what a deletion would delete.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind, KEEP_BUCKET};
use crate::text::pluralize;

/// The policy allows deletions.
pub fn is_allowed(input: &RuleInput<'_>) -> Option<Denial> {
    let policy = input.policy.ok()?;
    let never = !policy.deletes(&input.stack.target.environment);
    (input.is_deletion() && never).then(|| {
        Denial::new(
            Code::DeleteNotAllowed,
            "the policy says `deletes: never`",
            input.policy_remedy("set `deletes: guarded` for this environment"),
        )
    })
}

/// No other stack imports the stack's outputs.
pub fn has_no_importers(input: &RuleInput<'_>) -> Option<Denial> {
    if !input.deletes_stack() {
        return None;
    }
    let remedy = "delete the stacks that import its outputs first";
    match &input.facts.importers {
        None => Some(Denial::new(
            Code::StackHasImporters,
            "the stacks that import its outputs are not known",
            remedy,
        )),
        Some(importers) if !importers.is_empty() => Some(Denial::new(
            Code::StackHasImporters,
            format!("its outputs are imported by {}", importers.join(", ")),
            remedy,
        )),
        Some(_) => None,
    }
}

/// CloudFormation cannot delete a bucket that holds objects. Only `tear-down` empties one, after a report of the object count.
pub fn buckets_are_empty(input: &RuleInput<'_>) -> Option<Denial> {
    if !input.deletes_stack() {
        return None;
    }
    let remedy = match input.kind {
        EffectKind::RemoveFailed => KEEP_BUCKET,
        _ => "empty the bucket, or use `tear-down` where the product has it",
    };
    let Some(buckets) = &input.facts.buckets else {
        return Some(Denial::new(
            Code::BucketNotEmpty,
            "the contents of its buckets are not known",
            remedy,
        ));
    };
    if input.kind == EffectKind::TearDown {
        return None;
    }
    let (bucket, count) = buckets.deleted.iter().find(|(_, count)| **count > 0)?;
    let count = usize::try_from(*count).unwrap_or(usize::MAX);
    Some(Denial::new(
        Code::BucketNotEmpty,
        format!(
            "bucket {bucket} holds {}",
            pluralize(count, "object version")
        ),
        remedy,
    ))
}
