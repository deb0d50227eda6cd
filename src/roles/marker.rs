//! Markers represent the values of config keys that a policy's scope leaves open. What is rendered with them becomes a pattern: each
//! marker is replaced by `*`.

use serde_json::{Map, Value};

use super::statement::Statement;

/// Four letters, so that a name with markers breaks no rule on lengths. A letter for the key follows the prefix.
const PREFIX: &str = "zqx";
const LENGTH: usize = PREFIX.len() + 1;
/// The number of different markers.
pub const MAX_MARKERS: usize = 26;

/// The marker of the key with this number.
pub fn marker(number: usize) -> String {
    let letter = u8::try_from(number).map_or(b'z', |number| b'a' + number.min(25));
    format!("{PREFIX}{}", char::from(letter))
}

pub fn has_marker(text: &str) -> bool {
    text.contains(PREFIX)
}

/// The number of the first key whose value a text begins with or holds.
pub fn first_marker(text: &str) -> Option<usize> {
    let at = text.find(PREFIX)?;
    let letter = *text.as_bytes().get(at + PREFIX.len())?;
    letter
        .is_ascii_lowercase()
        .then(|| usize::from(letter - b'a'))
}

/// The text with `*` for each marker.
pub fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        pattern.push_str(&rest[..at]);
        pattern.push('*');
        rest = rest.get(at + LENGTH..).unwrap_or_default();
    }
    pattern + rest
}

/// The statement with patterns for markers. `Err` names an operator of a condition that cannot compare with a pattern.
pub fn statement_pattern(statement: &Statement) -> Result<Statement, String> {
    let resources = statement.resources.iter().map(|text| pattern(text));
    Ok(Statement {
        resources: resources.collect(),
        conditions: conditions(&statement.conditions)?,
        ..statement.clone()
    })
}

fn conditions(written: &Value) -> Result<Value, String> {
    let Value::Object(operators) = written else {
        return Ok(written.clone());
    };
    let mut changed = Map::new();
    for (operator, keys) in operators {
        let (operator, keys) = match has_marker(&keys.to_string()) {
            false => (operator.clone(), keys.clone()),
            true => (like(operator)?, values(keys)),
        };
        match (changed.get_mut(&operator), keys) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, keys) => {
                changed.insert(operator, keys);
            }
        }
    }
    Ok(changed.into())
}

/// The operator that compares with patterns, and otherwise equals this one.
fn like(operator: &str) -> Result<String, String> {
    let (before, name) = operator
        .rsplit_once(':')
        .map_or(("", operator), |(_, name)| {
            operator.split_at(operator.len() - name.len())
        });
    let like = match name {
        "StringEquals" | "StringLike" => "StringLike",
        "StringEqualsIfExists" | "StringLikeIfExists" => "StringLikeIfExists",
        "ArnEquals" | "ArnLike" => "ArnLike",
        _ => return Err(operator.to_owned()),
    };
    Ok(format!("{before}{like}"))
}

fn values(keys: &Value) -> Value {
    match keys {
        Value::String(text) => pattern(text).into(),
        Value::Array(all) => all.iter().map(values).collect(),
        Value::Object(keys) => keys
            .iter()
            .map(|(key, value)| (key.clone(), values(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn markers_become_wildcards() {
        let name = format!("acme-{}-x-{}", marker(0), marker(3));
        assert_eq!(pattern(&name), "acme-*-x-*");
        assert_eq!(first_marker(&name), Some(0));
        assert_eq!(pattern("acme"), "acme");
        assert_eq!(first_marker("acme"), None);
    }

    #[test]
    fn attack_a_condition_with_a_marker_is_never_dropped_or_kept_as_text() {
        let tag = format!("acme-{}", marker(1));
        for (operator, expected) in [
            ("StringEquals", Ok("StringLike")),
            ("StringEqualsIfExists", Ok("StringLikeIfExists")),
            ("ForAnyValue:StringEquals", Ok("ForAnyValue:StringLike")),
            ("StringNotEquals", Err("StringNotEquals")),
            (
                "ForAllValues:StringEqualsIgnoreCase",
                Err("ForAllValues:StringEqualsIgnoreCase"),
            ),
            ("Null", Err("Null")),
        ] {
            let found = conditions(&json!({ operator: { "aws:ResourceTag/a": tag } }));
            match expected {
                Ok(like) => assert_eq!(
                    found,
                    Ok(json!({ like: { "aws:ResourceTag/a": "acme-*" } }))
                ),
                Err(operator) => assert_eq!(found, Err(operator.to_owned())),
            }
        }
    }
}
