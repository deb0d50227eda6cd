//! JSON documents for programs: each names its version in its first key, and has a schema generated from its type.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::escape_json;

/// A document that the program prints or writes. Every key is always there; a value that is absent or unknown is `null`.
pub trait JsonDocument: Serialize + JsonSchema {
    /// The name of the schema.
    const NAME: &'static str;
    /// One line.
    const TITLE: &'static str;
    /// The value of the first key. A key that is removed or renamed, or that has another meaning, needs another number.
    const FORMAT: &'static str;
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    format: &'static str,
    #[serde(flatten)]
    document: &'a T,
}

/// The text of a document, without characters that a log or a terminal would obey.
pub fn json_text<T: JsonDocument>(document: &T) -> serde_json::Result<String> {
    let versioned = Versioned {
        format: T::FORMAT,
        document,
    };
    Ok(escape_json(
        serde_json::to_string_pretty(&versioned)? + "\n",
    ))
}

/// The JSON Schema of a document. It allows keys that a later release adds.
pub fn json_schema<T: JsonDocument>() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(use_json_words));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), T::TITLE.into());
    let format = json!({ "description": "The version of the document.", "const": T::FORMAT });
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.shift_insert(0, "format".to_owned(), format);
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.insert(0, "format".into());
    }
    schema.to_value()
}

/// Turns words of Rust into words of JSON.
fn use_json_words(schema: &mut Schema) {
    // The width of an integer.
    schema.remove("format");
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let text = text.replace('\n', " ").replace("`None`", "`null`");
        schema.insert("description".to_owned(), text.into());
    }
}
