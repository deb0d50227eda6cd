//! What a new stack takes back, a replacement that an earlier run began, and an action that is run again.
#![expect(clippy::disallowed_methods, reason = "the rendered template is a file")]

use serde_json::{Value, json};

use super::answers::{
    change_set, created_change_set, no_stack, preview, stack, stack_id, stack_with, tagged,
    template,
};
use super::imports::with_former_stack;
use super::named_imports::{import, imports, with_bucket, without_effect};
use super::operations::{OUTPUTS, bucket_of, published};
use super::taken_names::deploy;
use super::{Workdir, workdir};

/// The stack is deleted, and retained its bucket. It had a tag of others. `reads`: how often the deleted stack is read before the name is
/// read again.
fn deleted(reads: usize) -> Workdir {
    let workdir = workdir();
    let bucket = [
        "Bucket".to_owned(),
        "AWS::S3::Bucket".to_owned(),
        workdir.name.clone(),
    ];
    let [id, kind, name] = bucket;
    with_former_stack(&workdir, &[(id, kind, name)]);
    let mut former = stack(&workdir, "DELETE_COMPLETE");
    let tags = former["Stacks"][0]["Tags"].as_array_mut().unwrap();
    tags.push(json!({"Key": "Owner", "Value": "bob"}));
    workdir
        .aws
        .on("DescribeStacks", no_stack())
        .on("DescribeStacks", Value::Array(vec![former.clone(); reads]));
    if reads > 0 {
        workdir.aws.on("DescribeStacks", no_stack());
    }
    workdir.aws.on("DescribeStacks", former).allow_unused();
    workdir
}

#[test]
fn previews_list_what_the_new_stack_takes_back() {
    for (action, option) in [
        ("show-changes", "--no-log"),
        ("prep-master", "--dry-run"),
        ("replace", "--dry-run"),
    ] {
        let workdir = deleted(if action == "replace" { 1 } else { 0 });
        let shown = workdir.run_action(action, &[option]);
        let mut rows = shown.stdout.lines().filter(|line| line.contains("Import"));
        let row = rows
            .next()
            .unwrap_or_else(|| panic!("{action}: {}", shown.stdout));
        assert!(row.contains("Bucket"), "{action}: {}", shown.stdout);
        assert!(
            row.contains("kept by the former stack"),
            "{action}: {}",
            shown.stdout
        );
        assert_eq!(rows.next(), None, "{action}: {}", shown.stdout);
    }
}

#[test]
fn a_dry_run_of_a_replacement_says_that_it_continues() {
    let workdir = deleted(1);
    let shown = workdir.run_action("replace", &["--dry-run"]);
    let words = "nothing is deleted, because the stack is missing or incomplete, and it gets tags of the former stack: Owner";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
    assert!(!shown.stdout.contains("bob"), "{}", shown.stdout);
    // Another action does not take over the tags.
    let created = deleted(0).run_action("prep-master", &["--dry-run"]);
    assert!(!created.stdout.contains("Owner"), "{}", created.stdout);
}

/// A stack that never was has no bucket to empty and no importers.
#[test]
fn a_missing_stack_is_the_only_reason() {
    for option in ["--force", "--dry-run"] {
        let workdir = workdir();
        workdir.aws.on("DescribeStacks", no_stack());
        let denied = workdir.try_action("replace", &[option]);
        assert_only(&denied.stdout, "stack-not-found");
        assert!(denied.stdout.contains("`prep-master`"), "{}", denied.stdout);
        assert_eq!(denied.status, 20, "{option}: {}", denied.stdout);
    }
}

/// Credentials of another account read another account's stack.
#[test]
fn another_account_is_the_only_reason() {
    for action in ["replace", "tear-down"] {
        for option in ["--force", "--dry-run"] {
            let workdir = workdir();
            let caller =
                json!({"Account": "210987654321", "Arn": "arn:aws:iam::210987654321:user/tester"});
            workdir
                .aws
                .set("GetCallerIdentity", caller)
                .on_optional("DescribeStacks", no_stack());
            let denied = workdir.try_action(action, &[option]);
            assert_only(&denied.stdout, "account-mismatch");
        }
    }
}

#[track_caller]
fn assert_only(output: &str, code: &str) {
    let error = format!("error[{code}]");
    assert!(output.contains(&error), "{output}");
    assert_eq!(output.matches("error[").count(), 1, "{output}");
}

/// The complete stack of an import, whose bucket has this drift.
pub(super) fn imported(status: &str) -> Workdir {
    let workdir = workdir();
    workdir.run_action("create-prov-template", &["--no-log"]);
    let folder = workdir.folder().join("s3/templates");
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "yaml"));
    let body = std::fs::read_to_string(file.unwrap()).unwrap();
    let found = json!({
        "StackId": stack_id(&workdir), "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
        "StackResourceDriftStatus": status, "PropertyDifferences": [],
        "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    super::restore::detected(&workdir, json!([found]));
    workdir.aws.set("ListStackResources", bucket_of(&workdir));
    workdir
        .aws
        .on(
            "DescribeStacks",
            stack_with(&workdir, "UPDATE_COMPLETE", &OUTPUTS),
        )
        .on("GetTemplate", json!({"TemplateBody": body}))
        .on("GetParameters", published(&workdir));
    for (unused, answer) in [
        (
            "ListObjectsV2",
            json!({"ListBucketResult": {"KeyCount": "0"}}),
        ),
        ("PutObject", json!({})),
        ("HeadBucket", json!({})),
        (
            "GetBucketTagging",
            json!({"Tagging": {"TagSet": {"Tag": []}}}),
        ),
    ] {
        workdir.aws.on_optional(unused, answer);
    }
    workdir.aws.allow_unused();
    workdir
}

/// The first run failed because of it. A script that repeats the command does not turn green.
#[test]
fn attack_a_second_import_forgets_no_difference() {
    let failed = import(&imported("MODIFIED"), &["--force"]);
    assert_eq!(failed.status, 30, "{}{}", failed.stdout, failed.stderr);
    let words = "these imported resources differ from the template: Bucket";
    assert!(failed.stdout.contains(words), "{}", failed.stdout);
    let same = import(&imported("IN_SYNC"), &["--force"]);
    assert_eq!(same.status, 0, "{}{}", same.stdout, same.stderr);
    assert!(same.stdout.contains("unchanged"), "{}", same.stdout);
}

/// The new stack would take the bucket back as it is, and the run would fail after the deletion.
#[test]
fn attack_a_replacement_of_a_stack_with_known_drift_deletes_nothing() {
    for option in ["--force", "--dry-run"] {
        let workdir = workdir();
        let deployed = template(&workdir);
        deploy(&workdir, &deployed);
        let mut drifted = stack(&workdir, "CREATE_COMPLETE");
        drifted["Stacks"][0]["DriftInformation"] = json!({
            "StackDriftStatus": "DRIFTED", "LastCheckTimestamp": "2026-11-25T10:00:00.000Z",
        });
        let difference = json!({
            "PropertyPath": "/VersioningConfiguration/Status", "ExpectedValue": "Enabled",
            "ActualValue": "Suspended", "DifferenceType": "NOT_EQUAL",
        });
        let found = json!({"StackResourceDrifts": [{
            "StackId": stack_id(&workdir), "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
            "StackResourceDriftStatus": "MODIFIED", "PropertyDifferences": [difference],
            "Timestamp": "2026-11-25T10:00:00.000Z",
        }]});
        workdir
            .aws
            .set("DescribeStacks", drifted)
            .set("DescribeStackResourceDrifts", found)
            .on_optional("GetBucketTagging", tagged(&stack_id(&workdir)))
            .on_optional(
                "ValidateTemplate",
                json!({"Parameters": [], "Capabilities": []}),
            );
        workdir.aws.allow_unused();
        let denied = workdir.try_action("replace", &[option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        let words = "was changed by hand, and the new stack takes it back as it is: Bucket (/VersioningConfiguration/Status)";
        for words in [words, "`restore`"] {
            assert!(denied.stdout.contains(words), "{}", denied.stdout);
        }
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    }
}

/// The config changed since. An import creates stacks, and updates none.
#[test]
fn attack_an_import_updates_no_stack() {
    for option in ["--force", "--dry-run"] {
        let workdir = imported("IN_SYNC");
        workdir.write_config("  versioning: true\n  tags:\n    Team: other\n");
        preview(&workdir, change_set("CREATE_COMPLETE", ""));
        workdir
            .aws
            .on_optional("ListChangeSets", json!({"Summaries": []}));
        let denied = import(&workdir, &[option]);
        assert_eq!(denied.status, 20, "{option}: {}", denied.stdout);
        assert!(
            denied.stdout.contains("error[stack-exists]"),
            "{option}: {}",
            denied.stdout
        );
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    }
    // The resource is another one than the config's.
    for option in ["--force", "--dry-run"] {
        let workdir = imported("IN_SYNC");
        let resource = "Bucket=BucketName=acme-payroll";
        let denied = workdir.try_action("import", &["--resource", resource, option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        assert!(
            denied.stdout.contains("error[entry-invalid]"),
            "{option}: {}",
            denied.stdout
        );
    }
}

/// CloudFormation computed the import, and does not execute it. Its reason is all that tells why.
#[test]
fn an_import_that_is_not_executable_says_why() {
    let workdir = workdir();
    with_bucket(&workdir, &[]);
    let mut found = imports(&workdir.name, &[]);
    found["ExecutionStatus"] = json!("UNAVAILABLE");
    found["StatusReason"] = json!("the bucket has a policy of another stack");
    created_change_set(&workdir, found);
    workdir
        .aws
        .on("DescribeStacks", json!([no_stack(), no_stack()]));
    without_effect(&workdir);
    workdir
        .aws
        .on_optional("DescribeEvents", json!({"OperationEvents": []}))
        .on_optional("DescribeChangeSetHooks", json!({"Hooks": []}))
        .allow_unused();
    let failed = import(&workdir, &["--force"]);
    assert_eq!(failed.status, 30, "{}{}", failed.stdout, failed.stderr);
    let reason = "the bucket has a policy of another stack";
    assert!(failed.stdout.contains(reason), "{}", failed.stdout);
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
}

/// `adopt` would refuse the stack too.
#[test]
fn an_unadoption_of_another_stack_is_no_adoption() {
    let workdir = workdir();
    let mut other: Value = stack(&workdir, "CREATE_COMPLETE");
    let tags = other["Stacks"][0]["Tags"].as_array_mut().unwrap();
    for tag in tags {
        if tag["Key"] == "provisioner:environment" {
            tag["Value"] = json!("dev");
        }
    }
    workdir
        .aws
        .on("DescribeStacks", other)
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    let denied = workdir.try_action("unadopt", &["--dry-run"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("error[stack-not-owned]"),
        "{}",
        denied.stdout
    );
    let help = "use the config whose tags the stack has";
    assert!(denied.stdout.contains(help), "{}", denied.stdout);
    assert!(
        !denied.stdout.contains("provisioner adopt"),
        "{}",
        denied.stdout
    );
}
