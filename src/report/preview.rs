//! The AWS preview of one change, as the report shows it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::adoption::{adoption, adoption_line, unadoption, unadoption_line};
use super::changes::{changes, changes_summary, redacted_changes};
use super::deletion::{deletion, deletion_summary};
use super::format::Format;
use super::redactor::Redactor;
use crate::model::Digest;
use crate::plan::{Adoption, AdoptionVerdict, Changes, Deletion};
use crate::product::Level;
use crate::template::{DataKind, DeletionBehavior, data_kind};
use crate::text::pluralize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Preview {
    /// One line.
    pub line: String,
    /// Markdown.
    #[serde(skip)]
    pub markdown: String,
    pub level: Level,
    /// Digest of the effect; `None` if the preview failed or the stack does not exist.
    pub digest: Option<Digest>,
    /// Digest of the effect without the names of the stack; `None` if the preview shows more than a change in place.
    #[serde(skip)]
    pub effect: Option<Digest>,
    /// What the preview shows, without the names of this stack. Equal shapes are shown once.
    #[serde(skip)]
    pub shape: Value,
    /// The effect of the deployment; `None` for a deletion, and if the preview failed.
    pub changes: Option<Changes>,
    /// What the deletion of the stack would delete.
    pub deletion: Option<Deletion>,
    /// The comparison of a stack that is to be adopted with its config.
    pub adoption: Option<Adoption>,
}

impl Preview {
    pub fn from_changes(found: &Changes, values: &Redactor) -> Self {
        let shown = redacted_changes(found, values);
        // The report already has a table of the changed keys.
        let undeclared = Changes {
            declared: found.declared.as_ref().map(|_| Vec::new()),
            ..found.clone()
        };
        Self {
            line: changes_summary(found),
            markdown: changes(&undeclared, values, Format::Markdown),
            level: found.level,
            // The preview of a new stack comes from its template, which the plan's digest covers, but not what a former stack retained.
            digest: (found.queried || found.takes_back).then_some(found.digest),
            effect: found.effect.filter(|_| is_plain(found)),
            shape: shape_of_changes(found),
            changes: Some(shown),
            deletion: None,
            adoption: None,
        }
    }

    /// The digest covers the stack's current resources.
    pub fn from_deletion(found: &Deletion, level: Level) -> Self {
        let covered = serde_json::to_string(found).unwrap_or_default();
        Self {
            line: deletion_summary(found),
            markdown: deletion(found, Format::Markdown),
            level: match found.destroys_objects() {
                true => Level::Critical,
                false => level,
            },
            digest: Some(Digest::sha256(covered)),
            effect: None,
            shape: shape_of_deletion(found),
            changes: None,
            deletion: Some(found.clone()),
            adoption: None,
        }
    }

    /// The digest covers the stack's template, parameters and tags.
    pub fn from_adoption(stack: &str, found: &Adoption) -> Self {
        Self {
            line: adoption_line(stack, found),
            markdown: adoption(found, Format::Markdown),
            level: Level::Safe,
            digest: Some(found.digest),
            effect: None,
            shape: shape_of_adoption(stack, found),
            changes: None,
            deletion: None,
            adoption: Some(found.clone()),
        }
    }

    /// The digest is that of the stack.
    pub fn from_unadoption(stack: &str, found: &Adoption) -> Self {
        Self {
            line: unadoption_line(stack, found),
            markdown: unadoption(found, Format::Markdown),
            level: Level::Safe,
            digest: Some(found.digest),
            effect: None,
            shape: json!(stack),
            changes: None,
            deletion: None,
            adoption: Some(found.clone()),
        }
    }

    /// What is deleted, and then created or imported. The digest covers the stack's current resources; the plan's covers the new ones.
    pub fn from_replacement(
        found: &Deletion,
        created: &Changes,
        level: Level,
        values: &Redactor,
    ) -> Self {
        let deleted = Self::from_deletion(found, level);
        let resources = created.resources.len();
        let created = Self::from_changes(created, values);
        let loses_data = found.resources.iter().any(|resource| {
            resource.deletion_behavior == DeletionBehavior::Deleted
                && data_kind(&resource.kind, false) != DataKind::Nothing
        });
        let resources = pluralize(resources, "resource");
        Self {
            line: format!(
                "{}; then {resources} would be created or imported",
                deleted.line
            ),
            markdown: format!(
                "Deleted first:\n\n{}\nThen created:\n\n{}",
                deleted.markdown, created.markdown
            ),
            level: match loses_data {
                true => Level::Critical,
                false => deleted.level,
            },
            shape: json!([deleted.shape, created.shape]),
            changes: created.changes,
            ..deleted
        }
    }

    /// Adds what the new stack requires and does not find.
    pub fn add_unmet(&mut self, problems: &str) {
        if !problems.is_empty() {
            self.line = format!("{}. {problems}", self.line);
            self.effect = None;
        }
    }

    /// A failed preview has an unknown level, which ranks with the worst.
    pub fn from_failure(reason: String) -> Self {
        Self {
            shape: json!(reason),
            line: reason,
            markdown: String::new(),
            level: Level::Unknown,
            digest: None,
            effect: None,
            changes: None,
            deletion: None,
            adoption: None,
        }
    }
}

/// Whether the change set is all that there is to see of a stack.
fn is_plain(found: &Changes) -> bool {
    let mut drift = found.drift.iter();
    found.status.is_some()
        && found.refused.is_none()
        && found.failed_creation.is_none()
        && found.validations.is_empty()
        && found.hooks.is_empty()
        && drift.all(|drift| drift.live.is_empty())
}

fn shape_of_changes(found: &Changes) -> Value {
    let drifted = found.drift.iter().any(|drift| !drift.live.is_empty());
    let is_alone = drifted || !found.validations.is_empty() || !found.hooks.is_empty();
    let resources = found.resources.iter().map(|resource| {
        let causes = resource.causes.iter().map(|cause| &cause.key);
        json!([
            resource.assessment.verdict,
            resource.action,
            resource.replacement,
            resource.policy_action,
            resource.logical_id,
            resource.kind,
            resource.properties,
            resource.assessment.reason,
            resource.nested_refused,
            causes.collect::<Vec<_>>(),
        ])
    });
    json!({
        "status": found.status,
        "level": found.level,
        "refused": found.refused,
        "has_changes": found.has_changes,
        "tags": found.tags,
        "rollback": found.rollback,
        "resources": resources.collect::<Vec<_>>(),
        "failed_creation": found.failed_creation.as_ref().map(shape_of_deletion),
        "leftovers": found.leftovers,
        "alone": is_alone.then_some(&found.stack),
    })
}

/// Each stack that differs from its config is shown.
fn shape_of_adoption(stack: &str, found: &Adoption) -> Value {
    let is_alone = found.verdict > AdoptionVerdict::Equivalent || found.drift.status.is_drift();
    let added: Vec<&String> = found.tags.added.keys().collect();
    let kept: Vec<&String> = found.tags.kept.keys().collect();
    json!([
        is_alone.then_some(stack),
        found.verdict,
        added,
        kept,
        found.drift.outdated,
        found.drift.status,
    ])
}

fn shape_of_deletion(found: &Deletion) -> Value {
    let resources = found.resources.iter().map(|resource| {
        json!([
            resource.logical_id,
            resource.kind,
            resource.deletion_behavior
        ])
    });
    json!({
        "status": found.status,
        "protected": found.protected,
        "importers": found.importers,
        "consumers": found.consumers,
        "resources": resources.collect::<Vec<_>>(),
        "versions": found.buckets.values().collect::<Vec<_>>(),
    })
}
