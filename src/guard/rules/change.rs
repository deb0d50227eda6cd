//! Rules about what an update would do.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind, Updates};
use crate::plan::Verdict;

/// The policy allows the update. By default existing stacks are not updated.
pub fn is_allowed(input: &RuleInput<'_>) -> Option<Denial> {
    if input.kind != EffectKind::Update {
        return None;
    }
    let policy = input.policy.ok()?;
    let updates = policy.updates(&input.stack.target.environment);
    let remedy =
        "delete and provision the stack anew, or allow more under `updates` in the policy file";
    if updates == Updates::Never {
        return Some(Denial::new(
            Code::UpdateNotAllowed,
            "the stack exists, and the policy says `updates: never`",
            remedy,
        ));
    }
    let Some(verdict) = input.facts.verdict else {
        return Some(Denial::new(
            Code::ImpactUnknown,
            "what the update would do is not known",
            "look at the change set with `show-changes`",
        ));
    };
    match updates {
        Updates::Never | Updates::Reviewed => None,
        Updates::InPlace if verdict <= Verdict::InPlace => None,
        Updates::InPlace if verdict == Verdict::MayDestroy => Some(Denial::new(
            Code::ImpactUnknown,
            "the update may destroy data, and the policy says `updates: in-place`",
            remedy,
        )),
        Updates::InPlace => Some(Denial::new(
            Code::ImpactTooHigh,
            format!(
                "the worst that the update does is `{}`, and the policy says `updates: in-place`",
                verdict.words()
            ),
            remedy,
        )),
    }
}

/// The change set is the one that reviewers saw.
pub fn is_what_was_shown(input: &RuleInput<'_>) -> Option<Denial> {
    if input.kind != EffectKind::Update {
        return None;
    }
    let remedy = "look at the change again, and decide anew";
    let digests = input.facts.digests.as_ref();
    let reviewed = |shown: &String| match input.request() {
        None => true,
        Some(request) => {
            let reviewed = request.shown.as_ref();
            reviewed.and_then(|plan| plan.change_set.as_ref()) == Some(shown)
        }
    };
    match digests.filter(|[shown, _]| reviewed(shown)) {
        None => Some(Denial::new(
            Code::PlanChanged,
            "it is not known whether the change set is the one that was shown",
            remedy,
        )),
        Some([shown, current]) if shown != current => Some(Denial::new(
            Code::PlanChanged,
            format!("{shown} was shown, and {current} would run"),
            remedy,
        )),
        _ => None,
    }
}
