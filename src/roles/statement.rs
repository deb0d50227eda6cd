//! Statements of an operator's policy. A part that the roles cannot honour is an error, because a role without it would allow more
//! or less than the policy says.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use crate::text::and_list;

const DOCUMENT_KEYS: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT_KEYS: &[&str] = &["Sid", "Effect", "Action", "Resource", "Condition"];

/// An `Allow` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sid: String,
    pub actions: BTreeSet<String>,
    pub resources: BTreeSet<String>,
    /// `Null` for none.
    pub conditions: Value,
}

/// A statement of a policy, for messages. The number begins with 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub number: usize,
    pub sid: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.number)?;
        match &self.sid {
            Some(sid) => write!(f, " `{sid}`"),
            None => Ok(()),
        }
    }
}

/// What the roles cannot take over from a policy. `place` is `None` for the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    pub place: Option<Place>,
    pub problem: String,
}

/// The statements of a policy, each with its place.
pub fn statements(policy: &str) -> Result<Vec<(Place, Statement)>, Unsupported> {
    let of_document = |problem: String| Unsupported {
        place: None,
        problem,
    };
    let policy: Value =
        serde_json::from_str(policy).map_err(|error| of_document(error.to_string()))?;
    let Value::Object(document) = &policy else {
        return Err(of_document("the policy is not an object".to_owned()));
    };
    known_keys(document, DOCUMENT_KEYS).map_err(of_document)?;
    // IAM takes one statement without a list.
    let listed = match document.get("Statement") {
        Some(Value::Array(listed)) => listed.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => return Err(of_document("`Statement` is not a list".to_owned())),
    };
    let read = listed.iter().enumerate().map(|(at, json)| {
        let place = Place {
            number: at + 1,
            sid: json["Sid"].as_str().map(str::to_owned),
        };
        match statement(json) {
            Ok(statement) => Ok((place, statement)),
            Err(problem) => Err(Unsupported {
                place: Some(place),
                problem,
            }),
        }
    });
    read.collect()
}

fn statement(json: &Value) -> Result<Statement, String> {
    let Value::Object(keys) = json else {
        return Err("it is not an object".to_owned());
    };
    known_keys(keys, STATEMENT_KEYS)?;
    if json["Effect"] != "Allow" {
        return Err(format!(
            "`Effect` is {}, and only `Allow` is supported",
            json["Effect"]
        ));
    }
    let actions = texts(&json["Action"]).ok_or("`Action` is not a list of texts")?;
    if let Some(action) = actions.iter().find(|action| !is_action(action)) {
        return Err(format!("`{action}` is not an action"));
    }
    Ok(Statement {
        sid: json["Sid"].as_str().unwrap_or("Config").to_owned(),
        actions,
        resources: texts(&json["Resource"]).ok_or("`Resource` is not a list of texts")?,
        conditions: json["Condition"].clone(),
    })
}

fn known_keys(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let known = and_list(known);
            Err(format!("`{key}` is not supported; supported are {known}"))
        }
    }
}

/// Whether a text is `*`, or a service and a name, which may have wildcards.
fn is_action(text: &str) -> bool {
    let part = |part: &str, also: &[char]| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || also.contains(&c))
    };
    text == "*"
        || text
            .split_once(':')
            .is_some_and(|(service, name)| part(service, &['-']) && part(name, &['*', '?']))
}

fn texts(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => Some(BTreeSet::from([text.clone()])),
        Value::Array(all) => all
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(statement: Value) -> String {
        let first = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"});
        let policy = json!({ "Statement": [first, statement] }).to_string();
        let unsupported = statements(&policy).unwrap_err();
        let place = unsupported.place.unwrap();
        assert_eq!(place.to_string(), "statement 2 `Broad`");
        unsupported.problem
    }

    #[test]
    fn attack_no_part_of_a_policy_is_dropped() {
        for (changes, expected) in [
            (json!({"Effect": "Deny"}), "`Effect` is \"Deny\""),
            (json!({"Effect": null}), "`Effect` is null"),
            (
                json!({"NotAction": "iam:*"}),
                "`NotAction` is not supported",
            ),
            (
                json!({"NotResource": "*"}),
                "`NotResource` is not supported",
            ),
            (json!({"Principal": "*"}), "`Principal` is not supported"),
            (json!({"condition": {}}), "`condition` is not supported"),
            (json!({"Action": ["s3:Get*", 7]}), "`Action` is not a list"),
            (json!({"Action": null}), "`Action` is not a list"),
            (
                json!({"Resource": {"Ref": "x"}}),
                "`Resource` is not a list",
            ),
            (
                json!({"Action": "ListBucket"}),
                "`ListBucket` is not an action",
            ),
            (json!({"Action": "*:Get*"}), "`*:Get*` is not an action"),
        ] {
            let mut statement = json!({
                "Sid": "Broad", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*",
            });
            for (key, value) in changes.as_object().unwrap() {
                statement[key] = value.clone();
            }
            let found = problem(statement);
            assert!(found.starts_with(expected), "{found}");
        }
        for policy in ["[]", "{}", "{\"Statement\": 1}", "{\"Statment\": []}", "x"] {
            assert_eq!(statements(policy).unwrap_err().place, None, "{policy}");
        }
    }

    #[test]
    fn one_statement_needs_no_list() {
        let policy = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        assert_eq!(statements(policy).unwrap().len(), 1);
    }
}
