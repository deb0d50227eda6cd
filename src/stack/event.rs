//! A stack's events, and which of them matter.

use serde::Serialize;

/// One event, as `DescribeStackEvents` shows it.
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
    /// Physical id.
    pub physical_id: Option<String>,
    /// Status, such as `CREATE_FAILED`.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// The token of the request that led to it.
    pub token: Option<String>,
}

impl StackEvent {
    /// Whether something failed.
    pub fn is_failure(&self) -> bool {
        self.status.ends_with("_FAILED")
    }

    /// Whether it only says that another resource's failure stopped this one.
    fn is_consequence(&self) -> bool {
        let reason = self.reason.as_deref().unwrap_or_default();
        reason.contains("Resource creation cancelled")
            || reason.contains("Resource update cancelled")
            || reason.starts_with("The following resource(s) failed")
    }
}

/// The failure that led to all others: the oldest that is not the consequence of another one.
pub fn first_failure(events: &[StackEvent]) -> Option<&StackEvent> {
    let failures = || events.iter().filter(|event| event.is_failure());
    failures()
        .filter(|event| !event.is_consequence())
        .min_by_key(|event| event.time)
        .or_else(|| failures().min_by_key(|event| event.time))
}
