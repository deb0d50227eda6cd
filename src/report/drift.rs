//! The result of drift detection.

use super::Text;
use super::format::Format;
use super::redactor::Redactor;
use crate::stack::{DriftStatus, Drifted, ROLLBACK_FAILED};
use crate::text::pluralize;

const HEAD: &[&str] = &[
    "status",
    "resource",
    "type",
    "property",
    "difference",
    "expected",
    "actual",
];

/// CloudFormation's words for a difference.
const DIFFERENCES: &[&str] = &["ADD", "REMOVE", "NOT_EQUAL"];

/// The stack and the number of drifted resources, in one line.
pub fn drift_summary(found: &Drifted) -> String {
    let stack = &found.stack.name;
    let Some(drift) = &found.drift else {
        return format!("{stack}: does not exist");
    };
    let count = |wanted: DriftStatus| {
        drift
            .resources
            .iter()
            .filter(|resource| resource.status == wanted)
            .count()
    };
    let drifted = drift.drifted().count();
    let is_unknown =
        !drift.resources.is_empty() && count(DriftStatus::InSync) == 0 || !drift.is_complete();
    let unchecked = match count(DriftStatus::NotChecked) + count(DriftStatus::Unknown) {
        0 => String::new(),
        unchecked => format!("; {} not checked", pluralize(unchecked, "resource")),
    };
    let state = match drifted {
        0 if is_unknown => "drift is not known".to_owned(),
        0 => "no drift found".to_owned(),
        drifted => format!("drift in {}", pluralize(drifted, "resource")),
    };
    let rollback = match found.status.as_deref() == Some(ROLLBACK_FAILED) {
        true => "; the rollback of an update failed",
        false => "",
    };
    let outdated = match found.current || found.unfinished {
        true => "",
        false => "; the config or its product has changes that are not deployed",
    };
    let foreign = match found.owned {
        true => "",
        false => "; provisioner did not create this stack, and only checked its drift",
    };
    let unfinished = match found.unfinished {
        true => "; the creation of the stack is not finished",
        false => "",
    };
    format!("{stack}: {state}{unchecked}{rollback}{unfinished}{outdated}{foreign}")
}

/// Why the drift of a stack is not known, in one line.
pub fn unknown_drift(found: &Drifted, values: &Redactor) -> String {
    let reason = redacted_drift(found, values).drift;
    let reason = reason.and_then(|drift| drift.incomplete);
    let reason = reason.unwrap_or_else(|| "the drift of a resource is UNKNOWN".to_owned());
    format!("not all resources were checked: {reason}")
}

/// The drift with hidden values replaced.
pub fn redacted_drift(found: &Drifted, values: &Redactor) -> Drifted {
    let mut shown = found.clone();
    let mut numbered = values.hidden_value_ids();
    if let Some(drift) = &mut shown.drift {
        let resources = drift.resources.iter_mut();
        for difference in resources.flat_map(|resource| &mut resource.differences) {
            difference.expected = numbered.show(&difference.expected);
            difference.actual = numbered.show(&difference.actual);
        }
        if let Some(reason) = &mut drift.incomplete {
            *reason = values.redact(reason);
        }
    }
    shown
}

/// A table of differences and of resources that were not checked.
pub fn drift(found: &Drifted, values: &Redactor, format: Format) -> String {
    let Some(drift) = redacted_drift(found, values).drift else {
        return String::new();
    };
    let mut rows = Vec::new();
    for resource in drift
        .resources
        .iter()
        .filter(|resource| resource.status != DriftStatus::InSync)
    {
        let first = vec![
            Text::ours(resource.status.word()),
            Text::name(&resource.logical_id),
            Text::name(&resource.kind),
        ];
        if resource.differences.is_empty() {
            rows.push([first.clone(), vec![Text::default(); 4]].concat());
        }
        for difference in &resource.differences {
            let rest = vec![
                Text::name(&difference.path),
                Text::known(&difference.kind, DIFFERENCES),
                Text::name(&difference.expected),
                Text::name(&difference.actual),
            ];
            rows.push([first.clone(), rest].concat());
        }
    }
    let mut text = String::new();
    if let Some(reason) = &drift.incomplete {
        text.push_str(
            &format
                .line(&Text::ours("not all resources were checked: ").and(Text::sentence(reason))),
        );
    }
    if !rows.is_empty() {
        text.push_str(&format.table(HEAD, &rows));
        if text.contains("(hidden") && !matches!(format, Format::Markdown) {
            let stack = &found.stack;
            let command = format!(
                "aws cloudformation describe-stack-resource-drifts --stack-name {} --region {}",
                stack.name, stack.target.region
            );
            let note = Text::ours("note: this prints hidden values: ").and(Text::name(command));
            text.push_str(&format.line(&note));
        }
    }
    text
}
