//! What the answers of a run add to an existing policy file. Everything that it says stays.

use std::collections::BTreeSet;

use super::answers::Answers;
use super::policy_text::{PolicyScope, environment_roles};
use super::question::Question;
use super::scalar::yaml;
use super::yaml_edit::YamlEdit;
use crate::guard::{POLICY_FILE, Policy, PolicyChange, read_policy};
use crate::model::{FileContents, RepoPath};
use crate::text::quote;

/// The policy text with what the answers of this run ask for. `is_selected`: whether the globs of the policy select configs of the answers'
/// folder. `Err`: what cannot be added.
pub fn merged_policy(
    text: &str,
    policy: &Policy,
    answers: &Answers,
    scope: Option<&PolicyScope<'_>>,
    is_selected: bool,
) -> Result<String, String> {
    let mut edit = YamlEdit::new(text);
    let asks = |question| answers.asked.contains(&question);
    let mut items: Vec<(Vec<String>, String)> = Vec::new();
    let mut want = |path: &[&str], known: &[String], value: &str| {
        // An empty list allows everything.
        if !known.is_empty() && !known.iter().any(|known| known == value) {
            let path = path.iter().map(|key| (*key).to_owned());
            items.push((path.collect(), value.to_owned()));
        }
    };
    if (asks(Question::Product) || asks(Question::Folder)) && !is_selected {
        want(
            &["configs"],
            &policy.configs,
            &format!("{}/*.yaml", answers.folder),
        );
    }
    if asks(Question::Environments) {
        for account in answers.accounts() {
            want(&["accounts"], &policy.accounts, account);
        }
    }
    let mut boundary = None;
    if let (Some(own), Some(scope)) = (&policy.scope, scope) {
        if asks(Question::Product) {
            want(&["scope", "products"], &own.products, scope.product);
            boundary = scope.boundary.filter(|_| own.boundary.is_none());
        }
        if asks(Question::Region) {
            want(&["scope", "regions"], &own.regions, scope.region);
        }
        if asks(Question::Prefix)
            && let Some((key, value)) = scope.prefix
            && let Some(known) = own.names.get(key)
        {
            want(&["scope", "names", key], known, value);
        }
    }
    for (path, value) in &items {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let added = edit.add_item(&keys, &yaml(value));
        added.ok_or_else(|| format!("{} to `{}`", quote(value), path.join(".")))?;
    }
    if let Some(boundary) = boundary {
        let added = edit.add_key(&["scope"], "boundary", &yaml(boundary), &[]);
        added.ok_or_else(|| format!("{} as `scope.boundary`", quote(boundary)))?;
    }
    if asks(Question::Environments) && !policy.environments.is_empty() {
        let new = answers.environments.iter();
        for one in new.filter(|one| !policy.environments.contains_key(&one.name)) {
            let [plan, apply] = environment_roles(answers, one);
            let flow = format!(
                "{{roles: {{plan: {}, apply: {}}}}}",
                yaml(&plan),
                yaml(&apply)
            );
            let block = [
                "  roles:".to_owned(),
                format!("    plan: {plan}"),
                format!("    apply: {apply}"),
            ];
            let added = edit.add_key(&["environments"], &yaml(&one.name), &flow, &block);
            added.ok_or_else(|| format!("{} to `environments`", quote(&one.name)))?;
        }
    }
    let merged = edit.into_text();
    match only_adds(text, &merged, policy) {
        true => Ok(merged),
        false => Err("the answers of this run".to_owned()),
    }
}

/// Whether the new text loads, and each key of an environment, a default and every other rule has its former value. Lists of what is selected or
/// allowed may be longer.
fn only_adds(before: &str, after: &str, policy: &Policy) -> bool {
    const LISTS: [&str; 4] = ["configs", "accounts", "scope.products", "scope.regions"];
    let path = RepoPath::typed(POLICY_FILE);
    if read_policy(&path, Some(after.as_bytes())).is_err() {
        return false;
    }
    let contents = |text: &str| FileContents::Regular(text.as_bytes().to_vec());
    let change = PolicyChange::new(&path, Some(&contents(before)), Some(&contents(after)), &[]);
    let Some(change) = change else {
        return true;
    };
    let items = |json: &Option<String>| -> BTreeSet<String> {
        let items = json.as_deref().map(serde_json::from_str::<Vec<String>>);
        items
            .and_then(Result::ok)
            .unwrap_or_default()
            .into_iter()
            .collect()
    };
    change.was_valid
        && change.keys.iter().all(|changed| {
            let key = changed.key.as_str();
            let is_list = LISTS.contains(&key) || key.starts_with("scope.names.");
            let mut parts = key.split('.');
            let is_new = (parts.next(), parts.next());
            match is_new {
                _ if is_list => items(&changed.before).is_subset(&items(&changed.after)),
                (Some("environments"), Some(name)) => !policy.environments.contains_key(name),
                _ => key == "scope.boundary" && changed.before.is_none(),
            }
        })
}
