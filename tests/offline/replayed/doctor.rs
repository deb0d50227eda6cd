//! `doctor` of a laptop with credentials: whether the roles of the policy's scope cover the configs.

use super::{Workdir, workdir};

const SCOPE: &str = "version: 1\naccounts: ['123456789012']\nconfigs: ['s3/configs/*.yaml']\nenvironments:\n  prod:\n    \
     roles: {apply: 'arn:aws:iam::{account_id}:role/apply-{environment}'}\n\
     scope:\n  products: [s3]\n  regions: [us-west-2]\n  names: {client.company_prefix: [acme]}\n";

fn doctor(workdir: &Workdir, policy: &str) -> (i32, String) {
    workdir.write(".provisioner.yaml", policy);
    let output = workdir.run(&["doctor"]);
    (output.status, output.stdout)
}

#[test]
fn a_scope_is_compared_with_every_config() {
    let workdir = workdir();
    let (status, printed) = doctor(&workdir, SCOPE);
    assert_eq!(status, 0, "{printed}");
    let line = "✓ apply roles: cover 1 config by the scope";
    assert!(printed.contains(line), "{printed}");
    // Without a scope nothing is compared.
    let (status, printed) = doctor(&workdir, SCOPE.split("scope:").next().unwrap());
    assert_eq!(status, 0, "{printed}");
    assert!(!printed.contains("scope"), "{printed}");
}

#[test]
fn configs_outside_the_scope_and_empty_roles_fail() {
    let workdir = workdir();
    for (policy, status, expected) in [
        (
            SCOPE.replace("[acme]", "[edge]"),
            31,
            "do not cover 1 config: s3/configs/acme-prod-9012-us-west-2-s3.yaml: the apply role does not cover this config: \
             `scope.names` of the policy file lacks `client.company_prefix: [acme]`",
        ),
        (
            SCOPE.replace("[acme]", "['zqxa']"),
            10,
            "cannot be computed: s3: `scope.names` has a value that provisioner uses itself: `zqxa`",
        ),
        // The product has no such environment.
        (
            SCOPE.replace(
                "scope:",
                "  moon:\n    roles: {apply: 'arn:aws:iam::{account_id}:role/moon'}\nscope:",
            ),
            31,
            "✗ arn:aws:iam::123456789012:role/moon: the scope gives it no permissions",
        ),
    ] {
        let (found, printed) = doctor(&workdir, &policy);
        assert_eq!(found, status, "{printed}");
        assert!(printed.contains(expected), "{expected}\n{printed}");
    }
}

/// A role for the environment would be no remedy.
#[test]
fn attack_configs_in_a_wrong_place_do_not_load_well() {
    let workdir = workdir();
    let (status, printed) = doctor(&workdir, SCOPE);
    assert_eq!(status, 0, "{printed}");
    let scope = SCOPE.split("scope:").nth(1).unwrap();
    let lists = "version: 1\naccounts: ['123456789012', '700000000007']\nconfigs: ['s3/configs/*.yaml']\nenvironments:\n";
    let account = format!("{lists}  prod: {{accounts: ['700000000007']}}\n");
    let environment = format!("{lists}  dev: {{accounts: ['123456789012']}}\n");
    for policy in [account, environment] {
        for policy in [policy.clone(), format!("{policy}scope:{scope}")] {
            let (status, printed) = doctor(&workdir, &policy);
            assert_eq!(status, 10, "{printed}");
            assert!(
                printed.contains("✗ configs: 1 error in 1 config"),
                "{printed}"
            );
            assert!(printed.contains("provisioner validate-config"), "{printed}");
            assert!(!printed.contains("roles.apply"), "{printed}");
        }
    }
}
