//! Dry runs: what a verb would do with the stack of one config. A dry run that reports what the guard denies, or what is missing, fails as
//! the run would. It asks for no confirmation.

use super::adoption::TagStep;
use super::decision::PreviewedDecision;
use super::failure::denial_diagnostics;
use super::outcome::{ActionData, ActionOutcome, Conclusion};
use super::perform::Task;
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::{EffectKind, Inspect};
use crate::operation::{
    self, Desired, OperationContext, OperationError, ProvisionPreview, ReplacementPreview,
};
use crate::plan::Deletion;
use crate::product::Verb;
use crate::report::{self, ActionSummary, Fault, Redactor, Success};

impl Task<'_> {
    /// What the task would do.
    pub(super) async fn dry_run(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        match self.preview(site, desired, values).await {
            Ok((outcome, decision)) => Ok(self.decided(outcome, decision)),
            Err(OperationError::Denied(mut denials)) => {
                denials.retain(|denial| !denial.is_missing_confirmation());
                Err(OperationError::Denied(denials))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn preview(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        Ok(match self.verb {
            Verb::Provision | Verb::TestDeploy => {
                self.preview_provision(site, desired, values).await?
            }
            Verb::DeployFolders => {
                let prefixes = self.prefixes()?;
                let folders = operation::preview_folders(site, desired, &prefixes).await?;
                let line = ActionSummary::FoldersPreview(folders.count()).line();
                let outcome = ActionOutcome::from_line(line, ActionData::Folders(folders));
                (
                    outcome.with_success(Success::Answered),
                    PreviewedDecision::default(),
                )
            }
            Verb::UploadTemplate => {
                let places = operation::preview_upload(site, desired, &self.prefixes()?).await?;
                let line = ActionSummary::UploadPreview { places: &places }.line();
                let outcome = ActionOutcome::from_line(line, ActionData::Uploaded(places));
                (
                    outcome.with_success(Success::Answered),
                    PreviewedDecision::default(),
                )
            }
            Verb::Import => self.preview_import(site, desired, values).await?,
            Verb::Adopt | Verb::Unadopt => self.compare(site, desired).await?,
            Verb::Restore => self.preview_restoration(site, desired, values).await?,
            Verb::ContinueRollback => self.preview_rollback(site, desired, values).await?,
            Verb::Delete | Verb::TearDown => self.preview_deletion(site, desired).await?,
            Verb::Replace => match operation::preview_replacement(site, desired).await? {
                ReplacementPreview::Creation(former) => {
                    let (mut outcome, stop) = self.preview_provision(site, desired, values).await?;
                    let tags: Vec<&str> = former.keys().map(|key| &**key).collect();
                    outcome.line.push_str(&report::continued_replacement(&tags));
                    (outcome, stop)
                }
                ReplacementPreview::Deletion(deletion, stop) => {
                    (self.deletion_outcome(*deletion), stop)
                }
            },
            _ => return Err(OperationError::VerificationFailed(Fault::NotForAws)),
        })
    }

    /// The outcome of a dry run, which fails if anything stops the run. The one place that decides it.
    fn decided(&self, outcome: ActionOutcome, decision: PreviewedDecision) -> ActionOutcome {
        let PreviewedDecision { denials, problems } = decision;
        let has_errors = problems.iter().any(Diagnostic::is_error);
        let mut diagnostics = problems;
        diagnostics.extend(denial_diagnostics(self.config, &denials));
        let outcome = outcome.with_diagnostics(diagnostics);
        match denials.is_empty() {
            true => outcome.with_conclusion_if(has_errors, Conclusion::Invalid),
            false => outcome.with_conclusion(Conclusion::Denied { denials }),
        }
    }

    pub(super) async fn preview_provision(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        let kind = match self.verb {
            Verb::TestDeploy => EffectKind::Test,
            _ => EffectKind::Create,
        };
        let deployed = self.deployed_config;
        let (preview, stop) =
            operation::preview_provision(site, desired, kind, deployed, self.options.imports)
                .await?;
        let outcome = match preview {
            ProvisionPreview::Changes(changes) => self.changes(&changes, &[], values),
            ProvisionPreview::Resume { status, changes } => {
                let summary = ActionSummary::Resumable {
                    stack: &desired.stack.name,
                    status: &status,
                };
                let line = summary.line();
                match changes {
                    Some(changes) => {
                        let mut outcome = self.changes(&changes, &[], values);
                        outcome.line = line;
                        outcome
                    }
                    None => ActionOutcome::from_line(line, ActionData::Status(status)),
                }
            }
        };
        Ok((outcome, stop))
    }

    /// What an adoption or an un-adoption would do.
    async fn compare(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        let kind = self.verb.effect();
        let (facts, compared) = operation::compare(site, desired, kind).await?;
        let _looking = site.decide::<Inspect>(&facts, &desired.stack)?;
        let mut denials = site.denials_if_confirmed(kind, &facts, &desired.stack);
        let Some(compared) = compared else {
            denials.retain(|denial| denial.code == Code::StackNotFound);
            return Err(OperationError::Denied(denials));
        };
        if matches!(compared.step(kind, desired), TagStep::Done) {
            denials.clear();
        }
        let (stack, adoption) = (&desired.stack.name, &compared.adoption);
        let (line, tables) = match self.verb {
            Verb::Unadopt => {
                let tables = self.tables(|format| report::unadoption(adoption, format));
                (report::unadoption_line(stack, adoption), tables)
            }
            _ => {
                let tables = self.tables(|format| report::adoption(adoption, format));
                (report::adoption_line(stack, adoption), tables)
            }
        };
        let data = ActionData::Adoption(Box::new(compared.adoption));
        let outcome = ActionOutcome::new(line, tables, data);
        Ok((outcome, PreviewedDecision::of_denials(denials)))
    }

    async fn preview_deletion(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<(ActionOutcome, PreviewedDecision), OperationError> {
        let mut facts = site.facts(desired).await?;
        let empties = self.verb == Verb::TearDown;
        let deletion = operation::preview_deletion(site, desired, &mut facts, empties).await?;
        let denials = site.denials_if_confirmed(self.verb.effect(), &facts, &desired.stack);
        Ok((
            self.deletion_outcome(deletion),
            PreviewedDecision::of_denials(denials),
        ))
    }

    fn deletion_outcome(&self, deletion: Deletion) -> ActionOutcome {
        let line = report::deletion_summary(&deletion);
        let tables = self.tables(|format| report::deletion(&deletion, format));
        ActionOutcome::new(line, tables, ActionData::Deletion(deletion))
    }
}
