//! The permissions boundary of the stack's roles.

use serde_json::{Value, json};

use super::{BASE, HEAD, valid};
use crate::support::workdir::Workdir;

const ARN: &str = "arn:aws:iam::123456789012:policy/platform";

/// One config of each tier.
fn configs(more: &str) -> [(String, String); 3] {
    let network = "  vpc_mode: standalone\n  vpc_source: ssm\n";
    [
        ("codecommit", "starter", ""),
        ("codecommit", "professional", ""),
        ("codecommit-standalone-ssm", "enterprise", network),
    ]
    .map(|(end, tier, network)| {
        let name = format!("{BASE}-churn-ml-{end}");
        let text = format!("{HEAD}ml_product:\n  use_case: churn\n  source_control: codecommit\n  tier: {tier}\n{network}{more}");
        (name, text)
    })
}

#[test]
fn every_role_has_the_boundary_of_the_config() {
    for (name, text) in configs("  permissions_boundary: platform\n") {
        let config = valid(&name, &text);
        let template = config.product.render_template(&config.derived.scope);
        let template: Value = serde_yaml::from_str(&template.unwrap()).unwrap();
        let resources = template["Resources"].as_object().unwrap().values();
        let roles: Vec<&Value> = resources
            .filter(|resource| resource["Type"] == "AWS::IAM::Role")
            .collect();
        assert!(roles.len() >= 4, "{name}");
        for role in roles {
            assert_eq!(role["Properties"]["PermissionsBoundary"], ARN, "{name}");
        }
    }
}

/// The actions of a policy on roles, each with its condition.
fn role_actions(policy: &str) -> Vec<(String, Value)> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| {
        let actions = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            one => vec![one.clone()],
        };
        let condition = statement["Condition"].clone();
        actions
            .into_iter()
            .map(move |action| (action.as_str().unwrap().to_owned(), condition.clone()))
    });
    actions
        .filter(|(action, _)| action.starts_with("iam:"))
        .collect()
}

#[test]
fn attack_an_operator_grants_only_below_the_boundary() {
    // `PutRole*`: the boundary and the policies of a role. IAM has no other action that begins so.
    let granting = ["iam:CreateRole", "iam:PutRole*"];
    let bounded = json!({"StringEquals": {"iam:PermissionsBoundary": ARN}});
    for (name, text) in configs("  permissions_boundary: platform\n") {
        let config = valid(&name, &text);
        let policy = config.product.render_policy(&config.derived.scope).unwrap();
        let actions = role_actions(&policy);
        for action in granting {
            let mut found = actions.iter().filter(|(known, _)| known == action);
            assert_eq!(
                found.next().map(|(_, condition)| condition),
                Some(&bounded),
                "{name}"
            );
            assert_eq!(found.next(), None, "{name}");
        }
        let removes =
            |action: &str| action.contains("DeleteRolePermissionsBoundary") || action == "iam:*";
        assert!(!actions.iter().any(|(action, _)| removes(action)), "{name}");
    }
    for (name, text) in configs("") {
        let config = valid(&name, &text);
        let policy = config.product.render_policy(&config.derived.scope).unwrap();
        assert!(!policy.contains("PermissionsBoundary"), "{name}");
    }
}

#[test]
fn attack_apply_roles_remove_no_boundary() {
    let workdir = Workdir::offline();
    let [(name, text), ..] = configs("  permissions_boundary: platform\n");
    workdir.write(&format!("ml/configs/{name}.yaml"), &text);
    let policy = |more: &str| {
        let role = "arn:aws:iam::{account_id}:role/provisioner";
        workdir.write(
            ".provisioner.yaml",
            &format!("version: 1\nenvironments:\n  prod:\n    roles: {{ plan: '{role}-plan', apply: '{role}-apply' }}\n{more}"),
        );
        let output = workdir.run(&[
            "roles",
            "--repository",
            "acme@1/infra@2",
            "--format",
            "json",
        ]);
        assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
        let roles: Value = serde_json::from_str(&output.stdout).unwrap();
        let roles = roles["accounts"][0]["roles"].as_array().unwrap().clone();
        let apply = roles.into_iter().find(|role| role["phase"] == "apply");
        apply.unwrap()["never"].clone()
    };
    assert_eq!(policy(""), Value::Null);
    let never = policy("permissions_boundary: platform\n");
    let statement = |sid: &str| {
        let mut all = never["Statement"].as_array().unwrap().iter();
        let found = all.find(|statement| statement["Sid"] == sid);
        found.unwrap_or_else(|| panic!("{sid}")).clone()
    };
    let below = statement("OnlyBelowBoundary");
    assert_eq!(below["Effect"], "Deny");
    let condition = json!({"StringNotEquals": {"iam:PermissionsBoundary": ARN}});
    assert_eq!(below["Condition"], condition);
    for action in [
        "iam:CreateRole",
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
    ] {
        let actions = below["Action"].as_array().unwrap();
        assert!(actions.contains(&json!(action)), "{action}");
    }
    let unbound = statement("NeverUnbound");
    let actions = unbound["Action"].as_array().unwrap();
    assert!(actions.contains(&json!("iam:DeleteRolePermissionsBoundary")));
    assert_eq!(statement("NeverBoundary")["Resource"], ARN);
}
