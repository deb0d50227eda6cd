//! The form that a value should have: in words, and with an example.

use regex::Regex;
use serde_json::Value;

use super::flow::flow;

/// Longer examples are left out.
const MAX_EXAMPLE_CHARS: usize = 60;

/// A longer number is not an account id, tag or version without its quotes.
const MAX_QUOTED_CHARS: usize = 60;

/// Items that are compared with each other.
const MAX_COMPARED: usize = 500;

/// How to write a value that has another type than the schema wants. `raw`: the value as the file has it.
fn form_of_type(key: &str, subschema: &Value, value: &Value, raw: &str) -> Option<String> {
    let wants = |name: &str| match subschema.get("type") {
        Some(Value::Array(names)) => names.iter().any(|known| known == name),
        Some(known) => known == name,
        None => false,
    };
    let text = value.as_str();
    let has_keys = !wants("array") || has_mappings(subschema);
    let spaced = text.filter(|_| !wants("string"));
    if let Some(spaced) = spaced.and_then(|text| with_space(text, has_keys)) {
        return Some(spaced);
    }
    let is_scalar = !matches!(value, Value::Array(_) | Value::Object(_) | Value::Null);
    let written = flow(value).filter(|text| is_scalar && text.len() <= MAX_EXAMPLE_CHARS);
    match value {
        Value::Bool(_) | Value::Number(_) if subschema.get("type") == Some(&"string".into()) => {
            (raw.len() <= MAX_QUOTED_CHARS)
                .then(|| format!("quote it: \"{}\"", raw.trim_matches(['"', '\''])))
        }
        // The item that the file has is no mapping either.
        _ if wants("array") && has_mappings(subschema) => None,
        _ if wants("array") => {
            let item = written.and_then(|item| as_item(subschema, value, raw, item));
            let list = item.map(|item| format!("[{item}]"));
            let list = list.or_else(|| example(subschema).filter(|list| list.starts_with('[')));
            let list = list.or_else(|| is_scalar.then(|| "[…]".to_owned()));
            list.map(|list| format!("write a list: `{key}: {list}`"))
        }
        _ if wants("object") => {
            let has_keys = subschema.get("properties").is_some();
            let any = || (!has_keys).then(|| "{KEY: VALUE}".to_owned());
            let pairs = example(subschema).or_else(any)?;
            Some(format!("write a mapping: `{key}: {pairs}`"))
        }
        Value::String(text) if wants("boolean") && matches!(&**text, "true" | "false") => {
            Some(format!("remove the quotes: `{key}: {text}`"))
        }
        Value::String(text) if wants("integer") && text.parse::<u64>().is_ok() => {
            Some(format!("remove the quotes: `{key}: {text}`"))
        }
        _ => None,
    }
}

/// Whether a value is the expected one between quotes: `"1"` in place of `1`.
pub fn is_quoted(expected: &Value, value: &Value) -> bool {
    value.as_str() == Some(&*expected.to_string())
}

/// Whether the items of a list are mappings.
fn has_mappings(subschema: &Value) -> bool {
    let items = &subschema["items"];
    items.get("$ref").is_some() || items["type"] == "object"
}

/// A scalar as an item of a list. `None` if the list does not take it, even in quotes.
fn as_item(subschema: &Value, value: &Value, raw: &str, written: String) -> Option<String> {
    let items = &subschema["items"];
    if items["type"] != "string" {
        return Some(written);
    }
    let text = raw.trim_matches(['"', '\'']);
    fits_quoted(items, raw).then(|| match value {
        Value::String(_) => written,
        _ => Value::from(text).to_string(),
    })
}

/// Whether a value would fit with quotes around it.
fn fits_quoted(subschema: &Value, raw: &str) -> bool {
    let pattern = subschema["pattern"].as_str();
    let pattern = pattern.and_then(|pattern| Regex::new(pattern).ok());
    pattern.is_none_or(|pattern| pattern.is_match(raw.trim_matches(['"', '\''])))
}

/// The same, then what the schema says. `value`: with its text in the file.
pub fn type_help(
    key: &str,
    subschema: &Value,
    (value, raw): (&Value, &str),
    advice: Option<String>,
) -> Option<String> {
    match (form_of_type(key, subschema, value, raw), advice) {
        (Some(form), Some(advice))
            if form.starts_with("quote it") && !fits_quoted(subschema, raw) =>
        {
            Some(advice)
        }
        // Nothing else is wrong.
        (Some(form), _) if form.starts_with("quote it") => Some(form),
        (Some(form), Some(advice)) => Some(format!("{form}; {advice}")),
        (None, None) => {
            let example = example(subschema);
            let example = example.map(|example| format!("write for example `{key}: {example}`"));
            example.or_else(|| range(subschema))
        }
        (form, advice) => form.or(advice),
    }
}

/// The numbers that a schema allows.
fn range(subschema: &Value) -> Option<String> {
    let bound = |name: &str| subschema[name].as_u64();
    let (least, most) = (bound("minimum")?, bound("maximum")?);
    Some(format!("write a whole number from {least} to {most}"))
}

/// A key or an item without the space after its colon or hyphen, which YAML reads as one text. `has_keys`: whether a key may stand here.
fn with_space(text: &str, has_keys: bool) -> Option<String> {
    let pair = without_space(text).filter(|_| has_keys);
    if let Some((key, value)) = pair {
        return Some(format!("put a space after the colon: `{key}: {value}`"));
    }
    let item = text.strip_prefix('-')?;
    (!item.is_empty() && is_word(item)).then(|| format!("put a space after the hyphen: `- {item}`"))
}

/// Splits `key:value`, which lacks a space.
pub fn without_space(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let is_plain = |c: char| !c.is_control() && c != '`';
    let fits = is_word(key)
        && !value.is_empty()
        && !value.starts_with([' ', '/', ':'])
        && value.chars().all(is_plain);
    (fits && text.chars().count() <= MAX_EXAMPLE_CHARS).then_some((key, value))
}

/// A pair whose key has no colon, as it should be: `versioning true`.
pub fn without_colon(text: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./ ,\"'[]{}".contains(c);
    let fits = text.chars().count() <= MAX_EXAMPLE_CHARS && text.chars().all(is_plain);
    match text.split_once(' ') {
        _ if !fits => None,
        None => is_word(text).then(|| format!("{text}:")),
        Some((key, value)) => is_word(key).then(|| format!("{key}: {}", value.trim())),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// What is wrong with a text that does not match a pattern, if the pattern only sets the length and the characters: `^[0-9]{12}$`.
pub fn wrong_length(pattern: &str, text: &str) -> Option<(usize, usize)> {
    let class = pattern.strip_prefix("^[")?.strip_suffix("}$")?;
    let (class, length) = class.split_once("]{")?;
    let wanted: usize = length.parse().ok()?;
    let found = text.chars().count();
    (!class.contains('[') && found != wanted).then_some((found, wanted))
}

/// The schema's sentence, and an example if it has none.
pub fn with_example(subschema: &Value, advice: Option<String>) -> Option<String> {
    let example = example(subschema);
    match (advice, example) {
        (Some(advice), Some(example)) if !says(&advice, &example) => {
            Some(format!("{advice}; for example {example}"))
        }
        (None, Some(example)) => Some(format!("write for example {example}")),
        (advice, _) => advice,
    }
}

fn says(advice: &str, example: &str) -> bool {
    advice.contains("for example") || advice.contains(example.trim_matches('"'))
}

/// The schema's first short example as one line of YAML.
fn example(subschema: &Value) -> Option<String> {
    let examples = subschema.get("examples")?.as_array()?;
    let examples = examples.iter().filter(|example| **example != "");
    examples
        .filter_map(flow)
        .find(|text| text.chars().count() <= MAX_EXAMPLE_CHARS)
}

/// The places of the first item that equals an earlier one: the earlier one, then the item.
pub fn repeated_item(items: &Value) -> Option<(usize, usize)> {
    let items = items.as_array()?;
    let items = &items[..items.len().min(MAX_COMPARED)];
    items.iter().enumerate().find_map(|(index, item)| {
        let earlier = items[..index].iter().position(|other| other == item)?;
        Some((earlier, index))
    })
}

/// The two numbers of a list that are next to a number.
pub fn nearest_numbers(value: &Value, options: &[&str]) -> Option<String> {
    let value = value.as_i64()?;
    let numbers: Option<Vec<i64>> = options.iter().map(|option| option.parse().ok()).collect();
    let numbers = numbers?;
    let below = numbers.iter().filter(|number| **number < value).max();
    let above = numbers.iter().filter(|number| **number > value).min();
    Some(match (below, above) {
        (Some(below), Some(above)) => format!("the nearest are `{below}` and `{above}`"),
        (Some(only), None) | (None, Some(only)) => format!("the nearest is `{only}`"),
        (None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_of_another_type_has_a_form() {
        let list = json!({"type": "array"});
        let accounts = json!({
            "type": "array",
            "examples": [["123456789012"]],
            "items": {"type": "string", "pattern": "^[0-9]{12}$"},
        });
        let map =
            json!({"type": "object", "examples": [{"Team": "forecasting", "CostCenter": "4711"}]});
        for (schema, value, raw, form) in [
            (&list, json!("a"), "a", "write a list: `x: [a]`"),
            (
                &accounts,
                json!(100000000001_u64),
                "100000000001",
                "write a list: `x: [\"100000000001\"]`",
            ),
            // Quotes alone would not help.
            (
                &accounts,
                json!(1000),
                "1000",
                "write a list: `x: [\"123456789012\"]`",
            ),
            (
                &list,
                json!("-a"),
                "-a",
                "put a space after the hyphen: `- a`",
            ),
            (
                &map,
                json!(["Team=forecasting"]),
                "",
                "write a mapping: `x: {Team: forecasting, CostCenter: \"4711\"}`",
            ),
            (
                &json!({"type": "object"}),
                json!("versioning:true"),
                "",
                "put a space after the colon: `versioning: true`",
            ),
            (
                &json!({"type": "object"}),
                json!("https://a"),
                "",
                "write a mapping: `x: {KEY: VALUE}`",
            ),
            (
                &json!({"type": "string"}),
                json!(4711),
                "04711",
                "quote it: \"04711\"",
            ),
            (
                &json!({"type": "boolean"}),
                json!("true"),
                "\"true\"",
                "remove the quotes: `x: true`",
            ),
        ] {
            let found = form_of_type("x", schema, &value, raw);
            assert_eq!(found.as_deref(), Some(form), "{value}");
        }
        let schema = json!({"type": "integer", "examples": [14]});
        let help = |advice| type_help("x", &schema, (&json!([1]), ""), advice);
        assert_eq!(help(None).unwrap(), "write for example `x: 14`");
        assert_eq!(help(Some("use days".to_owned())).unwrap(), "use days");
    }

    #[test]
    fn a_fixed_length_is_counted() {
        assert_eq!(wrong_length("^[0-9]{12}$", "12345678901"), Some((11, 12)));
        assert_eq!(wrong_length("^[0-9]{12}$", "a23456789012"), None);
        assert_eq!(wrong_length("^[a-z]+$", "A"), None);
    }

    #[test]
    fn numbers_and_items_are_found() {
        let options = ["1", "3", "7", "14"];
        let nearest = |value: i64| nearest_numbers(&value.into(), &options);
        assert_eq!(nearest(13).unwrap(), "the nearest are `7` and `14`");
        assert_eq!(nearest(99).unwrap(), "the nearest is `14`");
        assert_eq!(repeated_item(&json!(["a", "b", "a"])), Some((0, 2)));
        assert_eq!(repeated_item(&json!(["a"])), None);
    }
}
