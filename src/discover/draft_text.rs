//! The text of a drafted config.

use serde_json::Value;

use super::keys::ConfigKey;

/// Plain words that a YAML reader may take for another type.
const NOT_TEXT: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// The values in the order of the schema, with a comment above each value that nothing in the stack says.
pub(super) fn draft_text(
    stack: &str,
    values: &Value,
    keys: &[ConfigKey],
    unknown: &[String],
) -> String {
    let mut text = format!(
        "# Drafted by `provisioner discover` from the stack {stack}.\n# Check each value before you merge it.\n"
    );
    let order = |path: &str| {
        let below = format!("{path}.");
        let is_here = |key: &ConfigKey| key.path == path || key.path.starts_with(&below);
        keys.iter().position(is_here).unwrap_or(usize::MAX)
    };
    write(values, "", &mut text, &order, &|path| {
        let key = keys.iter().find(|key| key.path == path)?;
        let is_unknown = unknown.iter().any(|unknown| unknown == path);
        is_unknown.then(|| key.title().replace('\n', " "))
    });
    text
}

fn write(
    values: &Value,
    above: &str,
    text: &mut String,
    order: &impl Fn(&str) -> usize,
    unknown: &impl Fn(&str) -> Option<String>,
) {
    let depth = match above {
        "" => 0,
        above => above.split('.').count(),
    };
    let indent = "  ".repeat(depth);
    let entries = values.as_object().into_iter().flatten();
    let mut entries: Vec<(String, &String, &Value)> = entries
        .map(|(key, value)| match above {
            "" => (key.clone(), key, value),
            above => (format!("{above}.{key}"), key, value),
        })
        .collect();
    entries.sort_by_key(|(path, _, _)| order(path));
    for (path, key, value) in entries {
        if depth == 0 && text.contains(":\n") {
            text.push('\n');
        }
        if let Some(title) = unknown(&path) {
            text.push_str(&format!(
                "{indent}# Not determined from the stack: {title}\n"
            ));
        }
        let key = scalar(key);
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                text.push_str(&format!("{indent}{key}:\n"));
                write(value, &path, text, order, unknown);
            }
            Value::Array(items) if items.iter().all(Value::is_string) && !items.is_empty() => {
                text.push_str(&format!("{indent}{key}:\n"));
                for item in items.iter().filter_map(Value::as_str) {
                    text.push_str(&format!("{indent}  - {}\n", scalar(item)));
                }
            }
            Value::String(value) => text.push_str(&format!("{indent}{key}: {}\n", scalar(value))),
            // JSON is YAML.
            value => text.push_str(&format!("{indent}{key}: {value}\n")),
        }
    }
}

/// A scalar that every YAML reader takes for this text.
fn scalar(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str());
    match is_word {
        true => text.to_owned(),
        // JSON's strings are YAML's.
        false => Value::from(text).to_string(),
    }
}
