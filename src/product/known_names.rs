//! The names of a config while they are derived.

use std::sync::{Arc, PoisonError, RwLock};

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::{Enumerator, Object};

use super::config_value::{MAX_SEARCHED, map};

/// The names so far: an expression sees those before its own. One map for all expressions, because copies of it for each would take
/// the square of their number.
#[derive(Debug, Default)]
pub(super) struct KnownNames(RwLock<IndexMap<String, Value>>);

impl KnownNames {
    pub fn add(&self, name: &str, text: &str) {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned(), Value::from(text));
    }

    /// A map that no longer changes.
    pub fn finished(&self) -> Value {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map(names
            .iter()
            .map(|(name, value)| (Value::from(name.as_str()), value.clone()))
            .collect())
    }
}

impl Object for KnownNames {
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        self.get_value_by_str(name.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let value = match names.len() <= MAX_SEARCHED {
            true => names
                .iter()
                .find_map(|(known, value)| (known == name).then_some(value)),
            false => names.get(name),
        };
        value.cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Enumerator::Values(names.keys().map(Value::from).collect())
    }
}
