//! Why the commits that changed a config last bring nothing of it to this run.

use std::collections::BTreeSet;

use crate::report::LeftReason;

/// What one of the commits says about a config. The greatest one of all commits decides: which commit has which id, or which one is read
/// last, says nothing about the stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftCause {
    /// Other merges come first.
    NextRun,
    /// No single pull request brought it.
    NotMerged,
    /// The stack was changed after its merge, and has another template.
    Attempted,
    /// The same, and the last update was rolled back.
    RolledBack,
    /// The forge's words. An unanswered question is no fact.
    Unread(String),
}

impl LeftCause {
    fn reason(&self) -> LeftReason {
        match self {
            Self::NextRun => LeftReason::NextRun,
            Self::NotMerged => LeftReason::NotMerged,
            Self::Attempted => LeftReason::Attempted,
            Self::RolledBack => LeftReason::RolledBack,
            Self::Unread(words) => LeftReason::MergeUnread(words.clone()),
        }
    }
}

/// Why a config is left, by all of its commits.
pub(super) fn left_reason(causes: Option<&BTreeSet<LeftCause>>) -> LeftReason {
    let greatest = causes.and_then(BTreeSet::last);
    greatest.map_or(LeftReason::HistoryUnknown, LeftCause::reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn causes() -> impl Strategy<Value = Vec<LeftCause>> {
        let cause = prop_oneof![
            Just(LeftCause::NextRun),
            Just(LeftCause::NotMerged),
            Just(LeftCause::Attempted),
            Just(LeftCause::RolledBack),
            Just(LeftCause::Unread("502".to_owned())),
        ];
        proptest::collection::vec(cause, 0..6)
    }

    proptest! {
        #[test]
        fn attack_the_order_of_commits_chooses_the_reason(
            (given, shuffled) in causes().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            let reason = left_reason(Some(&given.iter().cloned().collect()));
            prop_assert_eq!(&reason, &left_reason(Some(&shuffled.into_iter().collect())));
            let unread = given.iter().any(|cause| matches!(cause, LeftCause::Unread(_)));
            prop_assert_eq!(unread, reason.is_unread());
            if !unread && given.contains(&LeftCause::RolledBack) {
                prop_assert!(reason.is_failure());
            }
        }
    }
}
