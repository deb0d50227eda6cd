//! Values in a change set that this version does not know.

use crate::stack::{
    ChangeAction, Evaluation, PolicyAction, Recreation, Replacement, ResourceChange,
};

/// An unknown value in any list that decides something. A value that the API always sends counts as unknown if it is missing.
pub fn unknown_word(change: &ResourceChange) -> Option<&str> {
    fn attribute(name: &str) -> Option<&str> {
        (!is_policy(name) && !matches!(name, "Properties" | "Tags")).then_some(name)
    }
    let of_change = [
        match &change.action {
            ChangeAction::Unknown(word) => Some(word.as_str()),
            _ => None,
        },
        match &change.replacement {
            Some(Replacement::Unknown(word)) => Some(word.as_str()),
            _ => None,
        },
        match &change.policy_action {
            Some(PolicyAction::Unknown(word)) => Some(word.as_str()),
            _ => None,
        },
    ];
    let of_details = change.details.iter().flat_map(|detail| {
        let recreation = match &detail.target.requires_recreation {
            Some(Recreation::Unknown(word)) => Some(word.as_str()),
            _ => None,
        };
        let evaluation = match &detail.evaluation {
            Some(Evaluation::Unknown(word)) => Some(word.as_str()),
            _ => None,
        };
        let name = attribute(detail.target.attribute.as_deref().unwrap_or_default());
        [recreation, evaluation, name].into_iter().flatten()
    });
    let of_scope = change.scope.iter().filter_map(|name| attribute(name));
    let mut words = of_change
        .into_iter()
        .flatten()
        .chain(of_details)
        .chain(of_scope);
    let says_nothing = change.details.is_empty() && change.scope.is_empty();
    let is_empty =
        change.kind.is_empty() || (change.action == ChangeAction::Modify && says_nothing);
    words.next().or_else(|| is_empty.then_some(""))
}

/// Whether it is an attribute beside properties, which never replaces a resource.
pub fn is_policy(attribute: &str) -> bool {
    matches!(
        attribute,
        "Metadata" | "DeletionPolicy" | "UpdateReplacePolicy" | "UpdatePolicy" | "CreationPolicy"
    )
}
