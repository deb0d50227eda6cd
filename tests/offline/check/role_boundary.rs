//! What a check says about roles of stacks that lack a permissions boundary.

use crate::ml::{BASE, HEAD};
use crate::support::check::Scene;
use crate::support::job::JobOutput;

const POLICY: &str = ".provisioner.yaml";
const ENVIRONMENTS: &str = "version: 1\naccounts: ['123456789012']\nenvironments:\n  prod:\n    \
     roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}\n";
const SCOPE: &str = "scope:\n  products: [ml]\n  regions: [us-east-1]\n  \
     names: {client.company_prefix: [acme]}\n  boundary: platform\n";
const REQUIRED: &str = "permissions_boundary: platform\n";

/// The check of a pull request that adds a config whose roles have this boundary.
fn check(policy: &str, boundary: &str) -> (JobOutput, String) {
    let scene = Scene::new();
    let base = scene.repo.commit("main").write(POLICY, policy).push();
    scene.repo.branch("change", &base);
    let path = format!("ml/configs/{BASE}-churn-ml-codecommit.yaml");
    let text = format!(
        "{HEAD}ml_product:\n  use_case: churn\n  tier: starter\n  source_control: codecommit\n{boundary}"
    );
    scene.repo.commit("change").write(&path, text).push();
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let run = scene.job(&pull.open()).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = scene.comment();
    scene.github.take_writes();
    (run, comment)
}

const OWN: &str = "  permissions_boundary: platform\n";
const OTHER: &str = "  permissions_boundary: another\n";

/// The merge would be denied.
#[test]
fn a_boundary_that_the_policy_requires_and_a_role_lacks_is_reported() {
    let policy = format!("{ENVIRONMENTS}{REQUIRED}");
    for boundary in ["", OTHER] {
        let (_, comment) = check(&policy, boundary);
        assert!(comment.contains("boundary-missing"), "{comment}");
    }
    let (_, comment) = check(&policy, OWN);
    assert!(!comment.contains("boundary-missing"), "{comment}");
}

/// The apply role may create roles with the scope's boundary only.
#[test]
fn a_config_with_another_boundary_than_the_scope_is_reported() {
    let policy = format!("{ENVIRONMENTS}{SCOPE}");
    for boundary in ["", OTHER] {
        let (run, comment) = check(&policy, boundary);
        let warning = "lacks the permissions boundary `arn:aws:iam::123456789012:policy/platform`";
        assert!(run.stderr.contains(warning), "{}", run.stderr);
        assert!(comment.contains(warning), "{comment}");
        let help = "set the key for the permissions boundary in the config to `platform`";
        assert!(comment.contains(help), "{comment}");
    }
    let (run, comment) = check(&policy, OWN);
    assert!(!run.stderr.contains("roles-incomplete"), "{}", run.stderr);
    assert!(!comment.contains("roles-incomplete"), "{comment}");
}
