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

/// When a rule can be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// It asks nothing of AWS: what it refuses is refused before credentials are asked for.
    Early,
    /// It asks about AWS, or about what somebody was told of AWS: what a deletion would take has to be looked at before anybody
    /// can confirm it.
    Late,
}
use When::{Early, Late};

/// All rules in the order in which denials are told.
const RULES: &[(When, Rule)] = &[
    (Early, place::policy_is_valid),
    (Late, place::account_is_the_same),
    (Early, place::account_is_listed),
    (Late, place::region_is_the_same),
    (Early, place::environment_is_listed),
    (Late, state::is_not_busy),
    (Late, state::is_there_or_not),
    (Late, state::has_not_failed),
    (Late, state::is_not_protected),
    (Late, state::is_ours),
    (Late, change::is_allowed),
    (Late, change::is_what_was_shown),
    (Early, deletion::is_allowed),
    (Late, deletion::has_no_importers),
    (Late, deletion::buckets_are_empty),
    (Early, request::is_merged),
    (Early, request::goes_into_default),
    (Early, request::is_no_fork),
    (Early, request::head_is_reported),
    (Early, request::is_current),
    (Early, request::asks_for_it),
    (Early, request::plan_is_what_was_shown),
    (Early, approval::suffices),
    (Early, approval::is_of_the_head),
    (Early, approval::is_not_by_author),
    (Early, approval::is_not_by_pusher),
    (Early, approval::is_by_an_approver),
    (Early, approval::nobody_objects),
    (Early, command::actor_may),
    (Early, command::confirmer_may),
    (Late, command::is_confirmed),
    (Early, command::is_by_a_second_person),
    (Early, consent::somebody_asks),
    (Late, consent::is_forced),
    (Late, consent::name_is_typed),
];

/// What speaks against it already, before AWS is asked anything.
pub fn early_denials(question: &Question<'_>) -> Vec<Denial> {
    let early = RULES.iter().filter(|(when, _)| *when == Early);
    early.filter_map(|(_, rule)| rule(question)).collect()
}

/// Everything that speaks against it.
pub fn denials(question: &Question<'_>) -> Vec<Denial> {
    let rules = RULES.iter();
    rules.filter_map(|(_, rule)| rule(question)).collect()
}
