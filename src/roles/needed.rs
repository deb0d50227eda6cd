//! The rights on a stack that the verbs of a product need, and that its operator's policy lacks.

use super::limits::TEST_PATTERN;
use super::operator::written_statements;
use crate::config::{Config, TEST_SUFFIX};
use crate::product::{Partition, Verb};

/// A right that an operator's policy lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRight {
    /// The action of the product that needs it.
    pub action: String,
    /// Of CloudFormation, such as `cloudformation:ExecuteChangeSet`.
    pub rights: Vec<String>,
    /// The stack's ARN, or that of a test.
    pub resource: String,
}

/// What CloudFormation asks for the stack itself. <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html>
fn rights(verb: Verb) -> &'static [&'static str] {
    match verb {
        Verb::ShowChanges => &["CreateChangeSet", "DescribeChangeSet", "DeleteChangeSet"],
        Verb::CheckDrift => &["DetectStackDrift", "DescribeStackResourceDrifts"],
        Verb::Provision | Verb::TestDeploy => &[
            "CreateChangeSet",
            "DescribeChangeSet",
            "ExecuteChangeSet",
            "DescribeStackEvents",
            "DeleteStack",
        ],
        Verb::Delete | Verb::TearDown => &["DeleteStack", "DescribeStackEvents"],
        _ => &[],
    }
}

/// The rights that a config's operator lacks. Conditions of statements are not compared. Empty if the policy cannot be read.
pub fn missing_rights(config: &Config) -> Vec<MissingRight> {
    let Ok(statements) = written_statements(config) else {
        return Vec::new();
    };
    let target = &config.target;
    let arn = |stack: &str| {
        let partition = Partition::of_region(&target.region);
        let partition = partition.map_or("aws", |partition| &*partition.name);
        format!(
            "arn:{partition}:cloudformation:{}:{}:stack/{stack}/*",
            target.region, target.account
        )
    };
    let test = config.with_name_suffix(TEST_SUFFIX).ok();
    let mut missing = Vec::new();
    for (name, action) in &config.product.manifest.actions {
        let is_offered = config.product.action(name, &config.derived.scope);
        let stack = match (action.verb, &test) {
            (Verb::TestDeploy, Some(test)) => test.stack(),
            (Verb::TestDeploy, None) => continue,
            _ => config.stack(),
        };
        if !matches!(is_offered, Some(Ok((_, true)))) {
            continue;
        }
        let resource = arn(stack);
        let needed = rights(action.verb).iter();
        let needed = needed.map(|right| format!("cloudformation:{right}"));
        let lacking = needed.filter(|right| {
            let mut statements = statements.iter();
            !statements.any(|(_, statement)| statement.allows(right, &resource))
        });
        let rights: Vec<String> = lacking.collect();
        if !rights.is_empty() {
            missing.push(MissingRight {
                action: name.clone(),
                rights,
                resource: resource.replace(TEST_SUFFIX, TEST_PATTERN),
            });
        }
    }
    missing
}
