//! The parameters of SSM that a stack reads.

use serde_json::{Value, json};

use super::Workdir;
use super::answers::{no_stack, parameters, stack};
use super::ml::ml;
use crate::support::replay::{not_found, refused};

const VPC: &str = "/vpc/globalbank-prod-c001-us-west-2-vpc/VPCId";
const SUBNETS: &str = "/vpc/globalbank-prod-c001-us-west-2-vpc/PrivateSubnetIds";
const GROUP: &str = "/sg/ml-endpoints/private/SecurityGroupId";

/// The inputs, with another type and value of one of them.
fn inputs(workdir: &Workdir, name: &str, kind: &str, value: &str) -> Value {
    let names = [VPC, SUBNETS, GROUP].map(str::to_owned);
    let mut answer = parameters(workdir, &names);
    for parameter in answer["Parameters"].as_array_mut().unwrap() {
        if parameter["Name"] == name {
            parameter["Type"] = json!(kind);
            parameter["Value"] = json!(value);
        }
    }
    answer
}

fn policy(workdir: &Workdir) {
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
}

#[test]
fn an_input_of_another_type_stops_a_creation_and_an_update() {
    for (name, kind, value, told) in [
        (
            VPC,
            "SecureString",
            "AQICAHsecret",
            format!("parameter {VPC} is a SecureString, which CloudFormation does not read"),
        ),
        (
            VPC,
            "StringList",
            "vpc-0a1b2c3d",
            format!("parameter {VPC} is a StringList, and the template takes one value"),
        ),
        (
            GROUP,
            "String",
            "sg-hidden",
            format!(
                "the value of parameter {GROUP} does not have the type `AWS::EC2::SecurityGroup::Id`"
            ),
        ),
        (
            SUBNETS,
            "StringList",
            "subnet-0a1b2c3d,b",
            format!(
                "the value of parameter {SUBNETS} does not have the type `AWS::EC2::Subnet::Id`"
            ),
        ),
    ] {
        for exists in [false, true] {
            let workdir = ml();
            policy(&workdir);
            match exists {
                true => workdir
                    .aws
                    .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
                    .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"})),
                false => workdir
                    .aws
                    .on("DescribeStacks", no_stack())
                    .on("ListStacks", json!({"StackSummaries": []})),
            };
            workdir
                .aws
                .on("GetParameters", inputs(&workdir, name, kind, value))
                .on("HeadBucket", not_found())
                .on("GetBucketNotificationConfiguration", not_found());
            let output = workdir.try_action("deploy-product", &["--force"]);
            assert_eq!(output.status, 10, "{}", output.stdout);
            let error = format!("error[preflight-failed]: {told}");
            assert!(output.stdout.contains(&error), "{error}\n{}", output.stdout);
            assert!(!output.stdout.contains(value), "{}", output.stdout);
            assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
        }
    }
}

/// AWS documents `StringList` for a list, and no error for a `String` with commas.
#[test]
fn a_string_in_place_of_a_list_is_a_warning() {
    let workdir = ml();
    workdir
        .aws
        .on("DescribeStacks", no_stack())
        .on(
            "GetParameters",
            inputs(&workdir, SUBNETS, "String", "subnet-0a1b2c3d"),
        )
        .on("HeadBucket", not_found())
        .on("GetBucketNotificationConfiguration", not_found())
        .on("CreateChangeSet", refused("AccessDenied", "not now"));
    let output = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(output.status, 30, "{}", output.stdout);
    assert!(
        !output.stdout.contains("error[preflight-failed]"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_rejected_preview_names_the_missing_input() {
    let workdir = ml();
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on(
            "CreateChangeSet",
            refused(
                "ValidationError",
                "Parameters: [ssm:/vpc/x:1] cannot be found.",
            ),
        )
        .on(
            "GetParameters",
            parameters(&workdir, &[SUBNETS, GROUP].map(str::to_owned)),
        )
        .on("HeadBucket", not_found())
        .on("GetBucketNotificationConfiguration", not_found());
    let output = workdir.try_action("show-changes", &[]);
    let error = format!("error[preflight-failed]: parameter {VPC} does not exist");
    assert!(output.stdout.contains(&error), "{}", output.stdout);
    assert_eq!(output.status, 10, "{}", output.stdout);
}

/// The name is a default of the product, and no value that somebody wrote.
#[test]
fn a_default_name_is_shown_in_messages_of_aws() {
    let workdir = ml();
    let name = format!("Unable to fetch parameters [{VPC}] from parameter store for this account.");
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("CreateChangeSet", refused("ValidationError", &name))
        .on(
            "GetParameters",
            parameters(&workdir, &[VPC, SUBNETS, GROUP].map(str::to_owned)),
        )
        .on("HeadBucket", not_found())
        .on("GetBucketNotificationConfiguration", not_found());
    let output = workdir.try_action("show-changes", &[]);
    assert!(output.stdout.contains(VPC), "{}", output.stdout);
    assert_eq!(output.status, 30, "{}", output.stdout);
}
