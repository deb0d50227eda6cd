//! Performs the verbs that repair a stack.

use super::decision::PreviewedDecision;
use super::failure::denial_diagnostics;
use super::outcome::{ActionData, ActionOutcome, Conclusion};
use super::perform::Task;
use crate::guard::Denial;
use crate::operation::{self, Desired, OperationContext, OperationError, RepairResult};
use crate::plan::{Restoration, RollbackContinuation};
use crate::report::{self, Redactor};

impl Task<'_> {
    pub(super) async fn restore(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        match operation::restore(site, desired).await? {
            RepairResult::Done(mut restored) => {
                let line = report::restored_summary(&restored.restoration);
                let tables = self
                    .tables(|format| report::restoration(&restored.restoration, values, format));
                restored.restoration = report::redacted_restoration(&restored.restoration, values);
                Ok(ActionOutcome::new(
                    line,
                    tables,
                    ActionData::Restored(restored),
                ))
            }
            RepairResult::Denied(_, denials) if site.authority.has_prompted() => {
                Err(OperationError::Denied(denials))
            }
            RepairResult::Denied(found, denials) => {
                Ok(self.denied(self.restoration(&found, values), denials))
            }
        }
    }

    pub(super) async fn preview_restoration(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        let (found, stop) = operation::preview_restoration(site, desired).await?;
        Ok((self.restoration(&found, values), stop))
    }

    fn restoration(&self, found: &Restoration, values: &Redactor) -> ActionOutcome {
        ActionOutcome::new(
            report::restoration_summary(found),
            self.tables(|format| report::restoration(found, values, format)),
            ActionData::Restoration(report::redacted_restoration(found, values)),
        )
    }

    pub(super) async fn continue_rollback(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        match operation::continue_rollback(site, desired, self.options.skip).await? {
            RepairResult::Done(mut done) => {
                let line = report::continued_summary(&done.continuation, &done.ended);
                let tables =
                    self.tables(|format| report::rollback(&done.continuation, values, format));
                done.continuation = report::redacted_rollback(&done.continuation, values);
                let data = ActionData::ContinuedRollback(done);
                Ok(ActionOutcome::new(line, tables, data))
            }
            RepairResult::Denied(_, denials) if site.authority.has_prompted() => {
                Err(OperationError::Denied(denials))
            }
            RepairResult::Denied(found, denials) => {
                Ok(self.denied(self.rollback(&found, values), denials))
            }
        }
    }

    pub(super) async fn preview_rollback(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        let skip = self.options.skip;
        let (found, stop) = operation::preview_rollback(site, desired, skip).await?;
        Ok((self.rollback(&found, values), stop))
    }

    fn rollback(&self, found: &RollbackContinuation, values: &Redactor) -> ActionOutcome {
        ActionOutcome::new(
            report::rollback_summary(found),
            self.tables(|format| report::rollback(found, values, format)),
            ActionData::Rollback(report::redacted_rollback(found, values)),
        )
    }

    /// A denied repair returns its preview.
    fn denied(&self, outcome: ActionOutcome, denials: Vec<Denial>) -> ActionOutcome {
        let diagnostics = denial_diagnostics(self.config, &denials);
        outcome
            .with_diagnostics(diagnostics)
            .with_conclusion(Conclusion::Denied { denials })
    }
}
