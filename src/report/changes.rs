//! The preview of a change set.

use super::Text;
use super::changed_keys::{changed_value, show_changed_values};
use super::deletion::deletion;
use super::format::Format;
use super::redactor::Redactor;
use super::watched::watched;
use crate::config::{DEFAULTS_FILE, is_defaults};
use crate::diagnostic::Location;
use crate::guard::Denial;
use crate::plan::{Assessed, Cause, ChangedValue, Changes, DriftImpact, Verdict};
use crate::stack::{ChangeAction, DriftCheck, DriftStatus, PolicyAction};
use crate::text::pluralize;

const HEAD: &[&str] = &[
    "verdict", "action", "resource", "type", "changes", "because", "from",
];
const LIVE_HEAD: &[&str] = &[
    "becomes", "resource", "property", "deployed", "live", "wanted",
];

/// The stack and its worst change, in one line.
pub fn changes_summary(changes: &Changes) -> String {
    let stack = &changes.stack.name;
    let count = pluralize(changes.resources.len(), "resource");
    if let Some(status) = changes
        .failed_creation
        .as_ref()
        .and_then(|it| it.status.as_ref())
    {
        return format!(
            "{stack}: {status}; its creation failed, so it would be deleted and created again with {count}"
        );
    }
    match (&changes.status, &changes.refused) {
        (_, Some(_)) => format!("{stack}: CloudFormation rejects the change set"),
        (None, _) if !changes.queried => {
            let added = added_words(changes);
            format!(
                "{stack}: does not exist; {added}, read from the template, without a change set"
            )
        }
        (None, _) => format!("{stack}: does not exist; {count} would be added"),
        (Some(_), _) if !changes.has_changes => format!("{stack}: no changes"),
        (Some(status), _) if changes.resources.is_empty() => format!(
            "{stack}: {status}; no resource would change, only outputs or other parts of the template"
        ),
        (Some(status), _) => format!(
            "{stack}: {status}; {count} would change: {}",
            changes.worst.verdict.words()
        ),
    }
}

/// The resources of a new stack: `5 resources would be added and 1 imported`.
fn added_words(changes: &Changes) -> String {
    let all = changes.resources.iter();
    let imports = all.filter(|one| one.action == ChangeAction::Import.word());
    let imports = imports.count();
    let added = pluralize(changes.resources.len() - imports, "resource");
    match imports {
        0 => format!("{added} would be added"),
        _ => format!("{added} would be added and {imports} imported"),
    }
}

/// The changes with hidden values replaced.
pub fn redacted_changes(changes: &Changes, values: &Redactor) -> Changes {
    let mut shown = changes.clone();
    let reasons = shown
        .validations
        .iter_mut()
        .map(|located| &mut located.validation.reason);
    let nested = shown.resources.iter_mut();
    let nested = nested.filter_map(|resource| resource.nested_refused.as_mut());
    for reason in reasons.chain(&mut shown.refused).chain(nested) {
        *reason = values.redact(reason);
    }
    show_changed_values(shown.declared.as_deref_mut().unwrap_or_default(), values);
    let mut numbered = values.hidden_value_ids();
    for live in shown.drift.iter_mut().flat_map(|drift| &mut drift.live) {
        let texts = [&mut live.deployed, &mut live.live, &mut live.updated];
        for text in texts.into_iter().flatten() {
            *text = numbered.show(text);
        }
    }
    shown
}

/// Tables of changed resources, keys, drift, validations and hooks.
pub fn changes(changes: &Changes, values: &Redactor, format: Format) -> String {
    let changes = &redacted_changes(changes, values);
    let mut text = String::new();
    if let Some(failed) = &changes.failed_creation {
        let note = "note: the stack whose creation failed is deleted first, and its buckets are not emptied";
        text.push_str(&format.line(&Text::ours(note)));
        text.push_str(&deletion(failed, format));
        text.push('\n');
    }
    for bucket in &changes.leftovers {
        let note = Text::ours(
            "note: a creation that did not end left an empty bucket, which is deleted first: ",
        );
        text.push_str(&format.line(&note.and(Text::name(bucket))));
    }
    if let Some(reason) = &changes.refused {
        text.push_str(&format.line(&Text::ours("reason: ").and(Text::sentence(reason))));
    }
    if !changes.resources.is_empty() {
        let rows: Vec<Vec<Text>> = changes.resources.iter().map(row).collect();
        text.push_str(&format.table(HEAD, &rows));
    }
    text.push_str(&watched(changes.rollback.as_ref(), format));
    text.push_str(&tags(changes, format));
    match &changes.declared {
        Some(declared) if !declared.is_empty() => {
            let rows = declared.iter().map(|impact| {
                vec![
                    Text::ours(impact.level.word()),
                    key_text(&impact.key, &impact.location),
                    changed_value(impact),
                    Text::sentence(&impact.consequence),
                ]
            });
            let rows: Vec<Vec<Text>> = rows.collect();
            text.push('\n');
            text.push_str(
                &format.table(&["declared", "key", "before → after", "consequence"], &rows),
            );
        }
        None if changes.status.is_some() && !changes.resources.is_empty() => {
            let note = "note: no version of the config that was read renders the deployed template, so changed keys are not known";
            let has_keys = changes.resources.iter().any(|one| !one.causes.is_empty());
            let rest = match has_keys {
                true => ", and each resource lists all keys that it may depend on",
                false => "",
            };
            text.push_str(&format.line(&Text::ours(note).and(Text::ours(rest))));
        }
        _ => {}
    }
    text.push_str(&hidden_values(changes, format));
    if let Some(drift) = &changes.drift {
        text.push_str(&drift_impact(drift, format));
    }
    for unread in &changes.unread {
        text.push_str(&format.line(&Text::ours("note: ").and(Text::sentence(unread))));
    }
    if !changes.validations.is_empty() {
        let rows: Vec<Vec<Text>> = changes
            .validations
            .iter()
            .map(|pointed| {
                let found = &pointed.validation;
                vec![
                    Text::name(&found.mode),
                    Text::name(&found.name),
                    Text::name(&found.path),
                    Text::sentence(&found.reason),
                    cause_text(&pointed.causes),
                ]
            })
            .collect();
        text.push('\n');
        text.push_str(&format.table(&["validation", "name", "at", "reason", "from"], &rows));
    }
    if !changes.hooks.is_empty() {
        let rows: Vec<Vec<Text>> = changes
            .hooks
            .iter()
            .map(|hook| {
                vec![
                    Text::name(&hook.name),
                    Text::name(&hook.mode),
                    Text::name(&hook.logical_id),
                ]
            })
            .collect();
        text.push('\n');
        text.push_str(&format.table(&["hook", "mode", "resource"], &rows));
    }
    text
}

/// What happens to the tags of the stack, by key. Values of tags are not shown.
fn tags(changes: &Changes, format: Format) -> String {
    let tags = &changes.tags;
    let kept = match changes.has_changes {
        true => &tags.kept[..],
        false => &[],
    };
    let lines = [
        ("tags added: ", &tags.added[..]),
        ("tags changed: ", &tags.changed),
        ("tags removed: ", &tags.removed),
        ("tags kept: ", kept),
    ];
    let lines = lines.into_iter().filter(|(_, keys)| !keys.is_empty());
    lines
        .map(|(words, keys)| {
            let keys = Text::list(keys.iter().map(Text::name));
            format.line(&Text::ours(words).and(keys))
        })
        .collect()
}

/// Why a deployment would be denied, below its preview. `action`: the one that would deploy the stack.
pub fn denied_update(action: Option<&str>, denials: &[Denial], format: Format) -> String {
    let lines = denials.iter().map(|denial| {
        let who = match action {
            Some(action) => Text::name(action).and(Text::ours(" will not make these changes: ")),
            None => Text::ours("these changes are denied: "),
        };
        let fact = who.and(Text::sentence(&denial.fact));
        let remedy = Text::ours("; to allow it, ").and(Text::sentence(&denial.remedy));
        format.line(&Text::ours("note: ").and(fact).and(remedy))
    });
    lines.collect()
}

/// That a stack has imported resources and lacks the others, below what it would get. `action`: the one that creates the stack.
pub fn unfinished_creation(action: Option<&str>, format: Format) -> String {
    let note = Text::ours("note: the creation of this stack is not finished; ");
    let action = match action {
        Some(action) => Text::name(action),
        None => Text::ours("the action that creates it"),
    };
    format.line(
        &note
            .and(action)
            .and(Text::ours(" adds the rest and the tags")),
    )
}

/// What is left to do after a command line un-adopted a stack.
pub fn config_to_remove(format: Format) -> String {
    let note = "note: remove the config, or its next change is denied with `stack-not-owned`";
    format.line(&Text::ours(note))
}

/// What else the creation of a missing or incomplete stack does that a replacement continues, at the end of its line. `tags`: keys that the
/// former stack gives.
pub fn continued_replacement(tags: &[&str]) -> String {
    match tags.is_empty() {
        true => "; nothing is deleted, because the stack is missing or incomplete".to_owned(),
        false => format!(
            "; nothing is deleted, because the stack is missing or incomplete, and it gets tags of the former stack: {}",
            tags.join(", ")
        ),
    }
}

/// Where the values are that a preview on a terminal hides.
fn hidden_values(changes: &Changes, format: Format) -> String {
    let is_hidden = |value: &ChangedValue| value.text().starts_with("(hidden");
    let declared = changes.declared.iter().flatten();
    let hidden = declared.filter(|it| is_hidden(&it.before) || is_hidden(&it.after));
    let keys: Vec<Text> = hidden.map(|impact| Text::name(&impact.key)).collect();
    if keys.is_empty() || matches!(format, Format::Markdown) {
        return String::new();
    }
    let note = Text::ours("note: to show hidden values, add to `values.show` in the policy file: ");
    format.line(&note.and(Text::list(keys)))
}

/// Known drift, and what the change set does to it.
fn drift_impact(drift: &DriftImpact, format: Format) -> String {
    let mut text = format.line(&drift_check_text(&drift.check, drift.live.len()));
    if !drift.live.is_empty() {
        let rows = drift.live.iter().map(|live| {
            let values = [&live.deployed, &live.live, &live.updated];
            let values = values.map(|value| Text::optional(value.as_deref()));
            let first = [
                Text::ours(live.outcome.words()),
                Text::name(&live.logical_id),
                named(&live.path),
            ];
            [&first[..], &values].concat()
        });
        if matches!(format, Format::Markdown) {
            text.push('\n');
        }
        text.push_str(&format.table(LIVE_HEAD, &rows.collect::<Vec<_>>()));
    }
    text
}

fn drift_check_text(check: &DriftCheck, found: usize) -> Text {
    let text = Text::ours("drift: ");
    let time = check
        .checked
        .and_then(|time| jiff::Timestamp::from_second(time).ok());
    let Some(time) = time else {
        return text.and(Text::ours("detection never ran on this stack"));
    };
    let what = match check.status {
        _ if found > 0 => Text::count(found, "difference"),
        DriftStatus::InSync => Text::ours("nothing found"),
        // The differences could not be read, which the report states beside the table.
        DriftStatus::Deleted | DriftStatus::Modified => Text::ours("found"),
        DriftStatus::NotChecked | DriftStatus::Unknown => Text::ours("nothing known"),
    };
    let outdated = match check.outdated {
        true => ", before the last update of the stack",
        false => "",
    };
    text.and(what)
        .and(Text::ours("; detection last ran at "))
        .and(Text::time(time))
        .and(Text::ours(outdated))
}

fn row(resource: &Assessed) -> Vec<Text> {
    let assessment = &resource.assessment;
    let verdict = Text::ours(assessment.verdict.words());
    let verdict = match assessment.certain || assessment.verdict == Verdict::MayDestroy {
        true => verdict,
        false => verdict.and(Text::ours(", possibly")),
    };
    let reason = Text::sentence(&assessment.reason);
    let reason = match &resource.nested_refused {
        Some(refused) => reason
            .and(Text::ours("; CloudFormation refuses it: "))
            .and(Text::sentence(refused)),
        None => reason,
    };
    vec![
        verdict,
        action_text(resource),
        Text::name(&resource.logical_id),
        Text::name(&resource.kind),
        Text::list(resource.properties.iter().map(Text::name)),
        reason,
        cause_text(&resource.causes),
    ]
}

fn action_text(resource: &Assessed) -> Text {
    let action = Text::known(&resource.action, ChangeAction::KNOWN);
    let policy = resource.policy_action.as_deref();
    let policy = policy.map(|policy| Text::known(policy, PolicyAction::KNOWN));
    // The API sends `Replacement` for new resources too.
    let replacement = resource.replacement.as_deref();
    let replacement = replacement.filter(|_| resource.action == ChangeAction::Modify.word());
    match (replacement, policy) {
        (Some("True"), Some(policy)) => policy,
        (Some("True"), None) => Text::ours("Replace"),
        (Some("Conditional"), _) => action.and(Text::ours(", may replace")),
        (_, Some(policy)) => Text::list([action, policy]),
        _ => action,
    }
}

fn cause_text(causes: &[Cause]) -> Text {
    Text::list(
        causes
            .iter()
            .map(|cause| key_text(&cause.key, &cause.location)),
    )
}

/// A key of the config and its line.
fn key_text(key: &str, place: &Location) -> Text {
    Text::name(key)
        .and(Text::ours(" (line "))
        .and(line_text(place))
        .and(Text::ours(")"))
}

/// The line of a value of a config, and its file if it is that of the defaults.
pub fn line_text(place: &Location) -> Text {
    let line = Text::number(place.span.start.line);
    match is_defaults(&place.path) {
        true => line.and(Text::ours(" of ")).and(Text::name(DEFAULTS_FILE)),
        false => line,
    }
}

/// A property path. It is empty if the whole resource differs.
fn named(path: &str) -> Text {
    match path.is_empty() {
        true => Text::default(),
        false => Text::name(path),
    }
}
