//! The preview and the result of a deletion.

use super::Text;
use super::format::Format;
use crate::plan::Deletion;
use crate::text::pluralize;

/// What a deletion would do, in one line.
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

/// What a deletion did, in one line.
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

/// A table of all resources, and the stacks that import their outputs.
pub fn deletion(deletion: &Deletion, format: Format) -> String {
    let rows: Vec<Vec<Text>> = deletion
        .resources
        .iter()
        .map(|resource| {
            let id = resource.physical_id.as_deref();
            let versions = id.and_then(|id| deletion.buckets.get(id)).copied();
            vec![
                Text::ours(resource.deletion_behavior.word()),
                Text::name(&resource.logical_id),
                Text::name(&resource.kind),
                Text::optional(id),
                versions.map(Text::number).unwrap_or_default(),
            ]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        let head = [
            "after deletion",
            "resource",
            "type",
            "physical id",
            "versions",
        ];
        text.push_str(&format.table(&head, &rows));
    }
    for importer in &deletion.importers {
        text.push_str(&format.line(&Text::ours("imported by ").and(Text::name(importer))));
    }
    text
}
