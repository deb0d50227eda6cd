//! Values of changed keys, before and after, as far as they may be shown.

use std::cell::LazyCell;

use serde_json::Value;

use super::Text;
use super::hidden_values::{HiddenNumbers, may_show_change};
use super::public_values::PublicValues;
use super::redactor::{MIN_LENGTH, Redactor};
use crate::config::Config;
use crate::plan::{ChangedValue, Impact};

/// The text of a key that the config does not set.
const ABSENT: &str = "null";

/// Fills in the texts of all values of a config's changed keys. `keys`: those whose values the policy allows to be shown.
pub fn show_values_of(impacts: &mut [Impact], config: &Config, keys: &[String]) {
    let public = PublicValues::new(config, keys);
    // A redactor renders the template, and only long numbers need it.
    let redactor = LazyCell::new(|| Redactor::for_config(config, keys));
    let may_show = |value: &Value| match value {
        Value::Null | Value::Bool(_) => true,
        Value::Number(number) => number.to_string().len() < MIN_LENGTH || !redactor.hides(number),
        Value::String(word) => word.is_empty() || public.has(word),
        Value::Array(_) | Value::Object(_) => false,
    };
    show(impacts, |key, sides| {
        may_show_change(keys, key, sides, may_show)
    });
}

/// The same with a redactor that was built before.
pub(super) fn show_changed_values(impacts: &mut [Impact], values: &Redactor) {
    show(impacts, |key, sides| values.may_show_change(key, sides));
}

/// A key's two values are shown together, or both hidden: one of them can be a secret that only the other side's template marks.
fn show(impacts: &mut [Impact], may_show: impl Fn(&str, [&Value; 2]) -> bool) {
    let mut numbers = HiddenNumbers::default();
    for impact in impacts {
        let shown = may_show(&impact.key, [impact.before.value(), impact.after.value()]);
        for side in [&mut impact.before, &mut impact.after] {
            let text = numbers.show(side.value(), shown);
            side.show(text);
        }
    }
}

/// `before → after`.
pub(super) fn changed_value(impact: &Impact) -> Text {
    let value = |value: &ChangedValue| match value.text() {
        ABSENT => Text::ours("not set"),
        text => Text::name(text),
    };
    value(&impact.before)
        .and(Text::ours(" → "))
        .and(value(&impact.after))
}
