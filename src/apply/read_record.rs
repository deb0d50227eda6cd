//! Reads and closes the record of a merge.

use super::merge_record::{MergeRecord, RecordGap, RecordKeeper, RunKind};
use super::run::Run;
use crate::change::MergedChange;
use crate::forge::OwnRecord;
use crate::job::JobError;
use crate::report::Attempts;

impl<'a> Run<'a> {
    /// What earlier runs of a merge recorded.
    pub(super) async fn merge_record(
        &self,
        merged: &MergedChange,
        number: Option<u64>,
        kind: RunKind,
    ) -> Result<MergeRecord<'a>, JobError> {
        let job = self.job;
        let place = number.zip(self.own);
        let policies = merged.policies();
        let own = merged.contents.plan.changes.iter();
        let mut targets = own
            .filter(|change| self.is_of_this_job(change))
            .filter_map(|change| change.target.as_ref());
        let is_limited = targets.any(|target| policies.max_failures(&target.environment).is_some());
        if !is_limited {
            let attempts = match kind {
                RunKind::Pending => self.earlier_attempts(place).await?,
                RunKind::Anew | RunKind::Command => Attempts::default(),
            };
            return Ok(MergeRecord {
                attempts,
                ..MergeRecord::default()
            });
        }
        let keeper = place
            .filter(|_| job.environment.comment)
            .map(|(number, own)| RecordKeeper {
                forge: &*job.forge,
                number,
                own,
                marker: self.marker(),
            });
        let (attempts, gap) = match &keeper {
            None => (Attempts::default(), Some(RecordGap::NoComments)),
            Some(keeper) => {
                let (number, own) = (keeper.number, keeper.own);
                match job.forge.own_record(number, own, &keeper.marker).await? {
                    OwnRecord::Absent => (Attempts::lost(), Some(RecordGap::Absent)),
                    OwnRecord::Edited(_) => (Attempts::lost(), Some(RecordGap::Edited)),
                    OwnRecord::Text(text) => {
                        let attempts = Attempts::parse(&text);
                        let gap = attempts.is_uncertain().then_some(RecordGap::Uncertain);
                        (attempts, gap)
                    }
                }
            }
        };
        // The end of what an earlier step began waits for nothing, and does not know what that step saw.
        if job.environment.finish_cancelled {
            return Ok(MergeRecord {
                attempts,
                ..MergeRecord::default()
            });
        }
        Ok(match (kind, gap) {
            (RunKind::Anew, Some(_)) => MergeRecord {
                keeper,
                ..MergeRecord::default()
            },
            (RunKind::Anew, None) => MergeRecord {
                attempts: attempts.anew(),
                gap: None,
                keeper,
            },
            (RunKind::Pending | RunKind::Command, gap) => MergeRecord {
                attempts,
                gap,
                keeper,
            },
        })
    }

    /// Records how a run ended that opened the record and writes no other comment.
    pub(super) async fn close_record(&self, record: &MergeRecord<'_>, attempts: &Attempts) {
        if let Some(keeper) = &record.keeper
            && let Err(error) = keeper.write(attempts, None).await
        {
            log::warn!("{error}");
        }
    }
}
