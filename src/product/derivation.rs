//! Derives the names of a config, and the scope of its expressions and templates.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::value::Serde;
use minijinja::{Value, context};

use super::expression::{Compiled, as_text};
use super::fault::{self, failure};
use super::known_names::KnownNames;
use super::{Derived, Product, ProductError, RunInput, budget};

const NAMES: &str = "names";
const GIVEN: &str = "given";

impl Product {
    /// Derives the names of a config (defaults applied) in order. It stops at the first expression that reads a value that
    /// `is_bad`, because its error would only repeat that value's. The flag is true if all names were derived.
    ///
    /// `invalid` means that the config breaks the schema, so that an expression over it may fail without a bug in the product.
    pub fn derive(
        &self,
        config: &serde_json::Value,
        stem: &str,
        given: &RunInput,
        is_bad: impl Fn(&str) -> bool,
        invalid: bool,
    ) -> Result<(Derived, bool), ProductError> {
        let sections = config.as_object().into_iter().flatten();
        let mut fixed: Vec<(Value, Value)> = sections
            .map(|(key, value)| (Value::from(key.as_str()), Value::from(Serde(value))))
            .collect();
        fixed.push(("file".into(), context! { stem }));
        let mut names = NamesInOrder::new(fixed, given);
        for (name, expression) in &self.names {
            if expression.reads.iter().any(|path| is_bad(path)) {
                break;
            }
            match names.evaluate(name, expression) {
                Ok(text) => names.add(name, text),
                Err(_) if invalid => break,
                Err(failure) => return Err(failure),
            }
        }
        let complete = names.texts.len() == self.names.len();
        Ok((names.finish(), complete))
    }

    /// Derives all names again, with other settings of the run. What reads neither the settings nor a changed name stays the same.
    pub fn derive_again(
        &self,
        before: &Derived,
        given: &RunInput,
    ) -> Result<Derived, ProductError> {
        let replaced = [NAMES, GIVEN, budget::VARIABLE];
        let keys = before.scope.try_iter().into_iter().flatten();
        let keys = keys.filter(|key| !key.as_str().is_some_and(|key| replaced.contains(&key)));
        let fixed = keys.map(|key| {
            let value = before.scope.get_item(&key).unwrap_or_default();
            (key, value)
        });
        let mut names = NamesInOrder::new(fixed.collect(), given);
        let mut same: BTreeSet<&str> = BTreeSet::new();
        for (name, expression) in &self.names {
            let former = before.names.get(name);
            let text = match former.filter(|_| reads_only(expression, &same)) {
                Some(former) => former.clone(),
                None => names.evaluate(name, expression)?,
            };
            if former == Some(&text) {
                same.insert(name);
            }
            names.add(name, text);
        }
        Ok(names.finish())
    }
}

/// Whether an expression reads no settings of the run, and of the names only these.
fn reads_only(expression: &Compiled, names: &BTreeSet<&str>) -> bool {
    expression.reads.iter().all(|path| {
        let mut parts = path.split('.');
        match parts.next() {
            Some(NAMES) => parts.next().is_some_and(|name| names.contains(name)),
            section => section != Some(GIVEN),
        }
    })
}

/// The names so far, and the scope in which the next one is evaluated.
struct NamesInOrder {
    /// The variables without the names.
    fixed: Vec<(Value, Value)>,
    known: Arc<KnownNames>,
    scope: Value,
    texts: IndexMap<String, String>,
}

impl NamesInOrder {
    /// `fixed`: the sections of the config, and the file. The work budget begins anew.
    fn new(mut fixed: Vec<(Value, Value)>, given: &RunInput) -> Self {
        let tier = given.tier.as_deref().unwrap_or_default();
        let suffix = given.suffix.as_deref().unwrap_or_default();
        fixed.push((GIVEN.into(), context! { tier, suffix }));
        fixed.push((budget::VARIABLE.into(), budget::unspent()));
        let known = Arc::new(KnownNames::default());
        Self {
            scope: scope(&fixed, Value::from_dyn_object(known.clone())),
            fixed,
            known,
            texts: IndexMap::new(),
        }
    }

    fn evaluate(&self, name: &str, expression: &Compiled) -> Result<String, ProductError> {
        let value = expression.eval(&self.scope);
        value
            .map(|value| as_text(&value))
            .map_err(|source| failure(fault::key([NAMES, name]), source))
    }

    fn add(&mut self, name: &str, text: String) {
        self.known.add(name, &text);
        self.texts.insert(name.to_owned(), text);
    }

    fn finish(self) -> Derived {
        Derived {
            scope: scope(&self.fixed, self.known.finished()),
            names: self.texts,
        }
    }
}

/// One flat map, because nested `context!` maps are searched one after another at every use.
fn scope(fixed: &[(Value, Value)], names: Value) -> Value {
    Value::from_pairs(fixed.iter().cloned().chain([(NAMES.into(), names)]))
}
