//! What is known of a stack before an effect is decided.

use super::import::{ImportState, import_state};
use super::{Desired, OperationContext, OperationError};
use crate::guard::{Authority, Facts, RequestedChange};
use crate::stack::{Health, Stack};
use crate::template::role_boundaries;

impl OperationContext<'_> {
    /// The facts of a stack before a change set or a preview.
    pub async fn facts(&self, desired: &Desired<'_>) -> Result<Facts, OperationError> {
        let stack = self.cloud.stack(&desired.stack.name).await?;
        let mut facts = self.facts_of(desired, stack);
        facts.replaced = self.replaced(&facts).await?;
        // An import sets no tags. The others need no look at the template.
        if let Some(stack) = facts.stack.clone().flatten()
            && !facts.is_owner_of(&stack)
        {
            let import = import_state(self, desired, &facts, &stack).await?;
            facts.changes_imported = match &import {
                Some(ImportState::Unfinished { changed, .. }) => Some(*changed),
                _ => None,
            };
            facts.unfinished_import =
                import.map(|import| matches!(import, ImportState::Unfinished { .. }));
        }
        Ok(facts)
    }

    /// The same with the stack that was read.
    pub(super) fn facts_of(&self, desired: &Desired<'_>, stack: Option<Stack>) -> Facts {
        Facts {
            caller: Some(self.cloud.caller().clone()),
            stack: Some(stack),
            owner: desired.owner(),
            external_references: Some(desired.external_references()),
            role_boundaries: Some(role_boundaries(&desired.document)),
            authority: self.authority.authority(&desired.stack, None),
            ..Facts::default()
        }
    }

    /// ARN of the stack that an entry asks to replace, if it was the config's own and is deleted.
    async fn replaced(&self, facts: &Facts) -> Result<Option<String>, OperationError> {
        let Authority::Request(request) = &facts.authority else {
            return Ok(None);
        };
        let Some(entry) = &request.entry else {
            return Ok(None);
        };
        let live = facts.stack.as_ref().and_then(Option::as_ref);
        let is_live = live.is_some_and(|stack| stack.id == entry.as_str());
        if request.asks != Some(RequestedChange::Replace) || is_live {
            return Ok(None);
        }
        let former = self.cloud.stack(entry.as_str()).await?;
        let is_gone =
            |stack: &Stack| stack.status.health() == Health::Deleted && facts.is_owner_of(stack);
        Ok(former.filter(is_gone).map(|stack| stack.id))
    }
}
