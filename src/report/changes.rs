//! What a change set would do, for people.

use super::format::Format;
use super::redactor::Redactor;
use crate::plan::{Assessed, Cause, Changes, DriftImpact, Verdict};
use crate::stack::{DriftCheck, DriftStatus};
use crate::text::pluralize;

const HEAD: &[&str] = &[
    "verdict", "action", "resource", "type", "changes", "because", "from",
];
const LIVE_HEAD: &[&str] = &[
    "becomes", "resource", "property", "deployed", "live", "wanted",
];

/// One sentence: the stack and the worst that happens.
pub fn changes_summary(changes: &Changes) -> String {
    let stack = &changes.stack.name;
    let count = pluralize(changes.resources.len(), "resource");
    match (&changes.status, &changes.refused) {
        (_, Some(_)) => format!("{stack}: CloudFormation refuses the change set"),
        (None, _) if !changes.asked => {
            format!("{stack}: does not exist; {count} would be added, as the template says")
        }
        (None, _) => format!("{stack}: does not exist; {count} would be added"),
        (Some(_), _) if changes.resources.is_empty() => format!("{stack}: no changes"),
        (Some(status), _) => format!(
            "{stack}: {status}; {count} would change: {}",
            changes.verdict.words()
        ),
    }
}

/// The same without the values that may not be shown.
pub fn redacted_changes(changes: &Changes, values: &Redactor) -> Changes {
    let mut shown = changes.clone();
    let reasons = shown
        .validations
        .iter_mut()
        .map(|one| &mut one.validation.reason);
    for reason in reasons.chain(&mut shown.refused) {
        *reason = values.redact(reason);
    }
    let mut numbered = values.hidden_value_ids();
    for live in shown.drift.iter_mut().flat_map(|drift| &mut drift.live) {
        let texts = [&mut live.deployed, &mut live.live, &mut live.wanted];
        for text in texts.into_iter().flatten() {
            *text = numbered.show(text);
        }
    }
    shown
}

/// The table, and what goes with it.
pub fn changes(changes: &Changes, values: &Redactor, medium: Format) -> String {
    let changes = &redacted_changes(changes, values);
    let mut text = String::new();
    if let Some(reason) = &changes.refused {
        text.push_str(&medium.line("reason: ", reason));
    }
    if !changes.resources.is_empty() {
        let rows: Vec<Vec<String>> = changes.resources.iter().map(row).collect();
        text.push_str(&medium.table(HEAD, &rows));
    }
    match &changes.declared {
        Some(declared) if !declared.is_empty() => {
            let rows = declared.iter().map(|impact| {
                vec![
                    impact.level.word().to_owned(),
                    format!("{} (line {})", impact.key, impact.span.start.line),
                    impact.consequence.clone(),
                ]
            });
            let rows: Vec<Vec<String>> = rows.collect();
            text.push('\n');
            text.push_str(&medium.table(&["declared", "key", "consequence"], &rows));
        }
        None if changes.status.is_some() && !changes.resources.is_empty() => {
            let note = "no known version of the config renders to the deployed template, so what the changed keys mean cannot be said";
            text.push_str(&medium.line("note: ", note));
        }
        _ => {}
    }
    if let Some(drift) = &changes.drift {
        text.push_str(&drift_impact(drift, medium));
    }
    for unread in &changes.unread {
        text.push_str(&medium.line("note: ", unread));
    }
    if !changes.validations.is_empty() {
        let rows: Vec<Vec<String>> = changes
            .validations
            .iter()
            .map(|pointed| {
                let found = &pointed.validation;
                vec![
                    found.mode.clone(),
                    found.name.clone(),
                    found.path.clone(),
                    found.reason.clone(),
                    cause_text(&pointed.causes),
                ]
            })
            .collect();
        text.push('\n');
        text.push_str(&medium.table(&["validation", "name", "at", "reason", "from"], &rows));
    }
    if !changes.hooks.is_empty() {
        let rows: Vec<Vec<String>> = changes
            .hooks
            .iter()
            .map(|hook| {
                vec![
                    hook.name.clone(),
                    hook.mode.clone(),
                    hook.logical_id.clone(),
                ]
            })
            .collect();
        text.push('\n');
        text.push_str(&medium.table(&["hook", "mode", "resource"], &rows));
    }
    text
}

/// When drift was looked for, and what becomes of it.
fn drift_impact(drift: &DriftImpact, medium: Format) -> String {
    let mut text = medium.line("drift: ", &drift_check_text(&drift.check, drift.live.len()));
    if !drift.live.is_empty() {
        let rows = drift.live.iter().map(|live| {
            let told = [&live.deployed, &live.live, &live.wanted];
            let told = told.map(|text| text.clone().unwrap_or_default());
            let first = [
                live.fate.words().to_owned(),
                live.logical_id.clone(),
                live.path.clone(),
            ];
            [&first[..], &told].concat()
        });
        if matches!(medium, Format::Markdown) {
            text.push('\n');
        }
        text.push_str(&medium.table(LIVE_HEAD, &rows.collect::<Vec<_>>()));
    }
    text
}

fn drift_check_text(check: &DriftCheck, found: usize) -> String {
    let time = check
        .checked
        .and_then(|time| jiff::Timestamp::from_second(time).ok());
    let Some(time) = time else {
        return "never looked for".to_owned();
    };
    let what = match check.status {
        DriftStatus::InSync => "nothing found".to_owned(),
        // What differs could not be read, which is said beside it.
        DriftStatus::Deleted | DriftStatus::Modified if found == 0 => "found".to_owned(),
        DriftStatus::Deleted | DriftStatus::Modified => pluralize(found, "difference"),
        DriftStatus::NotChecked | DriftStatus::Unknown => "nothing known".to_owned(),
    };
    let outdated = match check.outdated {
        true => ", before the last update of the stack",
        false => "",
    };
    let time = time.strftime("%Y-%m-%d %H:%M UTC");
    format!("{what}; last looked for at {time}{outdated}")
}

fn row(resource: &Assessed) -> Vec<String> {
    let judged = &resource.judgement;
    let verdict = match judged.certain || judged.verdict == Verdict::MayDestroy {
        true => judged.verdict.words().to_owned(),
        false => format!("{}, possibly", judged.verdict.words()),
    };
    let action = match (
        resource.replacement.as_deref(),
        resource.policy_action.as_deref(),
    ) {
        (Some("True"), Some(policy)) => policy.to_owned(),
        (Some("True"), None) => "Replace".to_owned(),
        (Some("Conditional"), _) => format!("{}, may replace", resource.action),
        (_, Some(policy)) => format!("{}, {policy}", resource.action),
        _ => resource.action.clone(),
    };
    vec![
        verdict,
        action,
        resource.logical_id.clone(),
        resource.kind.clone(),
        resource.properties.join(", "),
        judged.reason.clone(),
        cause_text(&resource.causes),
    ]
}

fn cause_text(causes: &[Cause]) -> String {
    let causes = causes
        .iter()
        .map(|cause| format!("{} (line {})", cause.key, cause.span.start.line));
    causes.collect::<Vec<_>>().join(", ")
}
