//! Codes as text: how people and files read them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::catalogue::Code;
use super::product_code::ProductCode;

impl From<ProductCode> for Code {
    fn from(code: ProductCode) -> Self {
        Self::Product(code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl JsonSchema for Code {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A text that is no code of the engine is a product's: an evidence file may name products that are not here.
impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self::of_engine(&text).unwrap_or(Self::Product(ProductCode::new(text))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::catalogue::CATALOGUE;

    #[test]
    fn every_code_survives_a_file() {
        let product = Code::from(ProductCode::new("s3-name-too-long"));
        let all = CATALOGUE.iter().map(|entry| &entry.code).chain([&product]);
        for code in all {
            let text = serde_json::to_string(code).unwrap();
            let read: Code = serde_json::from_str(&text).unwrap();
            assert_eq!(read, *code);
        }
    }
}
