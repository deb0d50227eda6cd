//! The AWS preview of one change, as the report shows it.

use serde::Serialize;
use serde_json::Value;

use super::changes::{changes, changes_summary, redacted_changes};
use super::deletion::{deletion, deletion_summary};
use super::format::Format;
use super::redactor::Redactor;
use crate::model::Digest;
use crate::plan::{Changes, Deletion};
use crate::product::Level;

#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// One line.
    pub line: String,
    /// Markdown.
    #[serde(skip)]
    pub markdown: String,
    pub level: Level,
    /// Digest of the effect; `None` if the preview failed or the stack does not exist.
    pub digest: Option<Digest>,
    /// The change set or the deletion as JSON.
    pub result: Value,
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
            // The preview of a new stack comes from its template, which the plan's digest covers.
            digest: found.queried.then_some(found.digest),
            result: serde_json::to_value(shown).unwrap_or_default(),
        }
    }

    /// The digest covers the stack's current resources.
    pub fn from_deletion(found: &Deletion, level: Level) -> Self {
        let result = serde_json::to_value(found).unwrap_or_default();
        Self {
            line: deletion_summary(found),
            markdown: deletion(found, Format::Markdown),
            level,
            digest: Some(Digest::sha256(result.to_string())),
            result,
        }
    }

    /// A failed preview has an unknown level, which ranks with the worst.
    pub fn from_failure(reason: String) -> Self {
        Self {
            line: reason,
            markdown: String::new(),
            level: Level::Unknown,
            digest: None,
            result: Value::Null,
        }
    }
}
