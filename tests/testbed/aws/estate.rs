//! `estate` at the command line.

use aws_sdk_cloudformation::types::Tag;
use serde_json::Value;

use crate::support::workdir::Workdir;

const PARAMETER: &str = "Resources:
  Model:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: models}
";

fn states(workdir: &Workdir, more: &[&str]) -> Vec<(Value, Value)> {
    let run = workdir.run(&[&["estate", "--format", "json"], more].concat());
    assert_eq!(run.status, 0, "{}", run.stderr);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let rows = document["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["stack"].clone(), row["state"].clone()))
        .collect()
}

/// Some of the configs do not tell which stacks have none.
#[test]
fn a_part_of_the_configs_does_not_tell_which_stacks_have_none() {
    let workdir = Workdir::new();
    workdir.commit();
    let tag = Tag::builder().key("provisioner:stack").value("left");
    let create = workdir.aws.stacks().create_stack();
    let create = create.stack_name("left").template_body(PARAMETER);
    let create = create.tags(tag.build()).send();
    workdir.aws.wait(create).unwrap();
    let own = (workdir.stack().into(), "not-applied".into());
    let left = ("left".into(), "without-config".into());
    assert_eq!(states(&workdir, &[]), [own.clone(), left]);
    assert_eq!(states(&workdir, &["--configs", &workdir.path()]), [own]);
}
