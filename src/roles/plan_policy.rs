//! The part of an operator's policy that only reads.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::data_reads::{DATA_READS, OBJECT, PARAMETERS, returned_data};
use super::iam::document;
use super::limits::TEST_PATTERN;
use super::statement::Statement;
use crate::product::{PUBLIC_PARAMETERS, Permissions};

/// Prefixes of actions that change nothing.
const VERBS: &[&str] = &["BatchDescribe", "BatchGet", "Describe", "Get", "List"];

/// Wildcard actions match no reading action that ends like these, so reading prefixes are not added to them.
const NOT_READS: &[&str] = &["TagResource", "TagRole"];

/// Further actions of a plan. A change set changes nothing before it is executed, and CloudFormation requires the right to tag to
/// create one. Drift detection changes only CloudFormation's records.
const EXTRA_READS: &[&str] = &[
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DetectStackDrift",
    "cloudformation:DetectStackResourceDrift",
    "cloudformation:TagResource",
    "cloudformation:UntagResource",
    "cloudformation:ValidateTemplate",
];

/// Denied regardless of other attached policies: executing a change set, and every way around one.
const NEVER: &[&str] = &[
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateStack*",
    "cloudformation:DeleteStack*",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:ExecuteStackRefactor",
    "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:SignalResource",
    "cloudformation:Update*",
    "iam:Add*",
    "iam:Attach*",
    "iam:Create*",
    "iam:Delete*",
    "iam:PassRole",
    "iam:Put*",
    "iam:Update*",
    "s3:CreateBucket",
    "s3:Delete*",
    "s3:Put*",
    "ssm:Delete*",
    "ssm:Put*",
    "sts:AssumeRole",
];

/// Changes nothing, and is not named like a read.
const HARMLESS: &[&str] = &["cloudformation:ValidateTemplate"];

/// What the plan role may read beside settings.
#[derive(Debug)]
pub struct PlanReads<'a> {
    /// Objects that `preflight` names, as `BUCKET/KEY`.
    pub objects: BTreeSet<String>,
    /// Of the product.
    pub permissions: &'a Permissions,
}

/// A read of an operator's policy that the plan role does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct OmittedRead {
    /// The IAM action.
    pub action: String,
    /// What the action returns.
    pub returns: &'static str,
    /// The resources on which the role does not have it.
    pub resources: Vec<String>,
}

/// The reading part of a statement, and the reads that are left out.
pub fn read_statements(
    statement: &Statement,
    reads: &PlanReads<'_>,
) -> (Vec<Statement>, Vec<OmittedRead>) {
    // No plan reads test deployments.
    let is_trial = |resource: &str| {
        let name = resource.strip_suffix("/*").unwrap_or(resource);
        name.ends_with(TEST_PATTERN)
    };
    let resources: BTreeSet<String> = statement
        .resources
        .iter()
        .filter(|resource| !is_trial(resource))
        .cloned()
        .collect();
    let mut settings = BTreeSet::new();
    let mut omitted = Vec::new();
    let mut kept = Vec::new();
    if resources.is_empty() {
        return (kept, omitted);
    }
    let read_actions: BTreeSet<String> = statement
        .actions
        .iter()
        .flat_map(|action| read_action_patterns(action))
        .collect();
    for action in read_actions {
        let Some(returns) = returned_data(&action) else {
            settings.insert(action);
            continue;
        };
        let (allowed, left_out): (BTreeSet<String>, BTreeSet<String>) = resources
            .iter()
            .filter(|resource| is_of_service(resource, &action) && !is_bucket(resource))
            .cloned()
            .partition(|resource| reads.allow(&action, resource));
        if !left_out.is_empty() {
            omitted.push(OmittedRead {
                action: action.clone(),
                returns,
                resources: left_out.into_iter().collect(),
            });
        }
        if !allowed.is_empty() {
            kept.push(Statement {
                actions: BTreeSet::from([action]),
                resources: allowed,
                ..statement.clone()
            });
        }
    }
    if !settings.is_empty() {
        kept.insert(
            0,
            Statement {
                actions: settings,
                resources,
                ..statement.clone()
            },
        );
    }
    (kept, omitted)
}

/// Whether a resource can be one of the action's service. Statements list resources of several services.
fn is_of_service(resource: &str, action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    let of_resource = resource.split(':').nth(2);
    of_resource.is_none_or(|name| name == service || name.contains(['*', '?']))
}

/// Whether an ARN is a bucket's, which holds for no action on data.
fn is_bucket(resource: &str) -> bool {
    resource
        .split_once(":s3:::")
        .is_some_and(|(_, name)| !name.contains(['/', '*', '?']))
}

impl PlanReads<'_> {
    /// The prefixes of parameters that the role may read.
    pub fn prefixes(&self) -> impl Iterator<Item = String> {
        let prefixes = self.permissions.parameters.iter();
        prefixes.map(|prefix| prefix.as_str().to_owned())
    }

    /// Whether the plan role may read data with this action from this resource.
    fn allow(&self, action: &str, resource: &str) -> bool {
        if PARAMETERS
            .iter()
            .any(|read| read.eq_ignore_ascii_case(action))
        {
            return resource
                .split_once(":parameter/")
                .is_some_and(|(_, name)| self.permissions.may_read(&format!("/{name}")));
        }
        action.eq_ignore_ascii_case(OBJECT)
            && resource
                .split_once(":s3:::")
                .is_some_and(|(_, object)| self.objects.contains(object))
    }
}

/// Whether an action, or every action that a pattern matches, is named like a read.
pub fn is_read(action: &str) -> bool {
    let name = action.split_once(':').map_or("", |(_, name)| name);
    VERBS.iter().any(|verb| name.starts_with(verb)) || HARMLESS.contains(&action)
}

/// The reading part of an action pattern.
fn read_action_patterns(action: &str) -> Vec<String> {
    let Some((service, pattern)) = action.split_once(':') else {
        return Vec::new();
    };
    let (begins, rest) = match pattern.split_once('*') {
        Some((begins, rest)) => (begins, Some(rest)),
        None => (pattern, None),
    };
    let verbs = VERBS.iter().filter_map(|verb| match rest {
        _ if begins.starts_with(verb) => Some(action.to_owned()),
        // The pattern is shorter than a verb: add each verb that it matches. Verbs on batches are listed in full.
        Some(rest)
            if verb.starts_with(begins)
                && !verb.starts_with("Batch")
                && !NOT_READS.contains(&rest) =>
        {
            Some(format!("{service}:{verb}*{rest}"))
        }
        _ => None,
    });
    // IAM ignores the case of actions: `*TagResource` matches `UntagResource`.
    let pattern = action.to_ascii_lowercase();
    let beside = EXTRA_READS.iter().filter(|known| {
        let known = known.to_ascii_lowercase();
        match pattern.split_once('*') {
            None => known == pattern,
            Some((begins, rest)) => known
                .strip_prefix(begins)
                .is_some_and(|known| complete_pattern(known, rest)),
        }
    });
    verbs
        .chain(beside.map(|known| (*known).to_owned()))
        .collect()
}

/// Whether a text matches the rest of a pattern, which may contain further `*`.
fn complete_pattern(text: &str, rest: &str) -> bool {
    match rest.split_once('*') {
        None => text.ends_with(rest),
        Some((middle, rest)) => text
            .match_indices(middle)
            .any(|(at, found)| complete_pattern(&text[at + found.len()..], rest)),
    }
}

/// Permissions on stacks that no config's policy names: stacks that do not exist yet, importers of exports, deleted stacks, and
/// validation findings of a change set, whose id AWS chooses. AWS requires `ListStacks` also for `DescribeStacks` without a name.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>
pub fn account_wide_reads(regions: &BTreeSet<String>) -> Statement {
    let actions = [
        "cloudformation:DescribeEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListImports",
        "cloudformation:ListStacks",
    ];
    let conditions = match regions.is_empty() {
        true => Value::Null,
        false => json!({ "StringEquals": { "aws:RequestedRegion": regions } }),
    };
    Statement {
        sid: "AnyStack".to_owned(),
        actions: actions.map(str::to_owned).into(),
        resources: BTreeSet::from(["*".to_owned()]),
        conditions,
    }
}

/// Denies the plan role all changes, the reads of data that no plan has, and parameters outside of the products' prefixes.
pub fn deny_writes_and_data(
    partition: &str,
    account: &str,
    parameters: &BTreeSet<String>,
) -> Value {
    let data: BTreeSet<&str> = DATA_READS
        .iter()
        .flat_map(|read| read.actions)
        .copied()
        .filter(|action| *action != OBJECT && !PARAMETERS.contains(action))
        .collect();
    let deny = |sid: &str, actions: Value| json!({ "Sid": sid, "Effect": "Deny", "Action": actions, "Resource": "*" });
    let public = format!("arn:{partition}:ssm:*::parameter{PUBLIC_PARAMETERS}*");
    let own = parameters
        .iter()
        .map(|prefix| format!("arn:{partition}:ssm:*:{account}:parameter{prefix}*"));
    let readable: Vec<String> = own.chain([public]).collect();
    document(vec![
        deny("NeverChange", json!(NEVER)),
        deny("NeverReadData", json!(data)),
        json!({
            "Sid": "NoOtherParameters",
            "Effect": "Deny",
            "Action": PARAMETERS,
            "NotResource": readable,
        }),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_is_reduced_to_reads() {
        for (action, expected) in [
            ("s3:GetBucketTagging", vec!["s3:GetBucketTagging"]),
            ("s3:PutBucketTagging", vec![]),
            ("iam:List*RolePolicies", vec!["iam:List*RolePolicies"]),
            (
                "sns:*Topic",
                vec!["sns:Describe*Topic", "sns:Get*Topic", "sns:List*Topic"],
            ),
            ("cloudformation:ExecuteChangeSet", vec![]),
            ("cloudformation:DeleteStack", vec![]),
            (
                "cloudformation:Detect*Drift",
                vec![
                    "cloudformation:DetectStackDrift",
                    "cloudformation:DetectStackResourceDrift",
                ],
            ),
            (
                "cloudformation:*TagResource",
                vec!["cloudformation:TagResource", "cloudformation:UntagResource"],
            ),
            ("kms:De*", vec!["kms:Describe*"]),
        ] {
            assert_eq!(read_action_patterns(action), expected, "{action}");
        }
        let change_sets = read_action_patterns("cloudformation:*ChangeSet");
        assert!(change_sets.contains(&"cloudformation:CreateChangeSet".to_owned()));
        assert!(!change_sets.contains(&"cloudformation:ExecuteChangeSet".to_owned()));
    }
}
