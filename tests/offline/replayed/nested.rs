//! A product of the repository whose template has a nested stack.

use serde_json::json;

use super::answers::{arn, fixture, no_stack, preview, queries_of_existing_stack, stack};
use super::{Workdir, workdir};

const PRODUCT: [(&str, &str); 4] = [
    (
        "product.yaml",
        "name: nest\ntitle: Nest\nsummary: A nested stack.\nsection: nest\nfiles: '*-nest.yaml'\n\
         target: {account: nest.account, region: \"'us-west-2'\", environment: \"'prod'\"}\n\
         names: {config: \"nest.name ~ '-nest'\", stack: names.config ~ '-stack'}\n\
         outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
         rules: []\nimpact: []\nactions: {show-changes: show-changes}\n",
    ),
    (
        "config.schema.json",
        r#"{"type":"object","additionalProperties":false,"required":["nest"],"properties":{"nest":{"type":"object",
        "additionalProperties":false,"required":["name","account"],
        "properties":{"name":{"type":"string"},"account":{"type":"string"}}}}}"#,
    ),
    (
        "stack.yaml.j2",
        "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      \
         TemplateURL: https://templates.s3.us-west-2.amazonaws.com/child.yaml\n",
    ),
    (
        "iam-policy.json.j2",
        "{ \"Version\": \"2012-10-17\", \"Statement\": [] }\n",
    ),
];

fn nest() -> Workdir {
    let config = "nest:\n  name: orders\n  account: \"123456789012\"\n";
    let workdir = workdir().with_config("nest/configs/orders-nest.yaml", config, "orders-nest");
    for (name, text) in PRODUCT {
        workdir.write(&format!(".provisioner/products/nest/{name}"), text);
    }
    workdir
}

#[test]
fn nested_change_sets_are_awaited_and_judged() {
    let workdir = nest();
    queries_of_existing_stack(&workdir);
    preview(&workdir, fixture(&workdir, "nested"));
    let shown = workdir.run_action("show-changes", &[]);
    insta::assert_snapshot!("replayed_nested", workdir.redact_account(&shown.stdout));
    let made = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(made.get("IncludeNestedStacks"), "true");
    let deleted = workdir.aws.requests_of("DeleteChangeSet");
    assert_eq!(deleted.len(), 1, "those below it go with it");
    assert_eq!(
        deleted[0].get("ChangeSetName"),
        arn("changeSet", "provisioner")
    );
}

#[test]
fn the_reason_of_a_refused_nested_change_set_is_shown() {
    let workdir = nest();
    queries_of_existing_stack(&workdir);
    let mut described = fixture(&workdir, "nested");
    for at in [3, 4] {
        described[at]["Status"] = json!("FAILED");
        described[at]["StatusReason"] =
            json!("Template error: instance of Fn::GetAtt references undefined resource");
        described[at]["Changes"] = json!([]);
    }
    let described = described.as_array().unwrap()[..5].to_vec();
    preview(&workdir, json!(described));
    let shown = workdir.run_action("show-changes", &[]);
    let reason = "CloudFormation did not compute the change set to its end; CloudFormation refuses it: Template error";
    assert!(shown.stdout.contains(reason), "{}", shown.stdout);
}

#[test]
fn the_empty_stack_is_deleted_after_its_slow_change_set() {
    let workdir = nest();
    let own = json!({
        "ChangeSetName": "provisioner", "ChangeSetId": arn("changeSet", "provisioner"), "Status": "DELETE_IN_PROGRESS",
    });
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([
                no_stack(),
                stack(&workdir, "REVIEW_IN_PROGRESS"),
                no_stack()
            ]),
        )
        .on(
            "ListChangeSets",
            json!([{"Summaries": [own]}, {"Summaries": []}]),
        )
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on("DeleteStack", json!({}));
    preview(&workdir, fixture(&workdir, "nested"));
    workdir.run_action("show-changes", &["--real"]);
    assert_eq!(workdir.aws.requests_of("DeleteStack").len(), 1);
}
