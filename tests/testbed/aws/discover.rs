//! `discover` on stacks that plain CloudFormation calls created, with the names of the original tools.

use aws_sdk_cloudformation::types::{Parameter, Tag};

use super::scene::with_foreign_stack;
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
    insta::assert_snapshot!(
        "validated",
        workdir.redact_account(&format!(
            "{}\n{}{}",
            valid.status, valid.stdout, valid.stderr
        ))
    );
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

/// A stack without an entry is an error with its reason, also if others are written.
#[test]
fn each_stack_without_an_entry_is_an_error() {
    let workdir = account();
    // Such a stack is named by no valid config.
    let odd = workdir.name.replace("acme-", "xn--a-");
    let stack = format!("{odd}-stack");
    create(&workdir, &stack, PARAMETER, None, None);
    let found = workdir.run(&[&options(&workdir)[..], &["--draft", "."]].concat());
    assert_eq!(found.status, 10, "{}{}", found.stdout, found.stderr);
    let why = "error[stack-not-drafted]: no draft and no entry were written for stack";
    assert_eq!(found.stderr.matches(why).count(), 1, "{}", found.stderr);
    assert!(found.stderr.contains(&stack), "{}", found.stderr);
    let entries = workdir.read(".provisioner/adoptions.yaml");
    assert_eq!(entries.matches("  - config: ").count(), 3, "{entries}");
}

/// An entry counts for the stack that it names, and not for a later one of this name.
#[test]
fn an_entry_for_a_deleted_predecessor_is_said() {
    let workdir = Workdir::new();
    with_foreign_stack(&workdir);
    let account = &workdir.account;
    let former = format!(
        "arn:aws:cloudformation:{REGION}:{account}:stack/{}/6a4c9a50-0f2e-11f0-8a1b-0a1b2c3d4e5f",
        workdir.stack()
    );
    let entry = |id: &str| format!("  - config: {}\n    stack: {id}\n", workdir.path());
    let file = ".provisioner/adoptions.yaml";
    workdir.write(file, &format!("version: 1\nadopt:\n{}", entry(&former)));
    let warning = "the entry names another stack than the one that has the name now: ";
    let warned = format!("{warning}{former}");
    let found = workdir.run(&options(&workdir));
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    assert!(found.stdout.contains(&warned), "{}", found.stdout);
    for more in [&["--dry-run"][..], &["--force"]] {
        let adopted = workdir.run_action("adopt", more);
        assert!(adopted.stdout.contains(&warned), "{}", adopted.stdout);
    }
    // Later it is a record, as is any entry beside one for the present stack.
    let found = workdir.run(&options(&workdir));
    assert!(!found.stdout.contains(warning), "{}", found.stdout);
    let present = workdir.stack_id();
    let both = format!("version: 1\nadopt:\n{}{}", entry(&former), entry(&present));
    workdir.write(file, &both);
    let adopted = workdir.run_action("adopt", &["--force"]);
    assert!(!adopted.stdout.contains(warning), "{}", adopted.stdout);
}

/// The commands are for the repository that has the drafts.
#[test]
fn drafts_in_another_folder_have_commands_for_it() {
    let workdir = account();
    let folder = "the drafts";
    workdir.write("the drafts/README", "");
    let found = workdir.run(&[&options(&workdir)[..], &["--draft", folder]].concat());
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    let next = "next:\n  cd 'the drafts'\n  provisioner validate-config\n";
    assert!(found.stdout.contains(next), "{}", found.stdout);
}
