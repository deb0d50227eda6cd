//! Performs the verbs that create or update a stack.

use super::decision::PreviewedDecision;
use super::outcome::{ActionData, ActionOutcome};
use super::perform::Task;
use super::preview_import::preview_import;
use super::provision::existing;
use crate::operation::{self, Desired, FolderResult, OperationContext, OperationError};
use crate::product::Verb;
use crate::report::{self, ActionSummary, Redactor};

impl Task<'_> {
    pub(super) async fn provision(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<ActionOutcome, OperationError> {
        let prefixes = self.prefixes()?;
        let named = self.options.imports;
        let provisioned = operation::provision(site, desired, self.deployed_config, named).await?;
        let folders = match prefixes.is_empty() {
            true => None,
            false => {
                Some(operation::deploy_folders(site, desired, &prefixes, Verb::Provision).await?)
            }
        };
        let summary = ActionSummary::Provisioned {
            stack: &desired.stack.name,
            outcome: provisioned.outcome.word(),
            outputs: provisioned.outputs.len(),
            parameters: provisioned.parameters.len(),
            folders: folders.as_ref().map(FolderResult::count),
            replaced: &provisioned.replaced,
            left_behind: &provisioned.left_behind,
            imported: provisioned.imported.len(),
            after_failure: provisioned.removed.is_some(),
        };
        let line = summary.line();
        let data = ActionData::Provisioned(provisioned);
        Ok(ActionOutcome::from_line(line, data))
    }

    /// What an import would import and create.
    pub(super) async fn preview_import(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        let facts = site.facts(desired).await?;
        // It imports nothing into a stack that exists, and finishes one that a killed run began.
        if existing(&facts).is_some() {
            return self.preview_provision(site, desired, values).await;
        }
        let (changes, problems) =
            preview_import(site, desired, &facts, self.options.imports).await?;
        let outcome = ActionOutcome::new(
            report::changes_summary(&changes),
            self.tables(|format| report::changes(&changes, values, format)),
            ActionData::Changes(Box::new(report::redacted_changes(&changes, values))),
        );
        let denials = site.denials_if_confirmed(self.verb.effect(), &facts, &desired.stack);
        Ok((outcome, PreviewedDecision { denials, problems }))
    }
}
