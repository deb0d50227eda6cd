//! The persons behind a pull request: its author, everybody who pushed to it, and the owners of bots.

use std::collections::BTreeSet;

use super::RuleInput;
use crate::guard::{AccountKind, Contributor, Policy};
use crate::model::UserId;

/// The person behind an account; `None` for a bot without an owner.
fn person(policy: &Policy, account: &Contributor) -> Option<UserId> {
    match account.kind {
        AccountKind::Person => Some(account.id),
        AccountKind::Bot => policy.bot_owner(account.id),
        AccountKind::JobBot => None,
    }
}

/// The person who opened the pull request; `None` if unknown or a bot without an owner.
pub(super) fn author(input: &RuleInput<'_>) -> Option<UserId> {
    person(input.policy.ok()?, input.request()?.author.as_ref()?)
}

/// The persons who pushed; empty if unknown.
pub(super) fn pushers(input: &RuleInput<'_>) -> BTreeSet<UserId> {
    let (Ok(policy), Some(request)) = (input.policy, input.request()) else {
        return BTreeSet::new();
    };
    let pushers = request.pushers.iter().flatten();
    pushers
        .filter_map(|pusher| person(policy, pusher))
        .collect()
}

/// Whether a bot without an owner opened the pull request or pushed to it. A reviewer may have steered it.
pub(super) fn has_bot_without_owner(input: &RuleInput<'_>) -> bool {
    let (Ok(policy), Some(request)) = (input.policy, input.request()) else {
        return false;
    };
    let mut accounts = request
        .author
        .iter()
        .chain(request.pushers.iter().flatten());
    accounts.any(|account| person(policy, account).is_none())
}
