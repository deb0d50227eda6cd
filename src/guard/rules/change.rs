//! Rules about what an update would do.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind, Updates};
use crate::plan::Verdict;
use crate::product::Level;

/// How to get an update allowed, in place or not.
const ALLOW_UPDATES: &str = "set `updates: reviewed` for this environment";

/// The policy allows updates. By default existing stacks are not updated.
pub fn updates_are_allowed(input: &RuleInput<'_>) -> Option<Denial> {
    let policy = input
        .policy
        .ok()
        .filter(|_| input.kind == EffectKind::Restore || input.updates_stack())?;
    let updates = policy.updates(&input.stack.target.environment);
    let (effect, remedy) = match input.kind {
        EffectKind::Resume => (
            "so what an unfinished stack has imported is not changed: the config differs from that of the import",
            "set the config back to that of the import, or set `updates: reviewed` for this environment",
        ),
        _ => ("so an existing stack is not updated", ALLOW_UPDATES),
    };
    (updates == Updates::Never).then(|| {
        Denial::new(
            Code::UpdateNotAllowed,
            format!("{}, {effect}", input.policy_fact("`updates: never`")),
            input.policy_remedy(remedy),
        )
    })
}

/// The policy allows what the update does.
pub fn impact_is_allowed(input: &RuleInput<'_>) -> Option<Denial> {
    let policy = input
        .policy
        .ok()
        .filter(|_| input.kind == EffectKind::Restore || input.updates_stack())?;
    let updates = policy.updates(&input.stack.target.environment);
    if updates == Updates::Never {
        return None;
    }
    let Some(verdict) = input.facts.verdict else {
        return Some(Denial::new(
            Code::ImpactUnknown,
            "the effect of the update is not known",
            "read the change set with `show-changes`",
        ));
    };
    match updates {
        Updates::Never | Updates::Reviewed => None,
        Updates::InPlace => is_in_place(input, verdict),
    }
}

/// Both the change set and the product say that nothing is worse than in place. The worse of the two counts.
fn is_in_place(input: &RuleInput<'_>, verdict: Verdict) -> Option<Denial> {
    let computed = match verdict {
        Verdict::None | Verdict::InPlace => None,
        Verdict::MayDestroy => Some((
            Code::ImpactUnknown,
            "the update may destroy data".to_owned(),
        )),
        _ => {
            let words = verdict.words();
            let fact = format!("the worst that the update does is `{words}`");
            Some((Code::ImpactTooHigh, fact))
        }
    };
    let declared = match input.facts.declared {
        Some(Level::None | Level::Safe) => None,
        None => Some((
            Code::ImpactUnknown,
            "no version of the config that was read renders the deployed template, so the changed keys and their impact are not known".to_owned(),
        )),
        Some(Level::Unknown) => Some((
            Code::ImpactUnknown,
            "the product declares no impact for a changed key".to_owned(),
        )),
        Some(level) => {
            let word = level.word();
            let fact = format!("the product declares the impact of a changed key as `{word}`");
            Some((Code::ImpactTooHigh, fact))
        }
    };
    let known: Vec<(Code, String)> = [computed, declared].into_iter().flatten().collect();
    // A known impact that is too high says more than an unknown one.
    let is_too_high = known.iter().any(|(code, _)| *code == Code::ImpactTooHigh);
    let code = match is_too_high {
        true => Code::ImpactTooHigh,
        false => Code::ImpactUnknown,
    };
    let facts: Vec<String> = known.into_iter().map(|(_, fact)| fact).collect();
    (!facts.is_empty()).then(|| {
        let facts = facts.join("; ");
        Denial::new(
            code,
            format!("the policy allows only updates in place: {facts}"),
            input.policy_remedy(ALLOW_UPDATES),
        )
    })
}

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// How to have a change set of each stack reviewed.
const SEE_EACH: &str = "change a YAML comment of this config alone by a pull request, whose check shows its change set";

/// Reviewers saw the change sets of other stacks. That is enough only for the policy that says so, and for an update in place.
fn sample_is_not_enough(input: &RuleInput<'_>) -> Option<Denial> {
    let environment = &input.stack.target.environment;
    let policy = input.policy.ok()?;
    let fact = match (policy.sample(environment), input.facts.verdict) {
        (None, _) => "reviewers saw the change sets of a sample, and the policy requires all",
        (Some(_), Some(Verdict::None | Verdict::InPlace)) => return None,
        (Some(_), None) => "the effect of the update is not known",
        (Some(_), Some(_)) => "the update does more than a sample of change sets can show",
    };
    Some(Denial::new(Code::PlanChanged, fact, SEE_EACH))
}

/// The change set is the one that reviewers saw.
pub fn is_what_was_shown(input: &RuleInput<'_>) -> Option<Denial> {
    if !input.updates_stack() {
        return None;
    }
    let remedy = "preview the update again";
    let digests = input.facts.digests.as_ref();
    let shown = input.request().and_then(|request| request.shown.as_ref());
    let sampled = shown.is_some_and(|shown| shown.sampled);
    if sampled && let Some(denial) = sample_is_not_enough(input) {
        return Some(denial);
    }
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
            "the reviewed change set is not known",
            remedy,
        )),
        Some([shown, current]) if sampled && shown != current => Some(Denial::new(
            Code::PlanChanged,
            format!(
                "the check created the change sets of a sample, whose effect is {}; the one of this stack is {}",
                short(shown),
                short(current)
            ),
            SEE_EACH,
        )),
        Some([shown, current]) if shown != current => Some(Denial::new(
            Code::PlanChanged,
            format!(
                "change set {} was shown, and {} would run",
                short(shown),
                short(current)
            ),
            remedy,
        )),
        _ => None,
    }
}

/// The stack is still what was shown before the confirmation.
pub fn stack_is_what_was_shown(input: &RuleInput<'_>) -> Option<Denial> {
    if !input.deletes_stack() && !input.kind.repairs() {
        return None;
    }
    let fact = match input.facts.since_shown.as_deref() {
        Some([]) => return None,
        None => "whether the stack is still what was shown is not known".to_owned(),
        Some(parts) => {
            let parts: Vec<&str> = parts.iter().map(|part| part.words()).collect();
            format!("the stack changed after it was shown: {}", parts.join(", "))
        }
    };
    Some(Denial::new(
        Code::PlanChanged,
        fact,
        "run it again, and read the new preview",
    ))
}
