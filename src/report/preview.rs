//! What AWS says of one change, as it is told in the report.

use serde::Serialize;
use serde_json::Value;

use super::changes::{changes, changes_summary, redacted_changes};
use super::deletion::{deletion, deletion_summary};
use super::format::Format;
use super::redactor::Redactor;
use crate::model::Digest;
use crate::plan::{Changes, Deletion};
use crate::product::Level;

/// What AWS says of one config's stack.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub line: String,
    #[serde(skip)]
    pub markdown: String,
    pub level: Level,
    /// Digest of what would happen; `None` where nothing was found out.
    pub digest: Option<Digest>,
    pub result: Value,
}

impl Preview {
    /// A change set.
    pub fn from_changes(found: &Changes, values: &Redactor) -> Self {
        let shown = redacted_changes(found, values);
        // The report has a table of the changed keys already.
        let undeclared = Changes {
            declared: found.declared.as_ref().map(|_| Vec::new()),
            ..found.clone()
        };
        Self {
            line: changes_summary(found),
            markdown: changes(&undeclared, values, Format::Markdown),
            level: found.level,
            // A stack that is not there is only what its template says, which the plan's digest covers.
            digest: found.asked.then_some(found.digest),
            result: serde_json::to_value(shown).unwrap_or_default(),
        }
    }

    /// A deletion. Its digest is over what is there now.
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

    /// AWS was asked, and the answer is none that helps. What is not known ranks with the worst.
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
