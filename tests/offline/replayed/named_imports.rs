//! A new stack that imports what a command line names. The emulator fails no import.

use serde_json::{Value, json};

use super::answers::{
    arn, change_set, created_change_set, events, first_events, no_stack, stack, stack_id,
    stack_with,
};
use super::operations::{OUTPUTS, published};
use super::{Workdir, workdir};
use crate::support::replay::{not_found, refused};
use crate::support::workdir::CommandOutput;

fn resource(workdir: &Workdir) -> String {
    format!("Bucket=BucketName={}", workdir.name)
}

pub(super) fn import(workdir: &Workdir, more: &[&str]) -> CommandOutput {
    let resource = resource(workdir);
    workdir.try_action("import", &[&["--resource", &resource], more].concat())
}

/// The bucket exists, and these are its tags.
pub(super) fn with_bucket(workdir: &Workdir, tags: &[(&str, &str)]) {
    let tag = |(key, value): &(&str, &str)| json!({"Key": key, "Value": value});
    let tags: Vec<Value> = tags.iter().map(tag).collect();
    workdir.aws.on("HeadBucket", json!({}));
    let tagging = json!({"Tagging": {"TagSet": {"Tag": tags}}});
    workdir.aws.on("GetBucketTagging", tagging);
}

/// The change set imports the bucket, and does this too.
pub(super) fn imports(id: &str, more: &[Value]) -> Value {
    let mut found = change_set("CREATE_COMPLETE", "");
    let import = json!({"Type": "Resource", "ResourceChange": {
        "Action": "Import", "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket", "PhysicalResourceId": id, "Scope": [], "Details": [],
    }});
    found["Changes"] = [&[import], more].concat().into();
    found
}

/// The change set is deleted, and nothing is executed.
pub(super) fn without_effect(workdir: &Workdir) {
    workdir.aws.on("DeleteChangeSet", json!({}));
    for unused in ["ListStackResources", "ListChangeSets", "DeleteStack"] {
        workdir.aws.on_optional(unused, json!({}));
    }
}

/// The import is rolled back: the bucket stays, and the empty stack is deleted.
#[test]
fn a_failed_import_leaves_the_bucket_and_no_stack() {
    let workdir = workdir();
    with_bucket(&workdir, &[]);
    created_change_set(&workdir, imports(&workdir.name, &[]));
    let failed = events(
        &workdir,
        &[
            ("", "IMPORT_IN_PROGRESS", "User Initiated"),
            ("Bucket", "IMPORT_FAILED", "it has another owner"),
            ("", "IMPORT_ROLLBACK_COMPLETE", ""),
        ],
    );
    let rolled_back = stack(&workdir, "IMPORT_ROLLBACK_COMPLETE");
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([no_stack(), rolled_back, no_stack(), no_stack()]),
        )
        .on(
            "DescribeStackEvents",
            json!([{"StackEvents": []}, first_events(&failed, failed.len())]),
        )
        .on("ExecuteChangeSet", json!({}))
        .on(
            "ListStackResources",
            json!({"StackResourceSummaries": [{
                "LogicalResourceId": "Bucket", "PhysicalResourceId": workdir.name,
                "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "IMPORT_FAILED",
            }]}),
        )
        .on("DeleteStack", json!({}));
    let output = import(&workdir, &["--force"]);
    assert_eq!(output.status, 30, "{}{}", output.stdout, output.stderr);
    insta::assert_snapshot!("failed_import", workdir.redact_account(&output.stdout));
    let deleted = &workdir.aws.requests_of("DeleteStack")[..];
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].get("StackName"), stack_id(&workdir));
    assert_eq!(workdir.aws.requests_of("DeleteBucket").len(), 0);
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    let body: Value = serde_json::from_str(made.get("TemplateBody")).unwrap();
    assert_eq!(body["Resources"].as_object().unwrap().len(), 1);
    assert_eq!(body["Resources"]["Bucket"]["DeletionPolicy"], "Retain");
}

/// The stack holds the bucket in spite of the failure: it is not deleted.
#[test]
fn attack_a_failed_import_deletes_no_stack_with_a_resource() {
    let workdir = workdir();
    with_bucket(&workdir, &[]);
    created_change_set(&workdir, imports(&workdir.name, &[]));
    let failed = events(
        &workdir,
        &[
            ("", "IMPORT_IN_PROGRESS", "User Initiated"),
            ("", "IMPORT_ROLLBACK_FAILED", ""),
        ],
    );
    let rolled_back = stack(&workdir, "IMPORT_ROLLBACK_FAILED");
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([no_stack(), rolled_back.clone(), rolled_back]),
        )
        .on(
            "DescribeStackEvents",
            json!([{"StackEvents": []}, first_events(&failed, failed.len())]),
        )
        .on("ExecuteChangeSet", json!({}))
        .on("ListStackResources", super::operations::bucket_of(&workdir));
    let output = import(&workdir, &["--force"]);
    assert_eq!(output.status, 30, "{}{}", output.stdout, output.stderr);
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
}

/// CloudFormation would create something beside the import, or import another bucket.
#[test]
fn attack_an_import_that_hides_something_else() {
    let added = json!({"Type": "Resource", "ResourceChange": {
        "Action": "Add", "LogicalResourceId": "More", "ResourceType": "AWS::SNS::Topic", "Scope": [], "Details": [],
    }});
    for (code, id, more) in [
        ("stack-verification-failed", "", vec![added]),
        ("import-not-reviewed", "acme-payroll", Vec::new()),
    ] {
        let workdir = workdir();
        with_bucket(&workdir, &[]);
        let id = match id {
            "" => &workdir.name,
            other => other,
        };
        created_change_set(&workdir, imports(id, &more));
        workdir.aws.on("DescribeStacks", no_stack());
        without_effect(&workdir);
        let denied = import(&workdir, &["--force"]);
        assert_ne!(denied.status, 0);
        assert!(denied.stdout.contains(code), "{}", denied.stdout);
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    }
}

/// The bucket is of another account, or of another stack that exists.
#[test]
fn attack_importing_what_belongs_to_somebody_else() {
    let foreign = workdir();
    foreign
        .aws
        .on("DescribeStacks", no_stack())
        .on("HeadBucket", not_found());
    let denied = import(&foreign, &["--force"]);
    assert_eq!(denied.status, 10, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("does not exist in the account"),
        "{}",
        denied.stdout
    );
    for (status, is_denied) in [("UPDATE_COMPLETE", true), ("DELETE_COMPLETE", false)] {
        let workdir = workdir();
        let other = arn("stack", "payroll");
        with_bucket(&workdir, &[("aws:cloudformation:stack-id", &other)]);
        let mut owner = stack(&workdir, status);
        owner["Stacks"][0]["StackId"] = json!(other);
        workdir.aws.on("DescribeStacks", json!([no_stack(), owner]));
        let output = import(&workdir, &["--dry-run"]);
        let is_named = output.stdout.contains("belongs to a stack");
        assert_eq!(is_named, is_denied, "{}", output.stdout);
        assert_eq!(
            output.status,
            if is_denied { 10 } else { 0 },
            "{}",
            output.stdout
        );
    }
}

/// The stack has the name of the config's.
#[test]
fn a_bucket_of_the_configs_own_stack_names_its_action() {
    let workdir = workdir();
    let own = arn("stack", &workdir.stack());
    with_bucket(&workdir, &[("aws:cloudformation:stack-id", &own)]);
    let live = stack(&workdir, "UPDATE_COMPLETE");
    workdir.aws.on("DescribeStacks", json!([no_stack(), live]));
    let output = import(&workdir, &["--dry-run"]);
    let help = "run the action that creates the stack: it is the stack of the config";
    assert!(output.stdout.contains(help), "{}", output.stdout);
}

/// Without a confirmation, and with a resource that the config does not have.
#[test]
fn attack_an_import_that_nobody_confirmed_or_that_does_not_fit() {
    let unconfirmed = workdir();
    unconfirmed.aws.on("DescribeStacks", no_stack());
    let denied = import(&unconfirmed, &[]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("force-required"),
        "{}",
        denied.stdout
    );
    let other = workdir();
    other.aws.on("DescribeStacks", no_stack());
    let resource = "Bucket=BucketName=acme-payroll";
    let denied = other.try_action("import", &["--resource", resource, "--force"]);
    assert_eq!(denied.status, 10, "{}", denied.stdout);
    assert!(denied.stdout.contains("entry-invalid"), "{}", denied.stdout);
    let unwritten = other.try_action("import", &["--resource", "Bucket", "--force"]);
    assert_eq!(unwritten.status, 2, "{}", unwritten.stderr);
}

/// The import and the rest of the stack succeed, and each drift detection finds this status of the bucket.
fn imported_with(status: &str) -> CommandOutput {
    imported_between(status, status)
}

/// The same with the status before the update that adds the rest, and after it.
fn imported_between(before: &str, after: &str) -> CommandOutput {
    let workdir = workdir();
    with_bucket(&workdir, &[]);
    let rest = change_set("CREATE_COMPLETE", "");
    created_change_set(&workdir, json!([imports(&workdir.name, &[]), rest]));
    let rows = [
        ("", "IMPORT_IN_PROGRESS", "User Initiated"),
        ("Bucket", "IMPORT_COMPLETE", ""),
        ("", "IMPORT_COMPLETE", ""),
        ("", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("", "UPDATE_COMPLETE", ""),
    ];
    let events = events(&workdir, &rows);
    let mut shell = stack(&workdir, "IMPORT_COMPLETE");
    shell["Stacks"][0]["Tags"] = json!([]);
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([
                no_stack(),
                shell,
                stack_with(&workdir, "UPDATE_COMPLETE", &OUTPUTS)
            ]),
        )
        .on(
            "DescribeStackEvents",
            json!([
                {"StackEvents": []},
                first_events(&events, 3),
                first_events(&events, 3),
                first_events(&events, 5)
            ]),
        )
        .on("ExecuteChangeSet", json!({}))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on(
            "GetParameters",
            json!([{"Parameters": []}, published(&workdir)]),
        );
    let difference = json!({
        "PropertyPath": "/PublicAccessBlockConfiguration/BlockPublicAcls", "ExpectedValue": "true",
        "ActualValue": "false", "DifferenceType": "NOT_EQUAL",
    });
    let found = |status: &str| {
        let differences = match status {
            "MODIFIED" => json!([difference]),
            _ => json!([]),
        };
        json!({"StackResourceDrifts": [{
            "StackId": stack_id(&workdir), "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
            "StackResourceDriftStatus": status, "PropertyDifferences": differences,
            "Timestamp": "2026-11-25T09:00:00.000Z",
        }]})
    };
    super::restore::detected(&workdir, json!([]));
    workdir.aws.set(
        "DescribeStackResourceDrifts",
        json!([found(before), found(after)]),
    );
    let listed = super::operations::bucket_of(&workdir);
    workdir
        .aws
        .set("ListStackResources", listed)
        .on_optional(
            "ListObjectsV2",
            json!({"ListBucketResult": {"KeyCount": "0"}}),
        )
        .on_optional("PutObject", json!({}));
    workdir.aws.allow_unused();
    let output = import(&workdir, &["--force"]);
    assert_eq!(
        workdir.aws.requests_of("ExecuteChangeSet").len(),
        2,
        "{}{}",
        output.stdout,
        output.stderr
    );
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    output
}

/// An import leaves the resource as it is: public access is open in spite of the template.
#[test]
fn attack_a_resource_that_differs_from_the_template() {
    let failed = imported_with("MODIFIED");
    assert_eq!(failed.status, 30, "{}{}", failed.stdout, failed.stderr);
    let words = "error[stack-verification-failed]: the stack is complete, but these imported resources differ from the template: Bucket (/PublicAccessBlockConfiguration/BlockPublicAcls)";
    assert!(failed.stdout.contains(words), "{}", failed.stdout);
    let next = "Run `restore`: it reverts what was changed or deleted by hand.";
    assert!(failed.stdout.contains(next), "{}", failed.stdout);
    assert!(!failed.stdout.contains("un it again"), "{}", failed.stdout);
}

#[test]
fn an_imported_resource_that_equals_the_template() {
    let imported = imported_with("IN_SYNC");
    assert_eq!(imported.status, 0, "{}{}", imported.stdout, imported.stderr);
    assert!(
        !imported.stdout.contains("not compared"),
        "{}",
        imported.stdout
    );
    // A type without drift detection.
    let imported = imported_with("NOT_CHECKED");
    assert_eq!(imported.status, 0, "{}{}", imported.stdout, imported.stderr);
    let words = "imported resources were not compared with the template: Bucket";
    assert!(imported.stdout.contains(words), "{}", imported.stdout);
}

/// The update that gives the bucket its tags writes the template's values too: the later comparison finds nothing.
#[test]
fn attack_a_difference_that_the_update_overwrites() {
    let imported = imported_between("MODIFIED", "IN_SYNC");
    assert_eq!(imported.status, 0, "{}{}", imported.stdout, imported.stderr);
    let paths = "Bucket (/PublicAccessBlockConfiguration/BlockPublicAcls)";
    let warning = format!(
        "imported resources differed from the template, and the update may have overwritten them: {paths}"
    );
    assert!(imported.stdout.contains(&warning), "{}", imported.stdout);
    // It is said before the update.
    let step = format!("the update may overwrite them: {paths}");
    let said = imported.stderr.find(&step).expect(&imported.stderr);
    let created = imported.stderr.find(": creation").expect(&imported.stderr);
    assert!(said < created, "{}", imported.stderr);
    let same = imported_with("IN_SYNC");
    assert!(!same.stderr.contains("overwrite"), "{}", same.stderr);
    assert!(!same.stdout.contains("overwritten"), "{}", same.stdout);
}

/// Whether the parameter exists is not known.
#[test]
fn attack_an_import_of_what_cannot_be_read() {
    for code in [
        "AccessDeniedException",
        "GeneralServiceException",
        "HandlerInternalFailureException",
        "InvalidRequestException",
    ] {
        for option in ["--dry-run", "--force"] {
            let workdir = workdir();
            let resource = format!(
                "SolutionsPrefixParameter=Name=/s3/{}/SolutionsPrefix",
                workdir.name
            );
            workdir
                .aws
                .on("DescribeStacks", no_stack())
                .on("GetResource", refused(code, "no"))
                .on_optional("HeadBucket", not_found())
                .on_optional("GetParameters", json!({"Parameters": []}));
            let denied = workdir.try_action("import", &["--resource", &resource, option]);
            assert_eq!(denied.status, 10, "{code} {option}: {}", denied.stdout);
            let words = "whether the resource to import exists cannot be read: SolutionsPrefixParameter (AWS::SSM::Parameter, ";
            assert!(denied.stdout.contains(words), "{code}: {}", denied.stdout);
        }
    }
}

/// An import updates no stack, and its dry run creates no change set for one.
#[test]
fn a_dry_run_of_an_import_into_an_existing_stack_is_denied_as_the_run() {
    for option in ["--dry-run", "--force"] {
        let workdir = workdir();
        workdir
            .aws
            .on(
                "DescribeStacks",
                super::answers::stack(&workdir, "CREATE_COMPLETE"),
            )
            .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
        let denied = import(&workdir, &[option]);
        let output = format!("{option}: {}", denied.stdout);
        assert_eq!(denied.status, 20, "{output}");
        assert!(denied.stdout.contains("error[stack-exists]"), "{output}");
        assert!(!denied.stdout.contains("VERDICT"), "{output}");
    }
}
