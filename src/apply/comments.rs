//! Further comments of a run on the pull request. A comment that cannot be written undoes nothing, so that it only costs a warning.

use crate::change::MergedChange;
use crate::forge::OwnRecord;
use crate::job::Job;
use crate::model::UserId;
use crate::plan::{Change, Intent};
use crate::report::{
    Attempts, ConfirmedDeletion, UNSERVED_MARKER, UnservedConfig, close_confirmations,
    unserved_comment,
};

/// Closes the invitations in the comment that begins with `marker`.
pub async fn close_invitations(
    job: &Job,
    (number, own): (u64, UserId),
    marker: &str,
    deletions: &[ConfirmedDeletion],
) {
    let body = match job.forge.own_record(number, own, marker).await {
        Ok(OwnRecord::Text(body)) => body,
        // This edit must not give the record of somebody else the name of the program.
        Ok(OwnRecord::Edited(body)) => Attempts::lost().replaced_in(&body),
        Ok(OwnRecord::Absent) => return,
        Err(error) => {
            log::warn!("{error}");
            return;
        }
    };
    let closed = close_confirmations(&body, deletions);
    if closed != body
        && let Err(error) = job.forge.upsert_comment(number, own, marker, &closed).await
    {
        log::warn!("{error}");
    }
}

/// The changes of other environments than the job's that no job can apply, because the policies name no role.
pub fn unserved_configs(job: &Job, merged: &MergedChange) -> Vec<UnservedConfig> {
    let Some(own) = job.environment.environment.as_deref() else {
        return Vec::new();
    };
    let policies = merged.policies();
    // Each job denies its configs if the policy does not load.
    if policies.problems().next().is_some() {
        return Vec::new();
    }
    let changes = merged.contents.plan.changes.iter();
    let requested = changes.filter(|change| asks_for_effect(change) && !merged.is_outdated(change));
    let unserved = requested.filter_map(|change| {
        let target = change.target.as_ref()?;
        let is_other = target.environment != own && policies.apply_role(target).is_none();
        is_other.then(|| UnservedConfig {
            path: change.path.to_string(),
            environment: target.environment.clone(),
        })
    });
    unserved.collect()
}

/// Whether a change requests an effect on AWS.
fn asks_for_effect(change: &Change) -> bool {
    match change.intent {
        Intent::Create
        | Intent::Update
        | Intent::Delete
        | Intent::Adopt
        | Intent::Unadopt
        | Intent::Replace
        | Intent::Import => true,
        Intent::Unchanged => !change.folders.is_empty(),
        Intent::Abandon | Intent::Invalid => false,
    }
}

/// Whether the job of its environment applies a change, or reports something about it.
pub fn concerns_a_job(change: &Change) -> bool {
    asks_for_effect(change) || change.intent == Intent::Invalid || !change.diagnostics.is_empty()
}

/// Comments which configs no job provisions.
pub async fn report_unserved(job: &Job, (number, own): (u64, UserId), configs: &[UnservedConfig]) {
    let body = unserved_comment(configs);
    let written = job
        .forge
        .upsert_comment(number, own, UNSERVED_MARKER, &body)
        .await;
    if let Err(error) = written {
        log::warn!("{error}");
    }
}
