//! Writes values as YAML.

use serde_json::Value;

/// A value in YAML's flow style. `None` if a text has characters for which quotes would not do.
pub fn flow(value: &Value) -> Option<String> {
    let list = |items: Vec<String>| items.join(", ");
    Some(match value {
        Value::String(text) => {
            if text.chars().any(|c| c.is_control() || c == '`') {
                return None;
            }
            let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_./ ".contains(c))
                && !text.ends_with(' ')
                && !["true", "false", "null", "yes", "no", "on", "off"]
                    .contains(&&*text.to_lowercase());
            match plain {
                true => text.clone(),
                false => Value::from(text.as_str()).to_string(),
            }
        }
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(flow).collect();
            format!("[{}]", list(items?))
        }
        Value::Object(pairs) => {
            let pairs: Option<Vec<String>> = pairs
                .iter()
                .map(|(key, value)| {
                    Some(format!("{}: {}", flow(&key.as_str().into())?, flow(value)?))
                })
                .collect();
            format!("{{{}}}", list(pairs?))
        }
        other => other.to_string(),
    })
}
