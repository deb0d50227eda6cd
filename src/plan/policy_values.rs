//! Deletion policies that a change set names without their values.

use crate::stack::{ChangeAction, ChangeSet, ChangeTarget, Detail, Evaluation, ResourceChange};
use crate::template::{Document, Resource};

use super::protection::POLICIES;

const TRANSFORM: &str = "Transform";

/// The change set with the values of changed deletion policies, as the deployed and the new template write them. A value that CloudFormation
/// names stays. What a macro returns, or a function computes, is not known.
pub fn with_policy_values(
    change_set: &ChangeSet,
    deployed: &Document,
    new: &Document,
) -> ChangeSet {
    let mut change_set = change_set.clone();
    if [deployed, new]
        .iter()
        .any(|side| side.tree.get(TRANSFORM).is_some())
    {
        return change_set;
    }
    for change in &mut change_set.changes {
        let of = |side: &Document| {
            let mut resources = side.resources();
            let found = resources.find(|resource| resource.logical_id == change.logical_id);
            found.and_then(|resource| policies(&resource))
        };
        if change.action == ChangeAction::Modify
            && let (Some(before), Some(after)) = (of(deployed), of(new))
        {
            for (place, policy) in POLICIES.into_iter().enumerate() {
                fill(change, policy, [&before[place], &after[place]]);
            }
        }
    }
    change_set
}

/// The written values; `None` if a function computes one.
fn policies(resource: &Resource<'_>) -> Option<[Option<String>; 2]> {
    let read = |policy: &str| match resource.entry.value.get(policy) {
        None => Some(None),
        Some(value) => value.literal().map(|text| Some(text.to_owned())),
    };
    let [deletion, replacement] = POLICIES.map(read);
    Some([deletion?, replacement?])
}

fn fill(change: &mut ResourceChange, policy: &str, [before, after]: [&Option<String>; 2]) {
    let change_type = match (before, after) {
        (Some(before), Some(after)) if before != after => "Modify",
        (None, Some(_)) => "Add",
        (Some(_), None) => "Remove",
        // CloudFormation names a change that the templates do not have.
        _ => return,
    };
    let is_of_policy = |detail: &&mut Detail| detail.target.attribute.as_deref() == Some(policy);
    let mut is_listed = false;
    for detail in change.details.iter_mut().filter(is_of_policy) {
        is_listed = true;
        let target = &mut detail.target;
        if target.before_value.is_none() && target.after_value.is_none() {
            target.before_value.clone_from(before);
            target.after_value.clone_from(after);
            target.attribute_change_type = Some(change_type.to_owned());
        }
    }
    if !is_listed && change.scope.iter().any(|attribute| attribute == policy) {
        change.details.push(Detail {
            target: ChangeTarget {
                attribute: Some(policy.to_owned()),
                attribute_change_type: Some(change_type.to_owned()),
                before_value: before.clone(),
                after_value: after.clone(),
                ..ChangeTarget::default()
            },
            evaluation: Some(Evaluation::Static),
            change_source: Some("DirectModification".to_owned()),
            causing_entity: None,
        });
    }
}
