//! Accounts in which several environments may have stacks. Their roles are all that separates them there.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::Answers;
use super::earlier::accounts_of;
use super::question::{AnswerProblem, Question};
use super::setup::SetupForge;
use crate::guard::Policy;
use crate::text::{and_list, quote};

/// Accounts that a message names.
const MAX_NAMED: usize = 5;

/// The warnings about the accounts of environments. `before`: the policy that exists. `after`: the one that the answers give.
pub fn account_warnings(
    answers: &Answers,
    before: Option<&Policy>,
    after: &Policy,
) -> Vec<AnswerProblem> {
    let mut users: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let known = after.environments.keys().map(String::as_str);
    for (name, account) in known.flat_map(|name| {
        accounts_of(after, name)
            .into_iter()
            .map(move |account| (name, account))
    }) {
        users.entry(account).or_default().insert(name);
    }
    // The patch may have no place for an answer.
    for one in &answers.environments {
        for account in &one.accounts {
            users.entry(account.clone()).or_default().insert(&one.name);
        }
    }
    let mut shared: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    for (account, names) in &users {
        if names.len() > 1 {
            let names = names.iter().copied().collect();
            shared.entry(names).or_default().push(account);
        }
    }
    let is_asked = answers.asked.contains(&Question::Environments);
    let is_new = |name: &str, account: &str| {
        let was_known = before.is_some_and(|before| {
            before.environments.contains_key(name) && before.allows_account(name, account)
        });
        let mut named = answers.environments.iter().filter(|one| one.name == name);
        is_asked && !was_known && named.any(|one| one.accounts.iter().any(|own| own == account))
    };
    let shared = shared.iter().map(|(names, accounts)| {
        let mut new = names.iter().copied();
        let new = new.find(|name| accounts.iter().any(|account| is_new(name, account)));
        shared_accounts(accounts, names, new, answers.forge)
    });
    shared.chain(open_environments(after)).collect()
}

/// `new`: an environment that gets the accounts by the answers.
fn shared_accounts(
    accounts: &[&str],
    names: &[&str],
    new: Option<&str>,
    forge: SetupForge,
) -> AnswerProblem {
    let all = and_list(names);
    let message = match accounts {
        [account] => format!("account {account} is an account of {all}"),
        _ => {
            let named = &accounts[..accounts.len().min(MAX_NAMED)];
            let rest = match accounts.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("accounts {}{rest} are accounts of {all}", named.join(", "))
        }
    };
    // AWS has no condition key for a GitLab environment.
    let separated = match forge {
        SetupForge::GitHub => "only the roles separate them there",
        SetupForge::GitLab => {
            "nothing separates them there, since apply roles trust the jobs of every environment"
        }
    };
    let help = match new {
        Some(new) => format!(
            "name another account, unless stacks of {new} belong there: the rules of {new} decide about them, its roles are deployed there, and {separated}",
            new = quote(new)
        ),
        None => {
            let keys: Vec<String> = names
                .iter()
                .map(|name| format!("environments.{name}.accounts"))
                .collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            format!(
                "list accounts of their own in {}, unless the stacks belong together: {separated}",
                and_list(&keys)
            )
        }
    };
    AnswerProblem::new(message, help)
}

/// Environments that may have stacks in every account, although others list theirs.
fn open_environments(policy: &Policy) -> Option<AnswerProblem> {
    let names = policy.environments.keys().map(String::as_str);
    let (open, limited): (Vec<&str>, Vec<&str>) =
        names.partition(|name| policy.own_accounts(name).is_empty());
    if !policy.accounts.is_empty() || open.is_empty() || limited.is_empty() {
        return None;
    }
    let keys: Vec<String> = open
        .iter()
        .map(|name| format!("environments.{name}.accounts"))
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    Some(AnswerProblem::new(
        format!(
            "no list limits the accounts of {}: stacks there may be in any account, also in those of {}",
            and_list(&open),
            and_list(&limited)
        ),
        format!("list the accounts in {}", and_list(&keys)),
    ))
}
