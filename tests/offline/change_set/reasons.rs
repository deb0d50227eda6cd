//! The words beside a verdict: why it is so, and why it is not certain.

use provisioner::plan::{ResourceVerdict, Verdict, assess_change_set, assess_resource};
use provisioner::stack::*;

fn change(kind: &str, action: ChangeAction) -> ResourceChange {
    ResourceChange {
        action,
        logical_id: "A".to_owned(),
        kind: kind.to_owned(),
        scope: vec!["Properties".to_owned()],
        ..ResourceChange::default()
    }
}

fn nested(status: &str, reason: Option<&str>) -> ResourceVerdict {
    let inner = ChangeSet {
        status: status.to_owned(),
        status_reason: reason.map(str::to_owned),
        ..ChangeSet::default()
    };
    assess_resource(&ResourceChange {
        replacement: Some(Replacement::False),
        nested: Some(Box::new(inner)),
        ..change("AWS::CloudFormation::Stack", ChangeAction::Modify)
    })
}

#[test]
fn a_conditional_replacement_says_why_data_is_kept() {
    let assessed = assess_resource(&ResourceChange {
        replacement: Some(Replacement::Conditional),
        policy_action: Some(PolicyAction::ReplaceAndRetain),
        ..change("AWS::DynamoDB::Table", ChangeAction::Modify)
    });
    assert_eq!(assessed.verdict, Verdict::KeepsData);
    assert_eq!(
        assessed.reason,
        "CloudFormation cannot know in advance whether it is replaced; if it is, another one takes its place; the old one stays behind"
    );
    assert_eq!(
        assessed.uncertainty.as_deref(),
        Some("CloudFormation cannot know in advance whether it is replaced")
    );
}

#[test]
fn an_unchanged_nested_stack_does_not_change() {
    let empty = "The submitted information didn't contain changes.";
    for assessed in [
        nested("FAILED", Some(empty)),
        nested("CREATE_COMPLETE", None),
    ] {
        assert_eq!(assessed.verdict, Verdict::None);
        assert_eq!(assessed.reason, "nothing in the nested stack changes");
    }
}

#[test]
fn a_retained_role_keeps_no_data() {
    let assessed = assess_resource(&ResourceChange {
        policy_action: Some(PolicyAction::Retain),
        ..change("AWS::IAM::Role", ChangeAction::Remove)
    });
    assert_eq!(assessed.verdict, Verdict::Retained);
    assert_eq!(
        assessed.reason,
        "it leaves the stack and stays behind; it holds no data"
    );
}

#[test]
fn a_bucket_is_deleted_only_if_it_is_empty() {
    let assessed = assess_resource(&ResourceChange {
        policy_action: Some(PolicyAction::Delete),
        ..change("AWS::S3::Bucket", ChangeAction::Remove)
    });
    assert_eq!(
        (assessed.verdict, assessed.certain),
        (Verdict::MayDestroy, false)
    );
    assert_eq!(
        assessed.reason,
        "it is deleted; AWS deletes a bucket only if it is empty, and fails otherwise"
    );
}

#[test]
fn a_change_set_without_resources_does_more_than_nothing() {
    let outputs = ChangeSet {
        status: "CREATE_COMPLETE".to_owned(),
        ..ChangeSet::default()
    };
    assert!(!outputs.is_empty());
    assert_eq!(assess_change_set(&outputs).reason, "no resource changes");
}

#[test]
fn every_uncertain_verdict_says_why() {
    let json = |verdict: &ResourceVerdict| serde_json::to_value(verdict).unwrap();
    let open = json(&assess_resource(&change(
        "AWS::Future::Store",
        ChangeAction::Dynamic,
    )));
    assert_eq!(open["certain"], false);
    assert_eq!(
        open["uncertainty"],
        "CloudFormation cannot know in advance what it will do"
    );
    let sure = json(&assess_resource(&change(
        "AWS::Future::Store",
        ChangeAction::Add,
    )));
    assert_eq!(sure["certain"], true);
    assert!(sure["uncertainty"].is_null() && sure.as_object().unwrap().contains_key("uncertainty"));
}
