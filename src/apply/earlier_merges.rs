//! What earlier merges of a config left, if a newer merge changed it that is not applied.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::past_failure::{PastFailure, RecordReader};
use crate::change::{MergeReader, NewestMerge};
use crate::forge::{ForgeError, OwnRecord};
use crate::model::{CommitSha, RepoPath, UserId};
use crate::report::Attempts;

/// Merges of one config that are read, the newest first.
const MAX_EARLIER: usize = 5;
/// Merges of a run that are read for this.
const MAX_READ: usize = 50;

/// A config whose earlier merges count.
pub struct ReplacedConfig {
    pub path: RepoPath,
    pub files: Vec<RepoPath>,
    /// Whether the last update of its stack was rolled back, and the stack has the template of the config: a newer merge restored it. Only
    /// the record of that merge tells whether it was allowed to.
    pub is_restored: bool,
}

/// Reads merges and their records once.
pub struct EarlierMerges {
    merges: MergeReader,
    records: BTreeMap<u64, OwnRecord>,
}

impl Default for EarlierMerges {
    fn default() -> Self {
        Self {
            merges: MergeReader::new(MAX_READ),
            records: BTreeMap::new(),
        }
    }
}

impl EarlierMerges {
    /// Whether a merge of a config failed after the last one that a run completed.
    pub async fn failure(
        &mut self,
        by: &RecordReader<'_>,
        (tip, own): (&CommitSha, UserId),
        config: &ReplacedConfig,
    ) -> Option<PastFailure> {
        let found = self.walk(by, (tip, own), config).await;
        found.unwrap_or_else(|error| Some(PastFailure::Unread(error.to_string())))
    }

    async fn walk(
        &mut self,
        by: &RecordReader<'_>,
        (tip, own): (&CommitSha, UserId),
        config: &ReplacedConfig,
    ) -> Result<Option<PastFailure>, ForgeError> {
        let mut at = tip.clone();
        for _ in 0..MAX_EARLIER {
            let range = match self
                .merges
                .newest(&*by.job.forge, &at, &config.files)
                .await?
            {
                NewestMerge::Found { range, .. } => range,
                NewestMerge::None => return Ok(None),
                NewestMerge::TooMany => {
                    let why = format!("more than {MAX_READ} merges are not applied");
                    return Ok(Some(PastFailure::Unknown(why)));
                }
            };
            let Some(number) = range.number else {
                return Ok(None);
            };
            let unknown = |why: &str| {
                let why = format!("{why}, of pull request #{number}");
                Ok(Some(PastFailure::Unknown(why)))
            };
            match self.record(by, number, own).await? {
                OwnRecord::Text(text) => {
                    let attempts = Attempts::parse(text);
                    let is_open = attempts.tell_of_more();
                    if attempts.have_failed_at(&config.path) || config.is_restored && is_open {
                        return Ok(Some(PastFailure::Failed));
                    }
                    if attempts.is_uncertain() {
                        return unknown("an earlier run did not end, or its record was lost");
                    }
                    if !is_open {
                        return Ok(None);
                    }
                }
                OwnRecord::Edited(_) => return unknown("somebody edited the record"),
                // A merge without an effect leaves none.
                OwnRecord::Absent => {}
            }
            at = range.base;
        }
        let why = format!("the last {MAX_EARLIER} merges that changed it are not applied");
        Ok(Some(PastFailure::Unknown(why)))
    }

    async fn record(
        &mut self,
        by: &RecordReader<'_>,
        number: u64,
        own: UserId,
    ) -> Result<&OwnRecord, ForgeError> {
        Ok(match self.records.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unread) => {
                unread.insert(by.job.forge.own_record(number, own, &by.marker).await?)
            }
        })
    }
}
