//! `discover` on an account with pages of stacks, and what AWS may refuse.
#![expect(clippy::disallowed_methods, reason = "drafts are files")]
use provisioner::entries::{ENTRY_FILES, new_entries};
use provisioner::model::FileContents;
use serde_json::{Value, json};

use super::answers::arn;
use super::{Workdir, workdir};
use crate::support::replay::{ACCOUNT, refused};

const DISCOVER: [&str; 5] = ["discover", "--account", ACCOUNT, "--region", "us-west-2"];

fn stack(name: &str, tags: &[(&str, &str)]) -> Value {
    let tags = tags.iter();
    let tags: Vec<Value> = tags
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    json!({
        "StackId": arn("stack", name),
        "StackName": name,
        "CreationTime": "2026-11-25T09:00:00.000Z",
        "StackStatus": "CREATE_COMPLETE",
        "Tags": tags,
    })
}

/// As the original tool could have made it: other logical ids, parameters and short forms.
fn template() -> Value {
    let text = "AWSTemplateFormatVersion: '2010-09-09'
Description: data lake
Parameters:
  CompanyPrefix: {Type: String}
  Vpc: {Type: String, Default: vpc-0a1b2c3d4e5f60718}
Resources:
  DataBucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !Sub '${CompanyPrefix}-prod-t002-us-west-2-s3'
      VersioningConfiguration: {Status: Enabled}
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
      LifecycleConfiguration:
        Rules:
          - {Id: compliance, Status: Enabled, Prefix: solutions/, ExpirationInDays: 2555, Transitions: [{StorageClass: GLACIER, TransitionInDays: 90}]}
      Tags: [{Key: Team, Value: forecasting}, {Key: CostCenter, Value: '4711'}]
  S3Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      ServiceName: !Sub 'com.amazonaws.${AWS::Region}.s3'
      VpcId: !Ref Vpc
      RouteTableIds: [rtb-0a1b2c3d4e5f60718, rtb-1a2b3c4d5e6f70819]
Outputs:
  BucketName: {Value: !Ref DataBucket, Export: {Name: data-lake}}
";
    json!({"TemplateBody": text})
}

/// 120 stacks on three pages: two of each kind that is recognized, and others.
fn pages(workdir: &Workdir) -> Value {
    let name = |kind: &str| format!("acme-prod-t0{kind}-us-west-2-s3-stack");
    let owned = |name: &str| {
        let tags = [
            ("provisioner:product", "s3"),
            ("provisioner:environment", "prod"),
            ("provisioner:stack", name),
        ];
        stack(name, &tags)
    };
    let own = workdir.stack();
    let mut nested = stack("acme-prod-t001-us-west-2-s3-stack-Inner-1", &[]);
    nested["ParentId"] = json!(arn("stack", "parent"));
    nested["RootId"] = json!(arn("stack", "parent"));
    let mut cdk = stack("App", &[]);
    cdk["Parameters"] = json!([{
        "ParameterKey": "BootstrapVersion",
        "ParameterValue": "/cdk-bootstrap/hnb659fds/version",
    }]);
    let mut named = stack("acme-prod-t002-us-west-2-s3-stack", &[("Team", "secret")]);
    named["Parameters"] = json!([
        {"ParameterKey": "CompanyPrefix", "ParameterValue": "acme"},
        {"ParameterKey": "Vpc", "ParameterValue": "vpc-0a1b2c3d4e5f60718"},
    ]);
    let mut special = vec![
        owned(&own),
        owned(&name("01")),
        named,
        stack("left-test", &[("provisioner:test", &own)]),
        nested,
        cdk,
        stack("app", &[("ManagedStackSource", "AwsSamCli")]),
        stack("StackSet-audit-6a4c", &[]),
        stack(&format!("SC-{ACCOUNT}-pp-abc"), &[]),
    ];
    let others = 120 - special.len();
    special.extend((0..others).map(|index| stack(&format!("other-{index}"), &[])));
    let pages = special.chunks(50);
    let count = pages.len();
    let pages = pages.enumerate().map(|(index, stacks)| {
        let token = (index + 1 < count).then(|| format!("page-{index}"));
        json!({"Stacks": stacks, "NextToken": token})
    });
    pages.collect()
}

#[test]
fn all_pages_are_sorted() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", pages(&workdir));
    workdir.aws.on("GetTemplate", template());
    let found = workdir.run(&DISCOVER);
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    insta::assert_snapshot!("discover", workdir.redact_account(&found.stdout));
    assert!(!found.stdout.contains("secret"));
    let calls = ["GetCallerIdentity", "DescribeStacks", "GetTemplate"];
    let counts = calls.map(|operation| workdir.aws.requests_of(operation).len());
    assert_eq!(counts, [1, 3, 1]);
}

#[test]
fn the_document_has_every_stack() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", pages(&workdir));
    workdir.aws.on("GetTemplate", template());
    let found = workdir.run(&[&DISCOVER[..], &["--all", "--format", "json"]].concat());
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let region = &found["regions"][0];
    assert_eq!(region["total"], 120);
    assert_eq!(region["stacks"].as_array().unwrap().len(), 120);
}

#[test]
fn drafts_and_entries_are_written_once() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", pages(&workdir));
    workdir.aws.on("GetTemplate", template());
    let draft = [&DISCOVER[..], &["--draft", "."]].concat();
    let found = workdir.run(&draft);
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    let path = "s3/configs/acme-prod-t002-us-west-2-s3.yaml";
    insta::assert_snapshot!(
        "discover_draft",
        workdir.redact_account(&workdir.read(path))
    );
    let entries = workdir.read(".provisioner/adoptions.yaml");
    insta::assert_snapshot!("discover_entries", workdir.redact_account(&entries));
    let file = FileContents::Regular(entries.clone().into_bytes());
    let read = new_entries(ENTRY_FILES[0], None, Some(&file)).unwrap();
    assert_eq!(read[0].entry.config.as_str(), path);
    // A value that nobody wrote is no valid one.
    let open = workdir.run(&["validate-config", path]);
    assert_eq!(open.status, 10, "{}", open.stdout);
    let text = workdir.read(path);
    let text = text.replace("company_name: null", "company_name: Acme");
    workdir.write(path, &text);
    let valid = workdir.run(&["validate-config", path]);
    assert_eq!(valid.status, 0, "{}", valid.stdout);
    // The config claims the stack now: nothing is drafted again.
    workdir.aws.on("DescribeStacks", pages(&workdir));
    let again = workdir.run(&draft);
    assert_eq!(again.status, 0, "{}{}", again.stdout, again.stderr);
    assert_eq!(workdir.read(".provisioner/adoptions.yaml"), entries);
    assert!(!again.stdout.contains("written:"), "{}", again.stdout);
}

#[test]
fn attack_a_draft_replaces_no_file() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", pages(&workdir));
    workdir.aws.on("GetTemplate", template());
    let path = "s3/configs/acme-prod-t002-us-west-2-s3.yaml";
    workdir.write(path, "# mine\ns3: {}\n");
    let found = workdir.run(&[&DISCOVER[..], &["--draft", "."]].concat());
    assert_eq!(found.status, 10, "{}{}", found.stdout, found.stderr);
    assert!(found.stderr.contains("the file exists"), "{}", found.stderr);
    assert!(
        found.stderr.contains("stack-not-drafted"),
        "{}",
        found.stderr
    );
    assert_eq!(workdir.read(path), "# mine\ns3: {}\n");
    let entries = workdir.folder().join(".provisioner/adoptions.yaml");
    assert!(!entries.exists());
}

#[test]
fn attack_credentials_of_another_account_list_nothing() {
    let workdir = workdir();
    let other = [
        "discover",
        "--account",
        "210987654321",
        "--region",
        "us-west-2",
    ];
    let found = workdir.run(&other);
    assert_eq!(found.status, 20, "{}", found.stderr);
    insta::assert_snapshot!("discover_account", found.stderr);
}

#[test]
fn what_aws_refuses_is_named() {
    let first = workdir();
    let denied = refused(
        "AccessDenied",
        "not authorized to perform: cloudformation:DescribeStacks",
    );
    first.aws.on("DescribeStacks", denied.clone());
    let found = first.run(&DISCOVER);
    assert_eq!(found.status, 30, "{}", found.stderr);
    insta::assert_snapshot!("discover_denied", found.stderr);
    let second = workdir();
    second.aws.on("DescribeStacks", pages(&second));
    second.aws.on("GetTemplate", denied);
    let found = second.run(&DISCOVER);
    assert_eq!(found.status, 30, "{}", found.stderr);
    assert!(found.stdout.contains("not compared"), "{}", found.stdout);
    assert!(found.stdout.contains("AccessDenied"), "{}", found.stdout);
    let third = workdir();
    third.aws.on("DescribeStacks", pages(&third));
    third.aws.on("GetTemplate", json!({"TemplateBody": "{"}));
    let found = third.run(&DISCOVER);
    assert_eq!(found.status, 30, "{}", found.stderr);
    let why = "the live template cannot be read";
    assert!(found.stdout.contains(why), "{}", found.stdout);
}

#[test]
fn wrong_options_are_usage_errors() {
    let workdir = crate::support::workdir::Workdir::offline();
    for options in [
        ["--account", "1", "--region", "us-west-2"],
        ["--account", ACCOUNT, "--region", "moon-1"],
        ["--account", ACCOUNT, "--region", ""],
    ] {
        let found = workdir.run(&[&["discover"], &options[..]].concat());
        assert_eq!(found.status, 2, "{options:?} {}", found.stderr);
    }
}

/// A misspelt environment or folder is none, and AWS is not asked.
#[test]
fn attack_a_misspelt_option_reads_and_writes_nothing() {
    let workdir = crate::support::workdir::Workdir::offline();
    let environment = workdir.run(&[&DISCOVER[..], &["--environment", "nope"]].concat());
    assert_eq!(environment.status, 2, "{}", environment.stderr);
    insta::assert_snapshot!("discover_environment", environment.stderr);
    let folder = workdir.run(&[&DISCOVER[..], &["--draft", "none/here"]].concat());
    assert_eq!(folder.status, 2, "{}", folder.stderr);
    insta::assert_snapshot!("discover_folder", folder.stderr);
    assert!(!workdir.folder().join("none").exists());
}

/// A config here asks for the stack, whatever the stack's tags say.
#[test]
fn a_stack_with_a_config_here_is_never_without_a_config() {
    let workdir = workdir();
    let own = workdir.stack();
    let tagged = |product: &str, environment: &str| {
        let tags = [
            ("provisioner:product", product),
            ("provisioner:environment", environment),
            ("provisioner:stack", own.as_str()),
        ];
        json!({"Stacks": [stack(&own, &tags)]})
    };
    for (product, environment) in [("ml", "prod"), ("s3", "dev")] {
        workdir
            .aws
            .on("DescribeStacks", tagged(product, environment));
        workdir.aws.on("GetTemplate", template());
        let found = workdir.run(&DISCOVER);
        assert!(
            found.stdout.contains("1 stack not adopted") && found.stdout.contains("another config"),
            "{}",
            found.stdout
        );
    }
    // The stack of another environment is not looked for.
    workdir.aws.on("DescribeStacks", tagged("s3", "prod"));
    let found = workdir.run(&[&DISCOVER[..], &["--environment", "dev"]].concat());
    let words = "1 stack of another environment or of no product";
    assert!(found.stdout.contains(words), "{}", found.stdout);
}

/// Entries are added to any style of YAML; a file with errors stays as it is, and is reported.
#[test]
fn entries_are_added_to_the_file_as_it_is_written() {
    let path = ".provisioner/adoptions.yaml";
    let id = arn("stack", "former-stack");
    let draft = [&DISCOVER[..], &["--draft", "."]].concat();
    for text in [
        format!("version: 1\nadopt: [{{config: a.yaml, stack: '{id}'}}] # ours\n"),
        format!("version: 1\nadopt:\n- config: a.yaml\n  stack: {id}\n"),
    ] {
        let workdir = workdir();
        workdir.aws.on("DescribeStacks", pages(&workdir));
        workdir.aws.on("GetTemplate", template());
        workdir.write(path, &text);
        let found = workdir.run(&draft);
        assert_eq!(found.status, 0, "{}", found.stderr);
        let file = FileContents::Regular(workdir.read(path).into_bytes());
        assert_eq!(
            new_entries(ENTRY_FILES[0], None, Some(&file))
                .unwrap()
                .len(),
            2
        );
    }
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", pages(&workdir));
    workdir.aws.on("GetTemplate", template());
    workdir.write(path, "version: 1\nadopt:\n");
    let found = workdir.run(&draft);
    assert_eq!(found.status, 10, "{}", found.stderr);
    insta::assert_snapshot!("discover_broken_entries", found.stderr);
    assert_eq!(workdir.read(path), "version: 1\nadopt:\n");
}

/// The paths of entries begin at the root of the repository.
#[test]
fn a_draft_below_the_root_of_the_repository_is_an_error() {
    for (working, draft) in [("s3", "."), (".", "s3"), ("s3", "..")] {
        let workdir = workdir();
        std::fs::create_dir_all(workdir.folder().join(".git")).unwrap();
        let mut command = workdir.command(&[&DISCOVER[..], &["--draft", draft]].concat());
        let output = command.current_dir(workdir.folder().join(working)).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2), "{working} {draft}");
        let text = String::from_utf8(output.stderr).unwrap();
        let root = workdir.folder().canonicalize().unwrap();
        let help = format!("run `cd {}`", root.display());
        assert!(text.contains(&help), "{text}");
        for folder in [".", "s3"] {
            let written = workdir.folder().join(folder).join(".provisioner");
            assert!(!written.exists(), "{working} {draft}");
        }
        assert_eq!(workdir.aws.requests_of("DescribeStacks").len(), 0);
        workdir.aws.allow_unused();
    }
}
