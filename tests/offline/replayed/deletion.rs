//! What a deletion takes with it, who stands in its way, and how it fails.

use serde_json::{Value, json};

use super::Desk;
use super::answers::{events, fixture, so_far, stack, stack_id};
use super::ml::ml;
use crate::support::replay::refused;

/// A stack of the ML product with two exports; both looks at it see the same.
fn looked_at(desk: &Desk, looks: usize, imports: &Value, versions: &Value) {
    let mut there = stack(desk, "CREATE_COMPLETE");
    there["Stacks"][0]["Outputs"] = json!([
        {"OutputKey": "A", "OutputValue": "a", "ExportName": "export-a"},
        {"OutputKey": "B", "OutputValue": "b", "ExportName": "export-b"},
    ]);
    let again = |answers: &Value| {
        let answers = answers.as_array().unwrap();
        Value::Array((0..looks).flat_map(|_| answers.clone()).collect())
    };
    desk.aws
        .on("DescribeStacks", there)
        .on("ListImports", again(imports))
        .on("GetTemplate", fixture(desk, "deletable"))
        .on("ListStackResources", again(&fixture(desk, "resources")))
        .on("ListObjectVersions", again(versions));
}

fn nobody_imports() -> Value {
    let nobody = |export| {
        let message = format!("Export '{export}' is not imported by any stack.");
        refused("ValidationError", &message)
    };
    json!([nobody("export-a"), nobody("export-b")])
}

fn empty() -> Value {
    json!([{"ListVersionsResult": {"IsTruncated": false}}])
}

#[test]
fn importers_of_all_pages_stand_in_the_way() {
    let desk = ml();
    let imports = json!([
        {"Imports": ["reports"], "NextToken": "page-2"},
        {"Imports": ["billing"]},
        nobody_imports()[1],
    ]);
    looked_at(&desk, 2, &imports, &empty());
    let denied = desk.try_act("delete-product", &["--force"]);
    assert_eq!(denied.status, 20);
    insta::assert_snapshot!("replayed_importers", desk.neutral(&denied.stdout));
    let asked = desk.aws.asked("ListImports");
    assert_eq!(asked[1].get("NextToken"), "page-2");
    assert_eq!(asked[2].get("ExportName"), "export-b");
}

#[test]
fn a_bucket_with_versions_stands_in_the_way() {
    let desk = ml();
    looked_at(&desk, 2, &nobody_imports(), &fixture(&desk, "versions"));
    let denied = desk.try_act("delete-product", &["--force"]);
    assert_eq!(denied.status, 20);
    let words = "error[bucket-not-empty]: bucket artifacts holds 3 object versions";
    assert!(denied.stdout.contains(words), "{}", denied.stdout);
    assert_eq!(
        desk.aws.asked("ListObjectVersions")[1].get("version-id-marker"),
        "v1"
    );
}

#[test]
fn what_is_kept_is_named() {
    let desk = ml();
    looked_at(&desk, 1, &nobody_imports(), &empty());
    let rows = [
        ("", "CREATE_COMPLETE", ""),
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
        ("Key", "DELETE_SKIPPED", ""),
        ("", "DELETE_COMPLETE", ""),
    ];
    let events = events(&desk, &rows);
    desk.aws
        .on("DeleteStack", json!({}))
        .on(
            "DescribeStacks",
            json!([
                stack(&desk, "DELETE_IN_PROGRESS"),
                stack(&desk, "DELETE_COMPLETE")
            ]),
        )
        .on(
            "DescribeStackEvents",
            json!([so_far(&events, 1), so_far(&events, 3), so_far(&events, 4)]),
        );
    let gone = desk.act("delete-product", &["--force"]);
    insta::assert_snapshot!("replayed_deletion", desk.neutral(&gone.stdout));
    let deleted = &desk.aws.asked("DeleteStack")[0];
    assert_eq!(deleted.get("StackName"), stack_id(&desk));
    assert!(!deleted.has("DeletionMode") && !deleted.has("RetainResources.member.1"));
}

#[test]
fn a_deletion_that_fails_says_why() {
    let desk = ml();
    looked_at(&desk, 1, &nobody_imports(), &empty());
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
    let events = events(&desk, &rows);
    desk.aws
        .on("DeleteStack", json!({}))
        .on("DescribeStacks", stack(&desk, "DELETE_FAILED"))
        .on(
            "DescribeStackEvents",
            json!([so_far(&events, 1), so_far(&events, 5)]),
        );
    let failed = desk.try_act("delete-product", &["--force"]);
    assert_eq!(failed.status, 30);
    insta::assert_snapshot!("replayed_deletion_failed", desk.neutral(&failed.stdout));
}
