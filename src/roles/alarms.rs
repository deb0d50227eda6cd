//! The permission for the rollback triggers of the policy file.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::statement::Statement;
use crate::config::Config;
use crate::guard::Policy;
use crate::product::ProductError;

const SID: &str = "RollbackAlarms";
const ACTION: &str = "cloudwatch:DescribeAlarms";

/// CloudFormation reads the alarms with the caller's credentials. CloudWatch returns composite alarms only to a caller that may read all.
/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
pub(super) fn alarm_reads(regions: &BTreeSet<String>) -> Statement {
    let conditions = match regions.is_empty() {
        true => Value::Null,
        false => json!({ "StringEquals": { "aws:RequestedRegion": regions } }),
    };
    Statement {
        sid: SID.to_owned(),
        actions: BTreeSet::from([ACTION.to_owned()]),
        resources: BTreeSet::from(["*".to_owned()]),
        conditions,
    }
}

/// The policy of a config's operator, with the alarms that `policy` names.
pub fn operator_policy(config: &Config, policy: Option<&Policy>) -> Result<String, ProductError> {
    let text = config.product.render_policy(&config.derived.scope)?;
    let target = &config.target;
    match policy {
        Some(policy) if policy.has_alarms(&target.environment) => {
            Ok(with_alarm_reads(&text, &target.region).unwrap_or(text))
        }
        _ => Ok(text),
    }
}

/// `None` if the text is not a policy with a list of statements.
fn with_alarm_reads(text: &str, region: &str) -> Option<String> {
    let mut document: Value = serde_json::from_str(text).ok()?;
    let statements = document.get_mut("Statement")?.as_array_mut()?;
    statements.push(json!({
        "Sid": SID,
        "Effect": "Allow",
        "Action": [ACTION],
        "Resource": "*",
        "Condition": { "StringEquals": { "aws:RequestedRegion": region } },
    }));
    let text = serde_json::to_string_pretty(&document).ok()?;
    Some(text + "\n")
}
