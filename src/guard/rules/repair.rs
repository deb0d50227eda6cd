//! Rules about repairs: they change nothing but what a failure or a person beside CloudFormation changed.

use std::collections::BTreeSet;

use super::RuleInput;
use super::approval::may_approve;
use super::command::{MIN_DIGEST_DIGITS, confirms};
use super::state::stack_is_owned;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, EffectKind, Permission, RepairIssue, RepairRequest};
use crate::model::UserId;
use crate::stack::{Health, ROLLBACK_FAILED};
use crate::text::pluralize;

/// Entries that a denial lists.
const MAX_LISTED: usize = 5;

/// No merge requests a repair: a merge changes a config, and a repair does not follow from that. In CI, comments on provisioner's own
/// issue about the stack request repairs, and nothing else.
pub fn is_requested(input: &RuleInput<'_>) -> Option<Denial> {
    let Authority::Request(request) = &input.facts.authority else {
        return None;
    };
    let (fact, remedy) = match (&request.repair, input.kind.repairs()) {
        (None, false) => return None,
        (None, true) => (
            "no person requested this repair: a pull request only changes configs",
            "comment on provisioner's issue about the stack, or run it on a command line",
        ),
        (Some(_), false) if input.is_read_only() => return None,
        (Some(_), false) => (
            "a comment on an issue requests repairs only",
            "change the config in a pull request",
        ),
        (Some(issue), true) => match issue.open {
            Some(true) => return None,
            Some(false) => (
                "the issue is closed",
                "wait for a scan that finds drift: it opens another issue",
            ),
            None => ("whether the issue is open is not known", "comment again"),
        },
    };
    Some(Denial::new(Code::RepairNotRequested, fact, remedy))
}

/// Another person than the one who confirms requested the repair, saw what is confirmed, and has write permission. A digest of another
/// repair, or of one that ran since, was never seen.
pub fn has_second_person(input: &RuleInput<'_>) -> Option<Denial> {
    let issue = input.repair_issue()?;
    let command = input.request()?.command()?;
    let confirmed = command.confirm.as_ref()?;
    let mut others = requesters(issue).filter(|request| request.by.id != command.by.id);
    if others.clone().any(|request| has_seen(request, confirmed)) {
        return None;
    }
    let login = &command.by.login;
    let mut all = issue.requests.iter();
    let (fact, remedy) = match others.next() {
        Some(_) => (
            "the reply to the request showed another repair, or this one ran since".to_owned(),
            "request it again: comment without `--force` and `--confirm`; then another person confirms the new digest",
        ),
        None => (
            match all.any(|request| request.by.id != command.by.id) {
                true => "the person who requested the repair has no write permission".to_owned(),
                false => format!("no other person than {login} requested the repair in a comment"),
            },
            "have one person request the repair without `--confirm`, and another person confirm it",
        ),
    };
    Some(Denial::new(Code::RepairNeedsSecondPerson, fact, remedy))
}

/// As many persons as the policy requires approvals confirm the digest of the repair as it would be now.
pub fn is_confirmed(input: &RuleInput<'_>) -> Option<Denial> {
    let issue = input.repair_issue()?;
    let policy = input.policy.ok()?;
    let digest = input.facts.repair.as_ref().map(|repair| &repair.digest);
    let denial = |fact: String| {
        let remedy = match digest.and_then(|digest| digest.get(..MIN_DIGEST_DIGITS)) {
            Some(digest) => format!(
                "read the reply to a request that shows digest {digest}; then another person comments with `--force --confirm {digest}`"
            ),
            None => "request the repair again".to_owned(),
        };
        Some(Denial::new(Code::RepairNotConfirmed, fact, remedy))
    };
    let command = input.request()?.command();
    let Some(confirmed) = command.and_then(|command| command.confirm.as_deref()) else {
        return denial("no comment confirms the repair".to_owned());
    };
    let Some(digest) = digest else {
        return denial("the digest of the repair is not known".to_owned());
    };
    if !confirms(confirmed, digest) {
        return denial(
            "the confirmed digest does not match what the repair would do now".to_owned(),
        );
    }
    let environment = &input.stack.target.environment;
    let approvers = policy.approvers(environment);
    let needed = usize::from(policy.approvals(environment)).max(1);
    let valid: BTreeSet<UserId> = issue
        .confirmations
        .iter()
        .filter(|confirmation| confirms(&confirmation.digest, digest))
        .filter(|confirmation| may_approve(&confirmation.by, approvers))
        .map(|confirmation| confirmation.by.id)
        .collect();
    // Who requested it does not count.
    let count = requesters(issue)
        .filter(|request| has_seen(request, digest))
        .map(|request| valid.iter().filter(|by| **by != request.by.id).count())
        .max();
    let count = count.unwrap_or_default();
    if count >= needed {
        return None;
    }
    denial(format!(
        "{} required, {count} valid",
        pluralize(needed, "confirmation")
    ))
}

/// The requests of persons who may request a repair.
fn requesters(issue: &RepairIssue) -> impl Iterator<Item = &RepairRequest> + Clone {
    let requests = issue.requests.iter();
    requests.filter(|RepairRequest { by, .. }| !by.bot && by.permission >= Some(Permission::Write))
}

/// Whether the reply to the request showed the repair with a digest, or with its first digits.
fn has_seen(request: &RepairRequest, digest: &str) -> bool {
    let shown = request.shown.as_deref();
    shown.is_some_and(|shown| confirms(digest, shown))
}

/// The stack is in the state that the repair ends.
pub fn is_needed(input: &RuleInput<'_>) -> Option<Denial> {
    if input.kind != EffectKind::ContinueRollback {
        return None;
    }
    // Other rules deny an unknown and a busy stack, and one that is not provisioner's, with the next step.
    let stack = input.facts.stack.as_ref()?.as_ref()?;
    if stack_is_owned(input).is_some() {
        return None;
    }
    let fits = stack.status.0 == ROLLBACK_FAILED || stack.status.health() != Health::Stable;
    (!fits).then(|| {
        Denial::new(
            Code::RepairNotNeeded,
            format!("the stack is {}, so no rollback failed", stack.status),
            "run `check-drift`, which shows whether the stack is as its template says",
        )
    })
}

/// The repair does nothing beside the repair.
pub fn is_only_repair(input: &RuleInput<'_>) -> Option<Denial> {
    if !input.kind.repairs() {
        return None;
    }
    let restores = input.kind == EffectKind::Restore;
    let Some(repair) = &input.facts.repair else {
        return Some(Denial::new(
            Code::RepairChangesMore,
            "what the repair changes is not known",
            "preview the repair again with `--dry-run`",
        ));
    };
    if repair.beyond.is_empty() {
        return None;
    }
    let more = repair.beyond.len().saturating_sub(MAX_LISTED);
    let mut listed: Vec<String> = repair.beyond.iter().take(MAX_LISTED).cloned().collect();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    let listed = listed.join(", ");
    let (fact, remedy) = match restores {
        true => (
            format!("the change set has changes that revert no drift: {listed}"),
            "change the config in a pull request instead, or undo the drift in the account",
        ),
        false => (
            format!("`--skip` names resources whose rollback did not fail: {listed}"),
            "name only resources that the preview lists",
        ),
    };
    Some(Denial::new(Code::RepairChangesMore, fact, remedy))
}
