//! Rules about stacks that exist already and become provisioner's own, or stop to be.

use super::change::short;
use super::{RuleInput, state};
use crate::diagnostic::Code;
use crate::guard::{
    AdoptionFacts, Denial, EffectKind, TEST_TAG, TagChangeSet, TagDrift, UNFINISHED,
};
use crate::plan::Obstacle;

const NEW_PULL_REQUEST: &str =
    "open a new pull request with the entry, let the check compare the stack, and have it approved";

fn changes_tags(input: &RuleInput<'_>) -> bool {
    matches!(input.kind, EffectKind::Adopt | EffectKind::Unadopt)
}

fn adoption<'a>(input: &RuleInput<'a>) -> Option<&'a AdoptionFacts> {
    input.facts.adoption.as_ref()
}

/// Nothing that the comparison found stands against the adoption. Every obstacle denies.
pub fn stack_can_be_adopted(input: &RuleInput<'_>) -> Option<Denial> {
    if input.kind == EffectKind::Unadopt {
        return drift_is_detectable(input);
    }
    if input.kind != EffectKind::Adopt {
        return None;
    }
    // Other rules deny an unknown and a missing stack.
    let stack = input.facts.stack.as_ref()?.as_ref()?;
    let Some(adoption) = adoption(input) else {
        return Some(Denial::new(
            Code::AdoptOwnedElsewhere,
            "whether another owner has the stack is not known",
            "run it again",
        ));
    };
    if !adoption.obstacles.is_empty() {
        let mut denied = adoption.obstacles.iter();
        // A rule about the stack's state may have denied all of them, with its own words.
        let denied = denied.find(|obstacle| !is_denied_elsewhere(input, obstacle));
        return denied.map(|obstacle| of_obstacle(input, obstacle));
    }
    // The same again by the tags that were read with the stack.
    let owner = &input.facts.owner;
    if owner.is_empty() {
        return Some(Denial::new(
            Code::AdoptOwnedElsewhere,
            "the tags of the config's own stack are not known",
            "run it again",
        ));
    }
    let mut clashing = owner.iter().filter_map(|(key, needed)| {
        let live = stack.tags.get(key).filter(|live| *live != needed)?;
        Some(Obstacle::OtherConfig {
            tag: key.clone(),
            live: live.clone(),
            needed: needed.clone(),
        })
    });
    let test = || {
        let tested = stack.tags.get(TEST_TAG)?.clone();
        Some(Obstacle::TestStack { tested })
    };
    clashing
        .next()
        .or_else(test)
        .map(|obstacle| of_obstacle(input, &obstacle))
}

/// An un-adoption detects drift as an adoption does.
fn drift_is_detectable(input: &RuleInput<'_>) -> Option<Denial> {
    let mut obstacles = adoption(input)?.obstacles.iter();
    let denied = obstacles.find(|obstacle| matches!(obstacle, Obstacle::NoDriftDetection { .. }));
    denied.map(|obstacle| of_obstacle(input, obstacle))
}

/// The next step for a stack whose drift CloudFormation does not detect.
fn update_first(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Unadopt => "update the stack once by a change of its config, then try again",
        _ => "update the stack once with its present tool, then try again",
    }
}

/// The next step for a stack whose import failed.
fn after_failed_import(input: &RuleInput<'_>) -> Option<String> {
    let stack = input.facts.stack.as_ref()?.as_ref()?;
    let is_failed = stack.status.is_import_rolled_back() && input.kind == EffectKind::Adopt;
    is_failed.then(|| state::after_failed_import(stack, &input.stack.target.region))
}

/// Whether a rule about the stack's state denies for the same reason.
fn is_denied_elsewhere(input: &RuleInput<'_>, obstacle: &Obstacle) -> bool {
    let denial = match obstacle {
        Obstacle::InProgress { .. } => state::stack_is_stable(input),
        Obstacle::Failed { .. } => state::stack_has_not_failed(input),
        Obstacle::NeverCreated { .. } | Obstacle::Deleted { .. } => {
            state::stack_exists_as_required(input)
        }
        _ => None,
    };
    denial.is_some()
}

/// Each obstacle has a code.
fn of_obstacle(input: &RuleInput<'_>, obstacle: &Obstacle) -> Denial {
    let owned = |fact: String, remedy: &str| Denial::new(Code::AdoptOwnedElsewhere, fact, remedy);
    let release =
        "have its owner release the stack, and remove the owner's tags; else leave it to them";
    match obstacle {
        Obstacle::OtherConfig { tag, live, needed } => owned(
            format!("the stack's tag {tag} is `{live}`, and the config's stack needs `{needed}`"),
            "use the config that owns the stack, or un-adopt the stack there first",
        ),
        Obstacle::OtherTool { tool, mark } => {
            owned(format!("{} owns the stack: {mark}", tool.name()), release)
        }
        Obstacle::TestStack { tested } => owned(
            format!("a test of {tested} created the stack, and deletes it"),
            "adopt the stack of the config, not that of its test",
        ),
        Obstacle::UnreadableTemplate => owned(
            "the live template cannot be read, so its owner is not known".to_owned(),
            release,
        ),
        Obstacle::NoStackId { .. }
        | Obstacle::OtherAccount { .. }
        | Obstacle::OtherRegion { .. }
        | Obstacle::OtherName { .. } => owned(
            "the stack is not the one of the config".to_owned(),
            "write the full id of the config's own stack into the entry",
        ),
        Obstacle::InProgress { status } => Denial::new(
            Code::StackBusy,
            format!("the stack is {status}"),
            "wait until the operation has ended, then try again",
        ),
        Obstacle::Failed { status } => Denial::new(
            Code::StackFailed,
            format!("the stack is {status}"),
            "repair the stack with its former tool, then try again",
        ),
        Obstacle::NoDriftDetection { status } => Denial::new(
            Code::AdoptOnDrift,
            format!("CloudFormation detects no drift of a stack that is {status}"),
            after_failed_import(input).unwrap_or_else(|| update_first(input.kind).to_owned()),
        ),
        Obstacle::Unfinished { .. } => Denial::new(Code::StackFailed, UNFINISHED, state::FINISH),
        Obstacle::NeverCreated { status } | Obstacle::Deleted { status } => Denial::new(
            Code::StackNotFound,
            format!("the stack is {status}"),
            "create the stack first",
        ),
        Obstacle::TooManyTags { count } => Denial::new(
            Code::AdoptTooManyTags,
            format!("the stack would have {count} tags, and CloudFormation allows 50"),
            "remove tags that nobody needs from the stack, then try again",
        ),
    }
}

/// The check compared the stack, so that reviewers saw it.
pub fn adoption_is_reviewed(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge().filter(|_| changes_tags(input))?;
    let shown = request.shown.as_ref();
    if shown.is_some_and(|shown| shown.change_set.is_some()) {
        return None;
    }
    Some(Denial::new(
        Code::AdoptNotReviewed,
        "what reviewers saw of the stack is not known: the check did not compare it with its config",
        "set a plan role for the environment in the policy file; then open a new pull request with the entry",
    ))
}

/// The stack is still what reviewers saw, and what this run compared at its beginning: its template, parameters and tags.
pub fn stack_is_what_was_reviewed(input: &RuleInput<'_>) -> Option<Denial> {
    if !changes_tags(input) {
        return None;
    }
    let denial =
        |fact: String, remedy: &str| Some(Denial::new(Code::AdoptTemplateChanged, fact, remedy));
    // Another rule denies a stack that was not reviewed.
    let shown = input.merge().and_then(|request| request.shown.as_ref());
    let reviewed = shown.and_then(|shown| shown.change_set.as_ref());
    let Some(adoption) = adoption(input) else {
        let fact = "the stack's template, parameters and tags are not known".to_owned();
        return reviewed.and_then(|_| denial(fact, NEW_PULL_REQUEST));
    };
    let now = &adoption.digest;
    if let Some(reviewed) = reviewed.filter(|reviewed| *reviewed != now) {
        let fact = format!(
            "the stack's template, parameters or tags changed after the check: the digest of the comparison was {}, and it is {} now",
            short(reviewed),
            short(now)
        );
        return denial(fact, NEW_PULL_REQUEST);
    }
    let first = adoption.first_digest.as_ref()?;
    if first == now {
        return None;
    }
    let fact = format!(
        "the stack's template, parameters or tags changed after the comparison, or another stack has its name: the comparison's digest was {}, and it is {} now",
        short(first),
        short(now)
    );
    denial(fact, "run it again, and read the new comparison")
}

/// The change set that would run changes nothing but tags.
pub fn changes_only_tags(input: &RuleInput<'_>) -> Option<Denial> {
    if !changes_tags(input) {
        return None;
    }
    // Other rules deny an unknown and a missing stack.
    input.facts.stack.as_ref()?.as_ref()?;
    let fact = match adoption(input).map(|adoption| &adoption.change_set) {
        Some(TagChangeSet::NotCreated | TagChangeSet::OnlyTags) => return None,
        Some(TagChangeSet::Gone) => {
            return Some(Denial::new(
                Code::StackBusy,
                "another run works on this stack, and deleted the change set of this run",
                "wait until the other run has ended, then try again",
            ));
        }
        Some(TagChangeSet::Beyond(beyond)) => format!(
            "the change set would do more than change tags: {}",
            beyond.words()
        ),
        None => "what the change set would do is not known".to_owned(),
    };
    Some(Denial::new(
        Code::AdoptChangesResources,
        fact,
        "find out why CloudFormation would change the resource with the same template and parameters, and clear that first",
    ))
}

/// No value that was changed by hand is in a resource that the change of tags updates.
pub fn no_drift_is_overwritten(input: &RuleInput<'_>) -> Option<Denial> {
    if !changes_tags(input) {
        return None;
    }
    // Other rules deny a stack that was not compared, and one that cannot be adopted. Its drift is not the reason.
    let adoption = adoption(input)?;
    if input.kind == EffectKind::Adopt && !adoption.obstacles.is_empty() {
        return None;
    }
    let denial = |fact: String, remedy: &str| Some(Denial::new(Code::AdoptOnDrift, fact, remedy));
    // Before the change set exists, only a preview knows drift: that of the last detection. A run detects it again.
    let Some(drift) = &adoption.drift else {
        let fact = "whether values of the stack were changed by hand is not known";
        return match adoption.change_set {
            TagChangeSet::NotCreated | TagChangeSet::Gone => None,
            _ => denial(fact.to_owned(), "run it again"),
        };
    };
    match drift {
        TagDrift {
            refused: Some(reason),
            ..
        } => denial(
            format!("CloudFormation refuses to detect drift: {reason}"),
            update_first(input.kind),
        ),
        TagDrift {
            resources, missing, ..
        } if !resources.is_empty() || !missing.is_empty() => {
            let (facts, mut remedies) = lost(input.kind, resources, missing);
            if adoption.change_set == TagChangeSet::NotCreated {
                let again = "if they are set back already, run the action: it detects drift again";
                remedies.push(again);
            }
            denial(facts.join("; "), &remedies.join("; "))
        }
        TagDrift {
            incomplete: Some(reason),
            ..
        } => denial(
            format!("drift detection did not check every resource: {reason}"),
            "allow the role or the user to read the resources, then run `check-drift`",
        ),
        TagDrift { .. } => None,
    }
}

/// What the change of tags would do to resources that have drifted, and what clears it.
fn lost(
    kind: EffectKind,
    resources: &[String],
    missing: &[String],
) -> (Vec<String>, Vec<&'static str>) {
    let changed = (
        resources,
        "the change of tags may overwrite values that were changed by hand, in ",
        match kind {
            // The stack is provisioner's own.
            EffectKind::Unadopt => {
                "run `check-drift` to see the values; run `restore`, which reverts them, or write them into the config; then run `check-drift` again"
            }
            _ => {
                "run `check-drift` to see the values; write them into the stack's template, or set them back; then run `check-drift` again"
            }
        },
    );
    let missing = (
        missing,
        "the change of tags would fail, since a resource is missing: ",
        "create the missing resource again, or remove it from the stack's template; then run `check-drift`",
    );
    let found = [changed, missing].into_iter();
    let found = found.filter(|(ids, ..)| !ids.is_empty());
    found
        .map(|(ids, fact, remedy)| (format!("{fact}{}", ids.join(", ")), remedy))
        .unzip()
}
