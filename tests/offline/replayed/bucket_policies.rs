//! Buckets that have a policy already. CloudFormation creates none beside it, so nothing begins that needs one.

use serde_json::{Value, json};

use super::answers::{change_set, no_stack, preview, stack, stack_id, tagged, template};
use super::named_imports::{import, with_bucket};
use super::taken_names::{deploy, held};
use super::workdir;
use crate::support::replay::{not_found, refused};

/// The answer of S3 for a bucket with a policy.
fn with_policy() -> Value {
    json!({})
}

const POLICY: &str = "AWS::S3::BucketPolicy";

/// The dry run names the option, and neither begins the import.
#[test]
fn attack_an_import_of_a_bucket_without_its_policy() {
    for option in ["--force", "--dry-run"] {
        let workdir = workdir();
        with_bucket(&workdir, &[]);
        workdir
            .aws
            .on("DescribeStacks", no_stack())
            .on("GetBucketPolicy", with_policy());
        let denied = import(&workdir, &[option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        let name = &workdir.name;
        for words in [
            &*format!("bucket {name} has a policy, so the stack cannot create BucketPolicy"),
            &*format!("--resource Bucket=BucketName={name} --resource BucketPolicy=Bucket={name}`"),
        ] {
            assert!(denied.stdout.contains(words), "{words}: {}", denied.stdout);
        }
    }
}

/// The policy is imported too, or the bucket has none, or AWS does not say.
#[test]
fn policies_that_are_imported_free_or_unreadable_do_not_block() {
    for (answer, is_named, warns) in [
        (with_policy(), true, false),
        (refused("NoSuchBucketPolicy", "none"), false, false),
        (
            refused("AccessDenied", "no s3:GetBucketPolicy"),
            false,
            true,
        ),
    ] {
        let workdir = workdir();
        with_bucket(&workdir, &[]);
        workdir
            .aws
            .on("DescribeStacks", no_stack())
            .on("GetBucketPolicy", answer);
        if is_named {
            let found = json!({"TypeName": POLICY, "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
            workdir.aws.set("GetResource", found);
        }
        workdir.aws.allow_unused();
        let policy = format!("BucketPolicy=Bucket={}", workdir.name);
        let more = match is_named {
            true => vec!["--resource", &*policy, "--dry-run"],
            false => vec!["--dry-run"],
        };
        let shown = import(&workdir, &more);
        assert_eq!(shown.status, 0, "{}", shown.stdout);
        let words = "warning[preflight-failed]: whether bucket";
        assert_eq!(shown.stdout.contains(words), warns, "{}", shown.stdout);
    }
}

/// The bucket of the first creation exists: the error has the whole command that imports it.
#[test]
fn a_taken_bucket_names_the_command_that_imports_it() {
    for has_policy in [true, false] {
        let workdir = workdir();
        workdir
            .aws
            .on("DescribeStacks", no_stack())
            .on("HeadBucket", json!({}))
            .on(
                "GetBucketVersioning",
                json!({"VersioningConfiguration": {}}),
            );
        if has_policy {
            workdir.aws.set("GetBucketPolicy", with_policy());
        }
        let denied = workdir.try_action("prep-master", &["--dry-run"]);
        assert_eq!(denied.status, 10, "{}", denied.stdout);
        let name = &workdir.name;
        let command = format!(".yaml --resource Bucket=BucketName={name}");
        assert!(denied.stdout.contains(&command), "{}", denied.stdout);
        let policy = format!("--resource BucketPolicy=Bucket={name}");
        assert_eq!(
            denied.stdout.contains(&policy),
            has_policy,
            "{}",
            denied.stdout
        );
    }
}

/// The deployed template has the policy under another logical id, and retains it.
#[test]
fn attack_a_replacement_whose_stack_retains_another_policy() {
    for (has_policy, option) in [(true, "--force"), (true, "--dry-run"), (false, "--dry-run")] {
        let workdir = workdir();
        let mut deployed = template(&workdir);
        let resources = deployed["Resources"].as_object_mut().unwrap();
        let policy = resources.remove("BucketPolicy").unwrap();
        resources.insert("TlsPolicy".to_owned(), policy);
        resources["TlsPolicy"]["DeletionPolicy"] = json!("Retain");
        deploy(&workdir, &deployed);
        workdir
            .aws
            .on_optional("GetBucketTagging", tagged(&stack_id(&workdir)))
            .on_optional(
                "ValidateTemplate",
                json!({"Parameters": [], "Capabilities": []}),
            );
        if has_policy {
            workdir.aws.set("GetBucketPolicy", with_policy());
        }
        workdir.aws.allow_unused();
        let output = workdir.try_action("replace", &[option]);
        let words = format!("aws s3api delete-bucket-policy --bucket {}", workdir.name);
        assert_eq!(
            output.stdout.contains(&words),
            has_policy,
            "{}",
            output.stdout
        );
        assert_eq!(
            output.status,
            if has_policy { 10 } else { 0 },
            "{}",
            output.stdout
        );
        // What somebody deleted by hand blocks nothing.
        let fails = "a new stack of this config fails while";
        let is_said = output.stdout.contains(fails);
        assert_eq!(
            is_said,
            has_policy && option == "--dry-run",
            "{}",
            output.stdout
        );
        assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 0);
    }
}

/// The stack has the bucket's policy under another logical id, or somebody gave the bucket one.
#[test]
fn attack_an_update_creates_a_policy_beside_another() {
    for (listed, words) in [
        (
            "TlsPolicy",
            "the update cannot create BucketPolicy (AWS::S3::BucketPolicy): TlsPolicy of the stack is the policy of bucket",
        ),
        ("", "has a policy, so the stack cannot create BucketPolicy"),
    ] {
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
            let change = json!({"Type": "Resource", "ResourceChange": {
                "Action": "Add", "LogicalResourceId": "BucketPolicy", "ResourceType": POLICY, "Scope": [], "Details": [],
            }});
            let mut described = change_set("CREATE_COMPLETE", "");
            described["Changes"] = json!([change]);
            let mut resources = vec![held("Bucket", "AWS::S3::Bucket", &workdir.name)];
            if !listed.is_empty() {
                resources.push(held(listed, POLICY, &workdir.name));
            }
            preview(&workdir, described);
            workdir
                .aws
                .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
                .on("ListChangeSets", json!({"Summaries": []}))
                .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
                .set(
                    "ListStackResources",
                    json!({"StackResourceSummaries": resources}),
                )
                .on_optional("HeadBucket", not_found())
                .set("GetBucketPolicy", with_policy());
            workdir.aws.allow_unused();
            let denied = workdir.try_action(action, &[option]);
            assert_eq!(denied.status, 10, "{action} {option}: {}", denied.stdout);
            assert!(
                denied.stdout.contains(words),
                "{action} {option}: {}",
                denied.stdout
            );
            // The policy may stay on the bucket, and would block the next update too.
            let delete = format!("aws s3api delete-bucket-policy --bucket {}", workdir.name);
            assert!(denied.stdout.contains(&delete), "{}", denied.stdout);
            assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
        }
    }
}
