//! The rules, each a function from a question to denials, and which of them an effect has to pass.

mod approval;
mod change;
mod command;
mod consent;
mod deletion;
mod place;
mod request;
mod state;

use super::{Denial, Facts, Kind, Policy};
use crate::diagnostic::Diagnostic;
use crate::stack::StackName;

/// What is to be decided.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The operator's policy.
    pub policy: Result<&'a Policy, &'a Vec<Diagnostic>>,
    /// What was seen.
    pub facts: &'a Facts,
    /// What is asked for.
    pub kind: Kind,
    /// Of which stack.
    pub stack: &'a StackName,
}

type Rule = fn(&Question<'_>) -> Option<Denial>;

/// All rules in the order in which denials are told.
const RULES: &[Rule] = &[
    place::policy_is_valid,
    place::account_is_the_same,
    place::account_is_listed,
    place::region_is_the_same,
    place::environment_is_listed,
    state::is_not_busy,
    state::is_there_or_not,
    state::has_not_failed,
    state::is_not_protected,
    state::is_ours,
    change::is_allowed,
    change::is_what_was_shown,
    deletion::is_allowed,
    deletion::has_no_importers,
    deletion::buckets_are_empty,
    request::is_merged,
    request::goes_into_default,
    request::is_no_fork,
    request::head_is_reported,
    request::is_current,
    request::asks_for_it,
    request::plan_is_what_was_shown,
    approval::suffices,
    approval::is_of_the_head,
    approval::is_not_by_author,
    approval::is_not_by_pusher,
    approval::is_by_an_approver,
    approval::nobody_objects,
    command::actor_may,
    command::confirmer_may,
    command::is_confirmed,
    command::is_by_a_second_person,
    consent::somebody_asks,
    consent::is_forced,
    consent::name_is_typed,
];

/// Those of them that ask nothing of AWS: what they refuse is refused before credentials are asked for.
const BEFORE_CREDENTIALS: &[Rule] = &[
    place::policy_is_valid,
    place::account_is_listed,
    place::environment_is_listed,
    deletion::is_allowed,
    request::is_merged,
    request::goes_into_default,
    request::is_no_fork,
    request::head_is_reported,
    request::is_current,
    request::asks_for_it,
    request::plan_is_what_was_shown,
    approval::suffices,
    approval::is_of_the_head,
    approval::is_not_by_author,
    approval::is_not_by_pusher,
    approval::is_by_an_approver,
    approval::nobody_objects,
    command::actor_may,
    command::confirmer_may,
    command::is_by_a_second_person,
    consent::somebody_asks,
];

/// What speaks against it already, before AWS is asked anything.
pub fn early_denials(question: &Question<'_>) -> Vec<Denial> {
    let rules = BEFORE_CREDENTIALS.iter();
    rules.filter_map(|rule| rule(question)).collect()
}

/// Everything that speaks against it.
pub fn denials(question: &Question<'_>) -> Vec<Denial> {
    RULES.iter().filter_map(|rule| rule(question)).collect()
}
