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

/// All requested parameters.
pub fn parameters(names: &[String]) -> Value {
    let value = |name: &String| json!({"Name": name, "Type": "String", "Value": "a value"});
    json!({"Parameters": names.iter().map(value).collect::<Vec<_>>(), "InvalidParameters": []})
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
