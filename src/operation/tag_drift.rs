//! Drift that a change of a stack's tags may overwrite.

use super::{Desired, OperationContext, OperationError};
use crate::cloud::AwsErrorKind;
use crate::guard::TagDrift;
use crate::plan::{DriftImpact, DriftOutcome};
use crate::report::Step;
use crate::stack::{ChangeSet, DriftCheck, DriftStatus, ResourceDrift};
use crate::template::is_tagless;

/// What the last detection found in resources that may get other tags; `None` if it found nothing, or is older than the
/// stack.
pub(super) fn known_tag_drift(check: &DriftCheck, drifted: &[ResourceDrift]) -> Option<TagDrift> {
    if check.outdated {
        return None;
    }
    let mut found = TagDrift::default();
    // A detection that failed, or did not check every resource, ends without a result.
    if check.status == DriftStatus::Unknown && check.checked.is_some() {
        found.incomplete = Some("the last detection has no result".to_owned());
    }
    let drifted = drifted.iter().filter(|resource| resource.status.is_drift());
    for resource in drifted.filter(|resource| !is_tagless(&resource.kind)) {
        let ids = match resource.status {
            DriftStatus::Deleted => &mut found.missing,
            _ => &mut found.resources,
        };
        ids.push(resource.logical_id.clone());
    }
    (found != TagDrift::default()).then_some(found)
}

/// Detects the drift of the resources that the change set would update, in the stack and in its nested stacks.
pub(super) async fn detect_tag_drift(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack_id: &str,
    change_set: &ChangeSet,
) -> Result<TagDrift, OperationError> {
    let mut found = TagDrift::default();
    let mut stacks = vec![(stack_id.to_owned(), String::new(), change_set)];
    while let Some((id, prefix, change_set)) = stacks.pop() {
        // The tags of the stack change, and no resource has tags.
        if change_set.changes.is_empty() {
            continue;
        }
        site.progress.step(&desired.stack, Step::DriftDetection);
        let (drifted, incomplete) = match site.cloud.detect_drifted(&id).await {
            Ok(detected) => detected,
            Err(failed) => {
                let kind = failed.aws().map(|error| &error.kind);
                if kind != Some(&AwsErrorKind::Invalid) {
                    return Err(failed.into());
                }
                found.refused = Some(failed.to_string());
                continue;
            }
        };
        found.incomplete = found.incomplete.or(incomplete);
        let impact = DriftImpact::new(DriftCheck::default(), &drifted, change_set);
        let lost = impact
            .live
            .into_iter()
            .filter(|live| live.outcome.may_lose());
        for live in lost {
            let ids = match live.outcome {
                DriftOutcome::MayFail => &mut found.missing,
                _ => &mut found.resources,
            };
            ids.push(format!("{prefix}{}", live.logical_id));
        }
        for change in &change_set.changes {
            if let (Some(nested), Some(id)) = (&change.nested, &change.physical_id) {
                let prefix = format!("{prefix}{}/", change.logical_id);
                stacks.push((id.clone(), prefix, nested));
            }
        }
    }
    for ids in [&mut found.resources, &mut found.missing] {
        ids.sort();
        ids.dedup();
    }
    Ok(found)
}
