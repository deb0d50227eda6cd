//! `discover` on stacks that plain CloudFormation calls created, with the names of the original tools.

use aws_sdk_cloudformation::types::{Parameter, Tag};

use crate::support::emulator::REGION;
use crate::support::proxy::{Fault, FaultProxy, Rule, counted};
use crate::support::workdir::Workdir;

const BUCKET: &str = "Parameters:
  Name: {Type: String}
Resources:
  DataBucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Ref Name
      VersioningConfiguration: {Status: Enabled}
      Tags: [{Key: Team, Value: forecasting}]
Outputs:
  Bucket: {Value: !Ref DataBucket}
";

const PARAMETER: &str = "Resources:
  ModelGroup:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: models}
";

/// Creates a stack as another tool does.
fn create(workdir: &Workdir, name: &str, body: &str, bucket: Option<&str>, tag: Option<[&str; 2]>) {
    let bucket = bucket.map(|bucket| {
        let parameter = Parameter::builder().parameter_key("Name");
        parameter.parameter_value(bucket).build()
    });
    let tag = tag.map(|[key, value]| Tag::builder().key(key).value(value).build());
    let create = workdir
        .aws
        .stacks()
        .create_stack()
        .stack_name(name)
        .template_body(body)
        .set_parameters(bucket.map(|parameter| vec![parameter]))
        .set_tags(tag.map(|tag| vec![tag]));
    workdir.aws.wait(create.send()).unwrap();
}

/// An account with stacks of the original tools, of other tools, and of nobody.
fn account() -> Workdir {
    let workdir = Workdir::new();
    let base = workdir.name.trim_end_matches("-s3").to_owned();
    let shared = workdir.name.clone();
    create(&workdir, &workdir.stack(), BUCKET, Some(&shared), None);
    let fraud = format!("{base}-fraud");
    let stack = format!("{base}-fraud-s3-stack");
    create(&workdir, &stack, BUCKET, Some(&fraud), None);
    let stack = format!("{base}-churn-ml-stack");
    create(&workdir, &stack, PARAMETER, None, None);
    let cdk = Some(["aws-cdk:bootstrap-role", "deploy"]);
    create(&workdir, "App", PARAMETER, None, cdk);
    let sam = Some(["ManagedStackSource", "AwsSamCli"]);
    create(&workdir, "sam-app", PARAMETER, None, sam);
    create(&workdir, "StackSet-audit-6a4c", PARAMETER, None, None);
    create(&workdir, "network", PARAMETER, None, None);
    workdir
}

fn options(workdir: &Workdir) -> [&str; 5] {
    let account = workdir.account.as_str();
    ["discover", "--account", account, "--region", REGION]
}

#[test]
fn stacks_of_the_original_tools_are_found_and_drafted() {
    let mut workdir = account();
    let proxy = FaultProxy::in_front_of(&workdir.url);
    workdir.url = proxy.url();
    let found = workdir.run(&[&options(&workdir)[..], &["--draft", "."]].concat());
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    insta::assert_snapshot!(workdir.redact_account(&found.stdout));
    let calls = counted(&proxy.journal()).into_iter();
    let calls: Vec<String> = calls
        .map(|(operation, count)| format!("{operation} {count}"))
        .collect();
    assert_eq!(
        calls,
        ["DescribeStacks 1", "GetCallerIdentity 1", "GetTemplate 3"]
    );
    assert!(proxy.mutations().is_empty());
    let valid = workdir.run(&["validate-config"]);
    assert_eq!(valid.status, 0, "{}{}", valid.stdout, valid.stderr);
    let base = workdir.name.trim_end_matches("-s3");
    let draft = workdir.read(&format!("s3/configs/{base}-fraud-s3.yaml"));
    insta::assert_snapshot!("draft", workdir.redact_account(&draft));
    let entries = workdir.read(".provisioner/adoptions.yaml");
    assert_eq!(entries.matches("  - config: ").count(), 3, "{entries}");
}

#[test]
fn throttling_changes_nothing() {
    let mut workdir = account();
    let plain = workdir.run(&options(&workdir));
    let proxy = FaultProxy::in_front_of(&workdir.url);
    workdir.url = proxy.url();
    proxy.rule(Rule::new(Fault::Throttled).percent(40));
    let throttled = workdir.run(&options(&workdir));
    assert_eq!(throttled.status, 0, "{}", throttled.stderr);
    assert_eq!(throttled.stdout, plain.stdout);
    assert!(proxy.fired()[0] > 0);
}

#[test]
fn a_missing_permission_is_named() {
    let mut workdir = account();
    let proxy = FaultProxy::in_front_of(&workdir.url);
    workdir.url = proxy.url();
    proxy.rule(Rule::new(Fault::Denied).for_operation("GetTemplate"));
    let found = workdir.run(&options(&workdir));
    assert_eq!(found.status, 30, "{}{}", found.stdout, found.stderr);
    assert!(found.stdout.contains("not compared"), "{}", found.stdout);
    proxy.clear();
    proxy.rule(Rule::new(Fault::Denied).for_operation("DescribeStacks"));
    let found = workdir.run(&options(&workdir));
    assert_eq!(found.status, 30, "{}{}", found.stdout, found.stderr);
    let help = "allow `cloudformation:DescribeStacks`";
    assert!(found.stderr.contains(help), "{}", found.stderr);
}
