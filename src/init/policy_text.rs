//! The policy file that `init` writes.

use super::answers::Answers;
use super::scalar::{yaml, yaml_list};
use super::setup::EnvironmentAccounts;
use crate::product::Partition;

/// The schema beside which editors find keys and values.
pub const SCHEMA: &str = ".provisioner/schemas/policy.json";

/// Names of roles, as `provisioner roles` writes them.
const PLAN: &str = "provisioner-plan";
const APPLY: &str = "provisioner-apply-{environment}";

/// What limits the roles of CI: the product's stacks in one region.
pub struct PolicyScope<'a> {
    pub product: &'a str,
    pub region: &'a str,
    /// Key and value of the names' prefix.
    pub prefix: Option<(&'a str, &'a str)>,
    /// Name of the boundary, if the product creates roles.
    pub boundary: Option<&'a str>,
}

/// A new policy file.
pub fn policy_text(answers: &Answers, scope: Option<&PolicyScope<'_>>) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema={SCHEMA}\n\
         # What provisioner may do to stacks. docs/policy.md of provisioner describes every key.\n\
         version: 1\n\n\
         # Files that are configs. A `*` does not cross a `/`.\n\
         configs: {}\n\n\
         # No stack in another account.\n\
         accounts: {}\n\n\
         # No other environment is allowed. Add `approvals`, `approvers`, `updates` and `deletes` here.\n\
         environments:\n",
        yaml_list([format!("{}/*.yaml", answers.folder).as_str()]),
        yaml_list(answers.accounts())
    );
    for environment in &answers.environments {
        let [plan, apply] = environment_roles(answers, environment);
        let accounts = match answers.accounts().len() {
            0 | 1 => String::new(),
            _ => {
                let list = yaml_list(environment.accounts.iter().map(String::as_str));
                format!("    accounts: {list}\n")
            }
        };
        text.push_str(&format!(
            "  {}:\n{accounts}    roles:\n      plan: {plan}\n      apply: {apply}\n",
            yaml(&environment.name)
        ));
    }
    if let Some(scope) = scope {
        text.push_str(&format!(
            "\n# The names that stacks may have. A new config in this scope needs no new roles.\n\
             scope:\n  products: {}\n  regions: {}\n",
            yaml_list([scope.product]),
            yaml_list([scope.region])
        ));
        match scope.prefix {
            Some((key, value)) => {
                text.push_str(&format!("  names:\n    {key}: {}\n", yaml_list([value])));
            }
            None => text.push_str("  names: {}\n"),
        }
        if let Some(boundary) = scope.boundary {
            text.push_str(&format!("  boundary: {}\n", yaml(boundary)));
        }
    }
    text
}

/// The ARNs of the plan role and the apply role of an environment. One with a single account has its roles there, and nowhere else.
pub fn environment_roles(answers: &Answers, environment: &EnvironmentAccounts) -> [String; 2] {
    let region = answers.region.as_deref().unwrap_or_default();
    let partition = Partition::of_region(region).map_or("aws", |partition| partition.name.as_str());
    let account = match &environment.accounts[..] {
        [account] => account.as_str(),
        _ => "{account_id}",
    };
    [PLAN, APPLY].map(|role| format!("arn:{partition}:iam::{account}:role/{role}"))
}
