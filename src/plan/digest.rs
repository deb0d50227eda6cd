//! The plan digest: equal digests mean that the same would be deployed to the same places.

use serde::Serialize;

use super::{Change, Intent, NewFolders};
use crate::model::Digest;
use crate::product::Target;
use crate::stack::{ChangeSet, Detail};

/// What the digest covers of each change. Adding a field changes every digest: raise the version with it.
#[derive(Serialize)]
struct Covered<'a> {
    path: &'a str,
    intent: Intent,
    stack: Option<&'a str>,
    target: Option<&'a Target>,
    template: Option<Digest>,
    folders: &'a [NewFolders],
}

const VERSION: &str = "provisioner-plan/1\n";

/// The digest of changes in their order (by path).
pub fn digest(changes: &[Change]) -> Digest {
    let covered: Vec<Covered<'_>> = changes
        .iter()
        .map(|change| Covered {
            path: change.path.as_str(),
            intent: change.intent,
            stack: change.stack.as_deref(),
            target: change.target.as_ref(),
            template: change.template,
            folders: &change.folders,
        })
        .collect();
    // Serialising these plain data cannot fail; an empty text would still give a digest of its own.
    let json = serde_json::to_string(&covered).unwrap_or_default();
    Digest::of(format!("{VERSION}{json}"))
}

const CHANGE_SET_VERSION: &str = "provisioner-change-set/1\n";

/// The digest of what a change set does: equal digests mean that the same happens to the same resources. Ids of the change set
/// itself, and times, are left out; the order in which changes come means nothing.
pub fn change_set_digest(change_set: &ChangeSet) -> Digest {
    let mut lines = Vec::new();
    collect("", change_set, &mut lines);
    lines.sort();
    Digest::of(format!("{CHANGE_SET_VERSION}{}", lines.join("\n")))
}

fn collect(prefix: &str, change_set: &ChangeSet, lines: &mut Vec<String>) {
    for change in &change_set.changes {
        let id = format!("{prefix}{}", change.logical_id);
        if let Some(nested) = &change.nested {
            collect(&format!("{id}/"), nested, lines);
        }
        let mut change = change.clone();
        change.nested = None;
        change.nested_id = None;
        let detail = |detail: &Detail| serde_json::to_string(detail).unwrap_or_default();
        change.details.sort_by_key(detail);
        change.scope.sort();
        let text = serde_json::to_string(&change).unwrap_or_default();
        lines.push(format!("{id}\t{text}"));
    }
}
