//! Effects that are shown first. The stack is read again after the confirmation, immediately before the effect: meanwhile, somebody may
//! have updated the stack or taken its tags.

use super::{AuthoritySource, Desired, OperationContext, OperationError, ShownEffect, ToConfirm};
use crate::diagnostic::Diagnostic;
use crate::guard::{Authority, DecidedAgain, Facts, Permit, denials};
use crate::stack::{Health, ShownStack, StackName, StackPart};

impl OperationContext<'_> {
    /// Denies an effect by the facts that are shown. No permit comes from them.
    pub(super) fn ensure_allowed<E: DecidedAgain>(
        &self,
        facts: &Facts,
        stack: &StackName,
    ) -> Result<(), OperationError> {
        let denials = denials(E::KIND, self.policies, facts, stack);
        if denials.is_empty() {
            return Ok(());
        }
        self.progress.decided(stack, E::KIND, facts, &denials);
        Err(OperationError::Denied(denials))
    }

    /// Lets a person at a terminal confirm an effect, and decides on it by the stack as it is then.
    pub(super) async fn confirmed<E: DecidedAgain>(
        &self,
        desired: &Desired<'_>,
        facts: &mut Facts,
        shown: &ShownStack,
        effect: (ShownEffect<'_>, &[Diagnostic]),
    ) -> Result<Permit<E>, OperationError> {
        self.confirm(E::KIND, facts, &desired.stack, effect);
        self.ensure_allowed::<E>(facts, &desired.stack)?;
        self.decide_again(desired, facts, shown).await
    }

    /// Reads the stack again, and decides. The facts then have the stack as it is now.
    pub(super) async fn decide_again<E: DecidedAgain>(
        &self,
        desired: &Desired<'_>,
        facts: &mut Facts,
        shown: &ShownStack,
    ) -> Result<Permit<E>, OperationError> {
        self.decide_on(desired, facts, shown, Vec::new()).await
    }

    /// The same, with what else changed.
    pub(super) async fn decide_on<E: DecidedAgain>(
        &self,
        desired: &Desired<'_>,
        facts: &mut Facts,
        shown: &ShownStack,
        changed: Vec<StackPart>,
    ) -> Result<Permit<E>, OperationError> {
        let now = self.cloud.stack(&desired.stack.name).await?;
        let now = now.filter(|stack| stack.status.health() != Health::Deleted);
        let template = match (&now, &shown.template) {
            (Some(stack), Some(template)) if shown.is_same_version(stack) => Some(template.clone()),
            (Some(stack), Some(_)) => Some(self.cloud.template(&stack.id).await?),
            _ => None,
        };
        let differences = shown.differences(now.as_ref(), template.as_deref());
        facts.since_shown = Some([differences, changed].concat());
        facts.stack = Some(now);
        self.permit(facts, &desired.stack)
    }
}

/// The authority of a person who has confirmed the effect.
pub(super) struct Confirmed<'a>(pub &'a dyn AuthoritySource);

impl AuthoritySource for Confirmed<'_> {
    fn authority(&self, stack: &StackName, _: Option<ToConfirm<'_>>) -> Authority {
        self.0.authority(stack, None)
    }
}
