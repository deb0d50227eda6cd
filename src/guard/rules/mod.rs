//! The rules, each a function from a [`RuleInput`] to a denial, and the effects that each applies to.

mod adoption;
mod alarm;
mod approval;
mod change;
mod command;
mod confirmation;
mod deletion;
mod import;
mod input;
mod lock;
mod people;
mod repair;
mod request;
mod state;
mod target;
mod template;
mod window;

use super::Denial;

pub use confirmation::{YES, confirmation_word};
pub use input::RuleInput;

type Rule = fn(&RuleInput<'_>) -> Option<Denial>;

/// When a rule can be evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The rule needs no AWS facts. A request that it denies gets no credentials.
    BeforeCredentials,
    /// The rule needs AWS facts, or what a report said about them: a deletion must be inspected before a confirmation.
    WithAwsFacts,
}
use Phase::{BeforeCredentials, WithAwsFacts};

/// What the check of a pull request knows of a rule's facts. A rule is judged before the merge only if its facts are known then: in
/// a forecast, what is not known does not deny.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forecast {
    /// Known from the policy, the config and the forge.
    ByPolicy,
    /// Read from AWS by the preview.
    ByPreview,
    /// Known after the merge: approvals, the merged commit, a comment, credentials.
    AfterMerge,
}
use Forecast::{AfterMerge, ByPolicy, ByPreview};

/// In the order in which denials are reported.
const RULES: &[(Phase, Forecast, Rule)] = &[
    (BeforeCredentials, ByPolicy, target::policy_is_valid),
    (WithAwsFacts, AfterMerge, target::account_is_the_same),
    (BeforeCredentials, ByPolicy, target::account_is_listed),
    (BeforeCredentials, ByPolicy, target::role_is_of_account),
    (WithAwsFacts, AfterMerge, target::region_is_the_same),
    (BeforeCredentials, ByPolicy, target::environment_is_listed),
    (BeforeCredentials, ByPolicy, alarm::alarms_are_of_target),
    (BeforeCredentials, AfterMerge, window::environment_is_open),
    (BeforeCredentials, ByPolicy, lock::products_are_locked),
    (WithAwsFacts, ByPreview, state::stack_is_stable),
    (WithAwsFacts, ByPreview, state::stack_exists_as_required),
    (WithAwsFacts, ByPreview, state::stack_has_not_failed),
    (WithAwsFacts, ByPreview, state::stack_is_not_protected),
    (WithAwsFacts, ByPreview, state::stack_is_owned),
    (WithAwsFacts, ByPreview, adoption::stack_can_be_adopted),
    (WithAwsFacts, ByPolicy, template::is_self_contained),
    (WithAwsFacts, ByPolicy, template::roles_have_boundary),
    (WithAwsFacts, ByPreview, import::imports_are_reviewed),
    (
        WithAwsFacts,
        AfterMerge,
        import::retained_imports_are_reviewed,
    ),
    (WithAwsFacts, ByPolicy, change::updates_are_allowed),
    (WithAwsFacts, ByPreview, change::impact_is_allowed),
    (WithAwsFacts, AfterMerge, change::is_what_was_shown),
    (WithAwsFacts, AfterMerge, change::stack_is_what_was_shown),
    (
        BeforeCredentials,
        AfterMerge,
        adoption::adoption_is_reviewed,
    ),
    (
        WithAwsFacts,
        AfterMerge,
        adoption::stack_is_what_was_reviewed,
    ),
    (WithAwsFacts, AfterMerge, adoption::changes_only_tags),
    (WithAwsFacts, ByPreview, adoption::no_drift_is_overwritten),
    (WithAwsFacts, AfterMerge, repair::is_needed),
    (WithAwsFacts, AfterMerge, repair::is_only_repair),
    (BeforeCredentials, AfterMerge, repair::is_requested),
    (BeforeCredentials, AfterMerge, repair::has_second_person),
    (WithAwsFacts, AfterMerge, repair::is_confirmed),
    (BeforeCredentials, ByPolicy, deletion::is_allowed),
    (WithAwsFacts, ByPreview, deletion::has_no_importers),
    (WithAwsFacts, ByPreview, deletion::buckets_are_empty),
    (BeforeCredentials, AfterMerge, request::is_merged),
    (BeforeCredentials, ByPolicy, request::targets_default_branch),
    (BeforeCredentials, ByPolicy, request::branch_is_protected),
    (BeforeCredentials, AfterMerge, request::identity_is_limited),
    (BeforeCredentials, ByPolicy, request::is_not_fork),
    (BeforeCredentials, AfterMerge, request::head_is_reported),
    (BeforeCredentials, AfterMerge, request::is_current),
    (
        BeforeCredentials,
        AfterMerge,
        request::stack_is_claimed_once,
    ),
    (
        BeforeCredentials,
        AfterMerge,
        request::no_broken_config_claims,
    ),
    (BeforeCredentials, AfterMerge, request::is_requested),
    (WithAwsFacts, ByPreview, request::stack_is_that_of_entry),
    (
        BeforeCredentials,
        AfterMerge,
        request::plan_is_what_was_shown,
    ),
    (BeforeCredentials, AfterMerge, approval::suffices),
    (
        BeforeCredentials,
        AfterMerge,
        approval::approvals_are_of_head,
    ),
    (
        BeforeCredentials,
        AfterMerge,
        approval::approvals_are_of_plan,
    ),
    (BeforeCredentials, AfterMerge, approval::is_not_by_author),
    (BeforeCredentials, AfterMerge, approval::is_not_by_pusher),
    (BeforeCredentials, AfterMerge, approval::is_by_an_approver),
    (
        BeforeCredentials,
        AfterMerge,
        approval::no_changes_requested,
    ),
    (BeforeCredentials, AfterMerge, command::actor_may),
    (BeforeCredentials, AfterMerge, command::confirmer_may),
    (WithAwsFacts, AfterMerge, command::is_confirmed),
    (BeforeCredentials, AfterMerge, command::has_second_person),
    (BeforeCredentials, AfterMerge, confirmation::actor_is_known),
    (WithAwsFacts, AfterMerge, confirmation::is_forced),
    (WithAwsFacts, AfterMerge, confirmation::is_typed),
];

/// Denials of the rules that need no AWS facts.
pub fn denials_before_credentials(input: &RuleInput<'_>) -> Vec<Denial> {
    let early = RULES
        .iter()
        .filter(|(phase, ..)| *phase == BeforeCredentials);
    early.filter_map(|(.., rule)| rule(input)).collect()
}

/// Denials of all rules.
pub fn denials(input: &RuleInput<'_>) -> Vec<Denial> {
    let rules = RULES.iter();
    rules.filter_map(|(.., rule)| rule(input)).collect()
}

/// Denials that are certain before the merge. `previewed`: the facts include what the preview read from AWS.
pub fn denials_before_merge(input: &RuleInput<'_>, previewed: bool) -> Vec<Denial> {
    let known = RULES.iter().filter(|(_, forecast, _)| match forecast {
        ByPolicy => true,
        ByPreview => previewed,
        AfterMerge => false,
    });
    known.filter_map(|(.., rule)| rule(input)).collect()
}
