//! The rule about rollback triggers.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Denial, EffectKind};
use crate::product::Partition;

/// The alarms that would roll back the operation are in the stack's account and region. If CloudFormation does not find an alarm, the
/// whole operation fails.
pub fn alarms_are_of_target(input: &RuleInput<'_>) -> Option<Denial> {
    let creates_or_updates = matches!(
        input.kind,
        EffectKind::Create | EffectKind::Update | EffectKind::Replace
    );
    let policy = input.policy.ok().filter(|_| creates_or_updates)?;
    let target = &input.stack.target;
    let triggers = policy.rollback(target)?;
    let partition = Partition::of_region(&target.region).map(|partition| &*partition.name);
    let is_other = |alarm: &&str| {
        let parts: Vec<&str> = alarm.split(':').collect();
        parts.get(1).copied() != partition
            || parts.get(3) != Some(&target.region.as_str())
            || parts.get(4) != Some(&target.account.as_str())
    };
    let alarm = triggers.all().find(is_other)?;
    let is_of_account = alarm.split(':').nth(4) == Some(target.account.as_str());
    let code = match is_of_account {
        true => Code::RegionMismatch,
        false => Code::AccountMismatch,
    };
    let environment = &target.environment;
    Some(Denial::new(
        code,
        format!(
            "the policy's alarm `{alarm}` of `{environment}` is not in account {} and region {}",
            target.account, target.region
        ),
        input.policy_remedy(
            "write `{partition}`, `{account_id}` and `{region}` in the ARNs of `rollback`, or list alarms of the stack's account and region",
        ),
    ))
}
