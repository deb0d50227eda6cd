//! The preview and the result of a deletion.

use super::Text;
use super::after_deletion::AfterDeletion;
use super::consumers::consumer_lines;
use super::format::Format;
use crate::plan::{BUCKET, DeletedResource, Deletion};
use crate::template::{DeletionBehavior, ImportedResource, data_kind};
use crate::text::pluralize;

/// What a deletion would do, in one line.
pub fn deletion_summary(deletion: &Deletion) -> String {
    let stack = &deletion.stack.name;
    let versions: u64 = deletion.buckets.values().sum();
    let versions = usize::try_from(versions).unwrap_or(usize::MAX);
    let Some(status) = &deletion.status else {
        let kept = match deletion.buckets.len() {
            0 => String::new(),
            count => format!(
                "; {} that it retained would be deleted, with {}",
                pluralize(count, "bucket"),
                pluralize(versions, "object version")
            ),
        };
        return format!("{stack}: does not exist{kept}");
    };
    let retained = deletion.retained().count();
    let deleted = deletion.resources.len() - retained;
    let versions = match deletion.buckets.is_empty() {
        true => String::new(),
        false => format!(
            ", with {} in buckets",
            pluralize(versions, "object version")
        ),
    };
    let protected = match deletion.protected {
        true => "; termination protection is on",
        false => "",
    };
    let deleted = pluralize(deleted, "resource");
    format!(
        "{stack}: {status}; {deleted} would be deleted and {retained} kept{versions}{protected}"
    )
}

/// What a deletion did, in one line.
pub fn deleted_summary(deletion: &Deletion) -> String {
    let stack = &deletion.stack.name;
    let kept = deletion.retained();
    let kept: Vec<String> = kept
        .map(|kept| {
            let id = kept.physical_id.as_deref().unwrap_or(&kept.logical_id);
            format!("{id} ({})", kept.kind)
        })
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

/// A table of all resources, the stacks that import their outputs, and what a new stack does with what is kept.
pub fn deletion(deletion: &Deletion, format: Format) -> String {
    let mut text = resources(deletion, format);
    for importer in &deletion.importers {
        text.push_str(&format.line(&Text::ours("imported by ").and(Text::name(importer))));
    }
    for line in consumer_lines(deletion.consumers.as_ref(), deletion.status.is_some()) {
        text.push_str(&format.line(&line));
    }
    let mut kinds = deletion.blocking_kinds();
    if let Some(first) = kinds.next() {
        let kept = Text::list([first].into_iter().chain(kinds).map(Text::name));
        let note =
            Text::ours("note: a new stack of this config fails while these kept resources exist: ");
        text.push_str(&format.line(&note.and(kept)));
    }
    let kinds: Vec<&str> = deletion.returning_kinds().collect();
    if !kinds.is_empty() {
        let kept = Text::list(kinds.into_iter().map(Text::name));
        let note = Text::ours("note: a new stack of this config imports these kept resources: ");
        text.push_str(&format.line(&note.and(kept)));
    }
    text
}

/// What a replacement deleted, and what the new stack took back. `imported`: of the new stack.
pub fn replaced(deletion: &Deletion, imported: &[ImportedResource], format: Format) -> String {
    let mut text = resources(deletion, format);
    let is_back = |kept: &DeletedResource| {
        let mut imported = imported.iter();
        imported.any(|one| one.kind == kept.kind && one.logical_id == kept.logical_id)
    };
    let name = |kept: &DeletedResource| {
        let id = kept.physical_id.as_deref().unwrap_or(&kept.logical_id);
        let kind = Text::ours(" (").and(Text::name(&kept.kind));
        Text::name(id).and(kind).and(Text::ours(")"))
    };
    let (back, left): (Vec<_>, Vec<_>) = deletion.retained().partition(|kept| is_back(kept));
    for (words, kept) in [
        ("the new stack imported: ", back),
        ("kept and no longer managed: ", left),
    ] {
        if !kept.is_empty() {
            let names = Text::list(kept.into_iter().map(name));
            text.push_str(&format.line(&Text::ours(words).and(names)));
        }
    }
    text
}

fn resources(deletion: &Deletion, format: Format) -> String {
    let has_buckets = !deletion.buckets.is_empty();
    // Buckets that the stack retained when it was deleted.
    let left = deletion
        .buckets
        .iter()
        .filter(|_| deletion.status.is_none());
    let left = left.map(|(name, count)| {
        vec![
            format.after_deletion(AfterDeletion::DataDeleted),
            Text::default(),
            Text::name(BUCKET),
            Text::name(name),
            Text::number(*count),
        ]
    });
    let rows = deletion.resources.iter().map(|resource| {
        let id = resource.physical_id.as_deref();
        // The physical id of a bucket's policy is the bucket's name.
        let bucket = id.filter(|_| resource.kind == BUCKET);
        let versions = bucket.and_then(|id| deletion.buckets.get(id)).copied();
        let is_failed = deletion.is_of_failed_creation();
        // A full bucket of a failed creation is not emptied, and denies the deletion.
        let is_full = is_failed && !deletion.empties && versions > Some(0);
        let behavior = resource.deletion_behavior;
        let holds = data_kind(&resource.kind, false);
        let mut row = vec![
            match behavior {
                DeletionBehavior::Deleted if is_full => Text::ours("not empty"),
                // Nothing was written to what was being created.
                _ if is_failed => Text::ours(behavior.word()),
                _ => format.after_deletion(AfterDeletion::new(behavior, holds)),
            },
            Text::name(&resource.logical_id),
            Text::name(&resource.kind),
            Text::optional(id),
        ];
        if has_buckets {
            row.push(versions.map(Text::number).unwrap_or_default());
        }
        row
    });
    let rows: Vec<Vec<Text>> = left.chain(rows).collect();
    let mut text = String::new();
    if !rows.is_empty() {
        let head = [
            "after deletion",
            "resource",
            "type",
            "physical id",
            "versions",
        ];
        let columns = head.len() - usize::from(!has_buckets);
        text.push_str(&format.table(&head[..columns], &rows));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;
    use crate::stack::StackName;
    use crate::template::NameClaim;

    #[test]
    fn kept_resources_that_block_a_new_stack_are_named_by_type() {
        let mut shown = retained();
        let start = "note: a new stack of this config fails";
        let lacks = |shown: &Deletion| !deletion(shown, Format::Text(None)).contains(start);
        assert!(lacks(&shown));
        let claim = |kind: &str, name: &str, logical_id: &str| NameClaim {
            key: [kind.to_owned(), String::new(), name.to_owned()].into(),
            logical_id: logical_id.to_owned(),
            what: String::new(),
            why: "",
        };
        shown.find_blocking(&[claim("AWS::SNS::Topic", "jobs-table", "Jobs")]);
        assert!(lacks(&shown));
        // The config may give the table another name now.
        shown.find_blocking(&[claim("AWS::DynamoDB::Table", "other", "Jobs")]);
        assert!(lacks(&shown));
        shown.find_blocking(&[claim("AWS::DynamoDB::Table", "jobs-table", "Other")]);
        let text = deletion(&shown, Format::Text(None));
        let note = "note: a new stack of this config fails while these kept resources exist: AWS::DynamoDB::Table\n";
        assert!(text.contains(note), "{text}");
        // What is deleted blocks nothing.
        shown.resources[0].deletion_behavior = DeletionBehavior::Deleted;
        shown.find_blocking(&[claim("AWS::DynamoDB::Table", "jobs-table", "Jobs")]);
        assert!(lacks(&shown));
    }

    fn retained() -> Deletion {
        Deletion {
            stack: StackName {
                target: Target {
                    account: "123456789012".to_owned(),
                    region: "us-west-2".to_owned(),
                    environment: "prod".to_owned(),
                },
                name: "jobs".to_owned(),
            },
            id: Some("arn:aws:cloudformation:us-west-2:123456789012:stack/jobs/1".to_owned()),
            status: Some("CREATE_COMPLETE".to_owned()),
            protected: false,
            empties: false,
            resources: vec![DeletedResource {
                logical_id: "Jobs".to_owned(),
                name: None,
                physical_id: Some("jobs-table".to_owned()),
                kind: "AWS::DynamoDB::Table".to_owned(),
                deletion_behavior: DeletionBehavior::Retained,
            }],
            importers: Vec::new(),
            consumers: None,
            buckets: [].into(),
            blocking: Vec::new(),
            drifted: Vec::new(),
            returning: Vec::new(),
        }
    }

    #[test]
    fn a_replacement_says_what_it_left_behind() {
        let deletion = retained();
        let lines = |imported: &[ImportedResource]| {
            let text = replaced(&deletion, imported, Format::Text(None));
            assert!(!text.contains("a new stack of this config"), "{text}");
            text.lines().last().unwrap_or_default().to_owned()
        };
        let left = "kept and no longer managed: jobs-table (AWS::DynamoDB::Table)";
        assert_eq!(lines(&[]), left);
        let table = ImportedResource {
            logical_id: "Jobs".to_owned(),
            kind: "AWS::DynamoDB::Table".to_owned(),
            physical_id: "jobs-table".to_owned(),
        };
        let back = "the new stack imported: jobs-table (AWS::DynamoDB::Table)";
        assert_eq!(lines(&[table]), back);
    }

    #[test]
    fn a_stack_without_buckets_has_no_object_versions() {
        let mut shown = retained();
        shown.resources[0].deletion_behavior = DeletionBehavior::Deleted;
        let format = Format::Text(None);
        let line = "jobs: CREATE_COMPLETE; 1 resource would be deleted and 0 kept";
        assert_eq!(deletion_summary(&shown), line);
        assert!(!deletion(&shown, format).contains("VERSIONS"));
        shown.buckets = [("jobs-bucket".to_owned(), 3)].into();
        let line = format!("{line}, with 3 object versions in buckets");
        assert_eq!(deletion_summary(&shown), line);
        assert!(deletion(&shown, format).contains("VERSIONS"));
    }
}
