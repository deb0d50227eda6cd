//! The rule about rollback triggers.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind};

/// The alarms that would roll back the operation are in the stack's account and region. If CloudFormation does not find an alarm, the
/// whole operation fails.
pub fn alarms_are_of_target(input: &RuleInput<'_>) -> Option<Denial> {
    let creates_or_updates = matches!(
        input.kind,
        EffectKind::Create | EffectKind::Update | EffectKind::Replace
    );
    let policy = input.policy.ok().filter(|_| creates_or_updates)?;
    let target = &input.stack.target;
    let (alarm, _) = policy.foreign_alarm(target)?;
    let environment = &target.environment;
    Some(Denial::new(
        Code::AlarmMismatch,
        format!(
            "the policy's alarm `{alarm}` of `{environment}` is not in account {} and region {}",
            target.account, target.region
        ),
        input.policy_remedy(
            "write `{partition}`, `{account_id}` and `{region}` in the ARNs of `rollback`, or list alarms of the stack's account and region",
        ),
    ))
}
