//! Texts that `Fn::Sub` and `Fn::Join` put together.

use serde_json::Value;

/// Literal texts and functions, one after the other. `Fn::Sub` and `Fn::Join` with the same parts are equal.
#[derive(Default)]
pub(super) struct Concatenated(Vec<Value>);

impl Concatenated {
    pub fn joined(delimiter: &str, parts: Vec<Value>) -> Self {
        let mut whole = Self::default();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                whole.push(Value::String(delimiter.to_owned()));
            }
            whole.push(part);
        }
        whole
    }

    pub fn push(&mut self, part: Value) {
        let part = match parts_of(part) {
            Ok(parts) => return parts.into_iter().for_each(|part| self.push(part)),
            Err(part) => part,
        };
        match (self.0.last_mut(), part) {
            (_, Value::String(text)) if text.is_empty() => {}
            (Some(Value::String(last)), Value::String(text)) => last.push_str(&text),
            (_, part) => self.0.push(part),
        }
    }

    pub fn into_value(self) -> Value {
        let mut parts = self.0;
        match parts.len() {
            0 => Value::String(String::new()),
            1 => parts.remove(0),
            _ => {
                let joined = vec![Value::String(String::new()), Value::Array(parts)];
                Value::Object(
                    [("Fn::Join".to_owned(), Value::Array(joined))]
                        .into_iter()
                        .collect(),
                )
            }
        }
    }
}

/// The parts of a text that is put together already, or the value itself.
fn parts_of(mut value: Value) -> Result<Vec<Value>, Value> {
    let joined = value
        .as_object_mut()
        .filter(|entries| entries.len() == 1)
        .and_then(|entries| entries.get_mut("Fn::Join"));
    match joined.and_then(Value::as_array_mut).map(Vec::as_mut_slice) {
        Some([Value::String(delimiter), Value::Array(parts)]) if delimiter.is_empty() => {
            Ok(std::mem::take(parts))
        }
        _ => Err(value),
    }
}

/// A literal text and the placeholder after it, until the end.
pub(super) fn placeholders(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        literal.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        match name.strip_prefix('!') {
            Some(shown) => literal.push_str(&format!("${{{shown}}}")),
            None => found.push((std::mem::take(&mut literal), Some(name.trim().to_owned()))),
        }
        rest = behind;
    }
    literal.push_str(rest);
    found.push((literal, None));
    found
}
