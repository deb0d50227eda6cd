//! What an update replaced, and what it left behind.

use super::OperationContext;
use crate::config::Node;
use crate::stack::{ChangeAction, ChangeSet, PolicyAction, Replacement, Stack};
use crate::template::Document;

/// A resource that an update may replace or remove.
pub(super) struct Candidate {
    logical_id: String,
    /// Before the update.
    physical_id: String,
    /// Whether CloudFormation keeps the old resource.
    retains: bool,
}

/// The resources that a change set may replace or remove. `document`: the new template, whose `UpdateReplacePolicy` counts if the
/// change set does not say what happens to the old resource.
pub(super) fn candidates(change_set: &ChangeSet, document: &Document) -> Vec<Candidate> {
    let changes = change_set.changes.iter();
    let ended = changes.filter(|change| {
        let is_replaced = match change.replacement {
            None | Some(Replacement::False) => false,
            Some(_) => true,
        };
        is_replaced || change.action == ChangeAction::Remove
    });
    let candidates = ended.filter_map(|change| {
        Some(Candidate {
            logical_id: change.logical_id.clone(),
            physical_id: change.physical_id.clone()?,
            retains: match &change.policy_action {
                Some(PolicyAction::Retain | PolicyAction::ReplaceAndRetain) => true,
                Some(_) => false,
                None => retains(document, &change.logical_id),
            },
        })
    });
    candidates.collect()
}

fn retains(document: &Document, logical_id: &str) -> bool {
    let mut resources = document.resources();
    let resource = resources.find(|resource| resource.logical_id == logical_id);
    let policy = resource.and_then(|resource| resource.entry.value.get("UpdateReplacePolicy"));
    policy.and_then(Node::text) == Some("Retain")
}

/// Logical ids of the resources that an update replaced, and physical ids of those that it left behind, after it. Empty if AWS does
/// not list the resources now: the update itself succeeded.
pub(super) async fn replaced(
    site: &OperationContext<'_>,
    stack: &Stack,
    candidates: &[Candidate],
) -> (Vec<String>, Vec<String>) {
    if candidates.is_empty() {
        return Default::default();
    }
    let Ok(resources) = site.cloud.resources(&stack.id).await else {
        return Default::default();
    };
    let (mut replaced, mut left) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let mut resources = resources.iter();
        let now = resources.find(|now| now.logical_id == candidate.logical_id);
        let physical_id = now.and_then(|now| now.physical_id.as_ref());
        if physical_id == Some(&candidate.physical_id) {
            continue;
        }
        if now.is_some() {
            replaced.push(candidate.logical_id.clone());
        }
        if candidate.retains {
            left.push(candidate.physical_id.clone());
        }
    }
    (replaced, left)
}
