//! The rules, each a function from a [`RuleInput`] to a denial, and the effects that each applies to.

mod approval;
mod change;
mod command;
mod confirmation;
mod deletion;
mod input;
mod people;
mod request;
mod state;
mod target;
mod template;

use super::Denial;

pub use input::RuleInput;

type Rule = fn(&RuleInput<'_>) -> Option<Denial>;

/// When a rule can be evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The rule needs no AWS facts. A request that it denies gets no credentials.
    BeforeCredentials,
    /// The rule needs AWS facts, or what a report said about them: a deletion must be inspected before anybody can confirm it.
    WithAwsFacts,
}
use Phase::{BeforeCredentials, WithAwsFacts};

/// In the order in which denials are reported.
const RULES: &[(Phase, Rule)] = &[
    (BeforeCredentials, target::policy_is_valid),
    (WithAwsFacts, target::account_is_the_same),
    (BeforeCredentials, target::account_is_listed),
    (WithAwsFacts, target::region_is_the_same),
    (BeforeCredentials, target::environment_is_listed),
    (WithAwsFacts, state::stack_is_stable),
    (WithAwsFacts, state::stack_exists_as_required),
    (WithAwsFacts, state::stack_has_not_failed),
    (WithAwsFacts, state::stack_is_not_protected),
    (WithAwsFacts, state::stack_is_owned),
    (WithAwsFacts, template::is_self_contained),
    (WithAwsFacts, change::is_allowed),
    (WithAwsFacts, change::is_what_was_shown),
    (BeforeCredentials, deletion::is_allowed),
    (WithAwsFacts, deletion::has_no_importers),
    (WithAwsFacts, deletion::buckets_are_empty),
    (BeforeCredentials, request::is_merged),
    (BeforeCredentials, request::targets_default_branch),
    (BeforeCredentials, request::branch_is_protected),
    (BeforeCredentials, request::identity_is_limited),
    (BeforeCredentials, request::is_not_fork),
    (BeforeCredentials, request::head_is_reported),
    (BeforeCredentials, request::is_current),
    (BeforeCredentials, request::stack_is_claimed_once),
    (BeforeCredentials, request::no_broken_config_claims),
    (BeforeCredentials, request::is_requested),
    (BeforeCredentials, request::plan_is_what_was_shown),
    (BeforeCredentials, approval::suffices),
    (BeforeCredentials, approval::approvals_are_of_head),
    (BeforeCredentials, approval::approvals_are_of_plan),
    (BeforeCredentials, approval::is_not_by_author),
    (BeforeCredentials, approval::is_not_by_pusher),
    (BeforeCredentials, approval::is_by_an_approver),
    (BeforeCredentials, approval::no_changes_requested),
    (BeforeCredentials, command::actor_may),
    (BeforeCredentials, command::confirmer_may),
    (WithAwsFacts, command::is_confirmed),
    (BeforeCredentials, command::has_second_person),
    (BeforeCredentials, confirmation::actor_is_known),
    (WithAwsFacts, confirmation::is_forced),
    (WithAwsFacts, confirmation::name_is_typed),
];

/// Denials of the rules that need no AWS facts.
pub fn denials_before_credentials(input: &RuleInput<'_>) -> Vec<Denial> {
    let early = RULES.iter().filter(|(when, _)| *when == BeforeCredentials);
    early.filter_map(|(_, rule)| rule(input)).collect()
}

/// Denials of all rules.
pub fn denials(input: &RuleInput<'_>) -> Vec<Denial> {
    let rules = RULES.iter();
    rules.filter_map(|(_, rule)| rule(input)).collect()
}
