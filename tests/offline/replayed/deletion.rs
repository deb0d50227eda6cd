//! Deletions on replayed answers: the preview, what blocks a deletion, and its errors.

use serde_json::{Value, json};

use super::Workdir;
use super::answers::{events, first_events, fixture, stack, stack_id};
use super::ml::ml;
use crate::support::replay::refused;

/// A stack of the ML product with two exports, which AWS describes as returned; `looks` queries return the same.
pub(super) fn previewed_stack(
    workdir: &Workdir,
    looks: usize,
    imports: &Value,
    versions: &Value,
) -> Value {
    let mut there = stack(workdir, "CREATE_COMPLETE");
    there["Stacks"][0]["Outputs"] = json!([
        {"OutputKey": "A", "OutputValue": "a", "ExportName": "export-a"},
        {"OutputKey": "B", "OutputValue": "b", "ExportName": "export-b"},
    ]);
    let again = |answers: &Value| {
        let answers = answers.as_array().unwrap();
        Value::Array((0..looks).flat_map(|_| answers.clone()).collect())
    };
    workdir
        .aws
        .on("DescribeStacks", there.clone())
        .on("ListImports", again(imports))
        .on("GetTemplate", fixture(workdir, "deletable"))
        .on("ListStackResources", again(&fixture(workdir, "resources")))
        .on("ListObjectVersions", again(versions));
    there
}

pub(super) fn without_imports() -> Value {
    let not_imported = |export| {
        let message = format!("Export '{export}' is not imported by any stack.");
        refused("ValidationError", &message)
    };
    json!([not_imported("export-a"), not_imported("export-b")])
}

pub(super) fn empty() -> Value {
    json!([{"ListVersionsResult": {"IsTruncated": false}}])
}

#[test]
fn importers_on_any_page_block_deletion() {
    let workdir = ml();
    let imports = json!([
        {"Imports": ["reports"], "NextToken": "page-2"},
        {"Imports": ["billing"]},
        without_imports()[1],
    ]);
    previewed_stack(&workdir, 2, &imports, &empty());
    let denied = workdir.try_action("delete-product", &["--force"]);
    assert_eq!(denied.status, 20);
    insta::assert_snapshot!("replayed_importers", workdir.redact_account(&denied.stdout));
    let asked = workdir.aws.requests_of("ListImports");
    assert_eq!(asked[1].get("NextToken"), "page-2");
    assert_eq!(asked[2].get("ExportName"), "export-b");
}

#[test]
fn a_bucket_with_versions_blocks_deletion() {
    let workdir = ml();
    previewed_stack(
        &workdir,
        2,
        &without_imports(),
        &fixture(&workdir, "versions"),
    );
    let denied = workdir.try_action("delete-product", &["--force"]);
    assert_eq!(denied.status, 20);
    let words = "error[bucket-not-empty]: bucket artifacts holds 3 object versions";
    assert!(denied.stdout.contains(words), "{}", denied.stdout);
    assert_eq!(
        workdir.aws.requests_of("ListObjectVersions")[1].get("version-id-marker"),
        "v1"
    );
}

#[test]
fn retained_resources_are_listed() {
    let workdir = ml();
    let there = previewed_stack(&workdir, 1, &without_imports(), &empty());
    let rows = [
        ("", "CREATE_COMPLETE", ""),
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
        ("Key", "DELETE_SKIPPED", ""),
        ("", "DELETE_COMPLETE", ""),
    ];
    let events = events(&workdir, &rows);
    workdir
        .aws
        .on("DeleteStack", json!({}))
        .on(
            "DescribeStacks",
            json!([
                there,
                stack(&workdir, "DELETE_IN_PROGRESS"),
                stack(&workdir, "DELETE_COMPLETE")
            ]),
        )
        .on(
            "DescribeStackEvents",
            json!([
                first_events(&events, 1),
                first_events(&events, 3),
                first_events(&events, 4)
            ]),
        );
    let gone = workdir.run_action("delete-product", &["--force"]);
    insta::assert_snapshot!("replayed_deletion", workdir.redact_account(&gone.stdout));
    let deleted = &workdir.aws.requests_of("DeleteStack")[0];
    assert_eq!(deleted.get("StackName"), stack_id(&workdir));
    assert!(!deleted.has("DeletionMode") && !deleted.has("RetainResources.member.1"));
}

#[test]
fn a_deletion_that_fails_says_why() {
    let workdir = ml();
    let there = previewed_stack(&workdir, 1, &without_imports(), &empty());
    let rows = [
        ("", "CREATE_COMPLETE", ""),
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
        (
            "Artifacts",
            "DELETE_FAILED",
            "The bucket you tried to delete is not empty",
        ),
        (
            "Role",
            "DELETE_FAILED",
            "Cannot delete entity, must detach all policies first.",
        ),
        (
            "",
            "DELETE_FAILED",
            "The following resource(s) failed to delete: [Artifacts, Role].",
        ),
    ];
    let events = events(&workdir, &rows);
    workdir
        .aws
        .on("DeleteStack", json!({}))
        .on(
            "DescribeStacks",
            json!([there, stack(&workdir, "DELETE_FAILED")]),
        )
        .on(
            "DescribeStackEvents",
            json!([first_events(&events, 1), first_events(&events, 5)]),
        );
    let failed = workdir.try_action("delete-product", &["--force"]);
    assert_eq!(failed.status, 30);
    insta::assert_snapshot!(
        "replayed_deletion_failed",
        workdir.redact_account(&failed.stdout)
    );
}
