//! The values of the config, as far as they may be shown.

use minijinja::{Value, context};
use serde_json::Value as Json;

use super::super::redactor::{HiddenValueIds, Redactor};
use crate::config::Config;

/// Rows of the keys that the config sets, and of those that have their default.
pub(super) fn config_values(config: &Config, redactor: &Redactor) -> (Vec<Value>, Vec<Value>) {
    let mut list = ValueList {
        config,
        redactor,
        ids: redactor.hidden_value_ids(),
        path: Vec::new(),
        set: Vec::new(),
        defaults: Vec::new(),
    };
    list.add(&config.values);
    (list.set, list.defaults)
}

struct ValueList<'a> {
    config: &'a Config,
    redactor: &'a Redactor,
    ids: HiddenValueIds<'a>,
    path: Vec<String>,
    set: Vec<Value>,
    defaults: Vec<Value>,
}

impl ValueList<'_> {
    fn add(&mut self, value: &Json) {
        if let Json::Object(entries) = value
            && !entries.is_empty()
        {
            for (key, value) in entries {
                self.path.push(key.clone());
                self.add(value);
                self.path.pop();
            }
            return;
        }
        let key = self.path.join(".");
        let text = match value {
            Json::Array(items) if items.is_empty() => "[]".to_owned(),
            Json::Object(_) => "{}".to_owned(),
            Json::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.shown(&key, item)).collect();
                items.join(", ")
            }
            value => self.shown(&key, value),
        };
        let keys = self.path.iter().map(String::as_str);
        let is_set = self.config.files.node(keys);
        let rows = match is_set {
            Some(_) => &mut self.set,
            None => &mut self.defaults,
        };
        rows.push(context! { key, text });
    }

    fn shown(&mut self, key: &str, value: &Json) -> String {
        let may_show = self.redactor.may_show_change(key, [value, value])
            || value.as_str().is_some_and(|text| self.is_in_name(text));
        self.ids.show_value(value, may_show)
    }

    /// Whether a name that the page shows has the value as one of its parts, such as `acme` in `acme-prod-s3`.
    fn is_in_name(&self, text: &str) -> bool {
        let is_whole = |name: &str, start: usize| {
            let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            !joins(name[..start].chars().next_back())
                && !joins(name[start + text.len()..].chars().next())
        };
        let mut names = self.config.derived.names.values();
        !text.is_empty()
            && names.any(|name| {
                name.match_indices(text)
                    .any(|(start, _)| is_whole(name, start))
            })
    }
}
