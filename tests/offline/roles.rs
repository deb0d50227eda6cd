//! `roles`: the roles of a policy file and configs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::emulator::REGION;
use crate::support::workdir::{CommandOutput, Workdir};

const POLICY: &str = "version: 1\nenvironments:\n  dev: {}\n  prod:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/ci/provisioner-plan\n      \
     apply: arn:aws:iam::{account_id}:role/ci/provisioner-apply-{environment}\n";

/// A repository with one config of `prod`.
fn workdir() -> Workdir<()> {
    let workdir = Workdir::offline();
    workdir.write(".provisioner.yaml", POLICY);
    workdir
}

fn documents(output: &CommandOutput) -> Value {
    assert_eq!(output.status, 0, "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

/// The role of a phase, such as `plan`.
fn role<'a>(printed: &'a Value, phase: &str) -> &'a Value {
    let roles = printed["accounts"][0]["roles"].as_array().unwrap();
    roles.iter().find(|role| role["phase"] == phase).unwrap()
}

fn statements(role: &Value) -> Vec<&Value> {
    let policies = role["policies"].as_array().unwrap().iter();
    policies
        .flat_map(|policy| policy["Statement"].as_array().unwrap())
        .collect()
}

fn actions(role: &Value) -> BTreeSet<&str> {
    let all = statements(role).into_iter();
    all.flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect()
}

#[test]
fn the_template_of_an_account() {
    let workdir = workdir();
    let output = workdir.run(&["roles", "--repository", "acme@5501/infra@880042"]);
    assert_eq!((output.status, output.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("template", workdir.redact_account(&output.stdout));
}

#[test]
fn a_template_of_several_accounts_names_the_flags() {
    let workdir = Workdir::offline();
    let roles = "roles: {apply: 'arn:aws:iam::{account_id}:role/a'}";
    let policy = format!(
        "version: 1\naccounts: ['100000000001', '700000000007']\nenvironments:\n  staging: {{accounts: ['100000000001'], {roles}}}\n  test: {{accounts: ['700000000007'], {roles}}}\n"
    );
    workdir.write(".provisioner.yaml", &policy);
    let output = workdir.run(&["roles", "--repository", "acme@5501/infra@880042"]);
    assert_eq!(output.status, 2, "{}", output.stderr);
    let help = "there are roles in `100000000001` and `700000000007`\n  help: add `--account 100000000001` or `--account 700000000007`, and deploy each template to its account";
    assert!(output.stderr.contains(help), "{}", output.stderr);
}

#[test]
fn attack_only_the_named_jobs_are_trusted() {
    let printed = workdir().run(&["roles", "--repository", "acme/infra", "--format", "json"]);
    assert!(
        printed.stderr.contains("OWNER@ID/NAME@ID"),
        "{}",
        printed.stderr
    );
    let printed = documents(&printed);
    let provider = printed["accounts"][0]["provider"].as_str().unwrap();
    let statement = |sid: &str, conditions: Value| {
        json!({
            "Sid": sid, "Effect": "Allow", "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity", "Condition": conditions,
        })
    };
    let issuer = |key: &str| format!("token.actions.githubusercontent.com:{key}");
    let apply = statement(
        "Jobs",
        json!({"StringEquals": {
            issuer("aud"): "sts.amazonaws.com",
            issuer("sub"): ["repo:acme/infra:environment:prod"],
            issuer("ref"): "refs/heads/main",
        }}),
    );
    assert_eq!(
        role(&printed, "apply")["trust"]["Statement"],
        json!([apply])
    );
    let jobs = [
        "repo:acme/infra:pull_request",
        "repo:acme/infra:ref:refs/heads/main",
    ];
    let jobs = statement(
        "Jobs",
        json!({"StringEquals": {issuer("aud"): "sts.amazonaws.com", issuer("sub"): jobs}}),
    );
    let queue = "repo:acme/infra:ref:refs/heads/gh-readonly-queue/main/*";
    let queue = statement(
        "MergeQueue",
        json!({"StringEquals": {issuer("aud"): "sts.amazonaws.com"}, "StringLike": {issuer("sub"): [queue]}}),
    );
    assert_eq!(
        role(&printed, "plan")["trust"]["Statement"],
        json!([jobs, queue])
    );
}

#[test]
fn attack_an_apply_role_trusts_one_branch_of_one_repository() {
    let statements = |kind: &str, more: &[&str]| {
        let arguments = [
            "roles",
            "--repository",
            "acme@5501/infra@880042",
            "--format",
            "json",
        ];
        let printed = documents(&workdir().run(&[&arguments[..], more].concat()));
        role(&printed, kind)["trust"]["Statement"].clone()
    };
    let trust = |more: &[&str]| {
        let statements = statements("apply", more);
        statements[0]["Condition"]["StringEquals"].clone()
    };
    let claims = trust(&["--default-branch", "trunk"]);
    let claim = |key: &str| &claims[format!("token.actions.githubusercontent.com:{key}")];
    assert_eq!(claim("ref"), "refs/heads/trunk");
    assert_eq!(claim("repository_id"), "880042");
    // AWS knows these claims of GitHub's own issuers.
    for (issuer, count) in [
        ("token.actions.githubusercontent.com/acme", 4),
        ("token.actions.acme.ghe.com", 4),
        ("github.com/enterprises/acme", 4),
        ("github.com/enterprises/acme/other", 2),
        ("github.com/acme", 2),
        ("github.com.example/enterprises/acme", 2),
        ("token.actions.acme.ghe.com/other", 2),
        ("token.actions.ghe.com", 2),
        ("token.actions.a.b.ghe.com", 2),
        ("token.actions.githubusercontent.com.example", 2),
        ("ghe.example/_services/token", 2),
    ] {
        let claims = trust(&["--issuer", issuer]);
        assert_eq!(
            claims.as_object().map(serde_json::Map::len),
            Some(count),
            "{issuer}"
        );
        if count == 4 {
            assert_eq!(claims[format!("{issuer}:ref")], "refs/heads/main");
            assert_eq!(claims[format!("{issuer}:repository_id")], "880042");
        }
        // Tokens of an Enterprise Server have no ids.
        let subjects = claims[format!("{issuer}:sub")].to_string();
        assert_eq!(
            subjects.contains("acme@5501"),
            count == 4,
            "{issuer}: {subjects}"
        );
        assert!(
            subjects.contains("repo:acme/infra:environment:"),
            "{issuer}: {subjects}"
        );
        // A name without ids can be given up, and taken by another repository.
        let plan = statements("plan", &["--issuer", issuer]);
        let plan = plan.as_array().unwrap();
        assert_eq!(plan.len(), 2);
        for statement in plan {
            let id = &statement["Condition"]["StringEquals"][format!("{issuer}:repository_id")];
            assert_eq!(id.as_str(), (count == 4).then_some("880042"), "{issuer}");
        }
    }
}

/// CloudFormation reads the alarms with the credentials of the job, or of the person at a laptop.
#[test]
fn roles_and_policies_read_alarms_if_the_policy_names_some() {
    const ACTION: &str = "cloudwatch:DescribeAlarms";
    let alarms = "      alarms: ['arn:aws:cloudwatch:{region}:{account_id}:alarm:errors']\n";
    for (rollback, expected) in [
        (String::new(), false),
        ("    rollback:\n      alarms: []\n".to_owned(), false),
        (format!("    rollback:\n{alarms}"), true),
        (
            format!(
                "    rollback:\n{}",
                alarms.replace("  alarms", "  composite-alarms")
            ),
            true,
        ),
    ] {
        let workdir = workdir();
        workdir.write(".provisioner.yaml", &format!("{POLICY}{rollback}"));
        let printed = workdir.run(&[
            "roles",
            "--repository",
            "acme@1/infra@2",
            "--format",
            "json",
        ]);
        let printed = documents(&printed);
        for phase in ["plan", "apply"] {
            let role = role(&printed, phase);
            let mut found = statements(role).into_iter();
            let found = found.find(|statement| {
                let actions = statement["Action"].as_array().unwrap();
                actions.contains(&json!(ACTION))
            });
            assert_eq!(found.is_some(), expected, "{phase} {rollback}");
            if let Some(statement) = found {
                // CloudWatch returns composite alarms only to a caller that may read all.
                assert_eq!(statement["Resource"], json!(["*"]), "{statement}");
                let region = &statement["Condition"]["StringEquals"]["aws:RequestedRegion"];
                assert_eq!(region, &json!([REGION]), "{statement}");
            }
        }
        let written = workdir.json("create-policy", &[]);
        let path = &written["items"][0]["output"];
        let policy = workdir.read(path.as_str().unwrap());
        assert_eq!(policy.contains(ACTION), expected, "{policy}");
        let parsed: Value = serde_json::from_str(&policy).unwrap();
        let sids = parsed["Statement"].as_array().unwrap().iter();
        let sids: BTreeSet<&str> = sids.filter_map(|one| one["Sid"].as_str()).collect();
        assert_eq!(sids.contains("RollbackAlarms"), expected, "{policy}");
    }
}

#[test]
fn attack_arguments_are_not_patterns() {
    let workdir = workdir();
    for arguments in [
        &["--repository", "acme/*"][..],
        &["--repository", "acme@*/infra@*"],
        &["--repository", "acme@1/infra"],
        &["--repository", "acme"],
        &[
            "--repository",
            "acme/infra",
            "--default-branch",
            "${aws:username}",
        ],
        &["--repository", "acme/infra", "--default-branch", "ma*n"],
        &["--repository", "acme/infra", "--account", "12345678901?"],
        &["--repository", "acme/infra", "--environment", "production"],
        // Its tokens have another issuer, whose claims AWS checks.
        &["--repository", "acme/infra", "--issuer", "acme.ghe.com"],
    ] {
        let output = workdir.run(&[&["roles"], arguments].concat());
        assert_eq!(
            (output.status, output.stdout.as_str()),
            (2, ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn the_apply_role_equals_the_operator_policies() {
    let workdir = workdir();
    let printed =
        documents(&workdir.run(&["roles", "--repository", "acme/infra", "--format", "json"]));
    workdir.run_action("create-policy", &[]);
    let own = workdir.read(&format!("s3/policies/{}-iam-policy.json", workdir.name));
    let own: Value = serde_json::from_str(&own).unwrap();
    let listed = |value: &Value| -> BTreeSet<String> {
        let all = value
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![value.clone()]);
        all.iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect()
    };
    let pairs = |statements: Vec<&Value>| -> BTreeSet<(String, String, String)> {
        let each = statements.into_iter().flat_map(|statement| {
            let condition = statement["Condition"].to_string();
            let resources = listed(&statement["Resource"]);
            listed(&statement["Action"])
                .into_iter()
                .flat_map(move |action| {
                    let condition = condition.clone();
                    let resources = resources.clone().into_iter();
                    resources.map(move |resource| (action.clone(), resource, condition.clone()))
                })
        });
        each.collect()
    };
    let wanted = pairs(own["Statement"].as_array().unwrap().iter().collect());
    assert_eq!(pairs(statements(role(&printed, "apply"))), wanted);
}

#[test]
fn attack_the_plan_role_is_allowed_nothing_that_changes_a_stack() {
    let workdir = workdir();
    let printed =
        documents(&workdir.run(&["roles", "--repository", "acme/infra", "--format", "json"]));
    let plan = role(&printed, "plan");
    let looks = |action: &&&str| {
        let name = action.split(':').nth(1).unwrap();
        ["BatchDescribe", "BatchGet", "Describe", "Get", "List"]
            .iter()
            .any(|verb| name.starts_with(verb))
    };
    let others: Vec<&str> = actions(plan)
        .iter()
        .filter(|it| !looks(it))
        .copied()
        .collect();
    assert_eq!(
        others,
        [
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DetectStackDrift",
            "cloudformation:DetectStackResourceDrift",
            "cloudformation:TagResource",
            "cloudformation:UntagResource",
            "cloudformation:ValidateTemplate",
        ]
    );
    assert_eq!(plan["never"]["Statement"][0]["Effect"], "Deny");
}

/// More configs than fit one managed policy.
#[test]
fn many_configs_are_split_into_several_policies() {
    let workdir = workdir();
    let text = workdir.read(&workdir.path());
    let tenant = workdir.account[8..].to_owned();
    for number in 1..=40 {
        let other = format!("t{number:03}");
        let path = workdir.path().replace(&tenant, &other);
        let text = text.replace(
            &format!("tenant_id: \"{tenant}\""),
            &format!("tenant_id: \"{other}\""),
        );
        workdir.write(&path, &text);
    }
    let printed =
        documents(&workdir.run(&["roles", "--repository", "acme/infra", "--format", "json"]));
    for phase in ["plan", "apply"] {
        let policies = role(&printed, phase)["policies"].as_array().unwrap();
        assert!(
            (2..=10).contains(&policies.len()),
            "{phase}: {}",
            policies.len()
        );
        for policy in policies {
            assert!(
                policy.to_string().len() <= 6144,
                "{phase}: {}",
                policy.to_string().len()
            );
            let sids = policy["Statement"].as_array().unwrap().iter();
            let sids: Vec<String> = sids.map(|it| it["Sid"].to_string()).collect();
            assert_eq!(
                sids.iter().collect::<BTreeSet<_>>().len(),
                sids.len(),
                "{sids:?}"
            );
        }
        for number in 1..=40 {
            let bucket = format!("arn:aws:s3:::acme-prod-t{number:03}-{REGION}-s3");
            assert!(
                policies.iter().any(|it| it.to_string().contains(&bucket)),
                "{phase}: {bucket}"
            );
        }
    }
}

#[test]
fn an_account_without_configs_can_be_prepared() {
    let workdir = workdir();
    let arguments = [
        "roles",
        "--repository",
        "acme/infra",
        "--account",
        "999999999999",
    ];
    let output = workdir.run(&arguments);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(
        output.stdout.contains("role/ci/provisioner-apply-prod")
            || output.stdout.contains("provisioner-apply-prod")
    );
    assert!(
        output.stderr.contains("may do nothing: no config"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_config_that_does_not_load_has_no_roles() {
    let workdir = workdir();
    workdir.write_config("  versoning: true\n");
    let output = workdir.run(&["roles", "--repository", "acme/infra"]);
    assert_eq!((output.status, output.stdout.as_str()), (10, ""));
    assert!(output.stderr.contains("unknown-key"), "{}", output.stderr);
}
