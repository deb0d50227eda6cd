//! The part of an operator's policy that only reads.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::iam::document;
use super::split::Statement;

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

/// Denied whatever else is attached to the role: executing a change set, and every way around one.
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

/// The suffix of test deployments, which no plan reads.
const TEST_SUFFIX: &str = "-t??????";

/// The reading part of a statement; `None` if it has none.
pub fn read_statements(statement: &Statement) -> Option<Statement> {
    let actions: BTreeSet<String> = statement
        .actions
        .iter()
        .flat_map(|action| read_action_patterns(action))
        .collect();
    let trial = |resource: &&String| {
        let name = resource.strip_suffix("/*").unwrap_or(resource);
        !name.ends_with(TEST_SUFFIX)
    };
    let resources: BTreeSet<String> = statement.resources.iter().filter(trial).cloned().collect();
    let left = !actions.is_empty() && !resources.is_empty();
    left.then(|| Statement {
        actions,
        resources,
        ..statement.clone()
    })
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
    let beside = EXTRA_READS.iter().filter(|known| {
        known
            .strip_prefix(service)
            .and_then(|known| known.strip_prefix(':'))
            .is_some_and(|known| match rest {
                None => known == pattern,
                Some(rest) => {
                    known.starts_with(begins) && complete_pattern(&known[begins.len()..], rest)
                }
            })
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

/// Permissions on stacks that no config's policy names: stacks that do not exist yet, importers of exports, and validation
/// findings of a change set, whose id AWS chooses.
pub fn account_wide_reads(regions: &BTreeSet<String>) -> Statement {
    let actions = [
        "cloudformation:DescribeEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ListImports",
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

/// Denies all changes to the plan role.
pub fn deny_writes() -> Value {
    document(vec![json!({
        "Sid": "NeverChange",
        "Effect": "Deny",
        "Action": NEVER,
        "Resource": "*",
    })])
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
            ("kms:De*", vec!["kms:Describe*"]),
        ] {
            assert_eq!(read_action_patterns(action), expected, "{action}");
        }
        let change_sets = read_action_patterns("cloudformation:*ChangeSet");
        assert!(change_sets.contains(&"cloudformation:CreateChangeSet".to_owned()));
        assert!(!change_sets.contains(&"cloudformation:ExecuteChangeSet".to_owned()));
    }
}
