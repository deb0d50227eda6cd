//! The configs that a scope represents: one for each way in which the keys that a policy reads can be set. Keys that the scope leaves
//! open hold markers.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::error::{RolesError, ScopeProblem};
use super::marker::{MAX_MARKERS, marker};
use crate::guard::Scope;
use crate::product::{Derived, Product, ProductError, RunInput, Target};

/// Combinations of enumerated keys that are tried.
const MAX_COMBINATIONS: usize = 5_000;

/// The keys of a product's schema, and the values that they take.
pub(super) struct Shapes<'a> {
    product: &'a Product,
    /// Values of all keys with only one.
    base: Value,
    /// Keys of which every combination is tried.
    crossed: Vec<(String, Vec<Value>)>,
    /// Optional keys: set, or left at their default.
    optional: Vec<(String, Vec<Value>)>,
    /// Keys that are part of names.
    name_keys: BTreeSet<String>,
    /// Keys by the number of their marker, and whether each is required.
    pub open: Vec<(String, bool)>,
}

/// A key without keys below it.
struct Leaf {
    path: String,
    required: bool,
    schema: Value,
}

impl<'a> Shapes<'a> {
    /// `closed` are optional keys that keep their default. `None` if the product has no config of this target.
    pub fn new(
        product: &'a Product,
        target: &Target,
        scope: &Scope,
        closed: &BTreeSet<String>,
    ) -> Result<Option<Self>, RolesError> {
        let wrong = |problem: ScopeProblem| RolesError::scope(product.name(), problem);
        let mut fixed: BTreeMap<&str, &str> = BTreeMap::new();
        let written = &product.manifest.target;
        let written = [&written.account, &written.region, &written.environment];
        let target = [&target.account, &target.region, &target.environment];
        let keys = product.target_keys().into_iter().zip(written);
        for ((key, written), value) in keys.zip(target) {
            // With an expression, no value of the key is known to give the target.
            let key = key.filter(|key| written.trim() == *key);
            fixed.insert(
                key.ok_or_else(|| wrong(ScopeProblem::ComputedTarget))?,
                value,
            );
        }
        let read = product.policy_keys();
        let mut leaves = Vec::new();
        collect(product.schema.document(), "", true, &mut leaves);
        let mut shapes = Self {
            product,
            base: json!({}),
            crossed: Vec::new(),
            optional: Vec::new(),
            name_keys: product.name_keys(),
            open: Vec::new(),
        };
        for leaf in leaves {
            let allowed = leaf.schema["enum"].as_array();
            if let Some(value) = fixed.get(leaf.path.as_str()) {
                if allowed.is_some_and(|allowed| !allowed.contains(&json!(value))) {
                    return Ok(None);
                }
                set(&mut shapes.base, &leaf.path, json!(value));
            } else if let Some(values) = scope.names.get(&leaf.path) {
                let values: Vec<Value> = values.iter().map(|value| json!(value)).collect();
                match leaf.required || allowed.is_some() {
                    true => shapes.crossed.push((leaf.path, values)),
                    false => shapes.optional.push((leaf.path, values)),
                }
            } else {
                shapes.add(leaf, read, closed).map_err(wrong)?;
            }
        }
        Ok(Some(shapes))
    }

    /// Adds a key that the scope does not list.
    fn add(
        &mut self,
        leaf: Leaf,
        read: &BTreeSet<String>,
        closed: &BTreeSet<String>,
    ) -> Result<(), ScopeProblem> {
        let is_read = read.contains(&leaf.path);
        let kind = leaf.schema["type"].as_str().unwrap_or("string");
        let choices = match (leaf.schema["enum"].as_array(), kind) {
            (Some(allowed), _) => Some(allowed.clone()),
            (None, "boolean") => Some(vec![json!(false), json!(true)]),
            _ => None,
        };
        match choices {
            Some(choices) if is_read => self.crossed.push((leaf.path, choices)),
            Some(choices) if leaf.required => {
                let first = choices.into_iter().next().unwrap_or_default();
                set(&mut self.base, &leaf.path, first);
            }
            Some(_) => {}
            None if kind == "string" && leaf.required => {
                let marker = self.marker(&leaf.path, true)?;
                set(&mut self.base, &leaf.path, json!(marker));
            }
            None if kind == "string" && !closed.contains(&leaf.path) && is_read => {
                let marker = self.marker(&leaf.path, false)?;
                self.optional.push((leaf.path, vec![json!(marker)]));
            }
            None if kind == "array"
                && !leaf.required
                && !closed.contains(&leaf.path)
                && is_read =>
            {
                let items = self.items(&leaf)?;
                if !items.is_empty() {
                    self.optional.push((leaf.path, vec![items.into()]));
                }
            }
            // Rules may require it beside a key that is read.
            None if kind == "string" && !is_read => {
                self.optional.push((leaf.path, vec![json!("unread")]));
            }
            None if leaf.required => {
                let value = match kind {
                    "integer" | "number" => leaf.schema.get("minimum").cloned().unwrap_or(json!(1)),
                    "array" => json!([]),
                    _ => json!({}),
                };
                set(&mut self.base, &leaf.path, value);
            }
            None => {}
        }
        Ok(())
    }

    /// One mapping for each alternative of a list's items, with markers for what it requires. Empty if items are no mappings.
    fn items(&mut self, leaf: &Leaf) -> Result<Vec<Value>, ScopeProblem> {
        let schema = &leaf.schema["items"];
        if schema["type"] != "object" {
            return Ok(Vec::new());
        }
        let required = |schema: &Value| -> Vec<String> {
            let keys = schema["required"].as_array().into_iter().flatten();
            keys.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let alternatives = match schema["oneOf"].as_array() {
            Some(alternatives) => alternatives.iter().map(required).collect(),
            None => vec![Vec::new()],
        };
        let mut items = Vec::new();
        for alternative in alternatives {
            let mut item = json!({});
            for key in required(schema).into_iter().chain(alternative) {
                item[&key] = self.marker(&leaf.path, false)?.into();
            }
            items.push(item);
        }
        Ok(items)
    }

    fn marker(&mut self, path: &str, required: bool) -> Result<String, ScopeProblem> {
        let number = self.open.len();
        // The last marker is that of a file's name.
        if number >= MAX_MARKERS - 1 {
            return Err(ScopeProblem::TooManyKeys);
        }
        self.open.push((path.to_owned(), required));
        Ok(marker(number))
    }

    /// All shapes that break no rule of the product.
    pub fn all(&self) -> Result<Vec<Derived>, RolesError> {
        let failed = |source| RolesError::product(self.product.name(), source);
        let count = self.crossed.iter().fold(1_usize, |count, (_, values)| {
            count.saturating_mul(values.len())
        });
        if count > MAX_COMBINATIONS {
            return Err(RolesError::scope(
                self.product.name(),
                ScopeProblem::TooManyShapes { count },
            ));
        }
        let of_number = |number| {
            let values = self.combination(number);
            let mut shapes = Vec::new();
            for extra in self.file_names() {
                self.of_combination(&values, *extra, &mut shapes)?;
            }
            Ok(shapes)
        };
        let shapes = (0..count).into_par_iter().map(of_number);
        let shapes: Result<Vec<_>, ProductError> = shapes.collect();
        Ok(shapes.map_err(failed)?.concat())
    }

    fn combination(&self, mut number: usize) -> Value {
        let mut values = self.base.clone();
        for (path, choices) in &self.crossed {
            set(&mut values, path, choices[number % choices.len()].clone());
            number /= choices.len();
        }
        values
    }

    /// Whether a file's name can hold a part that no key gives.
    fn file_names(&self) -> &'static [bool] {
        match self.product.reads_file_name() {
            true => &[false, true],
            false => &[false],
        }
    }

    /// The fullest shape, the same with each further value of a key, and without keys that are part of names.
    fn of_combination(
        &self,
        values: &Value,
        extra: bool,
        shapes: &mut Vec<Derived>,
    ) -> Result<(), ProductError> {
        let mut on: BTreeSet<usize> = (0..self.optional.len()).collect();
        let fullest = loop {
            let Some((derived, broken)) = self.derive(values, &on, None, extra)? else {
                break None;
            };
            if broken.is_empty() {
                break Some(derived);
            }
            let of_broken = |index: &usize| {
                let path = &self.optional[*index].0;
                broken.iter().any(|keys| keys.contains(path))
            };
            let drop: BTreeSet<usize> = on.iter().copied().filter(of_broken).collect();
            if drop.is_empty() {
                break None;
            }
            on = &on - &drop;
        };
        let in_names: BTreeSet<usize> = on
            .iter()
            .copied()
            .filter(|index| self.name_keys.contains(&self.optional[*index].0))
            .collect();
        let mut others = Vec::new();
        if in_names.len() > 1 {
            others.push((&on - &in_names, None));
        }
        for index in &on {
            if in_names.contains(index) {
                others.push((&on - &BTreeSet::from([*index]), None));
            }
            let more = 1..self.optional[*index].1.len();
            others.extend(more.map(|value| (on.clone(), Some((*index, value)))));
        }
        shapes.extend(fullest);
        for (on, other) in others {
            if let Some((derived, broken)) = self.derive(values, &on, other, extra)?
                && broken.is_empty()
            {
                shapes.push(derived);
            }
        }
        Ok(())
    }

    /// The names of a shape, and the keys of each rule that it breaks. `None` if no file name belongs to it.
    fn derive(
        &self,
        values: &Value,
        on: &BTreeSet<usize>,
        other: Option<(usize, usize)>,
        extra: bool,
    ) -> Result<Option<(Derived, BrokenRules)>, ProductError> {
        let mut values = values.clone();
        for index in on {
            let (path, choices) = &self.optional[*index];
            let choice = other
                .filter(|(key, _)| key == index)
                .map_or(0, |(_, choice)| choice);
            set(&mut values, path, choices[choice].clone());
        }
        let derive = |stem: &str| {
            let given = RunInput::default();
            let mut values = values.clone();
            self.product.normalize(&mut values, stem, &given, false)?;
            let (derived, _) = self
                .product
                .derive(&values, stem, &given, |_| false, false)?;
            Ok(derived)
        };
        let name = |derived: &Derived| derived.names.get("config").cloned().unwrap_or_default();
        let first = derive("")?;
        if !self.product.reads_file_name() {
            let broken = self.product.broken_rule_keys(&first.scope)?;
            return Ok(Some((first, broken)));
        }
        let plain = name(&first);
        // The file's name has to equal the name that the config gives. A part that no key gives is allowed only where that holds.
        let stems = match extra {
            false => vec![plain],
            true => with_extra_part(&plain),
        };
        for stem in stems {
            let derived = derive(&stem)?;
            if name(&derived) == stem {
                let broken = self.product.broken_rule_keys(&derived.scope)?;
                return Ok(Some((derived, broken)));
            }
        }
        Ok(None)
    }
}

/// The keys of each rule that a shape breaks.
type BrokenRules = Vec<BTreeSet<String>>;

/// The name with a marker between any two of its words.
fn with_extra_part(name: &str) -> Vec<String> {
    let extra = marker(MAX_MARKERS - 1);
    name.match_indices('-')
        .map(|(at, _)| format!("{}-{extra}{}", &name[..at], &name[at..]))
        .collect()
}

/// The keys below a schema that have no keys below them.
fn collect(schema: &Value, above: &str, required: bool, leaves: &mut Vec<Leaf>) {
    let listed = schema["required"].as_array();
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        let path = match above {
            "" => name.clone(),
            above => format!("{above}.{name}"),
        };
        let required =
            required && listed.is_some_and(|listed| listed.iter().any(|key| key == name.as_str()));
        match below.get("properties") {
            Some(_) => collect(below, &path, required, leaves),
            None => leaves.push(Leaf {
                path,
                required,
                schema: below.clone(),
            }),
        }
    }
}

fn set(values: &mut Value, path: &str, value: Value) {
    let mut at = values;
    for key in path.split('.') {
        at = &mut at[key];
    }
    *at = value;
}
