//! References of a product's JSON Schema, and their bounds.

use std::collections::HashMap;

use serde_json::Value;

use crate::text::did_you_mean;

/// Why a text is no schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaFault {
    pub message: String,
    pub at: SchemaPlace,
    /// One imperative.
    pub help: Option<String>,
}

/// Where in the schema's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaPlace {
    /// Keys and list indices from the root.
    Key(Vec<String>),
    /// Line and column, from 1.
    Point(usize, usize),
}

/// Counts the subschemas after every reference is expanded: a value may be validated against each of them.
pub(super) struct Expansion<'a> {
    document: &'a Value,
    /// By the target of a reference; `None` while it is being counted.
    known: HashMap<&'a str, Option<usize>>,
    /// The keys from the root to the subschema that is being counted.
    at: Vec<String>,
}

impl<'a> Expansion<'a> {
    /// Far more than a product needs. 40 definitions of two references each would expand to a million millions.
    const MAX_EXPANSION: usize = 20_000;

    pub(super) fn new(document: &'a Value) -> Self {
        Self {
            document,
            known: HashMap::new(),
            at: Vec::new(),
        }
    }

    pub(super) fn within_bounds(mut self) -> Result<(), SchemaFault> {
        let size = self.count(self.document)?;
        if size > Self::MAX_EXPANSION {
            let most = Self::MAX_EXPANSION;
            return Err(self.fault(format!("references expand to more than {most} subschemas")));
        }
        Ok(())
    }

    fn count(&mut self, value: &'a Value) -> Result<usize, SchemaFault> {
        let mut size = 1_usize;
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    self.at.push(key.clone());
                    let more = match (key.as_str(), value) {
                        ("$ref", Value::String(target)) => self.target(target)?,
                        ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                            return Err(self.fault(format!("`{key}` is not supported: use `$ref`")));
                        }
                        _ => self.count(value)?,
                    };
                    self.at.pop();
                    size = size.saturating_add(more);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.at.push(index.to_string());
                    size = size.saturating_add(self.count(item)?);
                    self.at.pop();
                }
            }
            _ => {}
        }
        Ok(size)
    }

    fn target(&mut self, target: &'a str) -> Result<usize, SchemaFault> {
        match self.known.get(target) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(self.fault(format!("the `$ref` leads back to itself: `{target}`")));
            }
            None => {}
        }
        let pointer = target
            .strip_prefix('#')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(subschema) = pointer.and_then(|pointer| self.document.pointer(pointer)) else {
            let fault = self.fault(format!(
                "the `$ref` leads to nothing in this file: `{target}`"
            ));
            let known = ["$defs", "definitions"].iter().flat_map(|list| {
                let names = self.document.get(list).and_then(Value::as_object);
                let names = names.into_iter().flatten();
                names.map(move |(name, _)| format!("#/{list}/{name}"))
            });
            let known: Vec<String> = known.collect();
            let help = match did_you_mean(target, known.iter().map(String::as_str)) {
                Some(meant) => format!("write `{meant}`"),
                None => "write `#/$defs/` and a name below `$defs`".to_owned(),
            };
            return Err(SchemaFault {
                help: Some(help),
                ..fault
            });
        };
        self.known.insert(target, None);
        let size = self.count(subschema)?;
        self.known.insert(target, Some(size));
        Ok(size)
    }

    fn fault(&self, message: String) -> SchemaFault {
        SchemaFault {
            message,
            at: SchemaPlace::Key(self.at.clone()),
            help: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::product::Schema;

    #[test]
    fn attack_references_that_expand_without_end() {
        let doubling: String = (0..40)
            .map(|n| {
                let next = format!(r##"{{"$ref":"#/$defs/d{}"}}"##, n + 1);
                format!(r#""d{n}":{{"allOf":[{next},{next}]}},"#)
            })
            .collect();
        for schema in [
            format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{doubling}"d40":true}}}}"##),
            r##"{"properties":{"a":{"allOf":[{"$ref":"#"},{"$ref":"#"}]}}}"##.to_owned(),
            r##"{"$dynamicAnchor":"a","items":{"$dynamicRef":"#a"}}"##.to_owned(),
            r##"{"$defs":{"x":{"$anchor":"x"}},"$ref":"#x"}"##.to_owned(),
        ] {
            assert!(Schema::compile(&schema).is_err(), "{schema}");
        }
        let shared = r##"{"$defs":{"x":{"type":"string"}},"items":{"$ref":"#/$defs/x"},"not":{"$ref":"#/$defs/x"}}"##;
        assert!(Schema::compile(shared).is_ok());
    }
}
