//! What drift detection found, for people.

use super::format::Format;
use super::redactor::Redactor;
use crate::stack::{DriftStatus, Drifted};
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
    let unchecked = match count(DriftStatus::NotChecked) + count(DriftStatus::Unknown) {
        0 => String::new(),
        unchecked => format!("; {} not checked", pluralize(unchecked, "resource")),
    };
    let state = match drifted {
        0 => "no drift found".to_owned(),
        drifted => format!("drift in {}", pluralize(drifted, "resource")),
    };
    let outdated = match found.current {
        true => "",
        false => "; the deployed template is not what the config renders to",
    };
    format!("{stack}: {state}{unchecked}{outdated}")
}

/// The same without the values that may not be shown.
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

/// The table of what differs or was not looked at.
pub fn drift(found: &Drifted, values: &Redactor, medium: Format) -> String {
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
            resource.status.word().to_owned(),
            resource.logical_id.clone(),
            resource.kind.clone(),
        ];
        if resource.differences.is_empty() {
            rows.push([first.clone(), vec![String::new(); 4]].concat());
        }
        for difference in &resource.differences {
            let rest = vec![
                difference.path.clone(),
                difference.kind.clone(),
                difference.expected.clone(),
                difference.actual.clone(),
            ];
            rows.push([first.clone(), rest].concat());
        }
    }
    let mut text = String::new();
    if let Some(reason) = &drift.incomplete {
        text.push_str(&medium.line("not everything was looked at: ", reason));
    }
    if !rows.is_empty() {
        text.push_str(&medium.table(HEAD, &rows));
    }
    text
}
