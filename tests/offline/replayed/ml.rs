//! The ML product, whose types the emulator does not have: created, verified and deleted.
#![expect(clippy::disallowed_methods, reason = "configs and templates are files")]

use serde_json::{Value, json};

use super::answers::{
    change_set, created_change_set, events, first_events, no_stack, parameters, stack, stack_with,
    template,
};
use super::{Workdir, workdir};
use crate::support::replay::{not_found, refused};

const CONFIG: &str = "globalbank-prod-c001-us-west-2-churn-ml-s3-sgprov-ssm-workload";
/// Parameters of other stacks that the config names.
const REQUIRED_PARAMETERS: [&str; 3] = [
    "/vpc/globalbank-prod-c001-us-west-2-vpc/VPCId",
    "/vpc/globalbank-prod-c001-us-west-2-vpc/PrivateSubnetIds",
    "/sg/ml-endpoints/private/SecurityGroupId",
];

pub fn ml() -> Workdir {
    example(CONFIG)
}

pub fn example(config: &str) -> Workdir {
    let path = format!("ml/configs/{config}.yaml");
    let example = format!("{}/examples/{path}", env!("CARGO_MANIFEST_DIR"));
    let config = std::fs::read_to_string(example).unwrap();
    let name = "globalbank-prod-c001-us-west-2-churn-realtime-ml";
    let workdir = workdir().with_config(&path, &config, name);
    super::network::empty_vpc(&workdir);
    workdir
}

/// The outputs and parameters of the config's template.
struct Published {
    outputs: Vec<String>,
    parameters: Vec<String>,
}

fn published(workdir: &Workdir) -> Published {
    let template = self::template(workdir);
    let resources = template["Resources"].as_object().unwrap().values();
    let resources = resources.filter(|resource| resource["Type"] == "AWS::SSM::Parameter");
    Published {
        outputs: template["Outputs"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect(),
        parameters: resources
            .map(|resource| resource["Properties"]["Name"].as_str().unwrap().to_owned())
            .collect(),
    }
}

/// The stack is created, and then has these outputs and parameters.
fn created(workdir: &Workdir, outputs: &[String], names: &[String]) {
    let events = events(
        workdir,
        &[
            ("", "REVIEW_IN_PROGRESS", "User Initiated"),
            ("", "CREATE_IN_PROGRESS", "User Initiated"),
            ("", "CREATE_COMPLETE", ""),
        ],
    );
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let made = stack_with(workdir, "CREATE_COMPLETE", &outputs);
    let needed = REQUIRED_PARAMETERS.map(str::to_owned);
    created_change_set(workdir, change_set("CREATE_COMPLETE", ""));
    workdir
        .aws
        .on("DescribeStacks", json!([no_stack(), made]))
        .on(
            "DescribeStackEvents",
            json!([first_events(&events, 1), first_events(&events, 3)]),
        )
        .on("ExecuteChangeSet", json!({}))
        // The stack's own parameters exist after the creation.
        .on(
            "GetParameters",
            Value::Array(
                [
                    vec![parameters(workdir, &needed); 1 + needed.len()],
                    vec![parameters(workdir, &[&needed, names].concat())],
                ]
                .concat(),
            ),
        );
}

/// The source of the pipelines, which the config names.
fn source(workdir: &Workdir, bucket: Value, versioning: Value, object: Value) {
    let notification = match bucket.get("Error") {
        Some(_) => bucket.clone(),
        None => json!({"NotificationConfiguration": {"EventBridgeConfiguration": {}}}),
    };
    workdir
        .aws
        // The stack's own bucket does not exist yet.
        .on("HeadBucket", json!([not_found(), bucket]))
        .on("GetBucketNotificationConfiguration", notification);
    if !versioning.is_null() {
        workdir.aws.on(
            "GetBucketVersioning",
            json!({"VersioningConfiguration": versioning}),
        );
    }
    if !object.is_null() {
        workdir.aws.on("HeadObject", object);
    }
}

#[test]
fn a_stack_is_created_and_verified() {
    let workdir = ml();
    let published = published(&workdir);
    created(&workdir, &published.outputs, &published.parameters);
    source(&workdir, json!({}), json!({"Status": "Enabled"}), json!({}));
    let output = workdir.run_action("deploy-product", &["--force"]);
    insta::assert_snapshot!("replayed_ml", workdir.redact_account(&output.stdout));
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert!(
        made.get("TemplateBody")
            .contains("AWS::SageMaker::ModelPackageGroup")
    );
    assert_eq!(made.get("Capabilities.member.1"), "CAPABILITY_NAMED_IAM");
    let keys = workdir.aws.requests_of("HeadObject");
    let keys: Vec<&str> = keys.iter().map(|asked| asked.get("Key")).collect();
    assert_eq!(keys, ["churn/model-build.zip", "churn/model-deploy.zip"]);
    for asked in workdir.aws.requests_of("GetParameters") {
        let names: Vec<String> = serde_json::from_str(asked.get("Names")).unwrap();
        assert!(names.len() <= 10, "{names:?}");
    }
}

#[test]
fn missing_dependencies_are_reported_before_creation() {
    let workdir = ml();
    workdir.aws.on("DescribeStacks", no_stack()).on(
        "GetParameters",
        parameters(&workdir, &[REQUIRED_PARAMETERS[0].to_owned()]),
    );
    workdir.aws.on("ListStacks", json!({"StackSummaries": []}));
    source(&workdir, not_found(), Value::Null, Value::Null);
    let refused = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(refused.status, 10);
    insta::assert_snapshot!(
        "replayed_ml_preflight",
        workdir.redact_account(&refused.stdout)
    );
    assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
}

#[test]
fn missing_pipeline_dependencies_are_warnings() {
    let forbidden = json!({"Error": {"Status": 403}});
    for (bucket, versioning, object, told) in [
        (
            json!({}),
            json!({}),
            not_found(),
            "bucket globalbank-ml-source has no versioning",
        ),
        (
            json!({}),
            json!({"Status": "Enabled"}),
            not_found(),
            "object churn/model-build.zip in bucket globalbank-ml-source does not exist",
        ),
        (
            not_found(),
            Value::Null,
            Value::Null,
            "bucket globalbank-ml-source does not exist",
        ),
        (
            forbidden,
            Value::Null,
            Value::Null,
            "bucket globalbank-ml-source could not be read: HTTP 403",
        ),
    ] {
        let workdir = ml();
        let published = published(&workdir);
        created(&workdir, &published.outputs, &published.parameters);
        source(&workdir, bucket, versioning, object);
        let output = workdir.run_action("deploy-product", &["--force"]);
        let line = ":16:14: warning[preflight-failed]: ";
        assert!(output.stdout.contains(line), "{}", output.stdout);
        assert!(output.stdout.contains(told), "{}", output.stdout);
        assert!(output.stdout.contains(": created;"), "{}", output.stdout);
    }
}

/// A pipeline that nothing starts looks like one that has nothing to do.
#[test]
fn a_source_bucket_without_events_is_a_warning() {
    let silent = json!({"NotificationConfiguration": {}});
    let sending = json!({"NotificationConfiguration": {"EventBridgeConfiguration": {}}});
    for (answer, warns) in [(silent, true), (sending, false)] {
        let workdir = ml();
        let published = published(&workdir);
        created(&workdir, &published.outputs, &published.parameters);
        let versioning = json!({"VersioningConfiguration": {"Status": "Enabled"}});
        workdir
            .aws
            .on("HeadBucket", json!([not_found(), {}]))
            .on("GetBucketVersioning", versioning)
            .on("GetBucketNotificationConfiguration", answer)
            .on("HeadObject", json!({}));
        let output = workdir.run_action("deploy-product", &["--force"]);
        let words =
            "warning[preflight-failed]: bucket globalbank-ml-source sends no events to EventBridge";
        assert_eq!(output.stdout.contains(words), warns, "{}", output.stdout);
    }
}

#[test]
fn an_output_or_a_parameter_that_is_absent_is_a_failure() {
    let workdir = ml();
    let published = published(&workdir);
    for (outputs, names, absent) in [
        (
            &published.outputs[1..],
            &published.parameters[..],
            &published.outputs[0],
        ),
        (
            &published.outputs[..],
            &published.parameters[1..],
            &published.parameters[0],
        ),
    ] {
        created(&workdir, outputs, names);
        source(&workdir, json!({}), json!({"Status": "Enabled"}), json!({}));
        let failed = workdir.try_action("deploy-product", &["--force"]);
        assert_eq!(failed.status, 30);
        assert!(
            failed.stdout.contains("error[stack-verification-failed]"),
            "{}",
            failed.stdout
        );
        let words = format!("absent or empty: {absent}\n");
        assert!(failed.stdout.contains(&words), "{}", failed.stdout);
    }
    assert_eq!(
        workdir.aws.requests_of("DeleteStack").len(),
        0,
        "the stack stays, to be looked at"
    );
}

#[test]
fn an_unchanged_stack_is_only_verified() {
    let workdir = ml();
    let published = published(&workdir);
    let outputs: Vec<&str> = published.outputs.iter().map(String::as_str).collect();
    // The deployed template equals the one that was sent.
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("GetTemplate", json!({"TemplateBody": ""}))
        .on("DescribeEvents", json!({"OperationEvents": []}))
        .on("DescribeChangeSetHooks", json!({"Hooks": []}))
        .on("DeleteChangeSet", json!({}));
    created_change_set(&workdir, change_set("CREATE_COMPLETE", ""));
    workdir.run_action("show-changes", &[]);
    let sent = workdir.aws.requests_of("CreateChangeSet")[0]
        .get("TemplateBody")
        .to_owned();
    workdir
        .aws
        .on(
            "DescribeStacks",
            stack_with(&workdir, "CREATE_COMPLETE", &outputs),
        )
        .on("GetTemplate", json!({"TemplateBody": sent}))
        .on("GetParameters", parameters(&workdir, &published.parameters));
    let output = workdir.run_action("deploy-product", &["--force"]);
    assert!(output.stdout.contains(": unchanged;"), "{}", output.stdout);
    assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 1);
}

/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html>
#[test]
fn a_network_of_the_config_must_exist() {
    let workdir = example(
        "globalbank-prod-c001-us-west-2-churn-ml-codecommit-standalone-direct-workload-rtb",
    );
    let there = json!({"TypeName": "AWS::EC2::VPC", "ResourceDescription": {"Identifier": "it", "Properties": "{}"}});
    let words = "Resource of type 'AWS::EC2::Subnet' with identifier 'it' was not found.";
    let absent = refused("ResourceNotFoundException", words);
    let denied = refused("AccessDeniedException", "User is not authorized");
    workdir
        .aws
        .on("DescribeStacks", no_stack())
        .on("ListStacks", json!({"StackSummaries": []}))
        .on(
            "GetResource AWS::EC2",
            json!([there, there, absent, denied]),
        );
    let failed = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(failed.status, 10);
    insta::assert_snapshot!(
        "replayed_ml_network",
        workdir.redact_account(&failed.stdout)
    );
    let asked = workdir.aws.requests_of("GetResource");
    let kinds = asked.iter().map(|one| one.get("TypeName"));
    let kinds: Vec<&str> = kinds
        .filter(|kind| kind.starts_with("AWS::EC2::"))
        .collect();
    let [vpc, subnet, table] =
        ["VPC", "Subnet", "RouteTable"].map(|kind| format!("AWS::EC2::{kind}"));
    assert_eq!(kinds, [&vpc, &subnet, &subnet, &table, &table]);
}
