//! A stack that has imported its bucket and lacks the rest, without tags: each action names the one that finishes it.

use serde_json::json;

use super::answers::{change_set, no_stack, preview, stack};
use super::named_imports::{import, imports, with_bucket, without_effect};
use super::operations::bucket_of;
use super::{Workdir, workdir};
use crate::support::replay::not_found;

/// The template of an import, as the program sends it.
fn import_template() -> String {
    let workdir = workdir();
    with_bucket(&workdir, &[]);
    workdir
        .aws
        .on("DescribeStacks", no_stack())
        .on("CreateChangeSet", json!({"Id": "arn", "StackId": "stack"}))
        .on("DescribeChangeSet", imports("acme-payroll", &[]));
    without_effect(&workdir);
    workdir.aws.allow_unused();
    let denied = import(&workdir, &["--force"]);
    assert_ne!(denied.status, 0);
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    made.get("TemplateBody").to_owned()
}

pub(super) fn unfinished() -> Workdir {
    let template = import_template();
    let workdir = workdir();
    let mut left = stack(&workdir, "IMPORT_COMPLETE");
    left["Stacks"][0]["Tags"] = json!([]);
    workdir
        .aws
        .on("DescribeStacks", left)
        .on("GetTemplate", json!({"TemplateBody": template}))
        .set("ListStackResources", bucket_of(&workdir))
        .on_optional("ListChangeSets", json!({"Summaries": []}))
        .on_optional(
            "ListObjectVersions",
            json!({"ListVersionsResult": {"IsTruncated": false}}),
        );
    workdir.aws.allow_unused();
    workdir
}

const NOT_FINISHED: &str = "the creation of the stack is not finished";

#[test]
fn attack_an_unfinished_creation_is_not_adopted() {
    for option in ["--force", "--dry-run"] {
        let workdir = unfinished();
        // An operation that is not scripted, such as `CreateChangeSet`, fails the test.
        let denied = workdir.try_action("adopt", &[option]);
        assert_eq!(denied.status, 20, "{option}: {}", denied.stdout);
        assert!(denied.stdout.contains(NOT_FINISHED), "{}", denied.stdout);
        assert!(!denied.stdout.contains("identical"), "{}", denied.stdout);
    }
}

/// The other actions neither read nor delete anything, and name the action that finishes the stack.
#[test]
fn attack_an_unfinished_creation_is_not_deleted() {
    for action in ["tear-down", "restore", "continue-rollback"] {
        for option in ["--force", "--dry-run"] {
            let workdir = unfinished();
            let denied = workdir.try_action(action, &[option]);
            let output = format!("{action} {option}: {}", denied.stdout);
            assert_eq!(denied.status, 20, "{output}");
            assert!(denied.stdout.contains(NOT_FINISHED), "{output}");
            let help = "run `prep-master`, or the action that was stopped";
            assert!(denied.stdout.contains(help), "{output}");
            assert!(!denied.stdout.contains("provisioner adopt"), "{output}");
        }
    }
}

/// The config names another bucket since, so the import does not fit it. `adopt` would refuse the stack too.
#[test]
fn attack_an_unfinished_creation_of_another_text_is_no_stack_to_adopt() {
    for action in ["prep-master", "show-changes", "replace", "tear-down"] {
        let workdir = unfinished();
        workdir.write_config("  versioning: true\n  bucket_name_override: acme-other-data\n");
        let denied = workdir.try_action(action, &["--no-log"]);
        let output = format!("{action}: {}", denied.stdout);
        assert_eq!(denied.status, 20, "{output}");
        let words = "it has imported resources of the config as it was before";
        assert!(denied.stdout.contains(words), "{output}");
        assert!(!denied.stdout.contains("provisioner adopt"), "{output}");
    }
}

/// The preview lists the rest, and names the action that adds it.
#[test]
fn changes_of_an_unfinished_creation_are_its_rest() {
    let workdir = unfinished();
    let add = |id: &str, kind: &str| {
        json!({"Type": "Resource", "ResourceChange": {
            "Action": "Add", "LogicalResourceId": id, "ResourceType": kind, "Scope": [], "Details": [],
        }})
    };
    let mut described = change_set("CREATE_COMPLETE", "");
    described["Changes"] = json!([add("BucketPolicy", "AWS::S3::BucketPolicy")]);
    preview(&workdir, described);
    let shown = workdir.run_action("show-changes", &["--no-log"]);
    insta::assert_snapshot!(
        "replayed_unfinished_creation",
        workdir.redact_account(&shown.stdout)
    );
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
}

/// The lifecycle policy changed since the import: an update in place, which may delete objects.
fn with_new_lifecycle(updates: &str) -> Workdir {
    let workdir = unfinished();
    workdir.write(
        ".provisioner.yaml",
        &format!("version: 1\ndefaults: {{updates: {updates}}}\n"),
    );
    workdir.write_config("  versioning: true\n  lifecycle_policy: development\n");
    let mut described = change_set("CREATE_COMPLETE", "");
    described["Changes"] = json!([{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Bucket", "PhysicalResourceId": workdir.name,
        "ResourceType": "AWS::S3::Bucket", "Replacement": "False", "Scope": ["Properties"], "Details": [{
            "ChangeSource": "DirectModification", "Evaluation": "Static",
            "Target": {"Attribute": "Properties", "Name": "LifecycleConfiguration", "RequiresRecreation": "Never"},
        }],
    }}]);
    preview(&workdir, described);
    // Only a run with an update detects drift.
    workdir
        .aws
        .on_optional("DescribeStackEvents", json!({"StackEvents": []}))
        .on_optional("DetectStackDrift", json!({"StackDriftDetectionId": "d"}))
        .on_optional(
            "DescribeStackDriftDetectionStatus",
            json!({
                "StackId": workdir.stack(), "StackDriftDetectionId": "d", "DetectionStatus": "DETECTION_COMPLETE",
                "StackDriftStatus": "IN_SYNC", "DriftedStackResourceCount": 0, "Timestamp": "2026-11-20T00:00:00Z",
            }),
        )
        .on_optional("DescribeStackResourceDrifts", json!({"StackResourceDrifts": []}));
    workdir.aws.on_optional(
        "ExecuteChangeSet",
        crate::support::replay::refused("AccessDenied", "not now"),
    );
    workdir
}

/// What the stack has imported exists, so a changed config updates it.
#[test]
fn attack_the_rest_of_a_stack_whose_config_changed_is_an_update() {
    for option in ["--force", "--dry-run"] {
        let workdir = with_new_lifecycle("never");
        let denied = workdir.try_action("prep-master", &[option]);
        assert_eq!(denied.status, 20, "{option}: {}", denied.stdout);
        for words in ["error[update-not-allowed]", "set the config back"] {
            assert!(denied.stdout.contains(words), "{}", denied.stdout);
        }
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
        let workdir = with_new_lifecycle("in-place");
        let denied = workdir.try_action("prep-master", &[option]);
        assert_eq!(denied.status, 11, "{option}: {}", denied.stdout);
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    }
    let workdir = with_new_lifecycle("never");
    let shown = workdir.run_action("show-changes", &["--no-log"]);
    let note = "prep-master will not make these changes";
    assert!(shown.stdout.contains(note), "{}", shown.stdout);
}

/// The bucket is neither replaced nor deleted, so the creation can be finished.
#[test]
fn a_new_lifecycle_does_not_keep_a_stack_unfinished() {
    let workdir = with_new_lifecycle("reviewed");
    let shown = workdir.run_action("prep-master", &["--dry-run"]);
    for words in ["would be finished", "LifecycleConfiguration"] {
        assert!(shown.stdout.contains(words), "{}", shown.stdout);
    }
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    let workdir = with_new_lifecycle("reviewed");
    let ended = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(
        workdir.aws.requests_of("ExecuteChangeSet").len(),
        1,
        "{}{}",
        ended.stdout,
        ended.stderr
    );
}

/// Something has the name of a parameter that the rest would create.
#[test]
fn attack_the_rest_of_a_stack_whose_names_are_taken() {
    for option in ["--force", "--dry-run"] {
        let workdir = unfinished();
        let name = format!("/s3/{}/BucketName", workdir.name);
        let taken = json!({"Name": name, "Type": "String", "Value": "a value"});
        workdir
            .aws
            .on("GetParameters", json!({"Parameters": [taken]}));
        let denied = workdir.try_action("prep-master", &[option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        let words = format!("is taken: {name}");
        assert!(denied.stdout.contains(&words), "{}", denied.stdout);
    }
}

/// The names of loose parameters that an import would create are checked before the import, and in its dry run.
#[test]
fn attack_an_import_beside_taken_names() {
    for option in ["--force", "--dry-run"] {
        let workdir = workdir();
        with_bucket(&workdir, &[]);
        let name = format!("/s3/{}/BucketName", workdir.name);
        let taken = json!({"Name": name, "Type": "String", "Value": "a value"});
        workdir
            .aws
            .on("DescribeStacks", no_stack())
            .on("GetParameters", json!({"Parameters": [taken]}));
        let denied = import(&workdir, &[option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        let words = format!("is taken: {name}");
        assert!(denied.stdout.contains(&words), "{}", denied.stdout);
    }
}

/// The bucket to import has the name that the failed creation's successor needs.
#[test]
fn an_import_after_a_failed_creation_counts_its_own_resources() {
    let workdir = workdir();
    with_bucket(&workdir, &[]);
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "ROLLBACK_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on(
            "ValidateTemplate",
            json!({"Parameters": [], "Capabilities": []}),
        );
    workdir.aws.on_optional(
        "GetBucketVersioning",
        json!({"VersioningConfiguration": {}}),
    );
    let shown = import(&workdir, &["--dry-run"]);
    assert_eq!(shown.status, 0, "{}", shown.stdout);
    assert!(!shown.stdout.contains("already exists"), "{}", shown.stdout);
}

/// The adopted stack has the bucket under another logical id.
#[test]
fn attack_an_update_creates_a_resource_under_a_name_of_its_own_stack() {
    for (action, option) in [
        ("show-changes", "--no-log"),
        ("prep-master", "--force"),
        ("prep-master", "--dry-run"),
    ] {
        let workdir = workdir();
        workdir.write(
            ".provisioner.yaml",
            "version: 1\ndefaults: {updates: reviewed}\n",
        );
        let change = |action: &str, id: &str| {
            json!({"Type": "Resource", "ResourceChange": {
                "Action": action, "LogicalResourceId": id, "ResourceType": "AWS::S3::Bucket", "Scope": [], "Details": [],
            }})
        };
        let mut described = change_set("CREATE_COMPLETE", "");
        described["Changes"] = json!([change("Add", "Bucket"), change("Remove", "DataBucket")]);
        let held = json!({"StackResourceSummaries": [{
            "LogicalResourceId": "DataBucket", "PhysicalResourceId": workdir.name,
            "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
        }]});
        preview(&workdir, described);
        workdir
            .aws
            .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
            .on("ListChangeSets", json!({"Summaries": []}))
            .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
            .on("ListStackResources", held)
            .on_optional("HeadBucket", not_found());
        workdir.aws.allow_unused();
        let denied = workdir.try_action(action, &[option]);
        assert_eq!(
            denied.status, 10,
            "{action} {option}: {}{}",
            denied.stdout, denied.stderr
        );
        let words = "the update cannot create Bucket (AWS::S3::Bucket): DataBucket of the stack has its name";
        assert!(
            denied.stdout.contains(words),
            "{action} {option}: {}",
            denied.stdout
        );
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
        assert_eq!(workdir.aws.requests_of("DeleteChangeSet").len(), 1);
    }
}

/// The bucket was imported without its policy: no run can finish the creation while the bucket has one.
#[test]
fn attack_the_rest_of_a_stack_whose_bucket_has_a_policy() {
    for option in ["--force", "--dry-run"] {
        let workdir = unfinished();
        workdir.aws.set("GetBucketPolicy", json!({}));
        let denied = workdir.try_action("prep-master", &[option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        let words = format!("aws s3api delete-bucket-policy --bucket {}", workdir.name);
        assert!(denied.stdout.contains(&words), "{}", denied.stdout);
        assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
    }
}

/// Its resources tell the creation, and not their properties.
#[test]
fn an_unfinished_creation_is_known_after_a_change_of_its_config() {
    for action in ["prep-master", "replace"] {
        let workdir = unfinished();
        workdir.write(
            ".provisioner.yaml",
            "version: 1\ndefaults: {updates: reviewed}\n",
        );
        workdir.write_config("  versioning: true\n  tags: {Team: payroll}\n");
        preview(&workdir, change_set("CREATE_COMPLETE", ""));
        let shown = workdir.try_action(action, &["--dry-run"]);
        assert_eq!(shown.status, 0, "{action}: {}", shown.stdout);
        assert!(
            !shown.stdout.contains("stack-not-owned"),
            "{}",
            shown.stdout
        );
    }
}

/// The stack has another bucket than the config's, or a resource that the config does not have.
#[test]
fn attack_a_stack_that_imported_something_else_is_not_finished() {
    let held = |id: &str, kind: &str, physical: &str| {
        json!({
            "LogicalResourceId": id, "PhysicalResourceId": physical,
            "ResourceType": kind, "ResourceStatus": "UPDATE_COMPLETE",
        })
    };
    let name = "acme-prod-9012-us-west-2-s3";
    for resources in [
        vec![held("Bucket", "AWS::S3::Bucket", "acme-payroll")],
        vec![
            held("Bucket", "AWS::S3::Bucket", name),
            held(
                "Topic",
                "AWS::SNS::Topic",
                "arn:aws:sns:us-west-2:123456789012:topic",
            ),
        ],
        vec![held("Bucket", "AWS::DynamoDB::Table", name)],
        Vec::new(),
    ] {
        let workdir = unfinished();
        workdir.aws.set(
            "ListStackResources",
            json!({"StackResourceSummaries": resources}),
        );
        let denied = workdir.try_action("prep-master", &["--force"]);
        assert_eq!(denied.status, 20, "{}", denied.stdout);
        assert!(
            denied.stdout.contains("stack-not-owned"),
            "{}",
            denied.stdout
        );
        assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
    }
}

/// A stack of somebody whose template only mentions the words of an import.
#[test]
fn attack_a_template_that_mentions_an_import_is_not_finished() {
    let workdir = unfinished();
    let template = import_template();
    let forged = template.replace("\"Description\"", "\"Metadata\"");
    assert_ne!(forged, template);
    workdir
        .aws
        .set("GetTemplate", json!({"TemplateBody": forged}));
    let denied = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("stack-not-owned"),
        "{}",
        denied.stdout
    );
}

#[test]
fn drift_of_an_unfinished_creation_is_that_of_the_config() {
    let workdir = unfinished();
    super::answers::detected(&workdir, "DETECTION_COMPLETE", json!([]));
    let refused = crate::support::replay::refused("ValidationError", "not supported");
    workdir.aws.on_optional("DetectStackResourceDrift", refused);
    let shown = workdir.try_action("check-drift", &["--no-log"]);
    let words = "the creation of the stack is not finished";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
    for words in [
        "provisioner did not create",
        "changes that are not deployed",
    ] {
        assert!(!shown.stdout.contains(words), "{}", shown.stdout);
    }
}

/// A killed import that CloudFormation rolled back left an empty stack. Each action names the way out.
#[test]
fn an_empty_stack_of_a_failed_import_names_its_deletion() {
    for (action, options) in [
        ("prep-master", &["--dry-run"][..]),
        ("tear-down", &["--dry-run"]),
        ("replace", &["--dry-run"]),
        ("restore", &["--dry-run"]),
        ("adopt", &["--dry-run"]),
        ("import", &["--resource", "BUCKET", "--dry-run"]),
        ("import", &["--resource", "BUCKET", "--force"]),
    ] {
        let workdir = workdir();
        let mut empty = stack(&workdir, "IMPORT_ROLLBACK_COMPLETE");
        empty["Stacks"][0]["Tags"] = json!([]);
        workdir
            .aws
            .on("DescribeStacks", empty)
            .on_optional("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
            .allow_unused();
        let bucket = format!("Bucket=BucketName={}", workdir.name);
        let options = options.iter().map(|option| match *option {
            "BUCKET" => &*bucket,
            option => option,
        });
        let denied = workdir.try_action(action, &options.collect::<Vec<_>>());
        let output = format!("{action}: {}", denied.stdout);
        assert_eq!(denied.status, 20, "{output}");
        let command = format!(
            "`aws cloudformation delete-stack --stack-name {} --region us-west-2`",
            super::answers::stack_id(&workdir)
        );
        assert!(denied.stdout.contains(&command), "{output}");
        assert!(
            !denied.stdout.contains("run `provisioner adopt"),
            "{output}"
        );
    }
}
