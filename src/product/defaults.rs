//! Defaults of config keys: those of the schema, and those that depend on the config.

use serde_json::Value as Json;

use super::fault::{ProductError, failure};
use super::{Product, RunInput, fault};

impl Product {
    /// Adds absent keys that have a default, and splits strings that represent lists. `stem`: of the config's file name.
    /// `invalid` means that the config breaks the schema, so
    /// that an expression over it may fail without a bug in the product.
    pub fn normalize(
        &self,
        values: &mut Json,
        stem: &str,
        given: &RunInput,
        invalid: bool,
    ) -> Result<(), ProductError> {
        let pointer = |key: &[String]| format!("/{}", key.join("/"));
        let absent = self.defaults.iter();
        let absent: Vec<_> = absent
            .filter(|(key, _)| values.pointer(&pointer(key)).is_none())
            .collect();
        self.schema.normalize(values);
        if absent.is_empty() {
            return Ok(());
        }
        // A name that reads such a key sees the default of the schema.
        let (derived, _) = self.derive(values, stem, given, |_| false, true)?;
        for (key, expression) in absent {
            let written = key.join(".");
            let value = match expression.eval(&derived.scope) {
                Ok(value) => value,
                Err(_) if invalid => continue,
                Err(source) => return Err(failure(fault::key(["defaults", &written]), source)),
            };
            if value.is_undefined() || value.is_none() {
                continue;
            }
            let value = serde_json::to_value(&value).map_err(|error| {
                let kind = minijinja::ErrorKind::BadSerialization;
                let source = minijinja::Error::new(kind, error.to_string());
                failure(fault::key(["defaults", &written]), source)
            })?;
            let Some((last, above)) = key.split_last() else {
                continue;
            };
            let parent = values.pointer_mut(&pointer(above));
            if let Some(Json::Object(parent)) = parent {
                parent.insert(last.clone(), value);
            }
        }
        Ok(())
    }
}
