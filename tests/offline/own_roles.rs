//! `roles` of a repository's own product, whose policy its authors write.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::workdir::{CommandOutput, Workdir};

const POLICY_FILE: &str = "version: 1\nconfigs: ['queues/configs/*.yaml']\nenvironments:\n  prod:\n    roles:\n      \
     plan: arn:aws:iam::{account_id}:role/plan\n      apply: arn:aws:iam::{account_id}:role/apply\n";
const MANIFEST: &str = "name: queue\ntitle: Queue\nsummary: A queue.\nsection: queue\nfiles: '*-queue.yaml'\n\
     target: {account: queue.account, region: queue.region, environment: \"'prod'\"}\n\
     names: {config: \"queue.name ~ '-queue'\", stack: names.config ~ '-stack'}\n\
     outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
     actions: {validate-config: validate-config}\n";
const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["queue"],"properties":{"queue":{"type":"object",
    "additionalProperties":false,"required":["name","account","region"],"properties":{"name":{"type":"string"},
    "account":{"type":"string"},"region":{"type":"string"}}}}}"#;
const CONFIG: &str = "queue:\n  name: orders\n  account: \"123456789012\"\n  region: eu-west-1\n";

/// Runs `roles` in a repository whose product has these statements, and these lines at the end of its manifest.
fn roles(statements: &Value, manifest: &str) -> CommandOutput {
    let workdir = Workdir::offline();
    workdir.write(".provisioner.yaml", POLICY_FILE);
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    for (name, text) in [
        ("product.yaml", &format!("{MANIFEST}{manifest}")[..]),
        ("config.schema.json", SCHEMA),
        ("stack.yaml.j2", "Resources: {}\n"),
        ("iam-policy.json.j2", &policy),
    ] {
        workdir.write(&format!(".provisioner/products/queue/{name}"), text);
    }
    workdir.write("queues/configs/orders-queue.yaml", CONFIG);
    workdir.run(&[
        "roles",
        "--repository",
        "acme@1/infra@2",
        "--format",
        "json",
    ])
}

fn role(output: &CommandOutput, phase: &str) -> Value {
    assert_eq!(output.status, 0, "{}", output.stderr);
    let printed: Value = serde_json::from_str(&output.stdout).unwrap();
    let roles = printed["accounts"][0]["roles"].as_array().unwrap();
    let role = roles.iter().find(|role| role["phase"] == phase);
    role.unwrap().clone()
}

/// The pairs of action and resource that the role's policies allow.
fn allowed(role: &Value) -> BTreeSet<(String, String)> {
    let policies = role["policies"].as_array().unwrap().iter();
    let statements = policies.flat_map(|policy| policy["Statement"].as_array().unwrap());
    let texts = |value: &Value| -> Vec<String> {
        let texts = value.as_array().unwrap().iter();
        texts
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let pairs = statements.flat_map(|statement| {
        let resources = texts(&statement["Resource"]);
        let actions = texts(&statement["Action"]).into_iter();
        actions.flat_map(move |action| {
            let resources = resources.clone().into_iter();
            resources.map(move |resource| (action.clone(), resource))
        })
    });
    pairs.collect()
}

/// The actions that the plan role has beside those of every plan role.
fn plan_actions(output: &CommandOutput) -> BTreeSet<String> {
    let always = [
        "DescribeEvents",
        "DescribeStacks",
        "ListImports",
        "ListStacks",
    ];
    let allowed = allowed(&role(output, "plan")).into_iter();
    let actions = allowed.map(|(action, _)| action);
    actions
        .filter(|action| !always.iter().any(|name| action.ends_with(name)))
        .collect()
}

fn allow(actions: &[&str], resource: &str) -> Value {
    json!([{ "Sid": "Own", "Effect": "Allow", "Action": actions, "Resource": resource }])
}

const DECLARED: &str = "permissions:\n  wide:\n    - actions: ['secretsmanager:GetSecretValue', 'secretsmanager:*', 's3:Get*', \
     'secretsmanager:getsecretvalue', 'kms:Decrypt', 's3:GetObject', 'ssm:GetParametersByPath', 'secretsmanager:GetSecretValu?']\n      \
     reason: The test.\n";

#[test]
fn attack_the_plan_role_reads_no_secrets_of_own_products() {
    let actions = [
        "secretsmanager:GetSecretValue",
        "secretsmanager:getsecretvalue",
        "secretsmanager:GetSecretValu?",
        "secretsmanager:*",
        "s3:Get*",
        "s3:GetObject",
        "ssm:GetParametersByPath",
        "kms:Decrypt",
        "sqs:GetQueueAttributes",
    ];
    let output = roles(&allow(&actions, "*"), DECLARED);
    let expected = [
        "secretsmanager:Describe*",
        "secretsmanager:List*",
        "sqs:GetQueueAttributes",
    ];
    let expected: BTreeSet<String> = expected.map(str::to_owned).into();
    assert_eq!(plan_actions(&output), expected);
    // The person who deploys the roles learns what they lack.
    for lost in [
        "  `secretsmanager:Get*`: secrets and passwords\n",
        "`s3:Get*`",
    ] {
        assert!(output.stderr.contains(lost), "{}", output.stderr);
    }
    // Other policies that somebody attaches to the role allow none of it either.
    let never = role(&output, "plan")["never"]["Statement"].clone();
    let denied = never.to_string();
    for action in [
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "s3:GetObjectVersion",
    ] {
        assert!(denied.contains(&format!("\"{action}\"")), "{denied}");
    }
}

#[test]
fn attack_wide_grants_need_a_reason_in_the_manifest() {
    let elsewhere = "permissions:\n  wide:\n    - {actions: ['sns:*'], reason: Another action.}\n";
    for (actions, resource, wide) in [
        (&["*"][..], "*", "`*` on `*`"),
        (
            &["sqs:*"],
            "arn:aws:sqs:eu-west-1:123456789012:orders",
            "`sqs:*`",
        ),
        (
            &["sqs:?*"],
            "arn:aws:sqs:eu-west-1:123456789012:orders",
            "`sqs:?*`",
        ),
        (
            &["sqs:GetQueueUrl", "sqs:DeleteQueue"],
            "*",
            "`sqs:DeleteQueue` on `*`",
        ),
        (
            &["iam:PassRole"],
            "arn:aws:iam::123456789012:role/*",
            "`iam:PassRole`",
        ),
        (
            &["secretsmanager:GetSecretValue"],
            "*",
            "`secretsmanager:GetSecretValue`",
        ),
        (
            &["cloudformation:CreateChangeSet"],
            "*",
            "`cloudformation:CreateChangeSet`",
        ),
    ] {
        for manifest in ["", elsewhere] {
            let output = roles(&allow(actions, resource), manifest);
            assert_eq!((output.status, output.stdout.as_str()), (10, ""));
            let place = "error[product-invalid]: queue: iam-policy.json.j2: statement 1 `Own`: wide grant: ";
            let message = format!("{place}{wide}");
            assert!(output.stderr.contains(&message), "{}", output.stderr);
            assert!(!output.stderr.contains("GetQueueUrl"), "{}", output.stderr);
        }
    }
}

#[test]
fn declared_wide_grants_are_listed() {
    let manifest = "permissions:\n  wide:\n    - {actions: ['sqs:DeleteQueue'], reason: Names are chosen by AWS.}\n";
    let output = roles(
        &allow(&["sqs:DeleteQueue", "sqs:CreateQueue"], "*"),
        manifest,
    );
    assert_eq!(output.status, 10, "the other action is not declared");
    let output = roles(&allow(&["sqs:DeleteQueue"], "*"), manifest);
    let apply = role(&output, "apply");
    assert_eq!(
        apply["wide"],
        json!([{
            "product": "queue",
            "reason": "Names are chosen by AWS.",
            "actions": ["sqs:DeleteQueue"],
            "resources": ["*"],
        }])
    );
    let note = "role/apply, product queue: `sqs:DeleteQueue`\n  reason: Names are chosen by AWS.";
    assert!(output.stderr.contains(note), "{}", output.stderr);
}

#[test]
fn attack_a_reason_without_words_is_no_reason() {
    for reason in ["''", "' '", "'.'", "\"\\u00a0\\u200b\"", "x", "'- . -'"] {
        let manifest = format!(
            "permissions:\n  wide:\n    - {{actions: ['sqs:DeleteQueue'], reason: {reason}}}\n"
        );
        let output = roles(&allow(&["sqs:DeleteQueue"], "*"), &manifest);
        assert_eq!(
            (output.status, output.stdout.as_str()),
            (10, ""),
            "{reason}"
        );
        let message = "a reason is a sentence of at least two words";
        assert!(output.stderr.contains(message), "{}", output.stderr);
    }
}

#[test]
fn attack_statements_that_roles_cannot_honour_are_errors() {
    let other = json!({"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "*"});
    for (statement, problem) in [
        (
            json!({"Sid": "All", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
            "statement 2 `All`: `NotAction` is not supported",
        ),
        (
            json!({"Effect": "Allow", "Action": "sqs:DeleteQueue", "NotResource": "*"}),
            "statement 2: `NotResource` is not supported",
        ),
        (
            json!({"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"}),
            "statement 2: `Effect` is \"Deny\"",
        ),
    ] {
        let output = roles(&json!([other, statement]), "");
        assert_eq!((output.status, output.stdout.as_str()), (10, ""));
        let message = format!("error[product-invalid]: queue: iam-policy.json.j2: {problem}");
        assert!(output.stderr.contains(&message), "{}", output.stderr);
    }
}

#[test]
fn attack_the_plan_role_reads_parameters_only_below_the_prefixes() {
    let parameter = |name: &str| format!("arn:aws:ssm:eu-west-1:123456789012:parameter{name}");
    let read = |prefixes: &str, resources: &[String]| {
        let statement = json!([{
            "Effect": "Allow", "Action": ["ssm:GetParameter", "ssm:GetParameters"], "Resource": resources,
        }]);
        let wide = "  wide:\n    - {actions: ['ssm:GetParameter', 'ssm:GetParameters'], reason: The test.}\n";
        let output = roles(&statement, &format!("permissions:\n{prefixes}{wide}"));
        let allowed = allowed(&role(&output, "plan")).into_iter();
        let parameters: BTreeSet<String> = allowed
            .filter(|(action, _)| action.starts_with("ssm:"))
            .map(|(_, resource)| resource)
            .collect();
        let never = role(&output, "plan")["never"]["Statement"].clone();
        let others = never.as_array().unwrap().iter();
        let others = others.filter(|statement| statement["Sid"] == "NoOtherParameters");
        (
            parameters,
            others
                .map(|it| it["NotResource"].clone())
                .collect::<Vec<_>>(),
        )
    };
    let inside = [
        parameter("/vpc/a/VPCId"),
        parameter("/vpc/*"),
        parameter("/aws/service/ami*"),
    ];
    let outside = [
        parameter("/prod/password"),
        parameter("/vpc2/x"),
        parameter("/vpc*"),
        parameter("/*"),
        parameter("*"),
        "*".to_owned(),
        "arn:aws:ssm:eu-west-1:123456789012:*".to_owned(),
    ];
    let all = [&inside[..], &outside[..]].concat();
    let (parameters, others) = read("  parameters: [/vpc/]\n", &all);
    assert_eq!(parameters, BTreeSet::from(inside));
    let not = [
        "arn:aws:ssm:*:123456789012:parameter/vpc/*",
        "arn:aws:ssm:*::parameter/aws/service/*",
    ];
    assert_eq!(others, [json!(not)]);
    let (parameters, _) = read("", &all);
    assert_eq!(parameters, BTreeSet::from([parameter("/aws/service/ami*")]));
}

#[test]
fn attack_a_prefix_of_parameters_is_no_pattern() {
    for prefix in [
        "/", "//", "vpc/", "/vpc", "/v*/", "/v?c/", "/a//b/", "/${x}/", "*",
    ] {
        let output = roles(
            &json!([]),
            &format!("permissions:\n  parameters: ['{prefix}']\n"),
        );
        assert_eq!(output.status, 10, "{prefix}: {}", output.stdout);
    }
}
