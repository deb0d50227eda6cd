//! Wide grants: actions that are not only reads of settings, on any resource, or any action of a service. A product declares each of
//! them with a reason in its manifest, so that none comes in unnoticed.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::data_reads::returned_data;
use super::plan_policy::is_read;
use super::statement::Statement;
use crate::product::Manifest;

/// A pattern with fewer letters and digits represents actions that its author does not list.
const MIN_ACTION_LETTERS: usize = 4;

/// A resource whose name begins with fewer letters and digits can be nearly any.
const MIN_RESOURCE_LETTERS: usize = 2;

/// Services whose ARNs begin with the resource's name. Those of other services begin with its type.
const WITHOUT_TYPE: &[&str] = &["codecommit", "codepipeline", "s3", "sns", "sqs"];

/// Wide grants of the apply role for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WideGrant {
    /// The product's name.
    pub product: String,
    /// From the manifest.
    pub reason: String,
    /// As in the policy.
    pub actions: BTreeSet<String>,
    /// The wide resources; for a wide action, all of its statement. Conditions may limit them.
    pub resources: BTreeSet<String>,
}

impl WideGrant {
    /// Adds a grant to those of the same reason.
    pub(super) fn add_to(self, grants: &mut Vec<Self>) {
        let same = grants
            .iter_mut()
            .find(|known| known.product == self.product && known.reason == self.reason);
        match same {
            Some(known) => {
                known.actions.extend(self.actions);
                known.resources.extend(self.resources);
            }
            None => grants.push(self),
        }
    }
}

/// The wide grants of a statement: the declared ones, and the actions and resources of those that the manifest does not declare.
pub fn wide_grants(
    statement: &Statement,
    manifest: &Manifest,
) -> Result<Vec<WideGrant>, Vec<(String, Vec<String>)>> {
    let wide_resources: BTreeSet<String> = statement
        .resources
        .iter()
        .filter(|resource| is_wide_resource(resource))
        .cloned()
        .collect();
    let mut declared = Vec::new();
    let mut undeclared = Vec::new();
    for action in &statement.actions {
        let resources = match is_wide_action(action) {
            true => statement.resources.clone(),
            false if wide_resources.is_empty() || reads_settings(action) => continue,
            false => wide_resources.clone(),
        };
        if resources.is_empty() {
            continue;
        }
        let grant = manifest.permissions.wide.iter().find(|grant| {
            let mut actions = grant.actions.iter();
            actions.any(|known| known.eq_ignore_ascii_case(action))
        });
        match grant {
            Some(grant) => declared.push(WideGrant {
                product: manifest.name.clone(),
                reason: grant.reason.as_str().to_owned(),
                actions: BTreeSet::from([action.clone()]),
                resources,
            }),
            None => undeclared.push((action.clone(), resources.into_iter().collect())),
        }
    }
    match undeclared.is_empty() {
        true => Ok(declared),
        false => Err(undeclared),
    }
}

fn reads_settings(action: &str) -> bool {
    is_read(action) && returned_data(action).is_none()
}

fn is_wide_action(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name);
    let has_wildcard = action == "*" || name.contains(['*', '?']);
    let letters = name.chars().filter(char::is_ascii_alphanumeric).count();
    has_wildcard && letters < MIN_ACTION_LETTERS
}

/// Whether a pattern names no resource: `*`, all resources of a type, such as `…:vpc-endpoint/*`, or an ARN of any service. The text
/// before the first wildcard names it. Wildcards of IAM cross every separator, so `…:r*` can be each role.
fn is_wide_resource(pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let (Some(service), Some(resource)) = (parts.get(2), parts.get(5)) else {
        // `*`, or another pattern that is shorter than an ARN.
        return has_wildcard(pattern);
    };
    if !has_wildcard(service) && !has_wildcard(resource) {
        return false;
    }
    let resource = resource.trim_start_matches('/');
    let name = match resource.split_once(['/', ':']) {
        _ if has_wildcard(service) => return true,
        _ if WITHOUT_TYPE.contains(service) => resource,
        Some((kind, name)) if !has_wildcard(kind) => name,
        // The type is not certain.
        _ => return true,
    };
    is_open(name)
}

/// Whether a pattern of names can be nearly any name: a wildcard follows fewer than two letters and digits.
pub fn is_open(name: &str) -> bool {
    let named = name.split(['*', '?', '$']).next().unwrap_or_default();
    named.chars().filter(char::is_ascii_alphanumeric).count() < MIN_RESOURCE_LETTERS
}

/// Whether a text has a wildcard, or a variable of IAM, whose value can be one.
fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?']) || text.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_no_spelling_of_any_resource_is_narrow() {
        for pattern in [
            "*",
            "**",
            "?*",
            "arn:*",
            "arn:aws:s3:*",
            "arn:*:*:*:*:*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::*/*",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::111122223333:*",
            "arn:aws:logs:eu-west-1:111122223333:log-group:*",
            "arn:aws:sqs:eu-west-1:111122223333:*",
            "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/?*",
            "arn:aws:iam::111122223333:r*",
            "arn:aws:iam::111122223333:role*",
            "arn:aws:iam::111122223333:*role*",
            "arn:aws:iam::111122223333:role/a*",
            "arn:aws:iam::111122223333:role/*acme",
            "arn:aws:*:*:*:role/acme",
            "arn:aws:secretsmanager:eu-west-1:111122223333:s*",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/*/index/*",
            "arn:aws:logs:eu-west-1:111122223333:log-group:*:log-stream:*",
            "arn:aws:s3:::${aws:PrincipalTag/none, ''}*",
            "arn:aws:iam::111122223333:role/${aws:username}",
        ] {
            assert!(is_wide_resource(pattern), "{pattern}");
        }
        for pattern in [
            "arn:aws:s3:::acme-data",
            "arn:aws:s3:::acme-data/*",
            "arn:aws:s3:::acme-*",
            "arn:aws:iam::111122223333:role/acme-*",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/acme/index/*",
            "arn:aws:codepipeline:eu-west-1:111122223333:acme/*/*",
        ] {
            assert!(!is_wide_resource(pattern), "{pattern}");
        }
    }

    #[test]
    fn attack_no_spelling_of_any_action_is_narrow() {
        for action in [
            "*", "iam:*", "iam:**", "iam:?*", "iam:*e*", "iam:Get*", "s3:P*",
        ] {
            assert!(is_wide_action(action), "{action}");
        }
        for action in ["iam:PassRole", "sns:Tag", "kms:*Alias", "sagemaker:*Tags"] {
            assert!(!is_wide_action(action), "{action}");
        }
    }
}
