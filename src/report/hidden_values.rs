//! Values that a report does not show: which they are among changed keys, and their numbers.

use serde_json::Value;

use super::allow_list::HIDDEN;

/// Whether the two values of a changed key may be shown: both, or neither. `keys`: those whose values the policy allows to be shown. An
/// absent value says nothing about a number on the other side.
pub(super) fn may_show_change(
    keys: &[String],
    key: &str,
    values: [&Value; 2],
    may_show: impl Fn(&Value) -> bool,
) -> bool {
    let is_allowed = keys.iter().any(|allowed| {
        key.strip_prefix(allowed.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    let is_number = values.iter().any(|value| value.is_number());
    let is_absent = values.iter().any(|value| value.is_null());
    is_allowed || !(is_number && is_absent) && values.iter().all(|value| may_show(value))
}

/// Numbers the hidden values of one report in the order of their appearance. Equal values have equal numbers.
///
/// A number reveals only whether two values are equal. It needs no key, cannot be tried on guesses, and means nothing in another
/// report.
#[derive(Debug, Default)]
pub(super) struct HiddenNumbers {
    hidden: Vec<Value>,
}

impl HiddenNumbers {
    /// The value, or its number.
    pub(super) fn show(&mut self, value: &Value, may_show: bool) -> String {
        if may_show || value.is_null() {
            return match value {
                Value::String(word) if !word.is_empty() => word.clone(),
                other => other.to_string(),
            };
        }
        if is_alias(value) {
            return HIDDEN.to_owned();
        }
        let known = self.hidden.iter().position(|hidden| hidden == value);
        let at = known.unwrap_or_else(|| {
            self.hidden.push(value.clone());
            self.hidden.len() - 1
        });
        format!("(hidden {})", at + 1)
    }
}

/// Whether the text represents an unknown value, so that equal texts do not mean equal values: AWS masks `NoEcho` values, and
/// dynamic references are resolved on use.
fn is_alias(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.contains("{{") || (text.contains('*') && text.chars().all(|c| c == '*'))
        }
        Value::Array(items) => items.iter().any(is_alias),
        Value::Object(entries) => entries.values().any(is_alias),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
