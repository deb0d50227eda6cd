//! Operations on one stack: read facts, decide, act, watch, verify. The command line and the flows of CI share them and differ in
//! the authority of the request.

mod adoption;
mod cancelled;
mod changes;
mod confirmed;
mod continue_rollback;
mod creatable;
mod decision;
mod deletion;
mod desired;
mod drift;
mod dry_run;
mod error;
mod facts;
mod failed_creation;
mod failure;
mod finish;
mod folders;
mod former;
mod free_names;
mod free_policies;
mod import;
mod import_drift;
mod import_option;
mod import_rest;
mod network;
mod outcome;
mod perform;
mod perform_provision;
mod perform_repair;
mod preflight;
mod preview_import;
mod provision;
mod provision_preview;
mod provisioned;
mod remains;
mod replace;
mod replaced;
mod restore;
mod tag_drift;
mod taken_back;
mod test;
mod unfinished;
mod unimportable;
mod unlisted;
mod verification;
mod warnings;

use std::time::Duration;

use crate::cloud::{ChangeSetInput, Cloud};
use crate::diagnostic::Diagnostic;
use crate::guard::{
    Authority, DecidedOnce, Denial, Effect, EffectKind, Facts, Permit, Policies, confirmation_word,
    decide, denials,
};
use crate::plan::{Adoption, Changes, Deletion, LinkNeeds, Restoration, RollbackContinuation};
use crate::report::{Counted, Step};
use crate::stack::{Stack, StackEvent, StackName};

pub use adoption::{AdoptionOutcome, AdoptionResult, ComparedStack, adopt, compare, unadopt};
pub use changes::{changes, denied_update};
pub use continue_rollback::{ContinuedRollback, continue_rollback, preview_rollback};
pub use creatable::replacement_problems;
pub use decision::PreviewedDecision;
pub use deletion::{DeletionResult, delete, preview_deletion};
pub use desired::Desired;
pub use drift::drift;
pub use error::OperationError;
pub use failure::{
    FailureReport, complete_commands, denial_diagnostics, missing_setup, to_diagnostics,
};
pub use finish::{finish_provision, finish_tags, finish_test, report_remains};
pub use folders::{
    FolderResult, deploy_folders, lacks_folders, preview_folders, preview_upload, select_folders,
    upload_template,
};
pub use outcome::{ActionData, ActionOutcome, Conclusion};
pub use perform::{Task, TaskOptions, perform};
pub use preflight::{Occupancy, preflight, preflight_of};
pub use preview_import::preview_import;
pub use provision::provision;
pub use provision_preview::{ProvisionPreview, preview_provision};
pub use provisioned::{ProvisionOutcome, Provisioned};
pub use replace::{Replaced, Replacement, ReplacementPreview, preview_replacement, replace};
pub use restore::{RepairResult, Restored, preview_restoration, restore};
pub use test::{TestResult, test_deploy};
pub use unlisted::unlisted_solution;
pub use warnings::Warnings;

pub struct OperationContext<'a> {
    /// One account and region.
    pub cloud: &'a Cloud,
    pub policies: Policies<'a>,
    pub authority: &'a dyn AuthoritySource,
    pub progress: &'a dyn Progress,
    /// What the repository's configs need of other stacks; `None` if nobody read it.
    pub needs: Option<&'a LinkNeeds>,
    /// Receives the warnings of the action.
    pub warnings: &'a Warnings,
}

/// What a person at a terminal sees and confirms.
#[derive(Clone, Copy)]
pub struct ToConfirm<'a> {
    pub effect: ShownEffect<'a>,
    /// What the checks found that does not block it.
    pub warnings: &'a [Diagnostic],
    /// What the person types.
    pub word: &'a str,
}

#[derive(Clone, Copy)]
pub enum ShownEffect<'a> {
    Changes(&'a Changes),
    Deletion(&'a Deletion),
    /// A stack gets the tags of provisioner's own stacks.
    Adoption(&'a Adoption),
    /// A stack loses these tags.
    Unadoption(&'a Adoption),
    Restoration(&'a Restoration),
    Rollback(&'a RollbackContinuation),
}

/// Supplies the authority of a request. Called as late as possible, so that a person who is prompted sees the preview first.
pub trait AuthoritySource: Send + Sync {
    /// The authority for this stack. `about`: what a person at a terminal has to confirm.
    fn authority(&self, stack: &StackName, about: Option<ToConfirm<'_>>) -> Authority;

    /// Whether a person at a terminal confirms changes.
    fn prompts(&self) -> bool {
        false
    }

    /// Whether a person was prompted, and so has seen the preview.
    fn has_prompted(&self) -> bool {
        false
    }
}

/// Receives the progress of an operation.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn step(&self, stack: &StackName, step: Step<'_>);
    /// CloudFormation reports an event.
    fn event(&self, stack: &StackName, event: &StackEvent);
    /// `done` items are finished; `of` is the whole, if known.
    fn count(&self, stack: &StackName, what: Counted<'_>, done: u64, of: Option<u64>);
    /// The guard decided by these facts. No denials mean allowed.
    fn decided(&self, _stack: &StackName, _kind: EffectKind, _facts: &Facts, _denials: &[Denial]) {}
}

/// The time for cleanup after a cancellation. A runner kills the process 10 s after its first signal, and the report has to be written before that.
const CLEANUP_TIME: Duration = Duration::from_secs(4);

impl OperationContext<'_> {
    /// Cleans up. `None` if the run is cancelled and the cleanup takes too long: AWS continues what it was requested to do.
    async fn clean_up<T>(&self, cleanup: impl Future<Output = T>) -> Option<T> {
        let out_of_time = async {
            self.cloud.cancelled().await;
            tokio::time::sleep(CLEANUP_TIME).await;
        };
        tokio::select! {
            biased;
            done = cleanup => Some(done),
            () = out_of_time => None,
        }
    }

    fn warn(&self, warnings: &[Diagnostic]) {
        self.warnings.add(warnings);
    }

    /// Ends an operation whose checks found errors. Returns the warnings for a prompt; the result of the action has them anyway.
    fn ensure_met(&self, found: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, OperationError> {
        if found.iter().any(Diagnostic::is_error) {
            return Err(OperationError::Invalid(found));
        }
        self.warn(&found);
        Ok(found)
    }

    /// Effects that are shown first have [`Self::confirmed`].
    fn decide<E: DecidedOnce>(
        &self,
        facts: &Facts,
        stack: &StackName,
    ) -> Result<Permit<E>, OperationError> {
        self.permit(facts, stack)
    }

    fn permit<E: Effect>(
        &self,
        facts: &Facts,
        stack: &StackName,
    ) -> Result<Permit<E>, OperationError> {
        let decision = decide(self.policies, facts, stack);
        let denials = decision.as_ref().err().map_or(&[][..], Vec::as_slice);
        self.progress.decided(stack, E::KIND, facts, denials);
        decision.map_err(OperationError::Denied)
    }

    /// What denies an effect once it is confirmed: neither `--force` nor what a person types is missing then.
    fn denials_if_confirmed(
        &self,
        kind: EffectKind,
        facts: &Facts,
        stack: &StackName,
    ) -> Vec<Denial> {
        let mut denials = denials(kind, self.policies, facts, stack);
        denials.retain(|denial| !denial.is_missing_confirmation());
        denials
    }

    /// Whether a person at a terminal confirms the effect: the guard does not deny it anyway.
    fn is_confirmed_by_prompt(&self, kind: EffectKind, facts: &Facts, stack: &StackName) -> bool {
        self.authority.prompts() && denials(kind, self.policies, facts, stack).is_empty()
    }

    /// Lets a person at a terminal confirm an effect, unless the guard denies it anyway.
    fn confirm(
        &self,
        kind: EffectKind,
        facts: &mut Facts,
        stack: &StackName,
        (effect, warnings): (ShownEffect<'_>, &[Diagnostic]),
    ) {
        if !self.is_confirmed_by_prompt(kind, facts, stack) {
            return;
        }
        if let Some(word) = confirmation_word(kind, facts, stack) {
            let about = ToConfirm {
                effect,
                warnings,
                word,
            };
            facts.authority = self.authority.authority(stack, Some(about));
        }
    }

    /// The change set of a creation or an update, with the alarms that the policy names.
    fn watched_input(&self, desired: &Desired<'_>, existing: Option<&Stack>) -> ChangeSetInput {
        ChangeSetInput {
            rollback: self
                .policies
                .rollback(&desired.stack.target)
                .filter(|_| !desired.is_test()),
            ..desired.change_set_input(existing)
        }
    }
}
