//! Rules about the target: credentials, config and policy name the same account, region and environment.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial};
use crate::text::{and_list, did_you_mean, pluralize};

/// The policy loads. Nothing is assumed in place of an invalid one.
pub fn policy_is_valid(input: &RuleInput<'_>) -> Option<Denial> {
    let problems = input.policy.err()?;
    Some(Denial::new(
        Code::PolicyInvalid,
        format!("the policy file has {}", pluralize(problems.len(), "error")),
        "correct the policy file; nothing is assumed in its place",
    ))
}

/// The credentials belong to the config's account.
pub fn account_is_the_same(input: &RuleInput<'_>) -> Option<Denial> {
    let expected = &input.stack.target.account;
    // A job gets its credentials by its role.
    let how = match input.facts.authority {
        Authority::CommandLine { .. } => format!(
            ": unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which AWS reads first; then set AWS_PROFILE to a profile of account {expected}"
        ),
        Authority::Request(_) | Authority::Unknown => String::new(),
    };
    let denial = |fact: String| {
        Denial::new(
            Code::AccountMismatch,
            fact,
            format!("use credentials of account {expected}, which the config names{how}"),
        )
    };
    match &input.facts.caller {
        None => Some(denial("the caller's account is not known".to_owned())),
        Some(caller) if caller.account != *expected => Some(denial(format!(
            "the credentials are those of account {}",
            caller.account
        ))),
        Some(_) => None,
    }
}

/// The policy lists the account, also for the environment, or lists none.
pub fn account_is_listed(input: &RuleInput<'_>) -> Option<Denial> {
    let policy = input.policy.ok()?;
    let target = &input.stack.target;
    let (account, environment) = (&target.account, &target.environment);
    if policy.allows_account(environment, account) {
        return None;
    }
    let is_listed = policy.accounts.is_empty() || policy.accounts.contains(account);
    let fact = match is_listed {
        false => format!("the policy does not list account {account}"),
        true => {
            format!("the policy does not list account {account} for environment `{environment}`")
        }
    };
    let own = format!("`environments.{environment}.accounts`");
    let lists = match (is_listed, policy.own_accounts(environment).is_empty()) {
        (true, _) => own,
        (false, true) => "`accounts`".to_owned(),
        (false, false) => format!("`accounts` and {own}"),
    };
    let remedy = input.target_remedy(&format!("add the account to {lists}"));
    Some(Denial::new(Code::AccountMismatch, fact, remedy))
}

/// The role that a job would assume is in the config's account.
pub fn role_is_of_account(input: &RuleInput<'_>) -> Option<Denial> {
    let target = &input.stack.target;
    let policy = input.policy.ok().filter(|_| input.request().is_some())?;
    let (key, role) = match input.is_read_only() {
        true => ("plan", policy.plan_role(target)),
        false => ("apply", policy.apply_role(target)),
    };
    let role = role?;
    let account = role.split(':').nth(4).unwrap_or_default();
    (account != target.account).then(|| {
        let environment = &target.environment;
        Denial::new(
            Code::AccountMismatch,
            format!("the policy's `{key}` role of `{environment}` is in account {account}"),
            format!(
                "correct the account of the config, which is {}, or write `{{account_id}}` in place of the account in `environments.{environment}.roles.{key}`",
                target.account
            ),
        )
    })
}

/// Requests go to the config's region.
pub fn region_is_the_same(input: &RuleInput<'_>) -> Option<Denial> {
    let expected = &input.stack.target.region;
    let fact = match &input.facts.caller {
        None => "the region of requests is not known".to_owned(),
        Some(caller) if caller.region != *expected => format!("requests go to {}", caller.region),
        Some(_) => return None,
    };
    let remedy = format!("use {expected}, which the config names");
    Some(Denial::new(Code::RegionMismatch, fact, remedy))
}

/// The policy lists the environment, or lists none.
pub fn environment_is_listed(input: &RuleInput<'_>) -> Option<Denial> {
    let policy = input.policy.ok()?;
    let environment = &input.stack.target.environment;
    if policy.environments.is_empty() || policy.environments.contains_key(environment) {
        return None;
    }
    let known: Vec<&str> = policy.environments.keys().map(String::as_str).collect();
    Some(Denial::new(
        Code::EnvironmentNotAllowed,
        format!(
            "the policy has no environment `{environment}`; it has {}",
            and_list(&known)
        ),
        match did_you_mean(environment, known.iter().copied()) {
            Some(meant) if !input.is_deletion() => format!("did you mean `{meant}`?"),
            _ => input.target_remedy(&format!("add `{environment}` to `environments`")),
        },
    ))
}
