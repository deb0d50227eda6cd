//! Texts and parts of values, as the engine has them.

use std::fmt::Write as _;

use minijinja::Value;

/// Appends a value as `~` does.
pub(super) fn write_text(text: &mut String, value: &Value) -> Option<()> {
    match value.as_str() {
        Some(part) => {
            text.push_str(part);
            Some(())
        }
        None => write!(text, "{value}").ok(),
    }
}

/// `value[start:stop]` of a text or a list.
pub(super) fn slice(value: &Value, start: Option<i64>, stop: Option<i64>) -> Option<Value> {
    if let Some(text) = value.as_str() {
        let range = range(text.chars().count(), start, stop)?;
        let part = text.chars().skip(range.start).take(range.len());
        return Some(Value::from(part.collect::<String>()));
    }
    let list = value.downcast_object_ref::<Vec<Value>>()?;
    let part = list.get(range(list.len(), start, stop)?)?;
    Some(Value::from(part.to_vec()))
}

/// The indices between two bounds. Negative bounds count from the end.
fn range(length: usize, start: Option<i64>, stop: Option<i64>) -> Option<std::ops::Range<usize>> {
    let length_signed = i64::try_from(length).ok()?;
    let index = |bound: i64| {
        let from_start = match bound < 0 {
            true => bound.saturating_add(length_signed),
            false => bound,
        };
        usize::try_from(from_start.clamp(0, length_signed)).ok()
    };
    let start = start.map_or(Some(0), index)?;
    let stop = stop.map_or(Some(length), index)?;
    Some(start..stop.max(start))
}
