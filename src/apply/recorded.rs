//! What a record says of a change.

use super::recorder::recorded_policies;
use crate::change::MergedChange;
use crate::ci::JobRun;
use crate::model::CommitSha;
use crate::report::{RecordedPolicies, ReportSource};

/// What a record says of the change.
pub(super) struct RecordedChange {
    pub pull_request: Option<u64>,
    pub commit: CommitSha,
    pub policy: RecordedPolicies,
    /// Whether it repairs what the default branch has, so that there is no merge.
    pub is_repair: bool,
}

pub(super) fn recorded_change(merged: &MergedChange, pull_request: Option<u64>) -> RecordedChange {
    RecordedChange {
        pull_request,
        commit: merged.merge.clone(),
        policy: recorded_policies(merged),
        is_repair: false,
    }
}

impl RecordedChange {
    /// Where a report comes from.
    pub(super) fn source(&self, run: &JobRun) -> ReportSource {
        let commit = self.commit.short().to_owned();
        let url = run.url.clone();
        let run = run.name();
        match self.is_repair {
            true => ReportSource::Branch { commit, run, url },
            false => ReportSource::Merge { commit, run, url },
        }
    }
}
