//! Performs a verb on the stack of one config, for the command line and for the flows of CI.

use super::failure::denial_diagnostics;
use super::folders::select_folders;
use super::outcome::{ActionData, ActionOutcome, Conclusion};
use super::remains::with_remains;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::entries::NamedResource;
use crate::guard::{Authority, Denial};
use crate::operation::{
    self, Desired, FolderResult, OperationContext, OperationError, Replacement, Warnings,
};
use crate::plan::{Changes, Deletion, LinkNeeds};
use crate::product::{Class, Verb};
use crate::report::{self, ActionSummary, Fault, Format, Redactor, Success};

#[derive(Clone, Copy)]
pub struct Task<'a> {
    pub verb: Verb,
    pub config: &'a Config,
    pub options: TaskOptions<'a>,
    /// Finds the version of the config that a deployed template was rendered from.
    pub deployed_config: &'a (dyn Fn(&str) -> Option<Config> + Sync),
    /// Columns of the terminal; `None` if a table in plain text may have any width.
    pub width: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct TaskOptions<'a> {
    /// Query AWS where that is not the default.
    pub real: bool,
    /// Keep the stack of a test.
    pub keep: bool,
    /// Report what the task would do, and change nothing.
    pub dry_run: bool,
    /// Count drift as a failure.
    pub fail_on_drift: bool,
    /// The solution whose folders are created; `None` means all of the config.
    pub solution: Option<&'a str>,
    /// Logical ids of resources whose rollback is skipped.
    pub skip: &'a [String],
    /// Existing resources that a command line names for a new stack. A pull request names them in an entry.
    pub imports: &'a [NamedResource],
    /// What the repository's configs need of other stacks.
    pub needs: Option<&'a LinkNeeds>,
    /// Finish what a cancelled job left, instead of doing the task.
    pub finish_cancelled: bool,
    /// Suffix for the names of a test: six letters and digits.
    pub token: &'a str,
}

/// Performs the task. The guard decides on the way.
pub async fn perform(
    task: &Task<'_>,
    site: &OperationContext<'_>,
    values: &Redactor,
) -> Result<ActionOutcome, OperationError> {
    let config = task.config;
    let suffixed;
    let desired = match task.verb {
        Verb::TestDeploy => {
            let suffix = format!("-t{}", task.options.token);
            suffixed = config
                .with_name_suffix(&suffix)
                .map_err(OperationError::Invalid)?;
            Desired::for_test(&suffixed, config.stack(), task.options.keep)?
        }
        _ => Desired::new(config)?,
    };
    if task.options.finish_cancelled {
        return task.finish(site, &desired).await;
    }
    let warnings = Warnings::default();
    let site = &OperationContext {
        warnings: &warnings,
        ..*site
    };
    match task.act(site, &desired, values).await {
        Ok(mut outcome) => {
            outcome.diagnostics.extend(warnings.take());
            Ok(outcome)
        }
        Err(failure) => {
            let failure = match task.verb.class() > Class::Read && !task.options.dry_run {
                true => with_remains(site, &desired.stack, task.verb, failure).await,
                false => failure,
            };
            Err(failure.warned(warnings.take()))
        }
    }
}

async fn validate_template(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<ActionOutcome, OperationError> {
    let capabilities = site.cloud.validate(&desired.sent).await?;
    let missing = operation::preflight_of(site, desired).await?;
    let summary = ActionSummary::TemplateAccepted {
        stack: &desired.stack.name,
        capabilities: &capabilities,
    };
    let line = summary.line();
    let failed = missing.iter().any(Diagnostic::is_error);
    let details = ActionOutcome::from_line(line, ActionData::Nothing)
        .with_success(Success::Valid)
        .with_diagnostics(missing);
    Ok(details.with_conclusion_if(failed, Conclusion::Invalid))
}

impl Task<'_> {
    async fn act(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        if self.options.dry_run {
            return self.dry_run(site, desired, values).await;
        }
        match self.verb {
            Verb::ValidateTemplate => validate_template(site, desired).await,
            Verb::ShowChanges => self.show_changes(site, desired, values).await,
            Verb::CheckDrift => self.drift(site, desired, values).await,
            Verb::TestDeploy => self.test(site, desired).await,
            Verb::Provision | Verb::Import => self.provision(site, desired).await,
            Verb::Adopt | Verb::Unadopt => self.change_tags(site, desired).await,
            Verb::DeployFolders => {
                let prefixes = self.prefixes()?;
                let folders =
                    operation::deploy_folders(site, desired, &prefixes, self.verb).await?;
                let line = ActionSummary::Folders(folders.count()).line();
                Ok(ActionOutcome::from_line(line, ActionData::Folders(folders)))
            }
            Verb::UploadTemplate => {
                let places = operation::upload_template(site, desired, &self.prefixes()?).await?;
                let line = ActionSummary::Uploaded { places: &places }.line();
                Ok(ActionOutcome::from_line(line, ActionData::Uploaded(places)))
            }
            Verb::Delete | Verb::TearDown => self.delete(site, desired).await,
            Verb::Restore => self.restore(site, desired, values).await,
            Verb::ContinueRollback => self.continue_rollback(site, desired, values).await,
            Verb::Replace => self.replace(site, desired).await,
            _ => Err(OperationError::VerificationFailed(Fault::NotForAws)),
        }
    }

    /// The same table as text for a terminal and in Markdown.
    pub(super) fn tables(&self, table: impl Fn(Format) -> String) -> [String; 2] {
        [Format::Text(self.width), Format::Markdown].map(table)
    }

    async fn show_changes(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        let facts = site.facts(desired).await?;
        let real = self.options.real;
        let changes = operation::changes(site, desired, &facts, real, self.deployed_config).await?;
        let is_unfinished = facts.unfinished_import == Some(true);
        let denials = match changes.refused {
            None => operation::denied_update(site, desired, &facts, &changes),
            Some(_) => Vec::new(),
        };
        let is_blocked = changes.unmet.iter().any(Diagnostic::is_error);
        let outcome = self.changes(&changes, &denials, values);
        let mut outcome = outcome.with_diagnostics(changes.unmet);
        if is_unfinished {
            let action = self.config.provision_action();
            let [text, markdown] =
                self.tables(|format| report::unfinished_creation(action, format));
            outcome.text.push_str(&text);
            outcome.markdown.push_str(&markdown);
        }
        Ok(outcome.with_conclusion_if(is_blocked, Conclusion::Invalid))
    }

    /// The changes, with notes of these denials.
    pub(super) fn changes(
        &self,
        changes: &Changes,
        denials: &[Denial],
        values: &Redactor,
    ) -> ActionOutcome {
        let action = self.config.provision_action();
        let details = ActionOutcome::new(
            report::changes_summary(changes),
            self.tables(|format| {
                let mut text = report::changes(changes, values, format);
                text.push_str(&report::denied_update(action, denials, format));
                text
            }),
            ActionData::Changes(Box::new(report::redacted_changes(changes, values))),
        );
        let refused = changes.refused.is_some();
        details.with_conclusion_if(refused, Conclusion::ChangeSetFailed)
    }

    async fn drift(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        values: &Redactor,
    ) -> Result<ActionOutcome, OperationError> {
        let drift = operation::drift(site, desired).await?;
        let is_gate = self.options.fail_on_drift;
        let (drifted, unknown) = (drift.has_drifted(), drift.is_unknown());
        let details = ActionOutcome::new(
            report::drift_summary(&drift),
            self.tables(|format| report::drift(&drift, values, format)),
            ActionData::Drift(report::redacted_drift(&drift, values)),
        );
        let details = details.with_conclusion_if(is_gate && drifted, Conclusion::DriftFound);
        Ok(details.with_conclusion_if(is_gate && unknown, Conclusion::DriftUnknown))
    }

    async fn test(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<ActionOutcome, OperationError> {
        let keep = self.options.keep;
        let tested = operation::test_deploy(site, desired, self.config.stack(), keep).await?;
        let region = self.config.target.region.as_str();
        let summary = ActionSummary::Tested {
            stack: &tested.stack.name,
            kept_in: tested.kept.then_some(region),
            removed: &tested.removed,
        };
        let line = summary.line();
        Ok(ActionOutcome::from_line(line, ActionData::Test(tested)))
    }

    async fn finish(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<ActionOutcome, OperationError> {
        let status = match self.verb {
            Verb::Provision | Verb::Import => operation::finish_provision(site, desired).await?,
            Verb::TestDeploy => operation::finish_test(site, desired, self.options.keep).await?,
            Verb::Adopt | Verb::Unadopt => {
                operation::finish_tags(site, desired, self.verb.effect()).await?
            }
            _ => operation::report_remains(site, desired).await?,
        };
        let summary = ActionSummary::NothingUnderWay {
            stack: &desired.stack.name,
            status: status.as_deref(),
        };
        let line = summary.line();
        let data = status.map_or(ActionData::Nothing, ActionData::Status);
        let outcome = ActionOutcome::from_line(line, data);
        Ok(outcome.with_conclusion(Conclusion::NothingLeft))
    }

    /// A denied deletion returns its preview.
    async fn delete(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<ActionOutcome, OperationError> {
        let empties = self.verb == Verb::TearDown;
        let tables = |deletion: &Deletion| self.tables(|format| report::deletion(deletion, format));
        match operation::delete(site, desired, empties).await {
            Ok(gone) => {
                let line = report::deleted_summary(&gone.deletion);
                let tables = tables(&gone.deletion);
                Ok(ActionOutcome::new(line, tables, ActionData::Deleted(gone)))
            }
            Err(OperationError::Denied(denials)) if !site.authority.has_prompted() => {
                let mut facts = site.facts(desired).await?;
                let deletion =
                    operation::preview_deletion(site, desired, &mut facts, empties).await;
                let Ok(deletion) = deletion else {
                    return Err(OperationError::Denied(denials));
                };
                Ok(self.denied_deletion(deletion, denials))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn change_tags(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<ActionOutcome, OperationError> {
        let (result, adoption) = match self.verb {
            Verb::Unadopt => operation::unadopt(site, desired).await?,
            _ => operation::adopt(site, desired).await?,
        };
        let summary = ActionSummary::Tags {
            stack: &desired.stack.name,
            success: result.outcome.success(),
            tags: result.tags.len(),
        };
        // A pull request removes the config itself.
        let authority = site.authority.authority(&desired.stack, None);
        let is_by_hand = matches!(authority, Authority::CommandLine { .. });
        // What the next update would change.
        let shown = adoption.filter(|_| self.verb == Verb::Adopt);
        let tables = match &shown {
            Some(adoption) => self.tables(|format| report::next_update(adoption, format)),
            None if self.verb == Verb::Unadopt && is_by_hand => {
                self.tables(report::config_to_remove)
            }
            None => Default::default(),
        };
        let line = summary.line();
        Ok(ActionOutcome::new(
            line,
            tables,
            ActionData::Adopted(result),
        ))
    }

    /// A denied replacement returns the preview of its deletion.
    async fn replace(
        &self,
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
    ) -> Result<ActionOutcome, OperationError> {
        let prefixes = self.prefixes()?;
        match operation::replace(site, desired, self.deployed_config).await? {
            Replacement::Denied { denials, deletion } if !site.authority.has_prompted() => {
                Ok(self.denied_deletion(*deletion, denials))
            }
            Replacement::Denied { denials, .. } => Err(OperationError::Denied(denials)),
            Replacement::Done(replaced) => {
                let folders = match prefixes.is_empty() {
                    true => None,
                    false => {
                        let verb = Verb::Provision;
                        Some(operation::deploy_folders(site, desired, &prefixes, verb).await?)
                    }
                };
                let created = &replaced.created;
                let summary = ActionSummary::Provisioned {
                    stack: &desired.stack.name,
                    outcome: match &replaced.deletion {
                        Some(_) => "deleted and created again",
                        None => created.outcome.word(),
                    },
                    outputs: created.outputs.len(),
                    parameters: created.parameters.len(),
                    folders: folders.as_ref().map(FolderResult::count),
                    replaced: &created.replaced,
                    left_behind: &created.left_behind,
                    imported: created.imported.len(),
                    after_failure: false,
                };
                let line = summary.line();
                let tables = match &replaced.deletion {
                    Some(deletion) => self.tables(|format| {
                        report::replaced(deletion, &replaced.created.imported, format)
                    }),
                    None => Default::default(),
                };
                let data = ActionData::Replaced(replaced);
                Ok(ActionOutcome::new(line, tables, data))
            }
        }
    }

    fn denied_deletion(&self, deletion: Deletion, denials: Vec<Denial>) -> ActionOutcome {
        let line = report::deletion_summary(&deletion);
        let is_complete = deletion.is_complete();
        let tables = self.tables(|format| report::deletion(&deletion, format));
        let details = ActionOutcome::new(line, tables, ActionData::Deletion(deletion));
        let diagnostics = denial_diagnostics(self.config, &denials);
        details
            .with_diagnostics(diagnostics)
            .with_conclusion(Conclusion::DeletionDenied {
                denials,
                is_complete,
            })
    }

    /// The prefixes of the task's solution, or of all solutions of the config.
    pub(super) fn prefixes(&self) -> Result<Vec<String>, OperationError> {
        let selected = select_folders(self.config, self.options.solution);
        selected.map_err(|problem| OperationError::Invalid(vec![problem]))
    }
}
