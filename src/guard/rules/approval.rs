//! Approvals: each reviewer's latest review, at the head that counts, by a person who may approve.

use std::collections::BTreeMap;

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Actor, Denial, Permission, Review, ReviewState};
use crate::model::UserId;
use crate::text::pluralize;

/// Whether an approval counts, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ApprovalStatus {
    Counts,
    Stale,
    ByAuthor,
    ByPusher,
    NotAllowed,
}

/// The approvals of a change, and the number that it needs.
struct ApprovalCount {
    approvals: Vec<(String, ApprovalStatus)>,
    needed: usize,
}

impl ApprovalCount {
    /// `None` where no approval is needed: read-only effects, and the command line.
    fn new(input: &RuleInput<'_>) -> Option<Self> {
        let request = input.request()?;
        if input.is_read_only() {
            return None;
        }
        let environment = &input.stack.target.environment;
        let policy = input.policy.ok()?;
        let status = |review: &Review| {
            // An unknown author or pusher may be this reviewer.
            let may_be_one_of =
                |people: &[UserId]| people.is_empty() || people.contains(&review.by.id);
            if may_be_one_of(request.author.as_slice()) {
                ApprovalStatus::ByAuthor
            } else if may_be_one_of(request.pushers.as_deref().unwrap_or_default()) {
                ApprovalStatus::ByPusher
            } else if !may_approve(&review.by, policy.approvers(environment)) {
                ApprovalStatus::NotAllowed
            } else if request.head.as_ref() != Some(&review.commit) {
                ApprovalStatus::Stale
            } else {
                ApprovalStatus::Counts
            }
        };
        let approvals = latest(request.reviews.as_deref().unwrap_or_default())
            .filter(|review| review.state == ReviewState::Approved)
            .map(|review| (review.by.login.clone(), status(review)))
            .collect();
        Some(Self {
            approvals,
            needed: usize::from(policy.approvals(environment)),
        })
    }

    fn with(&self, status: ApprovalStatus) -> Vec<&str> {
        let matching = self.approvals.iter().filter(|(_, other)| *other == status);
        matching.map(|(login, _)| login.as_str()).collect()
    }

    fn has_enough_approvals(&self) -> bool {
        self.with(ApprovalStatus::Counts).len() >= self.needed
    }
}

/// Each reviewer's latest review. A dismissed review does not restore the one before it.
fn latest(reviews: &[Review]) -> impl Iterator<Item = &Review> {
    let latest: BTreeMap<UserId, &Review> = reviews
        .iter()
        .map(|review| (review.by.id, review))
        .collect();
    latest.into_values()
}

/// Whether the person may approve: a listed approver, or without a list anybody with write permission.
pub(super) fn may_approve(person: &Actor, approvers: &[String]) -> bool {
    // A user without read permission has left. A login with unknown permission may belong to another account by now.
    if person.bot || person.permission < Some(Permission::Read) {
        return false;
    }
    if approvers.is_empty() {
        return person.permission >= Some(Permission::Write);
    }
    approvers.iter().any(|listed| {
        let Some(name) = listed.strip_prefix('@') else {
            return false;
        };
        match name.contains('/') {
            true => {
                let mut teams = person.teams.iter();
                teams.any(|team| team.eq_ignore_ascii_case(name))
            }
            false => person.login.eq_ignore_ascii_case(name),
        }
    })
}

/// The change has as many approvals as the policy requires.
pub fn suffices(input: &RuleInput<'_>) -> Option<Denial> {
    let count = ApprovalCount::new(input).filter(|count| !count.has_enough_approvals())?;
    let fact = match input.request()?.reviews {
        None => "the reviews are not known".to_owned(),
        Some(_) => format!(
            "{} of {} that the policy asks for",
            count.with(ApprovalStatus::Counts).len(),
            pluralize(count.needed, "approval")
        ),
    };
    let remedy = "have the pull request's head approved; then run it again";
    Some(Denial::new(Code::ApprovalMissing, fact, remedy))
}

/// Denies because of approvals that do not count, if they are needed to reach the required number.
fn deny_uncounted(
    input: &RuleInput<'_>,
    status: ApprovalStatus,
    code: Code,
    why: &str,
    remedy: &str,
) -> Option<Denial> {
    let count = ApprovalCount::new(input).filter(|count| !count.has_enough_approvals())?;
    let people = count.with(status);
    if people.is_empty() {
        return None;
    }
    let fact = format!("the approval of {} {why}", people.join(", "));
    Some(Denial::new(code, fact, remedy))
}

/// Approvals must be of the head, and of no earlier commit.
pub fn approvals_are_of_head(input: &RuleInput<'_>) -> Option<Denial> {
    let why = match input.request()?.head {
        Some(_) => "is of another commit than the head",
        None => "may be of another commit than the head, which is not known",
    };
    let remedy = "have the head approved";
    deny_uncounted(
        input,
        ApprovalStatus::Stale,
        Code::ApprovalStale,
        why,
        remedy,
    )
}

/// Authors cannot approve their own change.
pub fn is_not_by_author(input: &RuleInput<'_>) -> Option<Denial> {
    let known = input.request()?.author.is_some();
    let why = match known {
        true => "is by the author",
        false => "may be by the author, who is not known",
    };
    let remedy = "ask another person to approve it";
    deny_uncounted(
        input,
        ApprovalStatus::ByAuthor,
        Code::ApprovalByAuthor,
        why,
        remedy,
    )
}

/// Pushers cannot approve a change that they pushed to.
pub fn is_not_by_pusher(input: &RuleInput<'_>) -> Option<Denial> {
    let known = matches!(&input.request()?.pushers, Some(pushers) if !pushers.is_empty());
    let (code, why, remedy) = match known {
        true => (
            Code::ApprovalByPusher,
            "is by a user who pushed the head",
            "ask a person who did not push the head to approve it",
        ),
        false => (
            Code::PushersUnknown,
            "does not count: the pushers of the head are not known",
            "open a new pull request, whose pushes the forge lists",
        ),
    };
    deny_uncounted(input, ApprovalStatus::ByPusher, code, why, remedy)
}

/// Only approvers' approvals count.
pub fn is_by_an_approver(input: &RuleInput<'_>) -> Option<Denial> {
    let remedy = "have it approved by people of `approvers` in the policy file, or, where there are none, by people who may push";
    deny_uncounted(
        input,
        ApprovalStatus::NotAllowed,
        Code::ApproverNotAllowed,
        "does not count: not an approver, not known to be one, or a machine",
        remedy,
    )
}

/// Anybody's request for changes blocks the change. People decide whether to dismiss it.
pub fn no_changes_requested(input: &RuleInput<'_>) -> Option<Denial> {
    ApprovalCount::new(input)?;
    let reviews = input.request()?.reviews.as_deref()?;
    let objecting: Vec<&str> = latest(reviews)
        .filter(|review| review.state == ReviewState::ChangesRequested)
        .map(|review| review.by.login.as_str())
        .collect();
    if objecting.is_empty() {
        return None;
    }
    Some(Denial::new(
        Code::ChangesRequested,
        format!("{} requested changes", objecting.join(", ")),
        "have them approve, or dismiss their review",
    ))
}
