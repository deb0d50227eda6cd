//! The plan that reviewers were shown, recomputed from the commits that they reviewed.

use std::collections::BTreeMap;

use super::inputs::read_inputs;
use crate::guard::{ChangeRequest, PlanReport, ReviewedPlan};
use crate::job::{Job, JobError};
use crate::model::{CommitSha, Digest, UserId};
use crate::plan::{Change, ChangeKey, Plan, assess, combined_digest};
use crate::report::{MARKER, PLAN_STATUS, ShownDigest, parse_plan_marker, status_digest};
use crate::workspace::ConfigSelector;

/// A plan that the check reported.
pub struct ReportedPlan {
    /// Digest of the plan and all previews.
    root: Digest,
    plan: Plan,
    /// Digests of change sets and deletion previews.
    previews: BTreeMap<ChangeKey, ShownDigest>,
}

impl ReportedPlan {
    /// What reviewers were shown of a stack. `change` is the merged change.
    pub fn reviewed_plan(&self, change: &Change) -> ReviewedPlan {
        let mut reviewed = self.plan.changes.iter();
        let key = change.key();
        let reviewed = reviewed.find(|reviewed| reviewed.key() == key);
        let shown = self.previews.get(&key);
        ReviewedPlan {
            plan: self.root.to_string(),
            same: reviewed.is_some_and(|reviewed| reviewed.digest() == change.digest()),
            change_set: shown.map(|shown| shown.digest.to_string()),
            sampled: shown.is_some_and(|shown| shown.sampled),
        }
    }
}

/// The newest plan that was reported at a pull request's head; `None` if the recomputed digest differs from the reported one. `fork` is
/// the commit at which the head's branch left the default branch.
pub async fn reviewed_plan(
    job: &Job,
    own: UserId,
    request: &ChangeRequest,
    (fork, head): (&CommitSha, &CommitSha),
    selection: &ConfigSelector,
) -> Result<Option<ReportedPlan>, JobError> {
    let newest = request.reports.iter().flatten().last();
    let Some(root) = newest.and_then(|report| Digest::parse(report.plan.as_ref()?)) else {
        return Ok(None);
    };
    let source = job.source(&[fork, head]);
    let files = source.changed_files(fork, head).await?;
    let given = &job.environment.given;
    let inputs = read_inputs(source, fork, head, &files, selection, given).await?;
    let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
    let mut previews = BTreeMap::new();
    if plan.digest != root {
        let comment = job.forge.own_comment(request.number, own, MARKER).await?;
        let shown = comment.as_deref().and_then(parse_plan_marker);
        previews = shown
            .filter(|shown| shown.head == *head)
            .map(|shown| shown.by_change(&plan))
            .unwrap_or_default();
    }
    let digests = previews
        .iter()
        .map(|(key, shown)| (key.clone(), shown.digest));
    let holds = combined_digest(plan.digest, &digests.collect()) == root;
    Ok(holds.then_some(ReportedPlan {
        root,
        plan,
        previews,
    }))
}

/// The plans that the check reported at a commit, oldest first; `None` if the forge does not say when.
pub async fn plan_reports(
    job: &Job,
    own: UserId,
    at: &CommitSha,
) -> Result<Option<Vec<PlanReport>>, JobError> {
    let statuses = job.forge.status_history(at, own, PLAN_STATUS).await?;
    let reports = statuses.into_iter().map(|status| {
        let is_plan = status.is_own && status.success;
        let digest = is_plan
            .then(|| status_digest(&status.description))
            .flatten();
        Some(PlanReport {
            plan: digest.map(|digest| digest.to_string()),
            at: status.created_at?,
        })
    });
    Ok(reports.collect())
}
