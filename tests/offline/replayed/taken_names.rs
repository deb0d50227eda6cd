//! Names of new resources that something has already: nothing is deleted, imported or updated for a stack that cannot be complete.

use serde_json::{Value, json};

use super::answers::{arn, change_set, no_stack, stack, stack_id, tagged, template};
use super::workdir;
use crate::support::replay::{not_found, refused};

type Workdir = super::Workdir;

/// A resource of the stack.
pub fn held(id: &str, kind: &str, physical: &str) -> Value {
    json!({
        "LogicalResourceId": id, "PhysicalResourceId": physical,
        "ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE",
    })
}

/// AWS has the config's own stack of this template, with empty buckets. CloudFormation names a policy by its logical id.
pub fn deploy(workdir: &Workdir, deployed: &Value) {
    let resources = deployed["Resources"].as_object().unwrap().iter();
    let resources: Vec<Value> = resources
        .map(|(id, resource)| {
            let properties = &resource["Properties"];
            let name = properties["BucketName"].as_str();
            let name = name.or(properties["Name"].as_str());
            held(id, resource["Type"].as_str().unwrap(), name.unwrap_or(id))
        })
        .collect();
    workdir
        .aws
        .on("DescribeStacks", stack(workdir, "CREATE_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": deployed.to_string()}))
        .on(
            "ListStackResources",
            json!({"StackResourceSummaries": resources}),
        )
        .on(
            "ListObjectVersions",
            json!({"ListVersionsResult": {"IsTruncated": false}}),
        );
}

/// The config's own stack as it was deployed, and a config with one more solution since.
fn with_new_solution() -> (Workdir, String) {
    let workdir = workdir();
    deploy(&workdir, &template(&workdir));
    workdir.write_config("  versioning: true\n  solutions: [master-solution, extra]\n");
    let name = format!("/s3/{}/solutions/extra/Prefix", workdir.name);
    (workdir, name)
}

/// The parameters that exist: those of the stack, and one that nobody's stack has.
fn parameters(names: &[String]) -> Value {
    let found = names
        .iter()
        .map(|name| json!({"Name": name, "Type": "String", "Value": "a value"}));
    json!({"Parameters": found.collect::<Vec<_>>(), "InvalidParameters": []})
}

#[test]
fn attack_a_replacement_whose_new_names_are_taken_deletes_nothing() {
    for option in ["--force", "--dry-run"] {
        let (workdir, name) = with_new_solution();
        let own = format!("/s3/{}/BucketName", workdir.name);
        workdir
            .aws
            .on("GetParameters", parameters(&[own, name.clone()]))
            .on_optional("GetBucketTagging", tagged(&stack_id(&workdir)))
            .on_optional(
                "ValidateTemplate",
                json!({"Parameters": [], "Capabilities": []}),
            );
        // An operation that is not scripted, such as `DeleteStack`, fails the test.
        let denied = workdir.try_action("replace", &[option]);
        assert_eq!(denied.status, 10, "{option}: {}", denied.stdout);
        let words = format!("(AWS::SSM::Parameter) is taken: {name}");
        assert!(denied.stdout.contains(&words), "{}", denied.stdout);
        // The names of the deleted stack become free.
        assert_eq!(
            denied.stdout.matches("is taken").count(),
            1,
            "{}",
            denied.stdout
        );
    }
}

/// Credentials that may not read a name do not learn whether it is free.
#[test]
fn names_that_cannot_be_read_do_not_block() {
    let (workdir, _) = with_new_solution();
    workdir
        .aws
        .on("GetParameters", refused("AccessDeniedException", "no"))
        .on("GetBucketTagging", tagged(&stack_id(&workdir)))
        .on(
            "ValidateTemplate",
            json!({"Parameters": [], "Capabilities": []}),
        );
    let shown = workdir.run_action("replace", &["--dry-run"]);
    assert!(!shown.stdout.contains("is taken"), "{}", shown.stdout);
    let words =
        "warning[preflight-failed]: whether the names of new resources are free is not known: ";
    assert!(shown.stdout.contains(words), "{}", shown.stdout);
}

/// The deleted stack retains its bucket, and the config names another one now. Nothing is in the way.
#[test]
fn a_bucket_with_another_name_does_not_block_a_replacement() {
    let (workdir, _) = with_new_solution();
    workdir.write_config("  versioning: true\n  bucket_name_override: acme-another-data\n");
    workdir.aws.on("HeadBucket", not_found()).on(
        "ValidateTemplate",
        json!({"Parameters": [], "Capabilities": []}),
    );
    let shown = workdir.run_action("replace", &["--dry-run"]);
    assert!(
        !shown.stdout.contains("cannot import it"),
        "{}",
        shown.stdout
    );
    assert!(
        !shown.stdout.contains("fails while these kept"),
        "{}",
        shown.stdout
    );
}

/// A loose parameter has a name of the first creation. Its help has the command that imports it.
#[test]
fn attack_a_first_creation_whose_names_are_taken() {
    for (action, option) in [
        ("prep-master", "--force"),
        ("prep-master", "--dry-run"),
        ("show-changes", "--no-log"),
        ("show-changes", "--real"),
        ("validate-prov-template", "--real"),
    ] {
        let workdir = workdir();
        let name = format!("/s3/{}/BucketName", workdir.name);
        let made = json!({"Id": arn("changeSet", "provisioner"), "StackId": stack_id(&workdir)});
        workdir
            .aws
            .on("DescribeStacks", no_stack())
            .on_optional("HeadBucket", not_found())
            .on("GetParameters", parameters(std::slice::from_ref(&name)))
            .on_optional("ListChangeSets", json!({"Summaries": []}))
            .on_optional("CreateChangeSet", made)
            .on_optional("DescribeChangeSet", change_set("CREATE_COMPLETE", ""))
            .on_optional("DescribeEvents", json!({"OperationEvents": []}))
            .on_optional("DescribeChangeSetHooks", json!({"Hooks": []}))
            .on_optional("DeleteChangeSet", json!({}))
            .on_optional("DeleteStack", json!({}))
            .on_optional(
                "ValidateTemplate",
                json!({"Parameters": [], "Capabilities": []}),
            );
        let denied = workdir.try_action(action, &[option]);
        assert_eq!(denied.status, 10, "{action} {option}: {}", denied.stdout);
        for words in [
            format!("(AWS::SSM::Parameter) is taken: {name}"),
            format!("Parameter=Name={name}`"),
        ] {
            assert!(denied.stdout.contains(&words), "{words}: {}", denied.stdout);
        }
        assert_eq!(
            denied.stdout.matches("is taken").count(),
            1,
            "{}",
            denied.stdout
        );
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    }
}

/// A loose bucket with a policy, and two loose parameters: each help has the one command that imports all of them.
#[test]
fn one_command_imports_everything_that_has_a_name() {
    for (action, options) in [
        ("prep-master", &["--dry-run"][..]),
        ("show-changes", &["--no-log"]),
        ("import", &["--resource", "BUCKET", "--dry-run"]),
    ] {
        let workdir = workdir();
        let name = &workdir.name;
        let bucket = format!("Bucket=BucketName={name}");
        let taken = ["BucketName", "BucketArn"].map(|last| format!("/s3/{name}/{last}"));
        workdir
            .aws
            .on("DescribeStacks", no_stack())
            .set("HeadBucket", json!({}))
            .set("GetBucketPolicy", json!({}))
            .on_optional("GetBucketTagging", refused("NoSuchTagSet", "none"))
            .on_optional(
                "GetBucketVersioning",
                json!({"VersioningConfiguration": {}}),
            )
            .on("GetParameters", parameters(&taken));
        let options = options.iter().map(|option| match *option {
            "BUCKET" => &*bucket,
            option => option,
        });
        let denied = workdir.try_action(action, &options.collect::<Vec<_>>());
        let output = format!("{action}: {}", denied.stdout);
        assert_eq!(denied.status, 10, "{output}");
        let starts = denied.stdout.match_indices("`provisioner import ");
        let commands: Vec<&str> = starts
            .map(|(at, _)| denied.stdout[at + 1..].split('`').next().unwrap())
            .collect();
        assert!(commands.len() >= 3, "{output}");
        for command in &commands {
            assert_eq!(command, &commands[0], "{output}");
        }
        for part in [
            format!(" --resource {bucket}"),
            format!(" --resource BucketPolicy=Bucket={name}"),
            format!("Parameter=Name={}", taken[0]),
            format!("Parameter=Name={}", taken[1]),
        ] {
            assert_eq!(commands[0].matches(&part).count(), 1, "{part}: {output}");
        }
    }
}
