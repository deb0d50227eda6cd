//! `roles --forge gitlab`: the jobs of a GitLab project that the roles trust.

use serde_json::{Value, json};

use crate::support::workdir::{CommandOutput, Workdir};

const POLICY: &str = "version: 1\nenvironments:\n  prod:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/provisioner-plan\n      \
     apply: arn:aws:iam::{account_id}:role/provisioner-apply\n";
const SUBJECT: &str = "project_path:acme/infra/stacks:ref_type:branch:ref:";

fn run(arguments: &[&str]) -> CommandOutput {
    let workdir = Workdir::offline();
    workdir.write(".provisioner.yaml", POLICY);
    workdir.run(
        &[
            &["roles", "--forge", "gitlab", "--format", "json"],
            arguments,
        ]
        .concat(),
    )
}

/// The statements of the plan role and of the apply role.
fn trust(arguments: &[&str]) -> [Value; 2] {
    let output = run(arguments);
    assert_eq!(output.status, 0, "{}", output.stderr);
    let printed: Value = serde_json::from_str(&output.stdout).unwrap();
    let account = &printed["accounts"][0];
    let roles = account["roles"].as_array().unwrap();
    ["plan", "apply"].map(|phase| {
        let role = roles.iter().find(|role| role["phase"] == phase).unwrap();
        let statements = role["trust"]["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0]["Principal"]["Federated"], account["provider"]);
        assert_eq!(statements[0]["Action"], "sts:AssumeRoleWithWebIdentity");
        statements[0]["Condition"].clone()
    })
}

#[test]
fn attack_only_jobs_of_the_project_are_trusted() {
    let [plan, apply] = trust(&["--repository", "acme/infra/stacks", "--project-id", "42"]);
    assert_eq!(
        plan,
        json!({
            "StringEquals": {"gitlab.com:aud": "sts.amazonaws.com", "gitlab.com:project_id": "42"},
            "StringLike": {"gitlab.com:sub": [format!("{SUBJECT}*")]},
        })
    );
    assert_eq!(
        apply,
        json!({"StringEquals": {
            "gitlab.com:aud": "sts.amazonaws.com",
            "gitlab.com:sub": [format!("{SUBJECT}main")],
            "gitlab.com:project_id": "42",
            "gitlab.com:ref_protected": "true",
            "gitlab.com:pipeline_source": ["push", "trigger", "schedule", "parent_pipeline"],
        }})
    );
}

/// AWS knows the other claims of gitlab.com only: a condition on them would never hold.
#[test]
fn another_server_is_judged_by_audience_and_subject() {
    let [plan, apply] = trust(&[
        "--repository",
        "acme/infra/stacks",
        "--issuer",
        "git.example",
        "--default-branch",
        "trunk",
    ]);
    assert_eq!(
        plan,
        json!({
            "StringEquals": {"git.example:aud": "sts.amazonaws.com"},
            "StringLike": {"git.example:sub": [format!("{SUBJECT}*")]},
        })
    );
    let subjects = [
        format!("{SUBJECT}trunk"),
        format!("{SUBJECT}trunk:environment_protected:true"),
    ];
    assert_eq!(
        apply,
        json!({"StringEquals": {"git.example:aud": "sts.amazonaws.com", "git.example:sub": subjects}})
    );
}

/// A job of an environment that is not protected has another subject, or none with the environment.
#[test]
fn attack_a_strict_role_trusts_protected_environments_alone() {
    let strict = format!("{SUBJECT}main:environment_protected:true");
    for issuer in ["git.example", "gitlab.com"] {
        let mut arguments = vec!["--repository", "acme/infra/stacks", "--issuer", issuer];
        arguments.push("--protected-environments");
        if issuer == "gitlab.com" {
            arguments.extend(["--project-id", "42"]);
        }
        let [plan, apply] = trust(&arguments);
        let subject = format!("{issuer}:sub");
        assert_eq!(apply["StringEquals"][&subject], json!([strict]), "{issuer}");
        let any = json!([format!("{SUBJECT}*")]);
        assert_eq!(plan["StringLike"][&subject], any, "{issuer}");
    }
    let workdir = Workdir::offline();
    workdir.write(".provisioner.yaml", POLICY);
    let output = workdir.run(&[
        "roles",
        "--repository",
        "acme/infra",
        "--protected-environments",
    ]);
    assert_eq!(output.status, 2);
    let help = "leave out --protected-environments, or add --forge gitlab";
    assert!(output.stderr.contains(help), "{}", output.stderr);
}

/// AWS ignores the id of another server's project, so that a role that names it would promise what it does not check.
#[test]
fn attack_a_project_id_that_aws_does_not_compare() {
    let arguments = ["--repository", "acme/infra", "--issuer", "git.example"];
    trust(&arguments);
    let output = run(&[&arguments[..], &["--project-id", "42"]].concat());
    assert_eq!(output.status, 2, "{}", output.stdout);
    let help = "leave out --project-id, which AWS compares for gitlab.com only";
    assert!(output.stderr.contains(help), "{}", output.stderr);
}

#[test]
fn attack_a_project_is_no_pattern_and_has_its_id() {
    for (arguments, help) in [
        (
            &["--repository", "acme/*", "--project-id", "1"][..],
            "GROUP/PROJECT",
        ),
        (
            &["--repository", "acme", "--project-id", "1"],
            "GROUP/PROJECT",
        ),
        (
            &["--repository", "acme//stacks", "--project-id", "1"],
            "GROUP/PROJECT",
        ),
        (
            &["--repository", "acme/${aws:username}", "--project-id", "1"],
            "GROUP/PROJECT",
        ),
        (
            &["--repository", "acme@1/infra@2", "--project-id", "1"],
            "GROUP/PROJECT",
        ),
        (&["--repository", "acme/infra"], "--project-id"),
        (
            &[
                "--repository",
                "acme/infra",
                "--project-id",
                "1",
                "--default-branch",
                "*",
            ],
            "a branch's name",
        ),
    ] {
        let output = run(arguments);
        assert_eq!(
            (output.status, output.stdout.as_str()),
            (2, ""),
            "{arguments:?}"
        );
        assert!(
            output.stderr.contains(help),
            "{arguments:?}: {}",
            output.stderr
        );
    }
    let workdir = Workdir::offline();
    workdir.write(".provisioner.yaml", POLICY);
    let output = workdir.run(&["roles", "--repository", "acme/infra", "--project-id", "1"]);
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("--forge gitlab"),
        "{}",
        output.stderr
    );
}

/// An issuer that is spelled otherwise would be no issuer that provisioner knows, and the roles would lose conditions.
#[test]
fn attack_an_issuer_in_another_spelling() {
    for issuer in ["GitLab.com", "gitlab.com/", "gitlab.com:443", "gitlab.com."] {
        let output = run(&["--repository", "acme/infra/stacks", "--issuer", issuer]);
        assert_eq!(output.status, 2, "{issuer}: {}", output.stdout);
        assert!(output.stderr.contains("lower case"), "{}", output.stderr);
    }
    trust(&[
        "--repository",
        "acme/infra/stacks",
        "--issuer",
        "gitlab.example",
    ]);
}

#[test]
fn attack_a_project_id_that_no_project_has() {
    let output = run(&["--repository", "acme/infra/stacks", "--project-id", "0"]);
    assert_eq!(output.status, 2, "{}", output.stdout);
}
