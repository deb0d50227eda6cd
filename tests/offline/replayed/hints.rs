//! What helps, previews and commands name: a next step that works, and what the run would find.
#![expect(clippy::disallowed_methods, reason = "configs are files")]

use serde_json::{Value, json};

use super::answers::{no_stack, stack};
use super::failed_creation::failed;
use super::imports::with_former_stack;
use super::named_imports::import;
use super::returning::imported;
use super::unfinished::unfinished;
use super::{Workdir, workdir};
use crate::support::replay::{ACCOUNT, refused};

/// The run verifies a stack that it does not change, and so does its dry run.
#[test]
fn a_dry_run_verifies_an_unchanged_stack() {
    for option in ["--force", "--dry-run"] {
        let workdir = imported("IN_SYNC");
        workdir.aws.set("GetParameters", json!({"Parameters": []}));
        let failed = workdir.try_action("prep-master", &[option]);
        assert_eq!(failed.status, 30, "{option}: {}", failed.stdout);
        for words in [
            "error[stack-verification-failed]",
            "`check-drift`",
            "`restore`",
        ] {
            assert!(failed.stdout.contains(words), "{option}: {}", failed.stdout);
        }
    }
}

#[test]
fn a_dry_run_of_a_second_import_says_that_it_compares_nothing() {
    let workdir = imported("IN_SYNC");
    let shown = import(&workdir, &["--dry-run"]);
    assert_eq!(shown.status, 0, "{}", shown.stdout);
    let words = "the dry run does not compare imported resources with the template: Bucket";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
    let unnamed = workdir.run_action("prep-master", &["--dry-run"]);
    assert!(!unnamed.stdout.contains("compare"), "{}", unnamed.stdout);
}

/// The run imports it after the deletion of the failed stack.
#[test]
fn a_preview_after_a_failed_creation_takes_back_what_a_former_stack_retained() {
    for (action, options) in [("show-changes", &[][..]), ("prep-master", &["--dry-run"])] {
        let workdir = workdir();
        failed(&workdir, "ROLLBACK_COMPLETE");
        let bucket = ["Bucket", "AWS::S3::Bucket", &*workdir.name].map(str::to_owned);
        let [id, kind, name] = bucket;
        with_former_stack(&workdir, &[(id, kind, name)]);
        workdir
            .aws
            .on("DescribeStacks", stack(&workdir, "DELETE_COMPLETE"))
            .on_optional(
                "ValidateTemplate",
                json!({"Parameters": [], "Capabilities": []}),
            )
            .allow_unused();
        let shown = workdir.run_action(action, options);
        let mut rows = shown.stdout.lines();
        let is_back = |row: &str| row.contains("Import") && row.contains("kept by the former");
        assert!(rows.any(is_back), "{action}: {}", shown.stdout);
    }
}

/// The config in a folder whose name has a blank.
fn with_blank(workdir: &Workdir) -> String {
    let from = workdir.folder().join(workdir.path());
    let file = from.file_name().unwrap().to_str().unwrap().to_owned();
    let folder = workdir.folder().join("my configs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::rename(from, folder.join(&file)).unwrap();
    format!("my configs/{file}")
}

/// A command that a person copies is one command of a shell.
#[test]
fn paths_with_blanks_are_quoted_in_commands() {
    let workdir = workdir();
    let path = with_blank(&workdir);
    let mut foreign = stack(&workdir, "CREATE_COMPLETE");
    foreign["Stacks"][0]["Tags"] = json!([]);
    workdir
        .aws
        .on("DescribeStacks", foreign)
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    let denied = workdir.run(&["prep-master", &path, "--force"]);
    let command = format!("`provisioner adopt '{path}' --dry-run`");
    assert!(denied.stdout.contains(&command), "{}", denied.stdout);

    let workdir = self::workdir();
    let path = with_blank(&workdir);
    workdir
        .aws
        .on("DescribeStacks", no_stack())
        .set("HeadBucket", json!({}))
        .on_optional(
            "GetBucketVersioning",
            json!({"VersioningConfiguration": {}}),
        );
    let denied = workdir.run(&["prep-master", &path, "--dry-run"]);
    let command = format!("`provisioner import '{path}' --resource Bucket=BucketName=");
    assert!(denied.stdout.contains(&command), "{}", denied.stdout);

    let misplaced = workdir.run(&["--config", &path, "--action", "prep-master", "--all"]);
    assert!(!misplaced.stderr.contains(&format!(" {path}")));
    let flag = workdir.run(&["prep-master", "--config", &path]);
    let tip = format!("`provisioner prep-master '{path}'`");
    assert!(flag.stderr.contains(&tip), "{}", flag.stderr);
}

#[test]
fn credentials_of_another_account_name_the_variables() {
    for arguments in [
        &["tear-down", "--dry-run"][..],
        &["replace", "--force"],
        &["import", "--force"],
    ] {
        let workdir = workdir();
        let caller =
            json!({"Account": "210987654321", "Arn": "arn:aws:iam::210987654321:user/tester"});
        workdir
            .aws
            .set("GetCallerIdentity", caller)
            .on_optional("DescribeStacks", no_stack())
            .allow_unused();
        let bucket = format!("--resource=Bucket=BucketName={}", workdir.name);
        let more = (arguments[0] == "import").then_some(&*bucket);
        let arguments: Vec<&str> = arguments.iter().copied().chain(more).collect();
        let denied = workdir.try_action(arguments[0], &arguments[1..]);
        let help = format!(
            "unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which AWS reads first; then set AWS_PROFILE to a profile of account {ACCOUNT}"
        );
        assert!(denied.stdout.contains(&help), "{}", denied.stdout);
    }
}

/// Lists the stack of the config, without tags.
fn listed(workdir: &Workdir, template: &str, change: impl Fn(&mut Value)) {
    let mut listed = stack(workdir, "CREATE_COMPLETE");
    listed["Stacks"][0]["Tags"] = json!([]);
    change(&mut listed["Stacks"][0]);
    workdir
        .aws
        .set("DescribeStacks", listed)
        .set("GetTemplate", json!({"TemplateBody": template}));
}

fn discovered(workdir: &Workdir) -> String {
    let found = workdir.run(&[
        "discover",
        "--account",
        ACCOUNT,
        "--region",
        "us-west-2",
        "--draft",
        ".",
    ]);
    found.stdout + &found.stderr
}

#[test]
fn discover_names_known_drift_and_unfinished_imports() {
    let workdir = workdir();
    let template = super::answers::template(&workdir).to_string();
    listed(&workdir, &template, |stack| {
        stack["DriftInformation"] = json!({
            "StackDriftStatus": "DRIFTED", "LastCheckTimestamp": "2026-11-26T09:00:00.000Z",
        });
    });
    let found = discovered(&workdir);
    let words = "the stack has drifted from its template; the run detects drift again";
    assert!(found.contains(words), "{found}");
    listed(&workdir, &template, |_| {});
    let found = discovered(&workdir);
    assert!(!found.contains("has drifted"), "{found}");

    let left = unfinished();
    let found = discovered(&left);
    let help = "run the action that began the creation: it finishes it, and adds the tags";
    assert!(found.contains(help), "{found}");
    assert!(!found.contains("present tool"), "{found}");
}

/// Another operation changed the stack after the change set was shown.
#[test]
fn an_obsolete_change_set_is_a_changed_plan() {
    let workdir = workdir();
    let words = "ChangeSet cannot be executed in its current execution status of [OBSOLETE]";
    workdir
        .aws
        .on("ExecuteChangeSet", refused("InvalidChangeSetStatus", words))
        .on("DeleteChangeSet", json!({}))
        .allow_unused();
    let rows = [
        ("", "CREATE_COMPLETE", ""),
        ("", "UPDATE_IN_PROGRESS", "User Initiated"),
    ];
    let denied = super::operations::update(&workdir, "UPDATE_COMPLETE", &rows);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    for words in ["error[plan-changed]", words, "run it again"] {
        assert!(denied.stdout.contains(words), "{}", denied.stdout);
    }
}

/// The bucket has the name of the config's, and another logical id.
#[test]
fn a_replacement_that_a_data_bucket_blocks_names_the_way_that_keeps_it() {
    let workdir = workdir();
    let template = format!(
        "Resources: {{DataBucket: {{Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {{BucketName: {}}}}}}}\n",
        workdir.name
    );
    let bucket = json!({
        "LogicalResourceId": "DataBucket", "PhysicalResourceId": workdir.name,
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    });
    let live = stack(&workdir, "CREATE_COMPLETE");
    let id = live["Stacks"][0]["StackId"].as_str().unwrap().to_owned();
    workdir
        .aws
        .on("DescribeStacks", live)
        .on("GetTemplate", json!({"TemplateBody": template}))
        .set(
            "ListStackResources",
            json!({"StackResourceSummaries": [bucket]}),
        )
        .on(
            "ListObjectVersions",
            json!({"ListVersionsResult": {"IsTruncated": false}}),
        )
        .set("HeadBucket", json!({}))
        .set("GetBucketPolicy", json!({}))
        .on_optional("ListImports", json!({"Imports": []}))
        .on_optional(
            "GetBucketVersioning",
            json!({"VersioningConfiguration": {}}),
        )
        .on_optional("GetBucketTagging", super::answers::tagged(&id))
        .allow_unused();
    let stopped = workdir.try_action("replace", &["--dry-run"]);
    assert_eq!(stopped.status, 10, "{}", stopped.stdout);
    let name = &workdir.name;
    let help = format!(
        "run `aws cloudformation delete-stack --stack-name {id} --region us-west-2`, which retains it, and then `provisioner import {} --resource Bucket=BucketName={name} --resource BucketPolicy=Bucket={name}`",
        workdir.path()
    );
    assert!(stopped.stdout.contains(&help), "{}", stopped.stdout);
    assert!(
        !stopped.stdout.contains("delete it by hand"),
        "{}",
        stopped.stdout
    );
}
