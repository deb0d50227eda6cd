//! Findings of CloudFormation's validation, located at config keys.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Cause, KeyDependencies};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::stack::Validation;

/// A finding and its config keys.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LocatedFinding {
    #[serde(flatten)]
    pub validation: Validation,
    /// Keys that the property depends on.
    pub causes: Vec<Cause>,
}

/// Maps the path of each finding to the keys that its property depends on.
pub fn locate_findings(
    config: &Config,
    dependencies: &KeyDependencies,
    validations: &[Validation],
) -> Vec<LocatedFinding> {
    let locate = |validation: &Validation| LocatedFinding {
        causes: keys(dependencies, validation)
            .into_iter()
            .map(|key| Cause {
                key: key.clone(),
                location: config.location_of(key),
            })
            .collect(),
        validation: validation.clone(),
    };
    validations.iter().map(locate).collect()
}

/// A path is `/Resources/X/Properties/Y` and more below. A finding about a whole resource has no keys.
fn keys<'a>(dependencies: &'a KeyDependencies, validation: &Validation) -> BTreeSet<&'a String> {
    let mut path = validation.path.split('/').skip(1);
    let place = match (path.next(), path.next(), path.next(), path.next()) {
        (Some("Resources"), Some(id), Some("Properties"), Some(property)) => Some((id, property)),
        (Some("Resources"), Some(id), Some(attribute), _) => Some((id, attribute)),
        _ => None,
    };
    let keys = place.and_then(|(id, property)| dependencies.get(id)?.get(property));
    keys.into_iter().flatten().collect()
}

impl LocatedFinding {
    /// The finding at its first key, or without one at the product's section. `reason` is the finding's reason after redaction.
    pub fn diagnostic(&self, config: &Config, reason: &str) -> Diagnostic {
        let Validation { name, path, .. } = &self.validation;
        let section = || config.location_of(&config.product.manifest.section);
        let cause = self.causes.first();
        let place = cause.map_or_else(section, |cause| cause.location.clone());
        let message = format!("{path}: {name}: {reason}");
        let problem = Diagnostic::error(Code::StackOperationFailed, &config.path, message);
        let severity = match self.validation.mode.as_str() {
            "WARN" => Severity::Warning,
            _ => Severity::Error,
        };
        problem.with_severity(severity).located(place)
    }
}
