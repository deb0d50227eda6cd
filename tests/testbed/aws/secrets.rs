//! Secret values: no action and no AWS message ever shows them.
#![expect(clippy::disallowed_methods, reason = "logs are files")]

use std::path::Path;

use crate::support::emulator::REGION;
use crate::support::proxy::{Fault, FaultProxy, Rule};
use crate::support::workdir::Workdir;

/// A secret in a tag's value.
const TAG: &str = "Xk7mQ2vR9tLp4WzN8bYc";
/// An access key's id.
const KEY: &str = "AKIAQ7EXAMPLE5KEYX3M";
/// A password that is no word of the config or the template.
const PASSWORD: &str = "hV3nT8qZ1kJ6wX0sB5yD";
const TOKEN: &str = "ghp_n2Rk8Vq4Lw6Zt1Xy9Bc3Df5Gh7Jk0Mn";
/// A dynamic reference contains the path of a secret.
const REFERENCE: &str = "{{resolve:secretsmanager:prod/vault-of-acme:SecretString:pin}}";
const PATH: &str = "prod/vault-of-acme";
/// A default that CloudFormation does not show.
const WORD: &str = "opensesame";
const NUMBER: &str = "73829164";
const SEEDS: [&str; 7] = [TAG, KEY, PASSWORD, TOKEN, PATH, WORD, NUMBER];

type Act = (&'static str, &'static [&'static str]);
const MAKE: Act = ("prep-master", &["--force"]);
const TRY: Act = ("test-deploy", &[]);
const ACTIONS: [Act; 9] = [
    ("show-changes", &[]),
    ("validate-prov-template", &["--real"]),
    ("check-drift", &[]),
    MAKE,
    TRY,
    ("deploy-solution", &["--solution", "fraud"]),
    ("upload-template", &["--solution", "fraud"]),
    ("delete-product", &["--force"]),
    ("tear-down", &["--force"]),
];

/// Adds the text of every file in folders of this name.
fn files(folder: &Path, name: &str, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, name, text);
        } else if folder.ends_with(name) {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Runs an action. Returns its output and logs, and checks that they hold no secret.
#[track_caller]
fn captured_output(workdir: &Workdir, action: &str, more: &[&str], format: &str) -> String {
    let output = workdir.try_action(action, &[more, &["--format", format]].concat());
    let mut all = format!("{}{}", output.stdout, output.stderr);
    files(workdir.folder(), "reports", &mut all);
    for seed in SEEDS {
        assert!(!all.contains(seed), "{action} {format} says {seed}:\n{all}");
    }
    all
}

/// The same in every format.
#[track_caller]
fn says_no_secret(workdir: &Workdir, action: &str, more: &[&str]) -> String {
    let formats = ["text", "json", "markdown", "sarif"];
    formats
        .map(|format| captured_output(workdir, action, more, format))
        .concat()
}

fn workdir() -> (Workdir, FaultProxy) {
    let mut workdir = Workdir::with_few_folders();
    let tags = format!("    Team: {TAG}\n    Key: {KEY}\n");
    workdir.write_config(&format!("  versioning: true\n  tags:\n{tags}"));
    let proxy = FaultProxy::in_front_of(&workdir.url);
    workdir.url = proxy.url();
    (workdir, proxy)
}

/// The stack's own values: tags of the config, a changed parameter, an output.
#[test]
fn attack_stack_values_are_redacted_everywhere() {
    let (workdir, proxy) = workdir();
    workdir.run_action("prep-master", &["--force"]);
    let parameter = workdir.aws.parameters().put_parameter().overwrite(true);
    let parameter = parameter.name(format!("/s3/{}/SolutionsPrefix", workdir.name));
    workdir.aws.wait(parameter.value(PASSWORD).send()).unwrap();
    let value = format!("<OutputValue>{TOKEN} ");
    let output = Fault::rewrites([["<OutputValue>", &value]]);
    proxy.rule(Rule::new(output).for_operation("DescribeStacks"));
    let changed =
        format!("  versioning: false\n  tags:\n    Team: {PASSWORD}\n    Other: {TOKEN}\n");
    let path = workdir.folder().join(workdir.path());
    let config = std::fs::read_to_string(&path).unwrap();
    workdir.write_config(&changed);
    for (action, more) in [("show-changes", &[][..]), ("check-drift", &[]), MAKE] {
        says_no_secret(&workdir, action, more);
    }
    std::fs::write(path, config).unwrap();
    for (action, more) in ACTIONS {
        says_no_secret(&workdir, action, more);
    }
}

/// AWS repeats sent values in its errors.
#[test]
fn attack_aws_errors_are_redacted() {
    let (workdir, proxy) = workdir();
    let message = format!(
        "Parameter value {TAG} of '{KEY}' is not valid: token={TOKEN}; password:{PASSWORD} ({REFERENCE})"
    );
    let mut told = 0;
    for (action, more) in ACTIONS {
        for operation in [
            "CreateChangeSet",
            "DescribeStacks",
            "DescribeEvents",
            "HeadBucket",
            "PutObject",
        ] {
            proxy.clear();
            let error = Fault::Error(400, "ValidationError", message.clone());
            proxy.rule(Rule::new(error).for_operation(operation));
            let captured_output = captured_output(&workdir, action, more, "text");
            if proxy.fired()[0] > 0 {
                told += usize::from(captured_output.contains("is not valid"));
            }
        }
    }
    assert!(
        told > ACTIONS.len(),
        "the errors are not told at all: {told}"
    );
}

/// Reasons of events and change sets are AWS's own text.
#[test]
fn attack_status_reasons_are_redacted() {
    let (workdir, proxy) = workdir();
    let reason = format!("{TAG} {KEY} {TOKEN} {REFERENCE} '{PASSWORD}'");
    let event = format!("<ResourceStatusReason>{reason}");
    let failed = Fault::rewrites([
        ["<ResourceStatusReason>", &event],
        [
            "CREATE_COMPLETE</ResourceStatus>",
            "CREATE_FAILED</ResourceStatus>",
        ],
    ]);
    proxy.rule(Rule::new(failed).for_operation("DescribeStackEvents"));
    let of_stack = format!("<StackStatusReason>{reason}");
    let stack = Fault::rewrites([
        ["<StackStatusReason>", &of_stack],
        [
            "<StackStatus>CREATE_COMPLETE",
            "<StackStatus>ROLLBACK_COMPLETE",
        ],
    ]);
    proxy.rule(Rule::new(stack).for_operation("DescribeStacks"));
    for (action, more) in [MAKE, TRY] {
        let captured_output = says_no_secret(&workdir, action, more);
        assert!(
            captured_output.contains("CREATE_FAILED: (hidden)"),
            "{captured_output}"
        );
    }
    proxy.clear();
    let of_set = format!("<StatusReason>{reason}</StatusReason><Status>FAILED");
    let set = Fault::rewrites([["<Status>CREATE_COMPLETE", &of_set]]);
    proxy.rule(Rule::new(set).for_operation("DescribeChangeSet"));
    for (action, more) in [MAKE, ("show-changes", &["--real"])] {
        let captured_output = says_no_secret(&workdir, action, more);
        assert!(
            captured_output.contains("(hidden)"),
            "{action}: {captured_output}"
        );
    }
}

const PRODUCT: &str = ".provisioner/products/vault";

/// A product of the repository whose template has a secret parameter.
fn vault() -> (Workdir, FaultProxy) {
    let (workdir, proxy) = workdir();
    for (name, text) in [
        (
            "product.yaml",
            "name: vault\ntitle: Vault\nsummary: A secret.\nsection: vault\nfiles: '*-vault.yaml'\n\
             target: {account: vault.account, region: vault.region, environment: \"'prod'\"}\n\
             names: {config: \"'acme-vault'\", stack: \"'acme-vault-stack' ~ given.suffix\"}\n\
             outputs: {template: \"'vault.yaml'\", policy: \"'vault.json'\"}\n\
             actions: {show-changes: show-changes, check-drift: check-drift, test-deploy: test-deploy, \
             deploy-product: provision, delete-product: delete}\n",
        ),
        (
            "config.schema.json",
            r#"{"type":"object","additionalProperties":false,"required":["vault"],"properties":{"vault":{"type":"object",
            "additionalProperties":false,"required":["account","region"],"properties":{"account":{"type":"string"},
            "region":{"type":"string"}}}}}"#,
        ),
        (
            "stack.yaml.j2",
            "Parameters:\n  Pin: {Type: String, NoEcho: true, Default: opensesame}\n  \
             Code: {Type: Number, NoEcho: true, Default: 73829164}\n\
             Resources:\n  Secret:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: !Ref Pin, \
             Name: {{ '/vault' ~ given.suffix }}}\n\
             Outputs:\n  Pin: {Value: !Ref Pin}\n",
        ),
        ("iam-policy.json.j2", "{}\n"),
    ] {
        workdir.write(&format!("{PRODUCT}/{name}"), text);
    }
    let account = &workdir.aws.account;
    let config = format!("vault:\n  account: \"{account}\"\n  region: {REGION}\n");
    let workdir = workdir.with_config("vault/configs/acme-vault.yaml", &config, "acme-vault");
    (workdir, proxy)
}

#[test]
fn attack_no_echo_defaults_are_redacted() {
    let (workdir, proxy) = vault();
    workdir.run_action("deploy-product", &["--force"]);
    let put = workdir.aws.parameters().put_parameter().name("/vault");
    let put = put.value(PASSWORD).overwrite(true);
    workdir.aws.wait(put.send()).unwrap();
    for (action, more) in [
        ("check-drift", &[][..]),
        ("show-changes", &[]),
        ("deploy-product", &["--force"]),
        TRY,
    ] {
        says_no_secret(&workdir, action, more);
    }
    let message = format!("Value {WORD} of Pin is not valid: {NUMBER}");
    proxy.rule(
        Rule::new(Fault::Error(400, "ValidationError", message)).for_operation("CreateChangeSet"),
    );
    let captured_output = says_no_secret(&workdir, "test-deploy", &[]);
    assert!(
        captured_output.contains("Value (hidden) of Pin"),
        "{captured_output}"
    );
}
