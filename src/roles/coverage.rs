//! Whether a statement allows everything that another one allows.

use serde_json::{Map, Value};

use super::pattern::covers;
use super::statement::Statement;

impl Statement {
    /// Whether this statement allows all that the other one allows.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.actions.iter().all(|action| self.has_action(action))
            && other
                .resources
                .iter()
                .all(|resource| self.has_resource(resource))
            && implied(&self.conditions, &other.conditions)
    }

    /// Whether it allows an action on a resource, if its conditions hold.
    pub(super) fn allows(&self, action: &str, resource: &str) -> bool {
        self.has_action(action) && self.has_resource(resource)
    }

    fn has_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let mut known = self.actions.iter();
        known.any(|known| covers(&known.to_ascii_lowercase(), &action))
    }

    fn has_resource(&self, resource: &str) -> bool {
        self.resources.iter().any(|known| covers(known, resource))
    }
}

/// An action on a resource that some policies do not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    pub action: String,
    pub resource: String,
}

/// The first action of a statement that no statement of the policies allows on one of its resources.
pub(super) fn uncovered(policies: &[&Statement], wanted: &Statement) -> Option<Uncovered> {
    if policies.iter().any(|known| known.covers(wanted)) {
        return None;
    }
    let usable: Vec<&Statement> = policies
        .iter()
        .copied()
        .filter(|known| implied(&known.conditions, &wanted.conditions))
        .collect();
    wanted.actions.iter().find_map(|action| {
        let allowing: Vec<&&Statement> = usable
            .iter()
            .filter(|known| known.has_action(action))
            .collect();
        let mut resources = wanted.resources.iter();
        let missing = resources
            .find(|resource| !allowing.iter().any(|known| known.has_resource(resource)))?;
        Some(Uncovered {
            action: action.clone(),
            resource: missing.clone(),
        })
    })
}

/// Whether every request that meets `wanted` meets `known`.
fn implied(known: &Value, wanted: &Value) -> bool {
    let empty = Map::new();
    let wanted = wanted.as_object().unwrap_or(&empty);
    let known = known.as_object().unwrap_or(&empty);
    known.iter().all(|(operator, keys)| {
        let keys = keys.as_object().unwrap_or(&empty);
        keys.iter().all(|(key, values)| {
            let narrower = [operator.clone(), operator.replace("Like", "Equals")];
            narrower.iter().any(|narrower| {
                let found = wanted.get(narrower).and_then(|keys| keys.get(key));
                found.is_some_and(|found| has_values(operator, values, found))
            })
        })
    })
}

fn has_values(operator: &str, known: &Value, wanted: &Value) -> bool {
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(all) => all
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            other => other.as_str().map(str::to_owned).into_iter().collect(),
        }
    };
    // More values of a negated operator allow less.
    if operator.contains("Not") || operator.starts_with("Null") {
        return known == wanted;
    }
    let (known, wanted) = (texts(known), texts(wanted));
    !wanted.is_empty()
        && wanted.iter().all(|wanted| {
            known.iter().any(|known| match operator.contains("Like") {
                true => covers(known, wanted),
                false => known == wanted,
            })
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn statement(action: &str, resource: &str, conditions: Value) -> Statement {
        Statement {
            sid: "A".to_owned(),
            actions: BTreeSet::from([action.to_owned()]),
            resources: BTreeSet::from([resource.to_owned()]),
            conditions,
        }
    }

    #[test]
    fn attack_a_statement_with_a_further_condition_does_not_cover() {
        let tag = |operator: &str, value: &str| json!({ operator: { "aws:ResourceTag/a": value } });
        let wanted = statement("s3:GetObject", "arn:x-1", tag("StringEquals", "acme-1"));
        for (action, resource, conditions, expected) in [
            ("s3:*", "arn:x-*", Value::Null, true),
            ("S3:getobject", "arn:x-*", tag("StringLike", "acme-*"), true),
            ("s3:*", "arn:x-*", tag("StringEquals", "acme-1"), true),
            ("s3:*", "arn:x-*", tag("StringEquals", "acme-*"), false),
            ("s3:*", "arn:x-*", tag("StringLike", "other-*"), false),
            ("s3:*", "arn:x-*", tag("StringNotLike", "acme-*"), false),
            (
                "s3:*",
                "arn:x-*",
                json!({"Bool": {"aws:SecureTransport": "true"}}),
                false,
            ),
            ("s3:Put*", "arn:x-*", Value::Null, false),
            ("s3:*", "arn:y-*", Value::Null, false),
        ] {
            let known = statement(action, resource, conditions);
            assert_eq!(known.covers(&wanted), expected, "{known:?}");
            assert_eq!(uncovered(&[&known], &wanted).is_none(), expected);
        }
    }
}
