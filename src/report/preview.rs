//! What AWS says of one change, as it is told in the report.

use serde::Serialize;
use serde_json::Value;

use super::changes::{changes, changes_line, shown_changes};
use super::deletion::{deletion, deletion_line};
use super::medium::Medium;
use super::values::Values;
use crate::model::Digest;
use crate::plan::{Changes, Deletion};
use crate::product::Level;

/// What AWS says of one config's stack.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// One sentence.
    pub line: String,
    /// Tables in Markdown.
    #[serde(skip)]
    pub markdown: String,
    /// How bad it is.
    pub level: Level,
    /// Digest of what would happen; `None` where nothing was found out.
    pub digest: Option<Digest>,
    /// All of it, for programs.
    pub result: Value,
}

impl Preview {
    /// A change set.
    pub fn of_changes(found: &Changes, values: &Values) -> Self {
        let shown = shown_changes(found, values);
        // The report has a table of the changed keys already.
        let undeclared = Changes {
            declared: found.declared.as_ref().map(|_| Vec::new()),
            ..found.clone()
        };
        Self {
            line: changes_line(found),
            markdown: changes(&undeclared, values, Medium::Markdown),
            level: found.level,
            // A stack that is not there is only what its template says, which the plan's digest covers.
            digest: found.asked.then_some(found.digest),
            result: serde_json::to_value(shown).unwrap_or_default(),
        }
    }

    /// A deletion. Its digest is over what is there now.
    pub fn of_deletion(found: &Deletion, level: Level) -> Self {
        let result = serde_json::to_value(found).unwrap_or_default();
        Self {
            line: deletion_line(found),
            markdown: deletion(found, Medium::Markdown),
            level,
            digest: Some(Digest::of(result.to_string())),
            result,
        }
    }

    /// AWS was asked, and the answer is none that helps. What is not known ranks with the worst.
    pub fn of_failure(reason: String) -> Self {
        Self {
            line: reason,
            markdown: String::new(),
            level: Level::Unknown,
            digest: None,
            result: Value::Null,
        }
    }
}
