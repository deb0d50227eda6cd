//! The alarms that watch an operation.

use super::Text;
use super::format::Format;
use crate::stack::RollbackTriggers;

/// Which alarms roll back the operation; empty if the policy says nothing of them.
pub(super) fn watched(triggers: Option<&RollbackTriggers>, format: Format) -> String {
    let Some(triggers) = triggers else {
        return String::new();
    };
    if triggers.count() == 0 {
        return format.line(&unwatched(triggers.monitoring_minutes));
    }
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

/// CloudFormation waits also without an alarm.
fn unwatched(minutes: u16) -> Text {
    let text = Text::ours("no alarm watches the operation: the policy removes those of the stack");
    match minutes {
        0 => text,
        minutes => text
            .and(Text::ours(". CloudFormation still waits "))
            .and(Text::count(minutes.into(), "minute"))
            .and(Text::ours(" after it")),
    }
}
