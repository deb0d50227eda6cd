//! Rules about stacks that exist already and become provisioner's own, or stop to be.

use super::RuleInput;
use super::change::short;
use crate::diagnostic::Code;
use crate::guard::{AdoptionFacts, Denial, EffectKind, TEST_TAG, TagChangeSet};
use crate::plan::Obstacle;

const NEW_PULL_REQUEST: &str =
    "open a new pull request with the entry, let the check compare the stack, and have it approved";

fn changes_tags(input: &RuleInput<'_>) -> bool {
    matches!(input.kind, EffectKind::Adopt | EffectKind::Unadopt)
}

fn adoption<'a>(input: &RuleInput<'a>) -> Option<&'a AdoptionFacts> {
    input.facts.adoption.as_ref()
}

/// Nothing else owns the stack that is to be adopted.
pub fn stack_is_free(input: &RuleInput<'_>) -> Option<Denial> {
    if input.kind != EffectKind::Adopt {
        return None;
    }
    // Other rules deny an unknown and a missing stack.
    let stack = input.facts.stack.as_ref()?.as_ref()?;
    let denial =
        |fact: String, remedy: &str| Some(Denial::new(Code::AdoptOwnedElsewhere, fact, remedy));
    let release =
        "have its owner release the stack, and remove the owner's tags; else leave it to them";
    let Some(adoption) = adoption(input) else {
        let fact = "whether another owner has the stack is not known";
        return denial(fact.to_owned(), "run it again");
    };
    let owner = &input.facts.owner;
    if owner.is_empty() {
        let fact = "the tags of the config's own stack are not known";
        return denial(fact.to_owned(), "run it again");
    }
    // The same again by the tags that were read with the stack.
    let mut clashing = owner.keys().filter(|key| {
        let live = stack.tags.get(*key);
        live.is_some() && live != owner.get(*key)
    });
    if let Some(key) = clashing.next().filter(|_| adoption.obstacles.is_empty()) {
        let fact = format!("the stack's tag {key} is that of another config's stack");
        return denial(fact, "use the config that owns the stack");
    }
    if stack.tags.contains_key(TEST_TAG) && adoption.obstacles.is_empty() {
        let fact = "a test created the stack, and deletes it";
        return denial(
            fact.to_owned(),
            "adopt the stack of the config, not that of its test",
        );
    }
    adoption
        .obstacles
        .iter()
        .find_map(|obstacle| match obstacle {
            Obstacle::OtherConfig { tag, live, needed } => denial(
                format!(
                    "the stack's tag {tag} is `{live}`, and the config's stack needs `{needed}`"
                ),
                "use the config that owns the stack, or un-adopt the stack there first",
            ),
            Obstacle::OtherTool { tool, mark } => {
                denial(format!("{} owns the stack: {mark}", tool.name()), release)
            }
            Obstacle::TestStack { tested } => denial(
                format!("a test of {tested} created the stack, and deletes it"),
                "adopt the stack of the config, not that of its test",
            ),
            Obstacle::UnreadableTemplate => denial(
                "the live template cannot be read, so its owner is not known".to_owned(),
                release,
            ),
            Obstacle::NoStackId { .. }
            | Obstacle::OtherAccount { .. }
            | Obstacle::OtherRegion { .. }
            | Obstacle::OtherName { .. } => denial(
                "the stack is not the one of the config".to_owned(),
                "write the full id of the config's own stack into the entry",
            ),
            // Rules about the stack's state deny these, and CloudFormation the number of tags.
            Obstacle::InProgress { .. }
            | Obstacle::Failed { .. }
            | Obstacle::NeverCreated { .. }
            | Obstacle::Deleted { .. }
            | Obstacle::TooManyTags { .. } => None,
        })
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

/// The stack is still what reviewers saw: its template, parameters and tags.
pub fn stack_is_what_was_reviewed(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge().filter(|_| changes_tags(input))?;
    // Another rule denies a stack that was not reviewed.
    let reviewed = request.shown.as_ref()?.change_set.as_ref()?;
    let fact = match adoption(input) {
        Some(adoption) if adoption.digest == *reviewed => return None,
        Some(adoption) => format!(
            "reviewers saw the stack {}, and it is {} now: its template, parameters or tags changed",
            short(reviewed),
            short(&adoption.digest)
        ),
        None => "the stack's template, parameters and tags are not known".to_owned(),
    };
    Some(Denial::new(
        Code::AdoptTemplateChanged,
        fact,
        NEW_PULL_REQUEST,
    ))
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
