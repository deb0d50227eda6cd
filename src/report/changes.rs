//! What a change set would do, for people.

use super::medium::Medium;
use super::values::Values;
use crate::plan::{Assessed, Cause, Changes, Verdict};
use crate::wording::counted;

const HEAD: &[&str] = &[
    "verdict", "action", "resource", "type", "changes", "because", "from",
];

/// One sentence: the stack and the worst that happens.
pub fn changes_line(changes: &Changes) -> String {
    let stack = &changes.stack.name;
    let count = counted(changes.resources.len(), "resource");
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
pub fn shown_changes(changes: &Changes, values: &Values) -> Changes {
    let mut shown = changes.clone();
    let reasons = shown
        .validations
        .iter_mut()
        .map(|one| &mut one.found.reason);
    for reason in reasons.chain(&mut shown.refused) {
        *reason = values.redact(reason);
    }
    shown
}

/// The table, and what goes with it.
pub fn changes(changes: &Changes, values: &Values, medium: Medium) -> String {
    let mut text = String::new();
    if let Some(reason) = &changes.refused {
        text.push_str(&medium.line("reason: ", &values.redact(reason)));
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
    for unread in &changes.unread {
        text.push_str(&medium.line("note: ", unread));
    }
    if !changes.validations.is_empty() {
        let rows: Vec<Vec<String>> = changes
            .validations
            .iter()
            .map(|pointed| {
                let found = &pointed.found;
                vec![
                    found.mode.clone(),
                    found.name.clone(),
                    found.path.clone(),
                    values.redact(&found.reason),
                    from(&pointed.causes),
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
        from(&resource.causes),
    ]
}

fn from(causes: &[Cause]) -> String {
    let causes = causes
        .iter()
        .map(|cause| format!("{} (line {})", cause.key, cause.span.start.line));
    causes.collect::<Vec<_>>().join(", ")
}
