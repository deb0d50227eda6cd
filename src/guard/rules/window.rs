//! The rule about windows and freezes.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, EffectKind};

/// The time is inside of a window of the environment, and outside of every freeze.
pub fn environment_is_open(input: &RuleInput<'_>) -> Option<Denial> {
    // Both end what an earlier run began.
    let ends = matches!(
        input.kind,
        EffectKind::Resume | EffectKind::ContinueRollback
    );
    let environment = &input.stack.target.environment;
    let policy = input.policy.ok()?;
    if input.is_read_only() || ends || !policy.has_times(environment) {
        return None;
    }
    let now = match &input.facts.authority {
        // Another rule denies unrequested effects.
        Authority::Unknown => return None,
        Authority::CommandLine { now, .. } => Some(*now),
        Authority::Request(request) => request.now,
    };
    let Some(now) = now else {
        return Some(Denial::new(
            Code::OutsideWindow,
            format!("the time is not known, and `{environment}` has windows or freezes"),
            "run the job again",
        ));
    };
    let closed = policy.closed(environment, now)?;
    Some(Denial::new(
        Code::OutsideWindow,
        format!("`{environment}` is {}", closed.why),
        match (&closed.opens, input.request()) {
            (Some(opens), Some(_)) if input.kind.repairs() => {
                format!("comment again from {opens} on")
            }
            (Some(opens), Some(request)) if request.command().is_some() => {
                format!("comment again from {opens} on")
            }
            (Some(opens), Some(_)) => format!(
                "a scheduled run applies the merge from {opens} on; without a schedule, apply it again then"
            ),
            (Some(opens), None) => format!("run it again from {opens} on"),
            (None, _) => input.policy_remedy("change `windows` or `freeze`"),
        },
    ))
}
