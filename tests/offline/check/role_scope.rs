//! What a check says about the roles of CI: by the scope of the policy before the merge.

use crate::support::check::Scene;
use crate::support::job::{JobOutput, config, path};

const POLICY: &str = ".provisioner.yaml";
const CODE: &str = "roles-incomplete";

/// A policy with an apply role, and a scope with these names.
fn policy(names: &str) -> String {
    format!(
        "version: 1\naccounts: ['123456789012']\nenvironments:\n  prod:\n    roles: {{apply: 'arn:aws:iam::{{account_id}}:role/apply'}}\n\
         scope:\n  products: [s3]\n  regions: [us-west-1]\n  names: {{{names}}}\n"
    )
}

/// A repository with this policy, and a branch that changes `b001` and adds `b003`.
fn scene(policy: &str) -> Scene {
    let scene = Scene::new();
    let base = scene.repo.commit("main").write(POLICY, policy).push();
    scene.repo.branch("change", &base);
    scene
        .repo
        .commit("change")
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .write(&path("b003"), config("b003", ""))
        .push();
    scene
}

fn check(scene: &Scene) -> JobOutput {
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let run = scene.job(&pull.open()).run();
    scene.github.take_writes();
    assert_eq!(run.status, 0, "{}", run.stderr);
    run
}

#[test]
fn attack_a_pull_request_does_not_widen_the_scope() {
    let scene = scene(&policy(
        "client.company_prefix: [edge], client.tenant_id: [b001]",
    ));
    let own = policy("client.company_prefix: [edge], client.tenant_id: [b001, b003]");
    scene.repo.commit("change").write(POLICY, own).push();
    let run = check(&scene);
    // The place is that of the key.
    let warning = format!(
        "{}:5:14: warning[{CODE}]: the apply role does not cover this config: `scope.names` of the policy file lacks `client.tenant_id: [b003]`",
        path("b003")
    );
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    assert!(
        run.stderr.contains("`provisioner roles --repository"),
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.matches(CODE).count(), 1, "{}", run.stderr);
    assert!(scene.comment().contains("lacks `client.tenant_id: [b003]`"));
}

#[test]
fn configs_inside_the_scope_have_no_warning() {
    let names = "client.company_prefix: [edge]";
    let without_scope = policy(names).split("scope:").next().unwrap().to_owned();
    let without_role = policy(names).replace("apply:", "plan:");
    for policy in [policy(names), without_scope, without_role] {
        let scene = scene(&policy);
        let run = check(&scene);
        assert!(!run.stderr.contains(CODE), "{policy}\n{}", run.stderr);
        let is_covered = policy.contains("scope:") && policy.contains("apply:");
        let comment = scene.comment();
        assert_eq!(
            comment
                .contains("The scope of the policy covers this config, so the roles of CI stay."),
            is_covered,
            "{comment}"
        );
        assert_eq!(comment.contains("`provisioner roles`"), !is_covered);
    }
}

#[test]
fn other_regions_and_scopes_without_roles_are_reported() {
    let names = "client.company_prefix: [edge]";
    for (policy, expected) in [
        (
            policy(names).replace("us-west-1", "eu-west-1"),
            "8:11: warning[roles-incomplete]: the apply role does not cover this config: `scope.regions` of the policy file lacks `us-west-1`",
        ),
        (
            policy("client.tenant_id: [b001]"),
            "s3: `scope.names` lacks `client.company_prefix`",
        ),
    ] {
        let run = check(&scene(&policy));
        assert!(run.stderr.contains(expected), "{expected}\n{}", run.stderr);
        assert_eq!(run.stderr.matches(CODE).count(), 2, "{}", run.stderr);
    }
}
