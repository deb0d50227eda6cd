//! What the deleted stacks of a config left. CloudFormation keeps their events for 90 days.

use std::collections::BTreeMap;

use super::StackBucket;
use super::bucket::{HELD, Holding};
use crate::stack::{Stack, StackEvent};
use crate::template::ImportedResource;

/// Statuses of a stack that people may have used.
const COMPLETE: &[&str] = &[
    "CREATE_COMPLETE",
    "IMPORT_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
];

/// Statuses of a stack that has tags. An import sets none, and the update that adds them may have been rolled back.
const TAGGED: &[&str] = &["CREATE_COMPLETE", "UPDATE_COMPLETE"];

/// A deleted stack.
#[derive(Clone, Debug)]
pub struct FormerStack {
    pub(super) stack: Stack,
    pub(super) events: Vec<StackEvent>,
}

/// The deleted stacks of a config, the latest first. One place reads them, so that everything that comes back is of the same stacks.
#[derive(Clone, Debug, Default)]
pub struct FormerStacks(Vec<FormerStack>);

/// A bucket that a deleted stack retained.
struct RetainedBucket {
    bucket: StackBucket,
    /// Whether the stack was ever complete, or imported anything: nothing that was imported is a leftover.
    was_complete: bool,
    /// Whether the deletion of the stack retained it, and not an earlier update.
    by_deletion: bool,
}

impl FormerStack {
    /// Whether the stack had all its tags. Without those of provisioner, it belonged to somebody else.
    fn had_tags(&self) -> bool {
        self.had_status(TAGGED)
    }

    fn was_complete(&self) -> bool {
        self.had_status(COMPLETE)
    }

    fn had_status(&self, statuses: &[&str]) -> bool {
        let mut of_stack = self
            .events
            .iter()
            .filter(|event| event.physical_id.as_deref() == Some(&*self.stack.id));
        of_stack.any(|event| statuses.contains(&event.status.as_str()))
    }

    fn skipped(&self) -> impl Iterator<Item = &StackEvent> {
        let events = self.events.iter();
        events.filter(|event| event.status == "DELETE_SKIPPED")
    }
}

impl FormerStacks {
    /// Those of the stacks that had the tags of `owner`. They end where a stack of the name belonged to somebody else: what it retained, and
    /// what it took over from an earlier one, is no longer the config's. An import that failed has no tags, and retains what it found.
    pub(super) fn of_owner(found: Vec<FormerStack>, owner: &BTreeMap<String, String>) -> Self {
        let is_owned = |former: &FormerStack| {
            let mut owner = owner.iter();
            owner.all(|(key, value)| former.stack.tags.get(key) == Some(value))
        };
        let own = found
            .into_iter()
            .take_while(|former| is_owned(former) || !former.had_tags())
            .filter(is_owned);
        Self(own.collect())
    }

    /// Resources that the stacks retained. A stack retains only what it created, updated or imported itself. Stacks that were never complete
    /// retain nothing of use.
    pub fn resources(&self) -> Vec<ImportedResource> {
        let mut found: Vec<ImportedResource> = Vec::new();
        for former in self.0.iter().filter(|former| former.was_complete()) {
            for event in former.skipped() {
                let Some(physical_id) = event.physical_id.clone().filter(|id| !id.is_empty())
                else {
                    continue;
                };
                let was_held = former.events.iter().any(|other| {
                    other.physical_id.as_deref() == Some(&*physical_id)
                        && other.logical_id == event.logical_id
                        && HELD.contains(&other.status.as_str())
                });
                let mut known = found.iter();
                let is_known = known.any(|known| known.logical_id == event.logical_id);
                if was_held && !is_known {
                    found.push(ImportedResource {
                        logical_id: event.logical_id.clone(),
                        kind: event.kind.clone(),
                        physical_id,
                    });
                }
            }
        }
        found
    }

    /// Buckets that the stacks still had when they were deleted. What an update retained was left behind on purpose.
    pub fn retained_buckets(&self) -> Vec<StackBucket> {
        let found = self.retained().into_iter();
        let held = found.filter(|found| found.by_deletion);
        held.map(|found| found.bucket).collect()
    }

    /// Buckets of stacks that never were complete. Their names block the next creation.
    pub fn cancelled_buckets(&self) -> Vec<StackBucket> {
        let found = self.retained().into_iter();
        // Data may have come into a bucket of a stack that was complete.
        let cancelled = found.filter(|found| !found.was_complete);
        cancelled.map(|found| found.bucket).collect()
    }

    /// The latest stack that was complete.
    pub fn last_complete(&self) -> Option<&Stack> {
        let mut complete = self.0.iter().filter(|former| former.was_complete());
        complete.next().map(|former| &former.stack)
    }

    /// The tags of the latest stack if its creation failed: the stack that is created instead of it gets those of others.
    pub fn failed_tags(&self) -> Option<&BTreeMap<String, String>> {
        let latest = self.0.first().filter(|former| !former.was_complete());
        latest.map(|former| &former.stack.tags)
    }

    fn retained(&self) -> Vec<RetainedBucket> {
        let mut found: Vec<RetainedBucket> = Vec::new();
        for former in &self.0 {
            let (id, events) = (&*former.stack.id, &former.events);
            let imports = |event: &StackEvent| event.status.starts_with("IMPORT_");
            let was_complete = former.was_complete() || events.iter().any(imports);
            let deletions = events.iter().filter(|event| {
                event.physical_id.as_deref() == Some(id) && event.status == "DELETE_IN_PROGRESS"
            });
            let began = deletions.map(|event| event.time).min();
            for event in former.skipped() {
                let is_bucket = Holding::new(&event.kind, &event.status) == Holding::Uncertain;
                let Some(name) = event.physical_id.as_deref().filter(|_| is_bucket) else {
                    continue;
                };
                let bucket = StackBucket::new(id, name);
                let is_known = found.iter().any(|known| known.bucket.name() == name);
                if bucket.was_created(events) && !is_known {
                    found.push(RetainedBucket {
                        bucket,
                        was_complete,
                        by_deletion: began.is_some_and(|began| event.time >= began),
                    });
                }
            }
        }
        found
    }
}
