//! Properties of every change set: a missing fact never lowers the verdict, and equal digests mean equal changes.
//!
//! Verdicts are compared by level: possible data loss has the same level as certain loss.

use std::collections::BTreeSet;

use proptest::prelude::*;
use provisioner::plan::{assess_resource, change_set_digest, worst};
use provisioner::stack::*;

const STACK: &str = "AWS::CloudFormation::Stack";
const KINDS: &[&str] = &[
    "AWS::S3::Bucket",
    "AWS::RDS::DBInstance",
    "AWS::IAM::Role",
    "AWS::SSM::Parameter",
    "Custom::Users",
    "Acme::Storage::Store",
    "AWS::Future::Store",
    STACK,
];

fn one_of<T: Clone + std::fmt::Debug + 'static>(words: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(words.to_vec())
}

fn detail() -> impl Strategy<Value = Detail> {
    let attributes = [
        "Properties",
        "Properties",
        "Tags",
        "Metadata",
        "DeletionPolicy",
    ];
    let recreations = [
        Recreation::Never,
        Recreation::Conditionally,
        Recreation::Always,
    ];
    let values = ["Retain", "Delete", "{{changeSet:KNOWN_AFTER_APPLY}}"];
    let evaluations = [Evaluation::Static, Evaluation::Dynamic];
    let parts = (
        one_of(&attributes),
        one_of(&recreations),
        one_of(&evaluations),
        one_of(&values),
    );
    parts.prop_map(|(attribute, recreation, evaluation, after)| Detail {
        target: ChangeTarget {
            attribute: Some(attribute.to_owned()),
            name: (attribute == "Properties").then(|| "Name".to_owned()),
            path: Some(format!("/{attribute}")),
            requires_recreation: Some(match attribute {
                "Properties" | "Tags" => recreation,
                _ => Recreation::Never,
            }),
            attribute_change_type: Some("Modify".to_owned()),
            before_value: Some("Retain".to_owned()),
            after_value: Some(after.to_owned()),
            ..ChangeTarget::default()
        },
        evaluation: Some(evaluation),
        change_source: Some("DirectModification".to_owned()),
        causing_entity: None,
    })
}

/// How the API summarizes details: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html>.
fn sum(details: &[Detail]) -> Replacement {
    let of = |detail: &Detail| match (&detail.target.requires_recreation, &detail.evaluation) {
        (Some(Recreation::Always), Some(Evaluation::Static)) => 2,
        (Some(Recreation::Always | Recreation::Conditionally), _) => 1,
        _ => 0,
    };
    match details.iter().map(of).max() {
        Some(2) => Replacement::True,
        Some(1) => Replacement::Conditional,
        _ => Replacement::False,
    }
}

/// A change as the API describes it, with at most `depth` levels of nested stacks.
fn change(depth: u32) -> BoxedStrategy<ResourceChange> {
    let actions = [
        ChangeAction::Modify,
        ChangeAction::Modify,
        ChangeAction::Modify,
        ChangeAction::Remove,
        ChangeAction::Add,
        ChangeAction::Import,
        ChangeAction::Dynamic,
        ChangeAction::SyncWithActual,
    ];
    let nested = match depth {
        0 => Just(None).boxed(),
        _ => prop::option::of(change_set(depth - 1)).boxed(),
    };
    let parts = (
        one_of(&actions),
        one_of(KINDS),
        0..3_usize,
        prop::collection::vec(detail(), 1..4),
        nested,
        0..3_u8,
    );
    let build = |(action, kind, policy, mut details, nested, id): (
        _,
        &str,
        usize,
        Vec<_>,
        Option<_>,
        u8,
    )| {
        let mut change = ResourceChange {
            action,
            logical_id: format!("R{id}"),
            kind: kind.to_owned(),
            physical_id: Some("r-1".to_owned()),
            before_context: Some(r#"{"Properties":{"A":1,"B":2}}"#.to_owned()),
            after_context: Some(r#"{"Properties":{"A":2,"B":2}}"#.to_owned()),
            ..ResourceChange::default()
        };
        let leaving = [
            PolicyAction::Delete,
            PolicyAction::Retain,
            PolicyAction::Snapshot,
        ];
        let replacing = [
            PolicyAction::ReplaceAndDelete,
            PolicyAction::ReplaceAndRetain,
            PolicyAction::ReplaceAndSnapshot,
        ];
        match change.action {
            ChangeAction::Remove => change.policy_action = Some(leaving[policy].clone()),
            ChangeAction::Modify => {
                // An attribute that is not a property has one value.
                let mut seen = BTreeSet::new();
                details.retain(|detail: &Detail| {
                    let attribute = detail.target.attribute.clone();
                    attribute.as_deref() == Some("Properties") || seen.insert(attribute)
                });
                let replacement = sum(&details);
                if replacement != Replacement::False {
                    change.policy_action = Some(replacing[policy].clone());
                }
                change.replacement = Some(replacement);
                let attributes = details.iter().filter_map(|d| d.target.attribute.clone());
                change.scope = attributes.collect();
                change.details = details;
                change.nested = nested.filter(|_| kind == STACK).map(Box::new);
            }
            _ => {}
        }
        change
    };
    parts.prop_map(build).boxed()
}

fn change_set(depth: u32) -> BoxedStrategy<ChangeSet> {
    let changes = prop::collection::vec(change(depth), 0..4);
    changes
        .prop_map(|changes| ChangeSet {
            id: "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/a/1".to_owned(),
            status: "CREATE_COMPLETE".to_owned(),
            changes,
            ..ChangeSet::default()
        })
        .boxed()
}

type Edit<T> = fn(&mut T);

/// The change without one of its facts, for each fact.
fn without_a_fact(change: &ResourceChange) -> Vec<ResourceChange> {
    let of_change: &[Edit<ResourceChange>] = &[
        |change| change.action = ChangeAction::default(),
        |change| change.kind.clear(),
        |change| change.replacement = None,
        |change| change.policy_action = None,
        |change| change.scope.clear(),
        |change| change.details.clear(),
        |change| change.nested = None,
    ];
    let of_detail: &[Edit<Detail>] = &[
        |detail| detail.target = ChangeTarget::default(),
        |detail| detail.target.attribute = None,
        |detail| detail.target.requires_recreation = None,
        |detail| detail.target.after_value = None,
        |detail| detail.evaluation = None,
    ];
    let edited = |edit: &dyn Fn(&mut ResourceChange)| {
        let mut less = change.clone();
        edit(&mut less);
        less
    };
    let mut all: Vec<_> = of_change.iter().map(|edit| edited(edit)).collect();
    for at in 0..change.details.len() {
        all.extend(
            of_detail
                .iter()
                .map(|edit| edited(&|less| edit(&mut less.details[at]))),
        );
        all.push(edited(&|less| drop(less.details.remove(at))));
    }
    if let Some(nested) = &change.nested {
        let put = |inner: ChangeSet| edited(&|less| less.nested = Some(Box::new(inner.clone())));
        all.push(put(ChangeSet {
            status: String::new(),
            ..(**nested).clone()
        }));
        for (at, inner) in nested.changes.iter().enumerate() {
            all.extend(without_a_fact(inner).into_iter().map(|less| {
                let mut nested = (**nested).clone();
                nested.changes[at] = less;
                put(nested)
            }));
        }
    }
    all
}

/// The change with an unknown value in place of a known one, for each value.
fn with_a_new_word(change: &ResourceChange) -> Vec<ResourceChange> {
    let edits: &[Edit<ResourceChange>] = &[
        |change| change.action = ChangeAction::parse("Novel"),
        |change| change.replacement = Some(Replacement::parse("Novel")),
        |change| change.policy_action = Some(PolicyAction::parse("Novel")),
        |change| change.scope.push("Novel".to_owned()),
        |change| change.details[0].evaluation = Some(Evaluation::parse("Novel")),
        |change| change.details[0].target.attribute = Some("Novel".to_owned()),
        |change| change.details[0].target.requires_recreation = Some(Recreation::parse("Novel")),
    ];
    let has_details = !change.details.is_empty();
    let edits = &edits[..if has_details { edits.len() } else { 4 }];
    let edited = |edit: &Edit<ResourceChange>| {
        let mut new = change.clone();
        edit(&mut new);
        new
    };
    edits.iter().map(edited).collect()
}

/// The change set with one different effect, for each effect.
fn with_a_difference(change_set: &ChangeSet) -> Vec<ChangeSet> {
    let mut all = vec![
        ChangeSet {
            status: "FAILED".to_owned(),
            ..change_set.clone()
        },
        edited(change_set, |set| {
            set.changes.push(ResourceChange::default())
        }),
    ];
    for (at, change) in change_set.changes.iter().enumerate() {
        all.push(edited(change_set, |set| drop(set.changes.remove(at))));
        let more: &[Edit<ResourceChange>] = &[
            |change| change.logical_id.push('x'),
            |change| change.physical_id = None,
            |change| change.before_context = Some("{}".to_owned()),
            |change| change.after_context = Some("{}".to_owned()),
            |change| change.nested = Some(Box::default()),
            |change| change.details.extend(change.details.first().cloned()),
        ];
        let more = more.iter().map(|edit| edited(change, edit));
        let others = without_a_fact(change)
            .into_iter()
            .chain(with_a_new_word(change))
            .chain(more)
            .filter(|other| other != change);
        all.extend(others.map(|other| edited(change_set, |set| set.changes[at] = other.clone())));
    }
    all
}

fn edited<T: Clone>(value: &T, edit: impl Fn(&mut T)) -> T {
    let mut value = value.clone();
    edit(&mut value);
    value
}

/// The same change set in another order and with other ids.
fn rewritten(change_set: &ChangeSet) -> ChangeSet {
    let mut other = change_set.clone();
    other.id.push('2');
    other.stack_id.push('2');
    other.execution_status = "AVAILABLE".to_owned();
    other.changes.reverse();
    for change in &mut other.changes {
        change.details.reverse();
        change.scope.reverse();
        change.nested_id = change.nested.is_some().then(|| "arn:2".to_owned());
        change.before_context = Some(r#"{ "Properties": {"B":2, "A":1} }"#.to_owned());
        if let Some(nested) = &mut change.nested {
            **nested = rewritten(nested);
        }
    }
    other
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn missing_facts_never_lower_verdict(change in change(2)) {
        let known = assess_resource(&change);
        prop_assert_eq!(known.certain, known.uncertainty.is_none());
        for less in without_a_fact(&change) {
            let judged = assess_resource(&less);
            prop_assert!(judged.verdict.level() >= known.verdict.level(), "{known:?}\n{judged:?}\n{less:?}");
        }
    }

    #[test]
    fn unknown_values_never_lower_verdict(known in change(1), other in change(1)) {
        for new in with_a_new_word(&known) {
            let level = assess_resource(&new).verdict.level();
            prop_assert!(level >= assess_resource(&known).verdict.level());
            // For every known change in its place.
            prop_assert!(level >= assess_resource(&other).verdict.level());
        }
    }

    #[test]
    fn an_added_resource_never_lowers_verdict(set in change_set(2), more in change(1)) {
        let whole = edited(&set, |set| set.changes.push(more.clone()));
        prop_assert!(worst(&whole) >= worst(&set));
        prop_assert!(worst(&whole) >= assess_resource(&more).verdict);
    }

    #[test]
    fn details_override_a_contradicting_summary(change in change(0)) {
        let denied = edited(&change, |change| {
            if change.replacement.is_some() {
                change.replacement = Some(Replacement::False);
            }
        });
        prop_assert!(assess_resource(&denied).verdict.level() >= assess_resource(&change).verdict.level());
    }

    #[test]
    fn equal_digests_mean_equal_changes(set in change_set(2)) {
        let digest = change_set_digest(&set);
        prop_assert_eq!(digest, change_set_digest(&rewritten(&set)));
        for other in with_a_difference(&set) {
            prop_assert_ne!(digest, change_set_digest(&other), "{:?}", other);
        }
    }
}
