//! Approvals: each reviewer's latest review, at the head that counts, by a person who may approve.

use std::collections::BTreeMap;

use super::{RuleInput, people};
use crate::diagnostic::Code;
use crate::guard::{Actor, ChangeRequest, Denial, Permission, Review, ReviewState};
use crate::model::UserId;
use crate::text::pluralize;

/// Whether an approval counts, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ApprovalStatus {
    Counts,
    Stale,
    BeforePlan,
    ByAuthor,
    ByPusher,
    NotAllowed,
}

/// The approvals of a change, and the number that it needs.
struct ApprovalCount {
    approvals: Vec<(Actor, ApprovalStatus)>,
    needed: usize,
    /// Whether a bot without an owner proposes the change or a part of it, so that it needs one more approval.
    by_bot: bool,
}

impl ApprovalCount {
    /// `None` where no approval is needed: read-only effects, repairs, which are confirmed instead, and the command line.
    fn new(input: &RuleInput<'_>) -> Option<Self> {
        let request = input.request()?;
        if input.is_read_only() || input.is_without_pull_request() || input.repair_issue().is_some()
        {
            return None;
        }
        let environment = &input.stack.target.environment;
        let policy = input.policy.ok()?;
        let (author, pushers) = (people::author(input), people::pushers(input));
        let knows_pushers = request
            .pushers
            .as_ref()
            .is_some_and(|known| !known.is_empty());
        let status = |review: &Review| {
            // An unknown author or pusher may be this reviewer.
            if request.author.is_none() || author == Some(review.by.id) {
                ApprovalStatus::ByAuthor
            } else if !knows_pushers || pushers.contains(&review.by.id) {
                ApprovalStatus::ByPusher
            } else if !may_approve(&review.by, policy.approvers(environment)) {
                ApprovalStatus::NotAllowed
            } else if !is_of_head(request, review) {
                ApprovalStatus::Stale
            } else if input.merge().is_some() && !is_of_plan(input, request, review) {
                ApprovalStatus::BeforePlan
            } else {
                ApprovalStatus::Counts
            }
        };
        let approvals = latest(request.reviews.as_deref().unwrap_or_default())
            .filter(|review| review.state == ReviewState::Approved)
            .map(|review| (review.by.clone(), status(review)))
            .collect();
        // A bot is not a person: the approver may have steered it.
        let by_bot = people::has_bot_without_owner(input);
        Some(Self {
            approvals,
            needed: usize::from(policy.approvals(environment)) + usize::from(by_bot),
            by_bot,
        })
    }

    fn with(&self, status: ApprovalStatus) -> Vec<&str> {
        let matching = self.approvals.iter().filter(|(_, other)| *other == status);
        matching.map(|(by, _)| by.login.as_str()).collect()
    }

    fn has_enough_approvals(&self) -> bool {
        self.with(ApprovalStatus::Counts).len() >= self.needed
    }
}

/// Whether a review is of the head and was given after the head arrived. `update-branch` and similar operations of a forge can move an
/// older review to the new head.
fn is_of_head(request: &ChangeRequest, review: &Review) -> bool {
    let is_later = match (request.head_arrived, review.at) {
        (Some(arrived), Some(at)) => at > arrived,
        _ => false,
    };
    is_later && request.head.as_ref() == Some(&review.commit)
}

/// Whether the plan that was in force at the time of a review is the one that would run. The digest of a deletion is reported and
/// confirmed again, so that there any earlier plan suffices.
fn is_of_plan(input: &RuleInput<'_>, request: &ChangeRequest, review: &Review) -> bool {
    let reports = request.reports.as_deref().unwrap_or_default();
    let earlier = reports.iter().filter(|report| Some(report.at) < review.at);
    let latest = earlier.max_by_key(|report| report.at);
    let Some(plan) = latest.and_then(|report| report.plan.as_ref()) else {
        return false;
    };
    // Another rule denies a change without a plan that holds.
    let shown = request.shown.as_ref();
    input.is_deletion() || shown.is_none_or(|shown| shown.plan == *plan)
}

/// Each reviewer's latest review by the forge's clock; without times, the last one that the forge lists, except that nothing replaces a
/// request for changes. A dismissed review does not restore the one before it.
fn latest(reviews: &[Review]) -> impl Iterator<Item = &Review> {
    let mut latest: BTreeMap<UserId, &Review> = BTreeMap::new();
    for review in reviews {
        let known = latest.entry(review.by.id).or_insert(review);
        let replaces = match (known.at, review.at) {
            (Some(known), Some(at)) => at >= known,
            _ => known.state != ReviewState::ChangesRequested,
        };
        if replaces {
            *known = review;
        }
    }
    latest.into_values()
}

/// Whether the person may approve: a listed approver, or without a list any user with write permission.
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
        if name.contains('/') {
            let mut teams = person.teams.iter();
            return teams.any(|team| team.eq_ignore_ascii_case(name));
        }
        // Anyone can take a login that its owner gave up, but gets no write permission.
        person.permission >= Some(Permission::Write)
            && match name.split_once('#') {
                Some((_, id)) => id.parse() == Ok(person.id.0),
                None => person.login.eq_ignore_ascii_case(name),
            }
    })
}

/// Whether a counted approval is by another person than `one`.
pub(super) fn is_approved_by_another(input: &RuleInput<'_>, one: UserId) -> bool {
    let count = ApprovalCount::new(input);
    let approvals = count.iter().flat_map(|count| &count.approvals);
    let mut counted = approvals.filter(|(_, status)| *status == ApprovalStatus::Counts);
    counted.any(|(by, _)| by.id != one)
}

/// The change has as many approvals as the policy requires.
pub fn suffices(input: &RuleInput<'_>) -> Option<Denial> {
    let count = ApprovalCount::new(input).filter(|count| !count.has_enough_approvals())?;
    let fact = match input.request()?.reviews {
        None => "the reviews are not known".to_owned(),
        Some(_) => {
            let valid = count.with(ApprovalStatus::Counts).len();
            let why = match count.by_bot {
                true => ", one of them because a bot opened the pull request or pushed to it",
                false => "",
            };
            format!(
                "{} required{why}, {valid} valid",
                pluralize(count.needed, "approval")
            )
        }
    };
    let remedy = "have the head of the pull request approved, then run the job again. If the forge accepts no approval after a merge, open a pull request that changes a YAML comment of the config";
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
    let request = input.request()?;
    let why = match (&request.head, request.head_arrived) {
        (None, _) => "may be of another commit than the head, which is not known",
        (Some(_), None) => "may be older than the head: when the head was pushed is not known",
        (Some(_), Some(_)) => {
            "is of another commit than the head, or was given before the head was pushed"
        }
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

/// Approvals must be given after the plan that would run was reported.
pub fn approvals_are_of_plan(input: &RuleInput<'_>) -> Option<Denial> {
    let why = match input.request()?.reports {
        Some(_) => "was given before the check reported the plan that would run",
        None => "does not count: the plans that the check reported are not known",
    };
    let remedy = "wait for the check's report, then have the head approved";
    deny_uncounted(
        input,
        ApprovalStatus::BeforePlan,
        Code::ApprovalBeforePlan,
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
            "is by a person who pushed to the pull request",
            "ask a person who did not push to it to approve it",
        ),
        false => (
            Code::PushersUnknown,
            "does not count: not all pushers are known",
            "open a new pull request from a new branch, so that the forge lists all pushes",
        ),
    };
    deny_uncounted(input, ApprovalStatus::ByPusher, code, why, remedy)
}

/// Only approvers' approvals count.
pub fn is_by_an_approver(input: &RuleInput<'_>) -> Option<Denial> {
    let remedy = "ask a person of `approvers` in the policy file; without `approvers`, a person with write permission";
    deny_uncounted(
        input,
        ApprovalStatus::NotAllowed,
        Code::ApproverNotAllowed,
        "does not count: not an approver, not known to be one, or a bot",
        remedy,
    )
}

/// Every request for changes blocks the change. People decide whether to dismiss it.
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
