//! The alarms that watch an operation.

use super::Text;
use super::format::Format;
use crate::stack::RollbackTriggers;

/// Which alarms roll back the operation; empty without any.
pub(super) fn watched(triggers: Option<&RollbackTriggers>, format: Format) -> String {
    let Some(triggers) = triggers.filter(|triggers| triggers.count() > 0) else {
        return String::new();
    };
    let alarms = Text::list(triggers.all().map(Text::name));
    let text = Text::ours("CloudFormation rolls back if an alarm goes off: ").and(alarms);
    let text = match triggers.monitoring_minutes {
        0 => text.and(Text::ours(". It watches until the operation ends")),
        minutes => text
            .and(Text::ours(". It watches until "))
            .and(Text::count(minutes.into(), "minute"))
            .and(Text::ours(" after the operation")),
    };
    format.line(&text)
}
