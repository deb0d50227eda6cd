//! The plan that reviewers were shown, recomputed from the commits that they reviewed.

use std::collections::BTreeMap;

use super::inputs::read_inputs;
use super::selection::ConfigSelector;
use crate::guard::ReviewedPlan;
use crate::job::{Job, JobError};
use crate::model::{CommitSha, Digest, UserId};
use crate::plan::{Change, Plan, assess, combined_digest};
use crate::report::PLAN_STATUS;
use crate::report::{MARKER, parse_plan_marker, status_digest};

/// A plan that the check reported.
pub struct ReportedPlan {
    /// Digest of the plan and all previews.
    root: Digest,
    plan: Plan,
    /// Digests of change sets and deletion previews, by config path.
    previews: BTreeMap<String, Digest>,
}

impl ReportedPlan {
    /// What reviewers were shown of a stack. `change` is the merged change.
    pub fn reviewed_plan(&self, change: &Change) -> ReviewedPlan {
        let mut reviewed = self.plan.changes.iter();
        let reviewed = reviewed.find(|reviewed| reviewed.path == change.path);
        ReviewedPlan {
            plan: self.root.to_string(),
            same: reviewed.is_some_and(|reviewed| reviewed.digest() == change.digest()),
            change_set: self
                .previews
                .get(change.path.as_str())
                .map(Digest::to_string),
        }
    }
}

/// The plan that was reported at a pull request's head; `None` if the recomputed digest differs from the reported one. `base` is the
/// commit that it was merged onto.
pub async fn reviewed_plan(
    job: &Job,
    own: Option<UserId>,
    number: u64,
    base: &CommitSha,
    head: &CommitSha,
    selection: &ConfigSelector,
) -> Result<Option<ReportedPlan>, JobError> {
    let Some(own) = own else {
        return Ok(None);
    };
    let Some(root) = reported_digest(job, own, head).await? else {
        return Ok(None);
    };
    let source = job.source(&[base, head]);
    let checkout = job.checkout.as_ref();
    let fork = match checkout.and_then(|checkout| checkout.merge_base(base, head)) {
        Some(fork) => fork,
        None => job.forge.merge_base(base, head).await?,
    };
    let files = source.changed_files(&fork, head).await?;
    let given = &job.environment.given;
    let inputs = read_inputs(source, &fork, head, &files, selection, given).await?;
    let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
    let mut previews = BTreeMap::new();
    if plan.digest != root {
        let comment = job.forge.own_comment(number, own, MARKER).await?;
        let shown = comment.as_deref().and_then(parse_plan_marker);
        previews = shown
            .filter(|shown| shown.head == *head)
            .map(|shown| shown.by_path(&plan))
            .unwrap_or_default();
    }
    let holds = combined_digest(plan.digest, &previews) == root;
    Ok(holds.then_some(ReportedPlan {
        root,
        plan,
        previews,
    }))
}

pub async fn reported_digest(
    job: &Job,
    own: UserId,
    head: &CommitSha,
) -> Result<Option<Digest>, JobError> {
    let status = job.forge.own_status(head, own, PLAN_STATUS).await?;
    let status = status.filter(|status| status.success);
    Ok(status.and_then(|status| status_digest(&status.description)))
}
