//! The names of a config while they are derived.

use std::sync::{Arc, PoisonError, RwLock};

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::{Enumerator, Object};

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
        Value::from_pairs(names.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

impl Object for KnownNames {
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        self.get_value_by_str(name.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.get(name).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Enumerator::Values(names.keys().map(Value::from).collect())
    }
}
