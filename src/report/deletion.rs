//! What a deletion takes with it, for people.

use super::format::Format;
use crate::plan::{BUCKET, Deletion};
use crate::template::DeletionBehavior;
use crate::text::pluralize;

pub fn deletion_summary(deletion: &Deletion) -> String {
    let stack = &deletion.stack.name;
    let Some(status) = &deletion.status else {
        return format!("{stack}: does not exist");
    };
    let retained = deletion.retained().count();
    let deleted = deletion.resources.len() - retained;
    let versions: u64 = deletion.buckets.values().sum();
    format!(
        "{stack}: {status}; {} would be deleted and {} kept, with {} in buckets{}",
        pluralize(deleted, "resource"),
        retained,
        pluralize(
            usize::try_from(versions).unwrap_or(usize::MAX),
            "object version"
        ),
        if deletion.protected {
            "; termination protection is on"
        } else {
            ""
        }
    )
}

/// One sentence about a deletion that was done.
pub fn deleted_summary(deletion: &Deletion) -> String {
    let stack = &deletion.stack.name;
    let kept = deletion.retained();
    let kept: Vec<&str> = kept
        .map(|kept| kept.physical_id.as_deref().unwrap_or(&kept.logical_id))
        .collect();
    match (&deletion.status, deletion.buckets.is_empty()) {
        (None, true) => format!("{stack}: does not exist"),
        _ if kept.is_empty() => format!("{stack}: deleted"),
        _ => format!(
            "{stack}: deleted; kept and no longer managed: {}",
            kept.join(", ")
        ),
    }
}

/// The table of every resource and what becomes of it.
pub fn deletion(deletion: &Deletion, medium: Format) -> String {
    let rows: Vec<Vec<String>> = deletion
        .resources
        .iter()
        .map(|resource| {
            let id = resource.physical_id.clone().unwrap_or_default();
            let versions = deletion.buckets.get(&id);
            let fate = match resource.deletion_behavior {
                DeletionBehavior::Retained if deletion.empties && resource.kind == BUCKET => {
                    DeletionBehavior::Deleted
                }
                fate => fate,
            };
            vec![
                fate.word().to_owned(),
                resource.logical_id.clone(),
                resource.kind.clone(),
                id,
                versions.map(u64::to_string).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        let head = ["becomes", "resource", "type", "physical id", "versions"];
        text.push_str(&medium.table(&head, &rows));
    }
    for importer in &deletion.importers {
        text.push_str(&medium.line("imported by ", importer));
    }
    text
}
