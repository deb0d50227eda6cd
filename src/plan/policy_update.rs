//! The change of the operator policy of a config.

use serde_json::Value;

use super::PolicyUpdate;
use crate::diff::diff;

/// `None` if both policies have the same statements in the same order. `old`: `None` for a new config, or if the policy does not render.
pub(super) fn policy_update(
    old: Option<&str>,
    new: &str,
    action: Option<String>,
    is_new: bool,
) -> Option<PolicyUpdate> {
    let old = old.map_or_else(String::new, by_line);
    let diff = diff(&old, &by_line(new))?;
    Some(PolicyUpdate {
        action,
        renews_roles: true,
        is_new,
        diff,
    })
}

/// The policy as YAML, with a value on each line, however the product writes it. The order of actions, resources and values means
/// nothing.
fn by_line(policy: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(policy) else {
        return policy.to_owned();
    };
    sort_texts(&mut value);
    serde_yaml::to_string(&value).unwrap_or_else(|_| policy.to_owned())
}

fn sort_texts(value: &mut Value) {
    match value {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        }
        Value::Array(items) => items.iter_mut().for_each(sort_texts),
        Value::Object(fields) => fields.values_mut().for_each(sort_texts),
        _ => {}
    }
}
