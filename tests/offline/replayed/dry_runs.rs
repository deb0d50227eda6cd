//! A dry run of what is denied, or of what cannot succeed, ends as the run does.

use serde_json::{Value, json};

use super::answers::{arn, change_set, no_stack, stack, stack_id};
use super::{Workdir, workdir};

/// An account in which an action is stopped.
struct Stopped {
    action: &'static str,
    account: fn(&Workdir),
    policy: &'static str,
    status: i32,
    code: &'static str,
}

const DEFAULT: &str = "version: 1\n";
const IN_PLACE: &str = "version: 1\ndefaults: {updates: in-place}\n";
const INVALID: &str = "version: 1\nupdates: always\n";

fn nothing(workdir: &Workdir) {
    workdir.aws.on_optional("DescribeStacks", no_stack());
    workdir
        .aws
        .on_optional("HeadBucket", crate::support::replay::not_found());
}

/// An account whose list of stacks is read.
fn empty(workdir: &Workdir) {
    workdir
        .aws
        .on_optional("DescribeStacks", json!({"Stacks": []}));
}

fn taken_name(workdir: &Workdir) {
    workdir
        .aws
        .on_optional("DescribeStacks", no_stack())
        .set("HeadBucket", json!({}))
        .on_optional(
            "GetBucketVersioning",
            json!({"VersioningConfiguration": {}}),
        )
        .on_optional("ListChangeSets", json!({"Summaries": []}));
}

fn with(workdir: &Workdir, described: Value) {
    let template = json!({"TemplateBody": "Resources: {Bucket: {Type: AWS::S3::Bucket}}\n"});
    let created = json!({"Id": arn("changeSet", "provisioner"), "StackId": stack_id(workdir)});
    let mut changes = change_set("CREATE_COMPLETE", "");
    changes["Changes"] = json!([{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Bucket", "PhysicalResourceId": "bucket",
        "ResourceType": "AWS::S3::Bucket", "Replacement": "True", "Scope": ["Properties"], "Details": [],
    }}]);
    let accepted = json!({"Parameters": [], "Capabilities": []});
    workdir
        .aws
        .on_optional("DescribeStacks", described)
        .on_optional("HeadBucket", crate::support::replay::not_found())
        .on_optional("GetTemplate", template)
        .on_optional("ListStackResources", json!({"StackResourceSummaries": []}))
        .on_optional("ListImports", json!({"Imports": []}))
        .on_optional("ListChangeSets", json!({"Summaries": []}))
        .on_optional("CreateChangeSet", created)
        .on_optional("DescribeChangeSet", changes)
        .on_optional("DescribeEvents", json!({"OperationEvents": []}))
        .on_optional(
            "DescribeChangeSetHooks",
            json!({"Status": "PLANNED", "Hooks": []}),
        )
        .on_optional("DeleteChangeSet", json!({}))
        .on_optional("ValidateTemplate", accepted);
}

fn own(workdir: &Workdir) {
    with(workdir, stack(workdir, "CREATE_COMPLETE"));
}

fn rolled_back_import(workdir: &Workdir) {
    with(workdir, stack(workdir, "IMPORT_ROLLBACK_COMPLETE"));
}

fn protected(workdir: &Workdir) {
    let mut protected = stack(workdir, "CREATE_COMPLETE");
    protected["Stacks"][0]["EnableTerminationProtection"] = json!(true);
    with(workdir, protected);
}

fn foreign(workdir: &Workdir) {
    let mut foreign = stack(workdir, "CREATE_COMPLETE");
    foreign["Stacks"][0]["Tags"] = json!([{"Key": "aws-cdk:bootstrap-role", "Value": "other"}]);
    with(workdir, foreign);
}

fn busy(workdir: &Workdir) {
    with(workdir, stack(workdir, "UPDATE_IN_PROGRESS"));
}

fn busy_foreign(workdir: &Workdir) {
    let mut foreign = stack(workdir, "UPDATE_IN_PROGRESS");
    foreign["Stacks"][0]["Tags"] = json!([{"Key": "Team", "Value": "data"}]);
    with(workdir, foreign);
}

fn of_another_config(workdir: &Workdir) {
    let mut other = stack(workdir, "CREATE_COMPLETE");
    other["Stacks"][0]["Tags"][2]["Value"] = json!("another-stack");
    with(workdir, other);
}

const fn stopped(
    action: &'static str,
    account: fn(&Workdir),
    policy: &'static str,
    status: i32,
    code: &'static str,
) -> Stopped {
    Stopped {
        action,
        account,
        policy,
        status,
        code,
    }
}

const STOPPED: &[Stopped] = &[
    stopped("prep-master", own, DEFAULT, 20, "update-not-allowed"),
    stopped("prep-master", own, IN_PLACE, 11, "impact-unknown"),
    stopped("prep-master", foreign, IN_PLACE, 20, "stack-not-owned"),
    stopped("prep-master", busy, IN_PLACE, 20, "stack-busy"),
    stopped("prep-master", nothing, INVALID, 20, "policy-invalid"),
    stopped("prep-master", taken_name, DEFAULT, 10, "preflight-failed"),
    stopped("test-deploy", empty, INVALID, 20, "policy-invalid"),
    stopped("adopt", foreign, DEFAULT, 20, "adopt-owned-elsewhere"),
    stopped("adopt", nothing, DEFAULT, 20, "stack-not-found"),
    stopped("adopt", busy_foreign, DEFAULT, 20, "stack-busy"),
    stopped("unadopt", of_another_config, DEFAULT, 20, "stack-not-owned"),
    stopped("unadopt", own, INVALID, 20, "policy-invalid"),
    stopped("unadopt", rolled_back_import, DEFAULT, 20, "adopt-on-drift"),
    stopped("restore", own, DEFAULT, 20, "update-not-allowed"),
    stopped("restore", nothing, DEFAULT, 20, "stack-not-found"),
    stopped("continue-rollback", own, DEFAULT, 20, "repair-not-needed"),
    stopped("continue-rollback", nothing, DEFAULT, 20, "stack-not-found"),
    stopped("replace", protected, DEFAULT, 20, "stack-protected"),
    stopped("replace", foreign, DEFAULT, 20, "stack-not-owned"),
    stopped("replace", nothing, DEFAULT, 20, "stack-not-found"),
    stopped("tear-down", protected, DEFAULT, 20, "stack-protected"),
    stopped("tear-down", foreign, DEFAULT, 20, "stack-not-owned"),
    stopped("tear-down", own, INVALID, 20, "policy-invalid"),
    stopped("deploy-solution", nothing, DEFAULT, 20, "stack-not-found"),
    stopped("deploy-solution", foreign, DEFAULT, 20, "stack-not-owned"),
    stopped("upload-template", nothing, DEFAULT, 20, "stack-not-found"),
];

#[test]
fn attack_a_dry_run_of_what_is_stopped_does_not_pass() {
    for case in STOPPED {
        let run = |more: &[&str]| {
            let workdir = workdir();
            workdir.write(".provisioner.yaml", case.policy);
            (case.account)(&workdir);
            let output = workdir.try_action(case.action, more);
            let at = format!("{} {} {more:?}", case.action, case.code);
            assert_eq!(output.status, case.status, "{at}: {}", output.stdout);
            assert!(output.stdout.contains(case.code), "{at}: {}", output.stdout);
            for effect in [
                "ExecuteChangeSet",
                "DeleteStack",
                "PutObject",
                "ContinueUpdateRollback",
            ] {
                assert_eq!(workdir.aws.requests_of(effect).len(), 0, "{at}");
            }
            output.stdout
        };
        let is_forced =
            !["test-deploy", "deploy-solution", "upload-template"].contains(&case.action);
        run(if is_forced { &["--force"] } else { &[] });
        let shown = run(&["--dry-run", "--format", "markdown"]);
        assert!(!shown.contains("force-required"), "{shown}");
        assert!(!shown.contains('✅'), "{shown}");
    }
}
