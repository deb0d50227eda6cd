//! The plan digest. Equal digests mean that the same would be deployed to the same targets.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Change, ChangeKey, Intent, NewFolders};
use crate::entries::StackEntry;
use crate::model::Digest;
use crate::product::Target;
use crate::stack::{ChangeSet, ResourceChange};
use crate::template::ImportedResource;

/// The digest's input for each change. A new field that is always written changes every digest: raise the version with it.
#[derive(Serialize)]
struct Covered<'a> {
    path: &'a str,
    intent: Intent,
    stack: Option<&'a str>,
    target: Option<&'a Target>,
    template: Option<Digest>,
    folders: &'a [NewFolders],
    /// Distinguishes the removal of a former stack from the removal of a config.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    former: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a StackEntry>,
}

const VERSION: &str = "provisioner-plan/1\n";

impl<'a> Covered<'a> {
    fn new(change: &'a Change) -> Self {
        Self {
            path: change.path.as_str(),
            intent: change.intent,
            stack: change.stack.as_deref(),
            target: change.target.as_ref(),
            template: change.template,
            folders: &change.folders,
            former: change.is_former_stack(),
            entry: change.entry.as_ref(),
        }
    }
}

/// The digest of changes, sorted by path.
pub fn digest(changes: &[Change]) -> Digest {
    let covered: Vec<Covered<'_>> = changes.iter().map(Covered::new).collect();
    Digest::sha256(format!("{VERSION}{}", json(&covered)))
}

impl Change {
    pub fn digest(&self) -> Digest {
        Digest::sha256(format!("{VERSION}{}", json(&Covered::new(self))))
    }
}

/// The digest of a plan together with AWS's previews. Equal digests mean equal effects.
pub fn combined_digest(plan: Digest, previews: &BTreeMap<ChangeKey, Digest>) -> Digest {
    if previews.is_empty() {
        return plan;
    }
    let known = previews.iter();
    let known: String = known
        .map(|(key, digest)| format!("{key}\t{digest}\n"))
        .collect();
    Digest::sha256(format!("provisioner-preview/1\n{plan}\n{known}"))
}

/// The digest of a creation that imports these resources of a former stack: an import is not a new resource.
pub fn import_digest(creation: Digest, imports: &[ImportedResource]) -> Digest {
    let mut covered: Vec<[&str; 3]> = imports
        .iter()
        .map(|one| [&*one.logical_id, &*one.kind, &*one.physical_id])
        .collect();
    if covered.is_empty() {
        return creation;
    }
    covered.sort_unstable();
    Digest::sha256(format!(
        "provisioner-imports/1\n{creation}\n{}",
        json(&covered)
    ))
}

const CHANGE_SET_VERSION: &str = "provisioner-change-set/2\n";

/// The digest of a change set's effects. Ids, times and the order of changes do not count.
pub fn change_set_digest(change_set: &ChangeSet) -> Digest {
    let mut changes: Vec<String> = change_set.changes.iter().map(covered).collect();
    changes.sort();
    let whole = json(&(&change_set.status, change_set.is_empty(), changes));
    Digest::sha256(format!("{CHANGE_SET_VERSION}{whole}"))
}

fn covered(change: &ResourceChange) -> String {
    let nested = change.nested.as_deref().map(change_set_digest);
    json(&(covered_change(change), nested))
}

/// What a digest covers of a change, besides nested changes.
pub(super) fn covered_change(change: &ResourceChange) -> ResourceChange {
    let mut change = change.clone();
    change.nested = None;
    change.nested_id = None;
    change.details.sort_by_key(json);
    change.scope.sort();
    for context in [&mut change.before_context, &mut change.after_context] {
        // The order of properties does not matter.
        if let Some(text) = context
            && let Ok(mut value) = serde_json::from_str::<Value>(text)
        {
            value.sort_all_objects();
            *text = value.to_string();
        }
    }
    change
}

/// Serializing this plain data cannot fail.
fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}
