//! What the reviewers of a pull request were shown: the plan, made again from the commits that they saw, and what AWS said then.

use std::collections::BTreeMap;

use super::check::PLAN_STATUS;
use super::gather::{Selection, gather};
use super::job::{Failure, Job};
use crate::forge::{PullRequests as _, Talk as _};
use crate::guard::Shown;
use crate::model::{CommitSha, Digest, UserId};
use crate::plan::{Change, Plan, assess, sealed};
use crate::report::{MARKER, read_shown};

/// What stands before the digest in the status.
const PLAN: &str = "plan ";

/// A plan that was reviewed.
pub struct ReviewedPlan {
    /// Digest of it all.
    root: Digest,
    plan: Plan,
    /// Digests of what AWS said, by path.
    previews: BTreeMap<String, Digest>,
}

impl ReviewedPlan {
    /// What was shown of a change's stack. `change` is what was merged.
    pub fn shown(&self, change: &Change) -> Shown {
        let mut reviewed = self.plan.changes.iter();
        let reviewed = reviewed.find(|reviewed| reviewed.path == change.path);
        Shown {
            plan: self.root.to_string(),
            same: reviewed.is_some_and(|reviewed| reviewed.digest() == change.digest()),
            change_set: self
                .previews
                .get(change.path.as_str())
                .map(Digest::to_string),
        }
    }
}

/// The plan that was reported at a pull request's head; `None` if there is none that can be believed. `base` is the branch that it was
/// merged onto.
pub async fn reviewed_plan(
    job: &Job,
    own: Option<UserId>,
    number: u64,
    base: &CommitSha,
    head: &CommitSha,
    selection: &Selection,
) -> Result<Option<ReviewedPlan>, Failure> {
    let Some(own) = own else {
        return Ok(None);
    };
    let Some(root) = reported(job, own, head).await? else {
        return Ok(None);
    };
    let source = job.source(&[base, head]);
    let checkout = job.checkout.as_ref();
    let fork = match checkout.and_then(|checkout| checkout.merge_base(base, head)) {
        Some(fork) => fork,
        None => job.github.merge_base(base, head).await?,
    };
    let files = source.changed_files(&fork, head).await?;
    let given = &job.environment.given;
    let gathered = gather(source, &fork, head, &files, selection, given).await?;
    let plan = assess(&gathered.base, &gathered.head, &gathered.inputs);
    let mut previews = BTreeMap::new();
    if plan.digest != root {
        let comment = job.github.own_comment(number, own, MARKER).await?;
        let shown = comment.as_deref().and_then(read_shown);
        previews = shown
            .filter(|shown| shown.head == *head)
            .map(|shown| shown.by_path(&plan))
            .unwrap_or_default();
    }
    let holds = sealed(plan.digest, &previews) == root;
    Ok(holds.then_some(ReviewedPlan {
        root,
        plan,
        previews,
    }))
}

/// The digest that a successful check of this commit reported.
pub async fn reported(job: &Job, own: UserId, head: &CommitSha) -> Result<Option<Digest>, Failure> {
    let status = job.github.own_status(head, own, PLAN_STATUS).await?;
    let status = status.filter(|status| status.success);
    Ok(status.and_then(|status| {
        let (_, digest) = status.description.rsplit_once(PLAN)?;
        Digest::parse(digest)
    }))
}
