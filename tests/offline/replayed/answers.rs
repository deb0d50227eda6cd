//! Answers in the names of the API's model. Source: the operations' pages below
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/>, and "Stack status codes" of the User Guide.
#![expect(clippy::disallowed_methods, reason = "fixtures are files")]

use serde_json::{Value, json};

use super::Workdir;
use crate::support::replay::{ACCOUNT, refused};

pub fn arn(kind: &str, name: &str) -> String {
    format!(
        "arn:aws:cloudformation:us-west-2:{ACCOUNT}:{kind}/{name}/6a2f6d30-0000-4000-8000-000000000001"
    )
}

pub fn stack_id(workdir: &Workdir) -> String {
    arn("stack", &workdir.stack())
}

/// Answers of `tests/fixtures/aws`. Words in capitals are placeholders for the names of the test.
pub fn fixture(workdir: &Workdir, name: &str) -> Value {
    let path = format!(
        "{}/tests/fixtures/aws/{name}.yaml",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("CHANGE-SET-ID", &arn("changeSet", "provisioner"));
    serde_yaml::from_str(&text.replace("STACK-ID", &stack_id(workdir))).unwrap()
}

pub fn no_stack() -> Value {
    refused("ValidationError", "Stack with id it does not exist")
}

/// A stack with provisioner's tags.
pub fn stack(workdir: &Workdir, status: &str) -> Value {
    let product = workdir.path().split('/').next().unwrap().to_owned();
    json!({"Stacks": [{
        "StackId": stack_id(workdir),
        "StackName": workdir.stack(),
        "CreationTime": "2026-11-25T09:00:00.000Z",
        "StackStatus": status,
        "Tags": [
            {"Key": "provisioner:product", "Value": product},
            {"Key": "provisioner:environment", "Value": "prod"},
            {"Key": "provisioner:stack", "Value": workdir.stack()},
        ],
    }]})
}

/// The same with a value for each output.
pub fn stack_with(workdir: &Workdir, status: &str, outputs: &[&str]) -> Value {
    let mut answer = stack(workdir, status);
    let value = |key: &&str| json!({"OutputKey": key, "OutputValue": format!("the-{key}")});
    answer["Stacks"][0]["Outputs"] = outputs.iter().map(value).collect();
    answer
}

/// The tags of a bucket of a stack, as CloudFormation writes them.
pub fn tagged(stack: &str) -> Value {
    let tag = json!({"Key": "aws:cloudformation:stack-id", "Value": stack});
    json!({"Tagging": {"TagSet": {"Tag": [tag]}}})
}

/// The rendered template of the config.
pub fn template(workdir: &Workdir) -> Value {
    workdir.run_action("create-prov-template", &["--overwrite", "--no-log"]);
    let folder = workdir.folder().join(workdir.product()).join("templates");
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "yaml"));
    serde_yaml::from_str(&std::fs::read_to_string(file.unwrap()).unwrap()).unwrap()
}

/// All requested parameters, those of the stack with the values of its template and of [`stack_with`].
pub fn parameters(workdir: &Workdir, names: &[String]) -> Value {
    let template = template(workdir);
    let of_name = |name: &String| {
        let mut resources = template["Resources"].as_object().unwrap().values();
        let properties = resources.find(|resource| resource["Properties"]["Name"] == **name)?;
        let value = &properties["Properties"]["Value"];
        let mut outputs = template["Outputs"].as_object().unwrap().iter();
        let output = outputs.find(|(_, output)| output["Value"] == *value);
        let of_output = output.map(|(key, _)| format!("the-{key}"));
        value.as_str().map(str::to_owned).or(of_output)
    };
    let value = |name: &String| {
        let mut inputs = template["Parameters"].as_object().into_iter().flatten();
        if let Some((_, input)) = inputs.find(|(_, input)| input["Default"] == **name) {
            let (kind, value) = input_value(input["Type"].as_str().unwrap());
            return json!({"Name": name, "Type": kind, "Value": value});
        }
        let value = of_name(name).unwrap_or_else(|| "a value".to_owned());
        json!({"Name": name, "Type": "String", "Value": value})
    };
    json!({"Parameters": names.iter().map(value).collect::<Vec<_>>(), "InvalidParameters": []})
}

/// The type and the value of a parameter of SSM for an input of this type.
fn input_value(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>" => ("String", "vpc-0a1b2c3d4e5f60718"),
        "AWS::SSM::Parameter::Value<AWS::EC2::SecurityGroup::Id>" => ("String", "sg-0a1b2c3d"),
        "AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>" => (
            "StringList",
            "subnet-0a1b2c3d4e5f60718,subnet-1a2b3c4d5e6f70819",
        ),
        _ => ("String", "a value"),
    }
}

/// A change set without findings and hooks is created, described by these answers, and deleted.
pub fn preview(workdir: &Workdir, described: Value) {
    created_change_set(workdir, described);
    workdir
        .aws
        .on("DescribeEvents", json!({"OperationEvents": []}))
        .on(
            "DescribeChangeSetHooks",
            json!({"Status": "PLANNED", "Hooks": []}),
        )
        .on("DeleteChangeSet", json!({}));
}

/// A change set is created, and described by these answers.
pub fn created_change_set(workdir: &Workdir, described: Value) {
    let made = json!({"Id": arn("changeSet", "provisioner"), "StackId": stack_id(workdir)});
    workdir
        .aws
        .on("CreateChangeSet", made)
        .on("DescribeChangeSet", described);
}

/// Further queries for an existing stack.
pub fn queries_of_existing_stack(workdir: &Workdir) {
    workdir
        .aws
        .on("DescribeStacks", stack(workdir, "CREATE_COMPLETE"))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
}

/// A finished change set without changes.
pub fn change_set(status: &str, reason: &str) -> Value {
    json!({
        "ChangeSetId": arn("changeSet", "provisioner"),
        "Status": status,
        "StatusReason": reason,
        "ExecutionStatus": if status == "CREATE_COMPLETE" { "AVAILABLE" } else { "UNAVAILABLE" },
        "Changes": [],
    })
}

fn kind(logical_id: &str) -> &str {
    match logical_id {
        "BucketPolicy" => "AWS::S3::BucketPolicy",
        "Key" => "AWS::KMS::Key",
        "Queue" => "AWS::SQS::Queue",
        "Role" => "AWS::IAM::Role",
        _ => "AWS::S3::Bucket",
    }
}

/// Events, oldest first, one second apart: logical id, status, reason.
pub fn events(workdir: &Workdir, rows: &[(&str, &str, &str)]) -> Vec<Value> {
    let event = |(second, (logical_id, status, reason)): (usize, &(&str, &str, &str))| {
        let (kind, physical_id) = match *logical_id {
            "" => ("AWS::CloudFormation::Stack", stack_id(workdir)),
            id => (kind(id), format!("physical-{id}")),
        };
        json!({
            "StackId": stack_id(workdir),
            "StackName": workdir.stack(),
            "EventId": format!("event-{second}"),
            "LogicalResourceId": if logical_id.is_empty() { workdir.stack() } else { (*logical_id).to_owned() },
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": format!("2026-11-25T09:00:{second:02}.000Z"),
            "ResourceStatus": status,
            "ResourceStatusReason": if reason.is_empty() { Value::Null } else { json!(reason) },
        })
    };
    rows.iter().enumerate().map(event).collect()
}

/// The answer after `count` events, newest first.
pub fn first_events(events: &[Value], count: usize) -> Value {
    let newest_first: Vec<&Value> = events[..count].iter().rev().collect();
    json!({"StackEvents": newest_first})
}

/// A drift detection that finds these resources.
pub fn detected(workdir: &Workdir, status: &str, drifts: Value) {
    let ended = json!({
        "StackId": "stack", "StackDriftDetectionId": "detection", "DetectionStatus": status,
        "DetectionStatusReason": "Failed to detect drift on resource [Bucket]",
        "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    workdir
        .aws
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on("DescribeStackDriftDetectionStatus", ended)
        .on(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": drifts}),
        );
}

/// A resource with a value that was changed by hand.
pub fn drifted(logical_id: &str) -> Value {
    json!({
        "LogicalResourceId": logical_id, "ResourceType": "AWS::S3::Bucket",
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [{
            "PropertyPath": "/VersioningConfiguration/Status", "DifferenceType": "NOT_EQUAL",
            "ExpectedValue": "Enabled", "ActualValue": "secret data",
        }],
    })
}
