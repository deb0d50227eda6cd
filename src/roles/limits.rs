//! What an apply role by naming law is denied, regardless of other attached policies: stacks and resources that are not provisioner's own,
//! roles above the boundary, and the roles of CI themselves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::iam::{account_of, document, partition_of};

/// The suffix of the names of test deployments, as a pattern.
pub(super) const TEST_PATTERN: &str = "-t??????";

/// The tag of a resource that names its stack.
const OWNER: &str = "aws:ResourceTag/provisioner:stack";

/// The types of the resources that a change set imports. A change set of the type `IMPORT` has them and no tags.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html>
const IMPORTS: &str = "cloudformation:ImportResourceTypes";

/// CloudFormation gives the stack's tags to the resources of the stack that can have tags. For these actions AWS's service
/// authorization reference lists `aws:ResourceTag`.
const OWN_RESOURCES: &[&str] = &[
    "codebuild:DeleteProject",
    "codecommit:DeleteRepository",
    "codepipeline:DeletePipeline",
    "iam:DeleteRole",
    "iam:UpdateAssumeRolePolicy",
    "logs:DeleteLogGroup",
    "sagemaker:DeleteModelPackageGroup",
    "sns:DeleteTopic",
    "ssm:DeleteParameter",
];

/// Actions that give a principal permissions. All of them know `iam:PermissionsBoundary`.
const GRANTS: &[&str] = &[
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
];

/// Actions that take a boundary away, and permissions of groups, which have none.
const UNBOUND: &[&str] = &[
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutGroupPolicy",
];

const CHANGES_POLICY: &[&str] = &[
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
];

const CHANGES_ROLE: &[&str] = &[
    "iam:Attach*",
    "iam:Create*",
    "iam:Delete*",
    "iam:Detach*",
    "iam:PassRole",
    "iam:Put*",
    "iam:Tag*",
    "iam:Untag*",
    "iam:Update*",
];

/// The denials of an apply role whose stacks' roles must have a boundary: a role without it, and every change of the boundary.
pub(super) fn deny_without_boundary(boundary: &str) -> Value {
    let deny = |sid: &str, actions: &[&str], resource: &str| json!({ "Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resource });
    let mut bounded = deny("OnlyBelowBoundary", GRANTS, "*");
    bounded["Condition"] = json!({ "StringNotEquals": { "iam:PermissionsBoundary": boundary } });
    document(vec![
        bounded,
        deny("NeverUnbound", UNBOUND, "*"),
        deny("NeverBoundary", CHANGES_POLICY, boundary),
    ])
}

/// The denials of an apply role. `role` is its ARN, `stacks` are patterns of names, `ci_roles` the ARNs of the plan and apply roles.
pub(super) fn deny_beyond_law(
    role: &str,
    stacks: &BTreeSet<String>,
    ci_roles: &BTreeSet<String>,
    boundary: Option<&str>,
) -> Value {
    let deny = |sid: &str, actions: &[&str], resource: Value, conditions: Value| {
        let mut statement =
            json!({ "Sid": sid, "Effect": "Deny", "Action": actions, "Resource": resource });
        if !conditions.is_null() {
            statement["Condition"] = conditions;
        }
        statement
    };
    let names: Vec<String> = stacks
        .iter()
        .flat_map(|stack| [stack.clone(), format!("{stack}{TEST_PATTERN}")])
        .collect();
    let (partition, account) = (partition_of(role), account_of(role));
    let arns: Vec<String> = names
        .iter()
        .map(|name| format!("arn:{partition}:cloudformation:*:{account}:stack/{name}/*"))
        .collect();
    let mut imports = json!({
        "Sid": "OnlyOwnImports",
        "Effect": "Deny",
        "Action": ["cloudformation:CreateChangeSet"],
        "NotResource": arns,
    });
    imports["Condition"] = json!({ "Null": { (IMPORTS): "false" } });
    // A negated operator also holds if the tag is absent, so that what has no tag of ours is denied.
    let mut statements = vec![
        // A change set gives the stack its tag. One that takes the tag away is for a stack that has it. One that imports can give no tags.
        deny(
            "OnlyOwnStacks",
            &["cloudformation:CreateChangeSet"],
            json!("*"),
            json!({
                "StringNotLike": { "aws:RequestTag/provisioner:stack": names, (OWNER): names },
                "Null": { (IMPORTS): "true" },
            }),
        ),
        imports,
        deny(
            "OnlyOwnResources",
            OWN_RESOURCES,
            json!("*"),
            json!({ "StringNotLike": { (OWNER): names } }),
        ),
        // A stack in review has no tags before its change set runs, and provisioner deletes it if it is empty.
        deny(
            "NoForeignStacks",
            &[
                "cloudformation:CreateChangeSet",
                "cloudformation:DeleteStack",
            ],
            json!("*"),
            json!({ "StringNotLike": { (OWNER): names }, "Null": { (OWNER): "false" } }),
        ),
        deny("NeverOwnRoles", CHANGES_ROLE, json!(ci_roles), Value::Null),
        deny("NeverUnbound", UNBOUND, json!("*"), Value::Null),
    ];
    match boundary {
        Some(arn) => {
            let conditions = json!({ "StringNotEquals": { "iam:PermissionsBoundary": arn } });
            statements.push(deny("OnlyBelowBoundary", GRANTS, json!("*"), conditions));
            statements.push(deny(
                "NeverBoundary",
                CHANGES_POLICY,
                json!(arn),
                Value::Null,
            ));
        }
        // No product of the scope creates roles.
        None => statements.push(deny("NoRoles", GRANTS, json!("*"), Value::Null)),
    }
    document(statements)
}
