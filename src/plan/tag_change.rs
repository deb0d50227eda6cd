//! Whether a change set changes the tags of a stack, and nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stack::{ChangeAction, ChangeSet, Evaluation, Recreation, Replacement, ResourceChange};

const NESTED_STACK: &str = "AWS::CloudFormation::Stack";
const TAGS: &str = "Tags";

/// What a change set does beside the change of tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BeyondTags {
    /// CloudFormation did not compute the change set to its end, or it cannot be executed.
    NotComputed { status: String },
    /// AWS did not send all changes.
    Incomplete,
    /// A resource changes in another way, or in a way that this version does not know.
    Resource {
        logical_id: String,
        /// What the API says, such as `Replacement True`.
        what: String,
    },
}

/// What a change set does beside the change of tags; `None` if it changes only tags. A value that this version does not know counts as
/// another change.
pub fn beyond_tags(change_set: &ChangeSet) -> Option<BeyondTags> {
    match change_set.execution_status.as_str() {
        "AVAILABLE" => beyond(change_set),
        status => Some(BeyondTags::NotComputed {
            status: format!("{} {status}", change_set.status),
        }),
    }
}

fn beyond(change_set: &ChangeSet) -> Option<BeyondTags> {
    if change_set.status != "CREATE_COMPLETE" {
        let status = change_set.status.clone();
        return Some(BeyondTags::NotComputed { status });
    }
    if change_set.is_incomplete {
        return Some(BeyondTags::Incomplete);
    }
    change_set.changes.iter().find_map(|change| {
        let what = of_resource(change)?;
        Some(BeyondTags::Resource {
            logical_id: change.logical_id.clone(),
            what,
        })
    })
}

fn of_resource(change: &ResourceChange) -> Option<String> {
    if change.action != ChangeAction::Modify {
        return Some(format!("Action {}", change.action.word()));
    }
    match &change.replacement {
        None | Some(Replacement::False) => {}
        Some(replacement) => return Some(format!("Replacement {}", replacement.word())),
    }
    if let Some(policy) = &change.policy_action {
        return Some(format!("PolicyAction {}", policy.word()));
    }
    if change.scope != [TAGS] {
        return Some(format!("Scope {}", change.scope.join(", ")));
    }
    for detail in &change.details {
        let target = &detail.target;
        match target.attribute.as_deref() {
            Some(TAGS) => {}
            other => return Some(format!("Attribute {}", other.unwrap_or_default())),
        }
        match &target.requires_recreation {
            None | Some(Recreation::Never) => {}
            Some(recreation) => return Some(format!("RequiresRecreation {}", recreation.word())),
        }
        match &detail.evaluation {
            None | Some(Evaluation::Static) => {}
            Some(evaluation) => return Some(format!("Evaluation {}", evaluation.word())),
        }
    }
    match &change.nested {
        Some(nested) => beyond(nested).map(|beyond| format!("nested: {}", beyond.words())),
        None if change.kind == NESTED_STACK || change.nested_id.is_some() => {
            Some("its nested stack was not described".to_owned())
        }
        None => None,
    }
}

impl BeyondTags {
    /// In a few words.
    pub fn words(&self) -> String {
        match self {
            Self::NotComputed { status } => format!("the change set is {status}"),
            Self::Incomplete => "AWS did not send all changes".to_owned(),
            Self::Resource { logical_id, what } => format!("{logical_id}: {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn tagged() -> Value {
        json!({
            "ChangeSetId": "id", "StackId": "stack", "Status": "CREATE_COMPLETE",
            "ExecutionStatus": "AVAILABLE",
            "Changes": [{"Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
                "Replacement": "False", "Scope": ["Tags"],
                "Details": [{"Target": {"Attribute": "Tags", "RequiresRecreation": "Never"}, "Evaluation": "Static"}]
            }}]
        })
    }

    fn judged(change_set: &Value) -> Option<BeyondTags> {
        beyond_tags(&serde_json::from_value(change_set.clone()).unwrap())
    }

    #[test]
    fn tags_of_the_stack_and_of_resources_are_allowed() {
        assert_eq!(judged(&tagged()), None);
        let mut only_stack = tagged();
        only_stack["Changes"] = json!([]);
        assert_eq!(judged(&only_stack), None);
    }

    /// The places of a change set that decide, each with the values that are allowed.
    const PLACES: &[(&str, &[&str])] = &[
        ("/Status", &["CREATE_COMPLETE"]),
        ("/ExecutionStatus", &["AVAILABLE"]),
        ("/Changes/0/Type", &["Resource"]),
        ("/Changes/0/ResourceChange/Action", &["Modify"]),
        ("/Changes/0/ResourceChange/Replacement", &["False"]),
        ("/Changes/0/ResourceChange/Scope/0", &["Tags"]),
        (
            "/Changes/0/ResourceChange/Details/0/Target/Attribute",
            &["Tags"],
        ),
        (
            "/Changes/0/ResourceChange/Details/0/Target/RequiresRecreation",
            &["Never"],
        ),
        (
            "/Changes/0/ResourceChange/Details/0/Evaluation",
            &["Static"],
        ),
    ];

    #[test]
    fn attack_other_changes_beside_tags() {
        for (place, word) in [
            ("/Status", "FAILED"),
            ("/ExecutionStatus", "OBSOLETE"),
            ("/Changes/0/ResourceChange/Action", "Remove"),
            ("/Changes/0/ResourceChange/Action", "Add"),
            ("/Changes/0/ResourceChange/Action", "Import"),
            ("/Changes/0/ResourceChange/Action", "Dynamic"),
            ("/Changes/0/ResourceChange/Action", "SyncWithActual"),
            ("/Changes/0/ResourceChange/Replacement", "True"),
            ("/Changes/0/ResourceChange/Replacement", "Conditional"),
            ("/Changes/0/ResourceChange/Scope/0", "Properties"),
        ] {
            let mut other = tagged();
            *other.pointer_mut(place).unwrap() = json!(word);
            assert!(judged(&other).is_some(), "{place} {word}");
        }
        let change = "/Changes/0/ResourceChange";
        for (key, value) in [
            ("PolicyAction", json!("Delete")),
            ("Scope", json!(["Tags", "Properties"])),
            ("Scope", json!([])),
            ("ChangeSetId", json!("nested")),
            ("ResourceType", json!("AWS::CloudFormation::Stack")),
        ] {
            let mut other = tagged();
            other.pointer_mut(change).unwrap()[key] = value;
            assert!(judged(&other).is_some(), "{key}");
        }
        let mut paged = tagged();
        paged["NextToken"] = json!("more");
        assert_eq!(judged(&paged), Some(BeyondTags::Incomplete));
        let mut silent = tagged();
        silent.as_object_mut().unwrap().remove("Changes");
        assert_eq!(judged(&silent), Some(BeyondTags::Incomplete));
    }

    #[test]
    fn a_nested_stack_counts_with_its_own_changes() {
        let mut nested = tagged();
        nested["ExecutionStatus"] = json!("UNAVAILABLE");
        let mut parent = tagged();
        let change = &mut parent["Changes"][0]["ResourceChange"];
        change["ResourceType"] = json!("AWS::CloudFormation::Stack");
        change["ChangeSetId"] = json!("nested");
        change["Nested"] = nested;
        assert_eq!(judged(&parent), None);
        parent["Changes"][0]["ResourceChange"]["Nested"]["Changes"][0]["ResourceChange"]["Action"] =
            json!("Remove");
        assert!(judged(&parent).is_some());
    }

    proptest! {
        #[test]
        fn unknown_words_are_other_changes(place in 0..PLACES.len(), word in "[A-Za-z_]{0,12}") {
            let (place, allowed) = PLACES[place];
            prop_assume!(!allowed.contains(&word.as_str()));
            let mut other = tagged();
            *other.pointer_mut(place).unwrap() = json!(word);
            prop_assert!(judged(&other).is_some(), "{place} {word}");
        }

        #[test]
        fn a_further_change_never_makes_it_harmless(word in "[A-Za-z]{0,12}", at in 0..2_usize) {
            let mut two = tagged();
            let mut other = two["Changes"][0].clone();
            other["ResourceChange"]["Scope"] = json!([word]);
            prop_assume!(word != "Tags");
            let changes = two["Changes"].as_array_mut().unwrap();
            changes.insert(at, other);
            prop_assert!(judged(&two).is_some());
        }
    }
}
