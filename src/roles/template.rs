//! The roles of an account as a CloudFormation template.

use serde_json::{Map, Value, json};

use super::{AccountRoles, Role, RolePhase, RolesRequest};
use crate::text::and_list;

/// A template that creates the roles, and on request the identity provider.
pub fn template(account: &AccountRoles, request: &RolesRequest) -> Value {
    let mut resources = Map::new();
    let provider = json!({
        "Type": "AWS::IAM::OIDCProvider",
        "Condition": "MakesProvider",
        // Roles of other stacks may trust it by now.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": { "Url": request.issuer.url(), "ClientIdList": ["sts.amazonaws.com"] },
    });
    resources.insert("Provider".into(), provider);
    if let Some(boundary) = &account.boundary {
        let policy = json!({
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": boundary.name,
                "Description": "The most that roles of provisioner's stacks may do",
                "PolicyDocument": boundary.policy,
            },
        });
        resources.insert("Boundary".into(), policy);
    }
    let mut outputs = Map::new();
    for (at, role) in account.roles.iter().enumerate() {
        let same = |other: &&Role| other.phase == role.phase;
        let number = account.roles[..at].iter().filter(same).count();
        let kind = match role.phase {
            RolePhase::Plan => "Plan",
            RolePhase::Apply => "Apply",
        };
        let id = match number {
            0 => format!("{kind}Role"),
            _ => format!("{kind}Role{}", number + 1),
        };
        resources.insert(id.clone(), role_resource(role, request));
        for (at, policy) in role.policies.iter().enumerate() {
            let resource = json!({
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "Description": format!("Part {} of {} of what {} may do", at + 1, role.policies.len(), name(role).1),
                    "PolicyDocument": policy,
                    "Roles": [{ "Ref": id }],
                },
            });
            resources.insert(format!("{id}Policy{}", at + 1), resource);
        }
        outputs.insert(
            format!("{id}Arn"),
            json!({ "Value": { "Fn::GetAtt": [id, "Arn"] } }),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("Roles of provisioner for {} in account {}", request.repository.name(), account.account),
        "Parameters": {
            "MakeProvider": {
                "Description": format!("Whether to create the identity provider {}; an account has one of them", request.issuer.url()),
                "Type": "String",
                "AllowedValues": ["true", "false"],
                "Default": "false",
            },
        },
        "Conditions": { "MakesProvider": { "Fn::Equals": [{ "Ref": "MakeProvider" }, "true"] } },
        "Resources": resources,
        "Outputs": outputs,
    })
}

fn role_resource(role: &Role, request: &RolesRequest) -> Value {
    let (path, name) = name(role);
    let environments: Vec<&str> = role.environments.iter().map(String::as_str).collect();
    let does = match role.phase {
        RolePhase::Plan => "Reads",
        RolePhase::Apply => "Creates, updates and deletes",
    };
    let mut properties = json!({
        "RoleName": name,
        "Path": path,
        "Description": format!("{does} the stacks of {} in {}", request.repository.name(), and_list(&environments)),
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": role.trust,
    });
    if let Some(never) = &role.never {
        let name = match role.phase {
            RolePhase::Plan => "never-change",
            RolePhase::Apply => "only-own",
        };
        properties["Policies"] = json!([{ "PolicyName": name, "PolicyDocument": never }]);
    }
    json!({ "Type": "AWS::IAM::Role", "Properties": properties })
}

/// Path and name of a role, parsed from its ARN.
fn name(role: &Role) -> (String, &str) {
    let whole = role.arn.split_once(":role/").map_or("", |(_, whole)| whole);
    match whole.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), whole),
    }
}
