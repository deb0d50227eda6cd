//! The plan digest: equal digests mean that the same would be deployed to the same places.

use serde::Serialize;

use super::{Change, Intent, NewFolders};
use crate::model::Digest;
use crate::product::Target;

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
