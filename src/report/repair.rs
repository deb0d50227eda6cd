//! The preview and the result of a repair.

use super::Text;
use super::format::Format;
use super::redactor::Redactor;
use crate::plan::{Restoration, RollbackContinuation};
use crate::stack::{ChangeAction, ROLLBACK_FAILED};
use crate::text::pluralize;

const RESTORATION: &[&str] = &[
    "verdict", "action", "resource", "type", "property", "live", "template", "because",
];
const ROLLBACK: &[&str] = &["rollback", "resource", "type", "physical id", "reason"];

/// What a restoration would do, in one line.
pub fn restoration_summary(found: &Restoration) -> String {
    let stack = &found.stack.name;
    let beyond = match found.beyond.len() {
        0 => String::new(),
        1 => "; 1 change reverts no drift".to_owned(),
        count => format!("; {count} changes revert no drift"),
    };
    match found.has_changes {
        false => format!(
            "{stack}: {}; CloudFormation finds no drift to revert",
            found.status
        ),
        true => format!(
            "{stack}: {}; the drift of {} would be reverted{beyond}: {}; digest {}",
            found.status,
            pluralize(count(found), "resource"),
            found.worst.verdict.words(),
            found.digest.prefix(16)
        ),
    }
}

/// What a restoration did, in one line.
pub fn restored_summary(found: &Restoration) -> String {
    let stack = &found.stack.name;
    match found.has_changes {
        false => format!("{stack}: no drift to revert; no drift found"),
        true => format!(
            "{stack}: the drift of {} reverted; no drift found afterwards",
            pluralize(count(found), "resource")
        ),
    }
}

/// Resources that only change back.
fn count(found: &Restoration) -> usize {
    let is_beyond = |id: &str| {
        let mut beyond = found.beyond.iter();
        beyond.any(|change| change.split(' ').next() == Some(id))
    };
    let mut ids: Vec<&str> = found.resources.iter().map(|row| &*row.logical_id).collect();
    ids.retain(|id| !is_beyond(id));
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

/// The restoration with hidden values replaced.
pub fn redacted_restoration(found: &Restoration, values: &Redactor) -> Restoration {
    let mut shown = found.clone();
    let mut numbered = values.hidden_value_ids();
    for row in &mut shown.resources {
        for text in [&mut row.live, &mut row.template].into_iter().flatten() {
            *text = numbered.show(text);
        }
    }
    shown
}

/// A table of the values that a restoration changes.
pub fn restoration(found: &Restoration, values: &Redactor, format: Format) -> String {
    let found = redacted_restoration(found, values);
    let rows: Vec<Vec<Text>> = found
        .resources
        .iter()
        .map(|row| {
            vec![
                Text::ours(row.assessment.verdict.words()),
                Text::known(&row.action, ChangeAction::KNOWN),
                Text::name(&row.logical_id),
                Text::name(&row.kind),
                Text::name(&row.path),
                Text::optional(row.live.as_deref()),
                Text::optional(row.template.as_deref()),
                Text::sentence(&row.assessment.reason),
            ]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&format.table(RESTORATION, &rows));
    }
    for change in &found.beyond {
        let note = Text::ours("note: this change reverts no drift: ").and(Text::name(change));
        text.push_str(&format.line(&note));
    }
    for (id, ignored) in &found.ignored {
        let note = Text::ours("note: CloudFormation does not revert ")
            .and(Text::name(format!("{id} {}", ignored.path)))
            .and(Text::ours(": "))
            .and(Text::name(&ignored.reason));
        text.push_str(&format.line(&note));
    }
    text
}

/// What continuing a rollback would do, in one line.
pub fn rollback_summary(found: &RollbackContinuation) -> String {
    let (stack, status) = (&found.stack.name, &found.status);
    if found.status != ROLLBACK_FAILED {
        return format!("{stack}: {status}; no rollback failed");
    }
    let failed = pluralize(found.failed.len(), "resource");
    format!(
        "{stack}: {status}; the rollback of {failed} failed{}; digest {}",
        skipped(found, "would be skipped"),
        found.digest.prefix(16)
    )
}

/// What continuing a rollback did, in one line. `ended`: the stack's status after it.
pub fn continued_summary(found: &RollbackContinuation, ended: &str) -> String {
    let drift = match found.skip.is_empty() {
        true => "",
        false => "; run `check-drift`, which shows how the skipped resources differ",
    };
    format!(
        "{}: {ended}{}{drift}",
        found.stack.name,
        skipped(found, "skipped")
    )
}

fn skipped(found: &RollbackContinuation, what: &str) -> String {
    // The guard denies to skip others.
    let failed = found.failed.iter().map(|failed| &*failed.logical_id);
    let ids: Vec<&str> = failed
        .filter(|id| found.skip.iter().any(|skip| skip == id))
        .collect();
    match ids.is_empty() {
        true => String::new(),
        false => format!("; {what}: {}", ids.join(", ")),
    }
}

/// The continuation with hidden values replaced.
pub fn redacted_rollback(found: &RollbackContinuation, values: &Redactor) -> RollbackContinuation {
    let mut shown = found.clone();
    for failed in &mut shown.failed {
        failed.reason = values.redact(&failed.reason);
    }
    shown
}

/// A table of the resources whose rollback failed.
pub fn rollback(found: &RollbackContinuation, values: &Redactor, format: Format) -> String {
    let found = redacted_rollback(found, values);
    let rows: Vec<Vec<Text>> = found
        .failed
        .iter()
        .map(|failed| {
            let skips = found.skip.contains(&failed.logical_id);
            vec![
                Text::ours(if skips { "skipped" } else { "tried again" }),
                Text::name(&failed.logical_id),
                Text::name(&failed.kind),
                Text::optional(failed.physical_id.as_deref()),
                Text::sentence(&failed.reason),
            ]
        })
        .collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text.push_str(&format.table(ROLLBACK, &rows));
    }
    if !found.skip.is_empty() {
        let note = "note: a skipped resource stays as it is, and CloudFormation records it as rolled back; the template may then say something else";
        text.push_str(&format.line(&Text::ours(note)));
    }
    text
}
