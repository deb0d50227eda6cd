//! Rules about the pull request.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{ChangeRequest, Denial, EffectKind, RequestedChange};
use crate::stack::StackArn;

/// Configs that a denial lists.
const MAX_LISTED: usize = 5;

/// Permanent effects need a merged pull request.
pub fn is_merged(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge()?;
    let (fact, remedy) = match request.merged {
        Some(true) => return None,
        _ if input.is_without_pull_request() => (
            "no merged pull request is known to contain the change",
            "change the config in a pull request, and have it approved",
        ),
        Some(false) => ("the pull request is not merged", "merge the pull request"),
        None => (
            "whether the pull request is merged is not known",
            "merge the pull request",
        ),
    };
    Some(Denial::new(Code::NotMerged, fact, remedy))
}

/// Reviewers of another branch judged for another purpose. So tests need this rule too, although they need no merge.
pub fn targets_default_branch(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.request().filter(|_| !input.is_read_only())?;
    let fact = match &request.target {
        None => "the target branch of the pull request is not known".to_owned(),
        Some(branch) if branch.default => return None,
        Some(branch) => format!(
            "the pull request targets {}, which is not the default branch",
            branch.name
        ),
    };
    let remedy = "open a pull request into the default branch";
    Some(Denial::new(Code::NotDefaultBranch, fact, remedy))
}

/// An unprotected branch accepts changes without a review. That includes changes of the policy, which names the approvers.
pub fn branch_is_protected(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.request().filter(|_| !input.is_read_only())?;
    let branch = request.target.as_ref().filter(|branch| branch.default)?;
    let fact = match branch.protected {
        Some(true) => return None,
        Some(false) => format!("the default branch {} is not protected", branch.name),
        None => format!("whether {} is protected is not known", branch.name),
    };
    let remedy = "protect the default branch: allow changes by pull requests only";
    Some(Denial::new(Code::BranchNotProtected, fact, remedy))
}

/// An identity that any branch can get changes stacks without this guard. That holds for tests too, which use the same identity.
pub fn identity_is_limited(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.request().filter(|_| !input.is_read_only())?;
    if input.is_without_pull_request() {
        return None;
    }
    let environment = &input.stack.target.environment;
    let fact = match request.identity_limited {
        Some(true) => return None,
        Some(false) => {
            format!(
                "other branches than the default branch can deploy to environment `{environment}`"
            )
        }
        None => {
            format!("the branches that can deploy to environment `{environment}` are not known")
        }
    };
    let remedy = "limit the environment to the default branch, and let the job read its settings; `provisioner doctor` says how";
    Some(Denial::new(Code::EnvironmentNotProtected, fact, remedy))
}

/// The pull request comes from the same repository. This holds for read-only effects too, because they need credentials.
pub fn is_not_fork(input: &RuleInput<'_>) -> Option<Denial> {
    let fact = match input.request()?.fork {
        Some(false) => return None,
        Some(true) => "the pull request comes from another repository",
        None => "whether the pull request comes from another repository is not known",
    };
    Some(Denial::new(
        Code::ForkNotAllowed,
        fact,
        "push the branch to this repository, and open a pull request from there",
    ))
}

/// The commenter saw a report of the current head. A comment does not cover later pushes.
pub fn head_is_reported(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.request()?;
    let command = request.command()?;
    // Permanent effects need a merged change, whose head cannot move. An issue has no head.
    if input.merge().is_some() || request.repair.is_some() {
        return None;
    }
    let fact = match (&command.reported, &request.head) {
        (Some(reported), Some(head)) if reported == head => return None,
        (Some(reported), Some(head)) => format!(
            "the last report is of {}, and the head is {}",
            reported.short(),
            head.short()
        ),
        (None, _) => "there is no report of the head".to_owned(),
        (_, None) => "the head is not known".to_owned(),
    };
    let remedy = "wait for the check of the new head, read its report, and comment again";
    Some(Denial::new(Code::StaleHead, fact, remedy))
}

/// Neither the config nor its entry has changed since the merge, not even back and forth.
pub fn is_current(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge()?;
    let (fact, remedy) = match request.current {
        Some(true) => return None,
        Some(false) if request.asks.is_some_and(RequestedChange::is_of_entry) => (
            "the config or its entry was changed or removed since this was merged",
            "the newer change decides: see its pull request. To ask for it again, add the entry in another pull request",
        ),
        Some(false) => (
            "the config was changed again since this was merged",
            "the newer change decides: see its pull request",
        ),
        None => (
            "whether a later commit changed the config again is not known",
            "restore the config by a pull request, and remove it again by another one",
        ),
    };
    Some(Denial::new(Code::Superseded, fact, remedy))
}

/// No other config claims the stack: its change would undo this one, and a deletion would delete its stack.
pub fn stack_is_claimed_once(input: &RuleInput<'_>) -> Option<Denial> {
    let request = match input.repair_issue() {
        Some(_) => input.request()?,
        None => input.merge()?,
    };
    let fact = match &request.other_claims {
        Some(others) if others.is_empty() => return None,
        Some(others) => format!("the stack is also that of {}", others.join(", ")),
        None => "which configs claim the stack is not known".to_owned(),
    };
    let remedy = "keep one of the configs, or give them different names";
    Some(Denial::new(Code::DuplicateStack, fact, remedy))
}

/// A deletion deletes no stack of a config that has errors now and is to be corrected.
pub fn no_broken_config_claims(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge()?;
    if !input.is_deletion() {
        return None;
    }
    let fact = match &request.broken_claims {
        Some(broken) if broken.is_empty() => return None,
        Some(broken) => {
            let more = broken.len().saturating_sub(MAX_LISTED);
            let mut listed = broken.iter().take(MAX_LISTED).cloned().collect::<Vec<_>>();
            if more > 0 {
                listed.push(format!("{more} more"));
            }
            let listed = listed.join(", ");
            format!("the stack may also be that of a config with errors: {listed}")
        }
        None => "whether a config with errors claims the stack is not known".to_owned(),
    };
    let remedy =
        "correct or remove the configs with errors on the default branch, then comment again";
    Some(Denial::new(Code::DuplicateStack, fact, remedy))
}

/// The effect is what the change requests.
pub fn is_requested(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge()?;
    let unknown = request.asks.is_none();
    let by_entry = |word: &str| {
        let fact = match unknown {
            true => "what the pull request changes of this stack is not known".to_owned(),
            false => format!("the pull request adds no entry for this stack below `{word}`"),
        };
        Denial::new(
            Code::NotRequested,
            fact,
            "add the entry with the stack's full id in a pull request, and have it approved",
        )
    };
    let denial = match input.kind {
        EffectKind::Delete | EffectKind::TearDown => {
            if request.asks == Some(RequestedChange::Delete) {
                return None;
            }
            Denial::new(
                Code::DeleteNotRequested,
                match unknown {
                    true => "whether the pull request removes the stack's config is not known",
                    false => "the pull request does not remove the stack's config",
                },
                "remove the config in a pull request, and have it approved",
            )
        }
        EffectKind::Adopt if request.asks == Some(RequestedChange::Adopt) => return None,
        EffectKind::Adopt => by_entry("adopt"),
        EffectKind::Unadopt if request.asks == Some(RequestedChange::Unadopt) => return None,
        EffectKind::Unadopt => by_entry("unadopt"),
        EffectKind::Replace if request.asks == Some(RequestedChange::Replace) => return None,
        EffectKind::Replace => by_entry("replace"),
        _ if request.asks == Some(RequestedChange::Provision) => return None,
        // The entry's resources become a new stack. An existing one does not change.
        EffectKind::Create | EffectKind::Resume | EffectKind::Folders
            if request.asks == Some(RequestedChange::Import) =>
        {
            return None;
        }
        // The stack of the entry is gone, so its creation is due. Nothing else of the new stack is.
        EffectKind::Create | EffectKind::Resume if is_replaced(input, request) => return None,
        EffectKind::Folders if is_replaced(input, request) || is_successor(input, request) => {
            return None;
        }
        _ if unknown => Denial::new(
            Code::NotRequested,
            "what the pull request changes of this stack is not known",
            "comment on the pull request that changed the stack's config",
        ),
        _ => Denial::new(
            Code::NotRequested,
            "the pull request does not change this stack",
            "comment on the pull request that changed the stack's config",
        ),
    };
    Some(denial)
}

/// The stack that an entry asks to replace.
fn to_replace(request: &ChangeRequest) -> Option<&str> {
    let entry = request.entry.as_ref().map(StackArn::as_str);
    entry.filter(|_| request.asks == Some(RequestedChange::Replace))
}

/// Whether the stack that the entry asks to replace is deleted.
fn is_replaced(input: &RuleInput<'_>, request: &ChangeRequest) -> bool {
    let entry = to_replace(request);
    entry.is_some() && entry == input.facts.replaced.as_deref()
}

/// Whether another stack has the name of the one that the entry asks to replace.
fn is_successor(input: &RuleInput<'_>, request: &ChangeRequest) -> bool {
    let stack = input.facts.stack.as_ref().and_then(Option::as_ref);
    to_replace(request).is_some_and(|entry| stack.is_some_and(|stack| stack.id != entry))
}

/// The stack is the one that the entry names: another stack of the same name was not reviewed.
pub fn stack_is_that_of_entry(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge()?;
    let by_entry = matches!(
        input.kind,
        EffectKind::Adopt | EffectKind::Unadopt | EffectKind::Replace
    );
    // Other rules deny an unknown and a missing stack.
    let stack = input.facts.stack.as_ref()?.as_ref().filter(|_| by_entry)?;
    let fact = match &request.entry {
        Some(entry) if entry.as_str() == stack.id => return None,
        Some(entry) => format!("the entry names {entry}, and the stack is {}", stack.id),
        None => "the entry's stack is not known".to_owned(),
    };
    let remedy =
        "add an entry with the full id of the stack that exists now, in a new pull request";
    Some(Denial::new(Code::NotRequested, fact, remedy))
}

/// The merge commit gives the plan that reviewers saw. Not for deletions: their digest is reported again before they are
/// confirmed.
pub fn plan_is_what_was_shown(input: &RuleInput<'_>) -> Option<Denial> {
    let request = input.merge()?;
    if input.is_deletion() || input.is_without_pull_request() {
        return None;
    }
    let remedy = "open a new pull request that changes the config, so that its plan is reviewed";
    match &request.shown {
        Some(shown) if shown.same => None,
        Some(shown) => Some(Denial::new(
            Code::PlanChanged,
            format!(
                "the merged commit renders another plan than the reviewed plan {}",
                shown.plan.get(..12).unwrap_or(&shown.plan)
            ),
            remedy,
        )),
        None => {
            let newest = request.reports.as_ref().map(|reports| reports.last());
            let fact = match newest.map(|newest| newest.map(|report| &report.plan)) {
                None => "the plans that the check reported are not known".to_owned(),
                Some(None) => "the check reported no plan of the pull request's head".to_owned(),
                Some(Some(None)) => {
                    "the newest check of the pull request's head reported no plan".to_owned()
                }
                Some(Some(Some(plan))) => format!(
                    "the reported plan {} cannot be computed again: the check's comment is missing or was changed, or the pull request's head renders another plan",
                    plan.get(..12).unwrap_or(plan)
                ),
            };
            Some(Denial::new(Code::PlanChanged, fact, remedy))
        }
    }
}
