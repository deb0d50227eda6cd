//! Accounts in which environments may have stacks beside those of others. Nothing separates them there but their roles.

use super::answers::Answers;
use super::question::{AnswerProblem, Question};
use crate::guard::Policy;
use crate::text::{and_list, quote};

/// The warnings about new answers. `before`: the policy that exists. `after`: the one that the answers give.
pub fn account_warnings(
    answers: &Answers,
    before: Option<&Policy>,
    after: &Policy,
) -> Vec<AnswerProblem> {
    if !answers.asked.contains(&Question::Environments) {
        return Vec::new();
    }
    let shared = answers.accounts().into_iter().filter_map(|account| {
        let named = answers.environments.iter();
        let mut named = named.filter(|one| one.accounts.iter().any(|own| own == account));
        let is_new = |name: &str| {
            before.is_none_or(|before| {
                !before.environments.contains_key(name) || !before.allows_account(name, account)
            })
        };
        let all: Vec<&str> = named.clone().map(|one| one.name.as_str()).collect();
        let new = named.find(|one| is_new(&one.name))?;
        // A repository with one account separates nothing.
        (all.len() > 1 && answers.accounts().len() > 1)
            .then(|| shared_account(account, &all, &new.name))
    });
    let open = open_environments(after);
    shared.chain(open).collect()
}

fn shared_account(account: &str, all: &[&str], new: &str) -> AnswerProblem {
    AnswerProblem::new(
        format!("account {account} is an account of {}", and_list(all)),
        format!(
            "name another account, unless stacks of {new} belong there: the rules of {new} decide about them, and its roles are deployed there",
            new = quote(new)
        ),
    )
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
            "no list limits the accounts of {}: they may have stacks in any account, also in those of {}",
            and_list(&open),
            and_list(&limited)
        ),
        format!("list their accounts in {}", and_list(&keys)),
    ))
}
