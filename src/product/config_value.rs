//! The values of a config, as expressions and templates read them.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object, Serde};
use serde_json::Value as Json;

/// Keys up to which a search is faster than a hash.
pub(super) const MAX_SEARCHED: usize = 40;

/// A map that expressions search key by key.
#[derive(Debug)]
struct SmallMap(Vec<(Value, Value)>);

impl Object for SmallMap {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let mut entries = self.0.iter();
        let entry = entries.find(|(known, _)| known.as_str() == Some(key));
        entry.map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.iter().map(|(key, _)| key.clone()).collect())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A map with different texts as keys.
pub(super) fn map(entries: Vec<(Value, Value)>) -> Value {
    match entries.len() <= MAX_SEARCHED {
        true => Value::from_object(SmallMap(entries)),
        false => Value::from_pairs(entries),
    }
}

/// A value of a config.
pub(super) fn config_value(value: &Json) -> Value {
    match value {
        Json::String(text) => Value::from(text.as_str()),
        Json::Bool(is_set) => Value::from(*is_set),
        Json::Array(items) => Value::from(items.iter().map(config_value).collect::<Vec<_>>()),
        Json::Object(entries) => {
            let entries = entries.iter();
            map(entries
                .map(|(key, value)| (Value::from(key.as_str()), config_value(value)))
                .collect())
        }
        Json::Null | Json::Number(_) => Value::from(Serde(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_engine() {
        let small =
            serde_json::json!({"b": [1, "x", null, {"c": true}], "a": {}, "": 1.5, "n": -1});
        let mut large = small.clone();
        for key in 0..MAX_SEARCHED {
            large[format!("k{key}")] = key.into();
        }
        for json in [small, large] {
            let (own, engines) = (config_value(&json), Value::from(Serde(&json)));
            assert_eq!(own, engines);
            assert_eq!(own.to_string(), engines.to_string());
            assert_eq!(own.kind(), engines.kind());
            assert_eq!(own.len(), engines.len());
            assert_eq!(
                own.get_attr("b")
                    .unwrap()
                    .get_item_by_index(1)
                    .unwrap()
                    .as_str(),
                Some("x")
            );
            assert!(own.get_attr("none").unwrap().is_undefined());
            assert!(own.get_item(&Value::from(1)).unwrap().is_undefined());
            assert_eq!(serde_json::to_value(&own).unwrap(), json);
        }
    }
}
