//! A stack's events, and which of them caused a failure.

use serde::Serialize;

/// One event, as `DescribeStackEvents` returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StackEvent {
    /// Unique among all events.
    pub id: String,
    /// Unix time in milliseconds.
    pub time: i64,
    /// Logical id; the stack's name for events of the stack itself.
    pub logical_id: String,
    /// Type, such as `AWS::S3::Bucket`.
    pub kind: String,
    pub physical_id: Option<String>,
    /// Status, such as `CREATE_FAILED`.
    pub status: String,
    pub reason: Option<String>,
    /// The token of the request that caused it.
    pub token: Option<String>,
}

impl StackEvent {
    pub fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// Whether the stack begins to roll back.
    fn is_rollback(&self) -> bool {
        self.status.ends_with("ROLLBACK_IN_PROGRESS")
    }

    /// Whether the event only reports that another resource's failure stopped this one.
    fn is_consequence(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        reason.contains("Resource creation cancelled")
            || reason.contains("Resource update cancelled")
            || reason.starts_with("The following resource(s) failed")
    }
}

/// The resources that these events report as created, and then kept although the operation failed.
pub fn kept_creations(events: &[StackEvent]) -> impl Iterator<Item = &StackEvent> {
    let is_created = |kept: &StackEvent| {
        let mut all = events.iter();
        kept.physical_id.is_some()
            && all.any(|event| {
                event.status == "CREATE_COMPLETE" && event.physical_id == kept.physical_id
            })
    };
    let kept = events.iter();
    kept.filter(move |event| event.status == "DELETE_SKIPPED" && is_created(event))
}

/// The root failure: the oldest one that is not the consequence of another. Without a failed resource, the reason of the stack's
/// rollback, such as an alarm.
pub fn first_failure(events: &[StackEvent]) -> Option<&StackEvent> {
    let failures = || events.iter().filter(|event| event.is_failure());
    failures()
        .filter(|event| !event.is_consequence())
        .min_by_key(|event| event.time)
        .or_else(|| failures().min_by_key(|event| event.time))
        .or_else(|| {
            let mut events = events.iter();
            events.find(|event| event.is_rollback() && event.reason.is_some())
        })
}
