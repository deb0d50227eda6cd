//! The config keys that the parts of a product read.

use std::collections::BTreeSet;

use minijinja::Value;

use super::expression::Compiled;
use super::fault::{self, failure};
use super::{KeyStatus, POLICY, Product, ProductError};
use crate::diagnostic::Severity;

impl Product {
    /// The config keys from which the names and the operator's policy are computed.
    pub fn policy_keys(&self) -> &BTreeSet<String> {
        self.policy_keys.get_or_init(|| {
            // Loading the product has compiled the template.
            let policy = self.templates.get_template(POLICY).ok();
            let reads = policy.map(|policy| policy.undeclared_variables(true));
            let names = self.names.iter().flat_map(|(_, name)| name.reads.clone());
            self.config_keys(reads.into_iter().flatten().chain(names))
        })
    }

    /// The config keys from which the names are computed.
    pub fn name_keys(&self) -> BTreeSet<String> {
        let names = self.names.iter().flat_map(|(_, name)| name.reads.clone());
        self.config_keys(names)
    }

    /// The config keys from which one name is computed; `file.stem` is not among them.
    pub fn keys_of_name(&self, name: &str) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        let all = self.keys_by_name.get_or_init(|| {
            let names = self.names.iter().map(|(name, expression)| {
                let mut keys = self.config_keys(expression.reads.iter().cloned());
                keys.retain(|key| !key.starts_with("file.") && !key.starts_with("given."));
                (name.clone(), keys)
            });
            names.collect()
        });
        all.get(name).unwrap_or(&NONE)
    }

    /// Whether a config key gives the stack its account, its region or its environment.
    pub fn is_key_of_target(&self, key: &str) -> bool {
        let mut reads = self.target.iter().flat_map(|part| &part.reads);
        reads.any(|path| path == key)
    }

    /// The config keys from which the stack's name is computed.
    pub fn stack_keys(&self) -> BTreeSet<String> {
        let keys = self.config_keys(["names.stack".to_owned()]);
        let is_key = |key: &String| self.schema.key_status(key.split('.')) == KeyStatus::Known;
        keys.into_iter().filter(is_key).collect()
    }

    /// The config keys from which the names of a config's file are computed.
    pub fn file_name_keys(&self) -> BTreeSet<String> {
        let aliases = self
            .aliases
            .iter()
            .flat_map(|aliases| aliases.reads.clone());
        self.config_keys(["names.config".to_owned()].into_iter().chain(aliases))
    }

    /// Whether a name depends on the file's name.
    pub fn reads_file_name(&self) -> bool {
        let mut reads = self.names.iter().flat_map(|(_, name)| &name.reads);
        reads.any(|path| path.starts_with("file"))
    }

    /// The config keys that each broken rule reads. Rules that only warn do not count.
    pub fn broken_rule_keys(&self, scope: &Value) -> Result<Vec<BTreeSet<String>>, ProductError> {
        let mut broken = Vec::new();
        let rules = self.manifest.rules.iter().zip(&self.rules);
        for (index, (rule, compiled)) in rules.enumerate() {
            if rule.severity != Severity::Error {
                continue;
            }
            let holds = compiled.when.eval(scope).map_err(|source| {
                failure(fault::key(["rules", &index.to_string(), "when"]), source)
            })?;
            if holds.is_true() {
                broken.push(self.config_keys(compiled.when.reads.iter().cloned()));
            }
        }
        Ok(broken)
    }

    /// Paths with each name replaced by the keys that it reads.
    fn config_keys(&self, reads: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let mut open: Vec<String> = reads.into_iter().collect();
        let mut known = BTreeSet::new();
        while let Some(path) = open.pop() {
            let Some(name) = path.strip_prefix("names.") else {
                keys.insert(path);
                continue;
            };
            let reads = |(known, _): &&(String, Compiled)| known == name;
            if let (true, Some((_, expression))) =
                (known.insert(name.to_owned()), self.names.iter().find(reads))
            {
                open.extend(expression.reads.iter().cloned());
            }
        }
        keys
    }
}
