//! Rules about the stack's state.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::entries::ENTRY_FILES;
use crate::guard::{Authority, CONFIG_PLACEHOLDER, Denial, EffectKind, TEST_TAG, UNFINISHED};
use crate::stack::{Health, ROLLBACK_FAILED, Stack};

/// How it becomes whole.
pub(super) const FINISH: &str = "run the action that creates the stack, or the one that was stopped: it adds the rest and the tags";
/// The same after a change of the config: the import does not fit it any more.
const OTHER_TEXT: &str = "the creation of the stack is not finished: it has imported resources of the config as it was before, and lacks the others";
const FINISH_OTHER_TEXT: &str = "restore the imported resources in the config as they were, and run the action that creates the stack; change the config afterwards";

/// The status of a stack that is being created.
const CREATING: &str = "CREATE_IN_PROGRESS";

/// The stack, if it is known to exist. A stack in `REVIEW_IN_PROGRESS` counts only for deletions: its change set may be under
/// review.
fn existing<'a>(input: &RuleInput<'a>) -> Option<&'a Stack> {
    let stack = input.facts.stack.as_ref()?.as_ref()?;
    let exists = match stack.status.health() {
        Health::Deleted => false,
        Health::ReviewInProgress => input.is_deletion(),
        Health::Stable | Health::InProgress | Health::Failed | Health::Unknown => true,
    };
    exists.then_some(stack)
}

fn needs_state(input: &RuleInput<'_>) -> bool {
    input.kind != EffectKind::Inspect
}

/// No operation is running on the stack.
pub fn stack_is_stable(input: &RuleInput<'_>) -> Option<Denial> {
    if !needs_state(input) {
        return None;
    }
    let remedy = "wait until the operation has ended, then try again";
    let Some(stack) = &input.facts.stack else {
        return Some(Denial::new(
            Code::StackBusy,
            "the stack's state is not known",
            remedy,
        ));
    };
    let stack = stack.as_ref()?;
    match stack.status.health() {
        // A test that is cancelled deletes its stack while the stack is being created.
        Health::InProgress
            if matches!(input.kind, EffectKind::Resume | EffectKind::Test)
                && stack.status.0 == CREATING =>
        {
            None
        }
        Health::InProgress | Health::Unknown => Some(Denial::new(
            Code::StackBusy,
            format!("the stack is {}", stack.status),
            remedy,
        )),
        _ => None,
    }
}

/// A stack that is created must not exist; a stack that is changed must.
pub fn stack_exists_as_required(input: &RuleInput<'_>) -> Option<Denial> {
    // `stack_is_stable` already denies an unknown stack.
    input.facts.stack.as_ref()?;
    match (input.kind, existing(input)) {
        (EffectKind::Create, Some(stack)) => Some(Denial::new(
            Code::StackExists,
            format!("the stack exists, and it is {}", stack.status),
            "run `show-changes`; a creation does not change an existing stack",
        )),
        (EffectKind::Resume, Some(stack))
            if stack.status.0 != CREATING && input.facts.unfinished_import != Some(true) =>
        {
            Some(Denial::new(
                Code::StackExists,
                format!("the stack is {}, so its creation has ended", stack.status),
                "run `show-changes`; a creation does not change an existing stack",
            ))
        }
        // `stack_is_stable` denies a stack whose operation runs, and `stack_has_not_failed` another failure.
        (EffectKind::RemoveFailed, Some(stack)) if stack.status.health() == Health::Stable => {
            Some(Denial::new(
                Code::StackExists,
                format!("the stack is {}, so its creation succeeded", stack.status),
                "run `show-changes`; only a stack whose creation failed is deleted before a creation",
            ))
        }
        (
            EffectKind::Resume
            | EffectKind::Update
            | EffectKind::Folders
            | EffectKind::Upload
            | EffectKind::Adopt
            | EffectKind::Unadopt
            | EffectKind::Replace
            | EffectKind::RemoveFailed
            | EffectKind::Restore
            | EffectKind::ContinueRollback,
            None,
        ) => Some(Denial::new(
            Code::StackNotFound,
            "the stack does not exist",
            "create the stack first",
        )),
        _ => None,
    }
}

/// How to repair a stack, the least destructive way first. `is_own`: the stack is the config's own.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html>
fn repair(stack: &Stack, region: &str, is_own: bool) -> String {
    let id = &stack.id;
    let aws =
        |command: &str| format!("aws cloudformation {command} --stack-name {id} --region {region}");
    match stack.status.0.as_str() {
        ROLLBACK_FAILED if is_own => {
            "repair the cause that the stack's events name, then run `continue-rollback`".to_owned()
        }
        ROLLBACK_FAILED => format!(
            "repair the cause that the stack's events name, then run `{}`",
            aws("continue-update-rollback")
        ),
        "UPDATE_FAILED" => format!(
            "run `{}`, which restores the state before the update",
            aws("rollback-stack")
        ),
        _ if stack.status.is_failed_creation() && is_own => {
            "the creation failed: run the action that creates the stack; it deletes this one first"
                .to_owned()
        }
        _ if stack.status.is_failed_creation() => format!(
            "the creation failed: if nobody needs the stack's resources, run `{}`, then create it again",
            aws("delete-stack")
        ),
        "DELETE_FAILED" if is_own => {
            "repair the cause that the stack's events name, then run the action \
             that deletes the stack, or replace the stack"
                .to_owned()
        }
        "DELETE_FAILED" => format!(
            "repair the cause that the stack's events name, then run `{}`",
            aws("delete-stack")
        ),
        "IMPORT_ROLLBACK_FAILED" => format!(
            "check that each resource has `DeletionPolicy: Retain` in the stack's template, then run `{}` and import again",
            aws("delete-stack")
        ),
        _ => "repair the cause that the stack's events name; provisioner knows no further way"
            .to_owned(),
    }
}

/// A stack whose last operation failed can only be repaired or deleted.
pub fn stack_has_not_failed(input: &RuleInput<'_>) -> Option<Denial> {
    let stack = existing(input)?;
    let deletes = input.is_deletion() || input.kind == EffectKind::Test;
    let is_removable = input.kind == EffectKind::RemoveFailed && stack.status.is_failed_creation();
    let is_continued =
        input.kind == EffectKind::ContinueRollback && stack.status.0 == ROLLBACK_FAILED;
    let matters = needs_state(input) && !deletes && !is_removable && !is_continued;
    (matters && stack.status.health() == Health::Failed).then(|| {
        Denial::new(
            Code::StackFailed,
            format!("the stack is {}", stack.status),
            repair(
                stack,
                &input.stack.target.region,
                input.facts.is_owner_of(stack),
            ),
        )
    })
}

/// Termination protection is off. People turned it on, so provisioner does not turn it off.
pub fn stack_is_not_protected(input: &RuleInput<'_>) -> Option<Denial> {
    let stack = existing(input)?;
    let deletes = input.deletes_stack() || input.kind == EffectKind::Test;
    (deletes && stack.protected).then(|| {
        Denial::new(
            Code::StackProtected,
            "termination protection is on",
            "turn termination protection off, if the stack should be deleted",
        )
    })
}

/// provisioner created the stack.
pub fn stack_is_owned(input: &RuleInput<'_>) -> Option<Denial> {
    let stack = existing(input)?;
    // CloudFormation refuses tags in an import, so the template tells whose it is.
    let finishes = matches!(input.kind, EffectKind::Preview | EffectKind::Resume)
        && input.facts.unfinished_import == Some(true);
    // An adoption has rules of its own.
    if matches!(input.kind, EffectKind::Inspect | EffectKind::Adopt) || finishes {
        return None;
    }
    let is_marked = input.facts.is_owner_of(stack);
    // Only a test may delete a test's stack, and a test may delete nothing else.
    let is_test = stack.tags.contains_key(TEST_TAG);
    let fits = is_test == (input.kind == EffectKind::Test);
    (!is_marked || !fits).then(|| {
        let is_unfinished = input.facts.unfinished_import == Some(true);
        let (fact, remedy) = match (is_marked, is_test) {
            (false, _) if is_unfinished => (UNFINISHED, FINISH.to_owned()),
            (false, _) if input.facts.unfinished_import == Some(false) => {
                (OTHER_TEXT, FINISH_OTHER_TEXT.to_owned())
            }
            (false, _) => (
                "the stack does not have the tags of a stack that provisioner created",
                how_to_adopt(input, stack),
            ),
            (true, true) => (
                "a test created the stack",
                format!("if it is the config's own stack, delete its tag {TEST_TAG}"),
            ),
            (true, false) => (
                "no test created the stack",
                "run the test again: it takes another name".to_owned(),
            ),
        };
        Denial::new(Code::StackNotOwned, fact, remedy)
    })
}

/// The next step for a stack in which an import failed. The status does not tell whether the import was to create it.
pub fn after_failed_import(stack: &Stack, region: &str) -> String {
    let aws = |command: &str| {
        format!(
            "`aws cloudformation {command} --stack-name {} --region {region}`",
            stack.id
        )
    };
    format!(
        "an import into the stack failed. If {} lists no resource, delete the empty stack: {}, then create it again. If it lists resources, update the stack once with its present tool, then adopt it",
        aws("list-stack-resources"),
        aws("delete-stack")
    )
}

/// The next step for a stack that may be the config's own. A person at a command line has a command, a pull request an entry.
fn how_to_adopt(input: &RuleInput<'_>, stack: &Stack) -> String {
    if stack.status.health() == Health::InProgress {
        return match stack.status.may_be_import() {
            true => "wait until the operation has ended: if it is an import of this config, the action that began it then adds the tags",
            false => "wait until the operation has ended, then try again",
        }
        .to_owned();
    }
    // A stack whose last operation failed is not adopted.
    if stack.status.health() == Health::Failed {
        return repair(stack, &input.stack.target.region, false);
    }
    if stack.status.is_import_rolled_back() {
        return after_failed_import(stack, &input.stack.target.region);
    }
    if input.kind == EffectKind::Unadopt {
        return "use the config whose tags the stack has; a stack without provisioner's tags is not adopted"
            .to_owned();
    }
    match input.facts.authority {
        Authority::Request(_) => format!(
            "if it is the config's own stack, open a pull request that adds to `{}` below `adopt`: `- {{ config: {CONFIG_PLACEHOLDER}, stack: \"{}\" }}`",
            ENTRY_FILES[0].path, stack.id
        ),
        Authority::CommandLine { .. } | Authority::Unknown => format!(
            "if it is the config's own stack, run `provisioner adopt {CONFIG_PLACEHOLDER} --dry-run`, which compares the two"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{DriftCheck, StackStatus};

    const ID: &str = "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack/0f1e";

    fn remedy(status: &str, is_own: bool) -> String {
        let stack = Stack {
            id: ID.to_owned(),
            name: "acme-stack".to_owned(),
            status: StackStatus(status.to_owned()),
            reason: None,
            protected: false,
            tags: Default::default(),
            outputs: Vec::new(),
            created: 0,
            updated: None,
            drift: DriftCheck::default(),
        };
        repair(&stack, "us-west-2", is_own)
    }

    #[test]
    fn a_stack_in_use_is_repaired_and_not_deleted() {
        let own = remedy("UPDATE_ROLLBACK_FAILED", true);
        assert!(own.ends_with("then run `continue-rollback`"), "{own}");
        for (status, command) in [
            ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
            ("UPDATE_FAILED", "rollback-stack"),
        ] {
            let remedy = remedy(status, false);
            let command =
                format!("aws cloudformation {command} --stack-name {ID} --region us-west-2");
            assert!(remedy.contains(&command), "{remedy}");
            assert!(!remedy.contains("delete"), "{remedy}");
        }
    }

    #[test]
    fn only_an_own_failed_creation_is_deleted_by_provisioner() {
        let command =
            format!("`aws cloudformation delete-stack --stack-name {ID} --region us-west-2`");
        assert!(remedy("ROLLBACK_COMPLETE", false).contains(&command));
        assert!(!remedy("ROLLBACK_COMPLETE", true).contains("aws "));
        assert!(remedy("DELETE_FAILED", false).contains(&command));
        assert!(!remedy("DELETE_FAILED", true).contains("aws "));
    }
}
