//! What the answers of a run add to an existing policy file. Everything that it says stays.

use std::collections::BTreeSet;

use super::answers::Answers;
use super::earlier::{accounts_of, fixed_roles};
use super::policy_text::{PolicyScope, environment_roles};
use super::question::Question;
use super::scalar::{yaml, yaml_list};
use super::yaml_edit::YamlEdit;
use crate::guard::{POLICY_FILE, Policy, PolicyChange, read_policy};
use crate::model::{FileContents, RepoPath};
use crate::text::quote;

/// The placeholder of a role's ARN.
const ANY_ACCOUNT: &str = "{account_id}";

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
    let opened = opened_roles(policy, answers);
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
        for one in &answers.environments {
            let own = policy.own_accounts(&one.name);
            for account in &one.accounts {
                want(&["environments", &one.name, "accounts"], own, account);
            }
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
    if asks(Question::Environments) {
        for (name, key, role) in &opened {
            let replaced = edit.replace(&["environments", name, "roles", key], &yaml(role));
            replaced
                .ok_or_else(|| format!("{} to `environments.{name}.roles.{key}`", quote(role)))?;
        }
        for (name, accounts) in fixed_accounts(policy, answers) {
            let list = yaml_list(accounts.iter().map(String::as_str));
            let added = edit.add_key(&["environments", name], "accounts", &list, &[]);
            added.ok_or_else(|| format!("`accounts: {list}` to `environments.{name}`"))?;
        }
    }
    if asks(Question::Environments) && !policy.environments.is_empty() {
        // A policy without accounts limits no environment that has none.
        let is_shared = answers.accounts().len() > 1 || policy.accounts.is_empty();
        let new = answers.environments.iter();
        for one in new.filter(|one| !policy.environments.contains_key(&one.name)) {
            let [plan, apply] = environment_roles(answers, one);
            let accounts = yaml_list(one.accounts.iter().map(String::as_str));
            let accounts = is_shared.then(|| format!("accounts: {accounts}"));
            let flow = format!(
                "{{{}roles: {{plan: {}, apply: {}}}}}",
                accounts
                    .as_ref()
                    .map_or(String::new(), |line| format!("{line}, ")),
                yaml(&plan),
                yaml(&apply)
            );
            let accounts = accounts.map(|line| format!("  {line}")).into_iter();
            let roles = [
                "  roles:".to_owned(),
                format!("    plan: {plan}"),
                format!("    apply: {apply}"),
            ];
            let block: Vec<String> = accounts.chain(roles).collect();
            let added = edit.add_key(&["environments"], &yaml(&one.name), &flow, &block);
            added.ok_or_else(|| format!("{} to `environments`", quote(&one.name)))?;
        }
    }
    let merged = edit.into_text();
    match only_adds(text, &merged, policy, &opened) {
        true => Ok(merged),
        false => Err("the answers of this run".to_owned()),
    }
}

/// Roles whose ARNs name the only account of an environment that gets others: the environment, the key, and the ARN for all of them.
fn opened_roles<'a>(
    policy: &'a Policy,
    answers: &'a Answers,
) -> Vec<(&'a str, &'static str, String)> {
    let roles = answers.environments.iter().flat_map(|one| {
        let fixed = fixed_roles(policy, &one.name).into_iter();
        let narrow = fixed.filter(|(_, _, account)| {
            one.accounts.len() > 1 && one.accounts.iter().any(|own| own == account)
        });
        narrow.map(|(key, role, account)| {
            (
                one.name.as_str(),
                key,
                role.replacen(account, ANY_ACCOUNT, 1),
            )
        })
    });
    roles.collect()
}

/// Environments without accounts of their own, with those that they keep while the list of all accounts grows or their roles name no single
/// account any more.
fn fixed_accounts<'a>(policy: &'a Policy, answers: &Answers) -> Vec<(&'a str, Vec<String>)> {
    let known = &policy.accounts;
    let is_new = |account: &&str| !known.iter().any(|known| known == account);
    let grows = !known.is_empty() && answers.accounts().iter().any(is_new);
    let opened = opened_roles(policy, answers);
    let is_opened = |name: &str| opened.iter().any(|(opened, ..)| *opened == name);
    let names = policy.environments.keys().map(String::as_str);
    let open = names.filter(|name| policy.own_accounts(name).is_empty());
    let open = open.filter(|name| grows || is_opened(name));
    open.map(|name| {
        let mut asked = answers.environments.iter().filter(|one| one.name == name);
        let accounts = asked.next().map(|one| one.accounts.clone());
        (name, accounts.unwrap_or_else(|| accounts_of(policy, name)))
    })
    .collect()
}

/// Whether the new text loads, and each key of an environment, a default and every other rule has its former value. Lists of what is selected or
/// allowed may be longer.
fn only_adds(before: &str, after: &str, policy: &Policy, opened: &[(&str, &str, String)]) -> bool {
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
            if let Some(name) = of_known_environment(key, policy) {
                let before = match &changed.before {
                    Some(_) => items(&changed.before),
                    None => accounts_of(policy, name).into_iter().collect(),
                };
                return before.is_subset(&items(&changed.after));
            }
            // An alias would change the role of another environment too.
            if let Some((.., role)) = opened
                .iter()
                .find(|(name, role, _)| key == format!("environments.{name}.roles.{role}"))
            {
                return changed.after == Some(serde_json::Value::from(role.as_str()).to_string());
            }
            let mut parts = key.split('.');
            let is_new = (parts.next(), parts.next());
            match is_new {
                _ if is_list => items(&changed.before).is_subset(&items(&changed.after)),
                (Some("environments"), Some(name)) => !policy.environments.contains_key(name),
                _ => key == "scope.boundary" && changed.before.is_none(),
            }
        })
}

/// The environment of the existing policy whose `accounts` a key is.
fn of_known_environment<'a>(key: &'a str, policy: &Policy) -> Option<&'a str> {
    let name = key.strip_prefix("environments.")?;
    let name = name.strip_suffix(".accounts")?;
    policy.environments.contains_key(name).then_some(name)
}
