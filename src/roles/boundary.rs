//! The permissions boundary of roles that stacks create: no role of a stack may do more than the roles of the products' templates.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::{RolesError, ScopeProblem};
use super::iam::document;
use super::marker::{has_marker, pattern};
use super::pattern::{covers, overlap, widest};
use crate::model::RepoPath;
use crate::product::Product;
use crate::template::{Document, ROLE, role_boundaries};

/// Types with a policy for roles.
const POLICIES: &[&str] = &[
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
];
const PASS_ROLE: &str = "iam:PassRole";
/// No role of a stack gets these: with them it could give itself, or another role, more than the boundary.
const ESCALATING: &[&str] = &["iam:*", "organizations:*", "account:*", "sts:*"];

/// The most that roles of stacks may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ceiling {
    /// Whether some template creates a role.
    pub creates_roles: bool,
    /// Actions by the condition of the statements that allow them, as JSON; empty for actions without a condition.
    actions: BTreeMap<String, BTreeSet<String>>,
    /// Patterns of the names of roles.
    roles: BTreeSet<String>,
    passes_roles: bool,
}

/// A managed policy that limits roles.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Boundary {
    /// Its name in the account.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The policy document.
    pub policy: Value,
}

impl Ceiling {
    /// Adds what the roles of a rendered template may do. `stack` begins the names that CloudFormation chooses.
    pub fn add(
        &mut self,
        product: &Product,
        template: &str,
        stack: &str,
    ) -> Result<(), RolesError> {
        let path = RepoPath::typed("stack.yaml.j2");
        let Ok(document) = Document::parse(&path, template) else {
            return Err(RolesError::scope(
                product.name(),
                ScopeProblem::TemplateUnreadable,
            ));
        };
        for resource in document.resources() {
            let is_role = resource.kind == ROLE;
            if !is_role && !POLICIES.contains(&resource.kind) {
                continue;
            }
            let body = resource.body();
            let properties = &body["Properties"];
            if is_role {
                self.creates_roles = true;
                let named = properties["RoleName"].as_str();
                self.roles.insert(match named {
                    Some(name) => pattern(name),
                    None => format!("{}-*", pattern(stack)),
                });
                let attached = properties["ManagedPolicyArns"].as_array();
                if attached.is_some_and(|attached| !attached.is_empty())
                    && product.manifest.permissions.boundary.is_empty()
                {
                    let role = resource.logical_id.to_owned();
                    return Err(RolesError::scope(
                        product.name(),
                        ScopeProblem::ManagedPolicy { role },
                    ));
                }
            }
            self.add_actions(properties);
        }
        let more = product.manifest.permissions.boundary.iter();
        let more = more.filter(|action| !is_escalating(action)).cloned();
        self.actions.entry(String::new()).or_default().extend(more);
        Ok(())
    }

    /// Adds the actions of all statements below a value.
    fn add_actions(&mut self, value: &Value) {
        match value {
            Value::Object(keys) => {
                if keys.get("Effect").is_some_and(|effect| effect == "Allow") {
                    let actions = match &keys.get("Action") {
                        Some(Value::Array(all)) => all.clone(),
                        Some(one) => vec![(*one).clone()],
                        None => Vec::new(),
                    };
                    let condition = keys
                        .get("Condition")
                        .filter(|condition| is_same_everywhere(condition));
                    let condition = condition.map_or(String::new(), Value::to_string);
                    for action in actions.iter().filter_map(Value::as_str) {
                        if action.eq_ignore_ascii_case(PASS_ROLE) {
                            self.passes_roles = true;
                        } else if !is_escalating(action) {
                            let known = self.actions.entry(condition.clone()).or_default();
                            known.insert(action.to_owned());
                        }
                    }
                }
                // Whom a role trusts is no permission of the role.
                let below = keys
                    .iter()
                    .filter(|(key, _)| *key != "AssumeRolePolicyDocument");
                below.for_each(|(_, value)| self.add_actions(value));
            }
            Value::Array(all) => all.iter().for_each(|value| self.add_actions(value)),
            _ => {}
        }
    }

    pub fn extend(&mut self, other: &Self) {
        self.creates_roles |= other.creates_roles;
        self.passes_roles |= other.passes_roles;
        for (condition, actions) in &other.actions {
            let known = self.actions.entry(condition.clone()).or_default();
            known.extend(actions.iter().cloned());
        }
        self.roles.extend(other.roles.iter().cloned());
    }

    /// The boundary of an account.
    pub fn boundary(&self, name: &str, partition: &str, account: &str) -> Boundary {
        let mut statements = Vec::new();
        let unconditional = self.actions.get("").cloned().unwrap_or_default();
        for (condition, actions) in &self.actions {
            let is_narrower =
                |action: &&String| condition.is_empty() || !unconditional.contains(*action);
            let actions: Vec<&String> = actions.iter().filter(is_narrower).collect();
            if actions.is_empty() {
                continue;
            }
            let mut statement = json!({
                "Sid": "Ceiling", "Effect": "Allow", "Action": actions, "Resource": "*",
            });
            if let Ok(condition) = serde_json::from_str::<Value>(condition) {
                statement["Sid"] = json!(format!("Ceiling{}", statements.len()));
                statement["Condition"] = condition;
            }
            statements.push(statement);
        }
        if self.passes_roles {
            let roles = widest(self.roles.clone()).into_iter();
            let roles: Vec<String> = roles
                .map(|role| format!("arn:{partition}:iam::{account}:role/{role}"))
                .collect();
            statements.push(json!({
                "Sid": "PassRoles", "Effect": "Allow", "Action": PASS_ROLE, "Resource": roles,
            }));
        }
        Boundary {
            name: name.to_owned(),
            arn: boundary_arn(name, partition, account),
            policy: document(statements),
        }
    }

    /// An action that a role of the other may do, and none of this.
    pub fn missing(&self, other: &Self) -> Option<String> {
        let covered = |condition: &str, action: &str| {
            let action = action.to_ascii_lowercase();
            let known = ["", condition]
                .into_iter()
                .filter_map(|condition| self.actions.get(condition));
            let mut known = known.flatten();
            known.any(|known| covers(&known.to_ascii_lowercase(), &action))
        };
        let mut wanted = other
            .actions
            .iter()
            .flat_map(|(condition, actions)| actions.iter().map(move |action| (condition, action)));
        let missing = wanted.find(|(condition, action)| !covered(condition, action));
        missing.map(|(_, action)| action.clone())
    }
}

/// Whether a condition has the same values for every config. Only such a condition can be in the boundary.
fn is_same_everywhere(condition: &Value) -> bool {
    let is_fixed = |value: &Value| match value {
        Value::Array(values) => values
            .iter()
            .all(|value| value.as_str().is_some_and(|value| !has_marker(value))),
        Value::Object(_) => false,
        value => value.as_str().is_none_or(|value| !has_marker(value)),
    };
    let operators = condition.as_object().into_iter().flatten();
    let mut keys = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    keys.all(|(_, value)| is_fixed(value))
}

pub(super) fn boundary_arn(name: &str, partition: &str, account: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy/{name}")
}

/// The first role of a template without this boundary.
pub(super) fn role_without_boundary(document: &Document, boundary: &str) -> Option<String> {
    let mut roles = role_boundaries(document).into_iter();
    let role = roles.find(|role| role.boundary.as_deref() != Some(boundary));
    role.map(|role| role.logical_id)
}

fn is_escalating(action: &str) -> bool {
    ESCALATING.iter().any(|known| overlap(known, action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_no_spelling_of_an_escalating_action_is_in_a_boundary() {
        let statement = |action: Value| json!({"Policies": [{"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}}]});
        for action in [
            "*",
            "*:*",
            "iam:CreateRole",
            "IAM:putrolepolicy",
            "i*:*",
            "sts:AssumeRole",
            "iam:Pass*",
        ] {
            let mut ceiling = Ceiling::default();
            ceiling.add_actions(&statement(json!([action, "s3:GetObject"])));
            assert_eq!(
                ceiling.actions,
                BTreeMap::from([(String::new(), BTreeSet::from(["s3:GetObject".to_owned()]))]),
                "{action}"
            );
        }
    }
    #[test]
    fn attack_a_role_below_the_boundary_drops_the_condition_of_an_action() {
        let statement = |condition: Value| {
            let mut statement = json!({"Effect": "Allow", "Action": "sagemaker:CreateModelPackage", "Resource": "*"});
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            let mut ceiling = Ceiling::default();
            ceiling.add_actions(&json!([statement]));
            ceiling
        };
        let pending =
            json!({"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}});
        let approved = json!({"StringEquals": {"sagemaker:ModelApprovalStatus": "Approved"}});
        let narrow = statement(pending.clone());
        let policy = narrow.boundary("boundary", "aws", "123456789012").policy;
        assert_eq!(policy["Statement"][0]["Condition"], pending);
        assert_eq!(narrow.missing(&narrow), None);
        for wider in [approved, Value::Null] {
            assert!(narrow.missing(&statement(wider)).is_some());
        }
        assert_eq!(statement(Value::Null).missing(&narrow), None);
        // A value that each stack has for itself cannot be in a boundary of all.
        let own = json!({"StringEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Bucket", "Arn"]}}});
        let policy = statement(own)
            .boundary("boundary", "aws", "123456789012")
            .policy;
        assert_eq!(policy["Statement"][0]["Condition"], Value::Null);
    }
}
