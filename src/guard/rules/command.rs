//! Rules about who may command by a comment, and how a comment confirms a deletion.

use super::approval::{self, may_approve};
use super::{RuleInput, people};
use crate::diagnostic::Code;
use crate::guard::{Denial, Permission};

/// Digits of a digest that confirm it. The denial shows this many; more are accepted.
pub(super) const MIN_DIGEST_DIGITS: usize = 16;

/// The commenter has write permission and is not a bot.
pub fn actor_may(input: &RuleInput<'_>) -> Option<Denial> {
    let by = &input.request()?.command()?.by;
    let fact = match by.permission {
        _ if by.bot => format!("{} is a bot", by.login),
        Some(permission) if permission >= Permission::Write => return None,
        Some(_) => format!("{} has no write permission", by.login),
        None => format!("the permission of {} is not known", by.login),
    };
    let remedy = "ask a user with write permission to comment";
    Some(Denial::new(Code::ActorNotAllowed, fact, remedy))
}

/// The comment confirms the digest of what would be deleted now, and the commenter may approve.
pub fn is_confirmed(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge().filter(|_| input.is_deletion())?;
    let digest = input.facts.deletion.as_deref();
    let denial = |fact: String| {
        let remedy = match digest.and_then(|digest| digest.get(..MIN_DIGEST_DIGITS)) {
            Some(digest) => format!(
                "read what the deletion removes; then a second person comments with `--confirm {digest}`"
            ),
            None => "preview the deletion again".to_owned(),
        };
        Some(Denial::new(Code::DeleteNotConfirmed, fact, remedy))
    };
    let confirmed = request.command();
    let Some(confirmed) = confirmed.and_then(|command| command.confirm.as_deref()) else {
        let fact = match request.trigger {
            Some(_) => "no comment confirms the deletion",
            None => "the event that requests the deletion is not known",
        };
        return denial(fact.to_owned());
    };
    match digest {
        None => denial("the deletion's digest is not known".to_owned()),
        Some(digest) if confirms(confirmed, digest) => None,
        Some(_) => {
            denial("the confirmed digest does not match what would be deleted now".to_owned())
        }
    }
}

/// Whether digits are enough of the beginning of a digest.
pub(super) fn confirms(digits: &str, digest: &str) -> bool {
    digits.len() >= MIN_DIGEST_DIGITS && digest.starts_with(digits)
}

/// Only a person who may approve can confirm a deletion or a repair.
pub fn confirmer_may(input: &RuleInput<'_>) -> Option<Denial> {
    let command = input.confirmed_request()?.command()?;
    // A comment that confirms nothing requests a preview.
    if input.repair_issue().is_some() && command.confirm.is_none() {
        return None;
    }
    let by = &command.by;
    let policy = input.policy.ok()?;
    let approvers = policy.approvers(&input.stack.target.environment);
    (!may_approve(by, approvers)).then(|| {
        Denial::new(
            Code::ApproverNotAllowed,
            match by.permission {
                Some(_) => format!("{} is not an approver", by.login),
                None => format!("whether {} may approve is not known", by.login),
            },
            "ask a person of `approvers` in the policy file to confirm it; without `approvers`, a person with write permission",
        )
    })
}

/// The person who confirms did not propose the deletion, and another person did. If a bot proposed it, another person has to
/// approve it: the person who confirms may have steered the bot.
pub fn has_second_person(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge().filter(|_| input.is_deletion())?;
    let by = &request.command()?.by;
    input.policy.ok()?;
    let knows_pushers = request
        .pushers
        .as_ref()
        .is_some_and(|known| !known.is_empty());
    let fact = if request.author.is_none() || !knows_pushers {
        "the author or the pushers are not known".to_owned()
    } else if people::author(input) == Some(by.id) {
        format!("{} opened the pull request", by.login)
    } else if people::pushers(input).contains(&by.id) {
        format!("{} pushed to the pull request", by.login)
    } else if people::has_bot_without_owner(input)
        && !approval::is_approved_by_another(input, by.id)
    {
        format!(
            "no other person than {} proposed or approved the deletion",
            by.login
        )
    } else {
        return None;
    };
    let remedy = "ask another person to confirm it";
    Some(Denial::new(Code::DeleteNeedsSecondPerson, fact, remedy))
}
