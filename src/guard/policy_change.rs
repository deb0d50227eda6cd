//! What a change of the policy file changes, key by key.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::policy::{read_file as read_policy, read_values};
use super::weaker::allows_more;
use crate::diagnostic::Diagnostic;
use crate::model::{FileContents, RepoPath};
use crate::product::Target;

/// A change of the policy file, which takes effect after the merge.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PolicyChange {
    /// Whether the file before the change loads.
    pub was_valid: bool,
    /// Errors of the file after the change.
    pub problems: Vec<Diagnostic>,
    /// Keys with other values. Empty if one side does not load.
    pub keys: Vec<ChangedKey>,
    /// Configs that only the changed `configs` select.
    pub added: Vec<RepoPath>,
    /// Configs that `configs` selects no more. Their stacks stay, and nothing manages them.
    pub left: Vec<RepoPath>,
    /// Configs whose account or environment the policy allows no more.
    pub denied: Vec<RepoPath>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedKey {
    /// Dotted key.
    pub key: String,
    /// As JSON; `None` if the key was absent and has no default.
    pub before: Option<String>,
    /// The same after the change.
    pub after: Option<String>,
    /// The number of configs whose stacks it concerns.
    pub configs: usize,
    /// Whether the key allows, selects or shows something that was not before, or names another role.
    pub allows_more: bool,
}

impl PolicyChange {
    /// Compares the files of two commits; `None` if they are the same. `targets`: those of all configs after the change.
    pub fn new(
        path: &RepoPath,
        before: Option<&FileContents>,
        after: Option<&FileContents>,
        targets: &[Target],
    ) -> Option<Self> {
        if before == after {
            return None;
        }
        let old = read_values(path, before);
        let new = read_values(path, after);
        let mut keys = Vec::new();
        if let (Ok(old), Ok(new)) = (&old, &new) {
            changed_keys("", Some(old), Some(new), &mut keys);
            for changed in &mut keys {
                let concerned = targets
                    .iter()
                    .filter(|target| concerns(&changed.key, target, [old, new]));
                changed.configs = concerned.count();
            }
            let policies = [before, after].map(|file| read_policy(path, file));
            if let [Ok(old), Ok(new)] = &policies {
                for changed in &mut keys {
                    changed.allows_more = allows_more(&changed.key, old, new);
                }
            }
        }
        Some(Self {
            was_valid: old.is_ok(),
            problems: new.err().unwrap_or_default(),
            keys,
            added: Vec::new(),
            left: Vec::new(),
            denied: Vec::new(),
        })
    }
}

impl PolicyChange {
    /// Whether a changed key allows more than before.
    pub fn weakens(&self) -> bool {
        self.keys.iter().any(|key| key.allows_more)
    }
}

/// Whether a key has a say about a target. A default has none where the environment has a value of its own.
fn concerns(key: &str, target: &Target, policies: [&Value; 2]) -> bool {
    let environment = &target.environment;
    if let Some(rest) = key.strip_prefix("environments.") {
        return rest.split('.').next() == Some(environment);
    }
    let Some(name) = key.strip_prefix("defaults.") else {
        return true;
    };
    let pointer = format!("/environments/{environment}/{name}");
    !policies
        .iter()
        .all(|policy| policy.pointer(&pointer).is_some())
}

/// Dotted keys whose values differ. A list is one value.
fn changed_keys(
    at: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    keys: &mut Vec<ChangedKey>,
) {
    if before == after {
        return;
    }
    // An absent mapping is shown key by key, too; an empty one has no keys to show.
    let empty = Value::Object(serde_json::Map::new());
    let is_empty = |side: Option<&Value>| side.is_none_or(|side| *side == empty);
    if is_empty(before) && is_empty(after) {
        return keys.push(ChangedKey {
            key: at.to_owned(),
            before: before.map(Value::to_string),
            after: after.map(Value::to_string),
            configs: 0,
            allows_more: false,
        });
    }
    let sides = [before, after].map(|side| side.unwrap_or(&empty).as_object());
    match sides {
        [Some(old), Some(new)] => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let path = match at.is_empty() {
                    true => name.clone(),
                    false => format!("{at}.{name}"),
                };
                changed_keys(&path, old.get(name), new.get(name), keys);
            }
        }
        _ => keys.push(ChangedKey {
            key: at.to_owned(),
            before: before.map(Value::to_string),
            after: after.map(Value::to_string),
            configs: 0,
            allows_more: false,
        }),
    }
}
