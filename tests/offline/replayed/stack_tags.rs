//! The tags of a stack that others gave to it: an update keeps them, and the preview names what happens to each.
#![expect(clippy::disallowed_methods, reason = "templates are files")]

use serde_json::{Value, json};

use super::answers::{change_set, created_change_set, preview, stack_with};
use super::operations::{OUTPUTS, published};
use super::{Workdir, workdir};

/// An adopted stack with tags of others, of AWS, and one that a former version of provisioner set.
fn adopted(workdir: &Workdir, status: &str) -> Value {
    let mut answer = stack_with(workdir, status, &[]);
    let tags = answer["Stacks"][0]["Tags"].as_array_mut().unwrap();
    for key in ["CostCenter", "Team", "aws:x", "provisioner:former"] {
        tags.push(json!({"Key": key, "Value": format!("secret {key}")}));
    }
    answer
}

fn changed() -> Value {
    let mut described = change_set("CREATE_COMPLETE", "");
    described["Changes"] = json!([{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Bucket", "PhysicalResourceId": "bucket",
        "ResourceType": "AWS::S3::Bucket", "Replacement": "False", "Scope": ["Tags"],
        "Details": [{"Target": {"Attribute": "Tags", "RequiresRecreation": "Never"}, "Evaluation": "Static"}],
    }}]);
    described
}

/// The tags of a request.
fn requested(workdir: &Workdir) -> Vec<String> {
    let request = &workdir.aws.requests_of("CreateChangeSet")[0];
    let keys = (1..=50).map(|index| format!("Tags.member.{index}.Key"));
    let keys = keys.filter(|key| request.has(key));
    keys.map(|key| request.get(&key).to_owned()).collect()
}

const WANTED: [&str; 5] = [
    "CostCenter",
    "Team",
    "provisioner:environment",
    "provisioner:product",
    "provisioner:stack",
];

/// What the change set of an update gives to the stack; the policy denies its execution here.
#[test]
fn attack_an_update_removes_no_tag_of_others() {
    let workdir = workdir();
    created_change_set(&workdir, changed());
    workdir
        .aws
        .on("DescribeStacks", adopted(&workdir, "CREATE_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
    let denied = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert_eq!(requested(&workdir), WANTED);
    let request = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(request.get("Tags.member.2.Value"), "secret Team");
}

/// Text and JSON name each tag that is added, changed, removed or kept. Values are not shown.
#[test]
fn the_preview_names_what_happens_to_each_tag() {
    let workdir = workdir();
    preview(&workdir, changed());
    workdir
        .aws
        .on("DescribeStacks", adopted(&workdir, "CREATE_COMPLETE"))
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}))
        .on("ListChangeSets", json!({"Summaries": []}));
    let shown = workdir.run_action("show-changes", &[]);
    assert!(!shown.stdout.contains("secret"), "{}", shown.stdout);
    insta::assert_snapshot!("tags_of_others", workdir.redact_account(&shown.stdout));
    assert_eq!(requested(&workdir), WANTED);
    preview(&workdir, changed());
    let shown = workdir.json("show-changes", &[]);
    assert_eq!(
        shown["items"][0]["result"]["tags"],
        json!({
            "added": [], "changed": [], "removed": ["provisioner:former"],
            "kept": ["CostCenter", "Team"],
        })
    );
}

/// The preview and the run agree that there is nothing to do.
#[test]
fn a_stack_with_many_tags_of_others_is_unchanged_in_preview_and_run() {
    let workdir = workdir();
    workdir.run_action("create-prov-template", &[]);
    let folder = workdir.folder().join("s3/templates");
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|end| end == "yaml"));
    let body = std::fs::read_to_string(file.unwrap()).unwrap();
    let mut deployed = stack_with(&workdir, "CREATE_COMPLETE", &OUTPUTS);
    let tags = deployed["Stacks"][0]["Tags"].as_array_mut().unwrap();
    for index in 0..47 {
        tags.push(json!({"Key": format!("Tag{index}"), "Value": "x"}));
    }
    workdir
        .aws
        .on("DescribeStacks", deployed)
        .on("GetTemplate", json!({"TemplateBody": body}))
        .on("GetParameters", published(&workdir));
    for (action, more) in [("show-changes", &[][..]), ("prep-master", &["--dry-run"])] {
        let shown = workdir.run_action(action, more);
        assert!(shown.stdout.contains(": no changes\n"), "{}", shown.stdout);
    }
    assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
}
