//! Updates in place after which AWS deletes contents of the resource.

use serde_json::Value;

use crate::stack::{Detail, ResourceChange};

/// How long a resource keeps its contents.
struct Retention {
    kind: &'static str,
    property: &'static str,
    /// The value if the property is absent; `None` means forever.
    default: Option<f64>,
    what: &'static str,
}

const fn retention(
    kind: &'static str,
    property: &'static str,
    default: Option<f64>,
    what: &'static str,
) -> Retention {
    Retention {
        kind,
        property,
        default,
        what,
    }
}

/// Source: the pages of the types below
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>.
const RETENTIONS: &[Retention] = &[
    retention(
        "AWS::DocDB::DBCluster",
        "BackupRetentionPeriod",
        Some(1.0),
        "backups",
    ),
    retention(
        "AWS::ElastiCache::CacheCluster",
        "SnapshotRetentionLimit",
        Some(0.0),
        "snapshots",
    ),
    retention(
        "AWS::ElastiCache::ReplicationGroup",
        "SnapshotRetentionLimit",
        Some(0.0),
        "snapshots",
    ),
    retention(
        "AWS::Kinesis::Stream",
        "RetentionPeriodHours",
        Some(24.0),
        "records",
    ),
    retention("AWS::Logs::LogGroup", "RetentionInDays", None, "log events"),
    retention(
        "AWS::Neptune::DBCluster",
        "BackupRetentionPeriod",
        Some(1.0),
        "backups",
    ),
    retention(
        "AWS::RDS::DBCluster",
        "BackupRetentionPeriod",
        Some(1.0),
        "backups",
    ),
    retention(
        "AWS::RDS::DBInstance",
        "BackupRetentionPeriod",
        Some(1.0),
        "backups",
    ),
    retention(
        "AWS::Redshift::Cluster",
        "AutomatedSnapshotRetentionPeriod",
        Some(1.0),
        "snapshots",
    ),
    retention(
        "AWS::SQS::Queue",
        "MessageRetentionPeriod",
        Some(345_600.0),
        "messages",
    ),
];

/// Rules by which AWS deletes contents: type, property and contents.
const EXPIRIES: &[(&str, &str, &str)] = &[
    (
        "AWS::DynamoDB::GlobalTable",
        "TimeToLiveSpecification",
        "items",
    ),
    ("AWS::DynamoDB::Table", "TimeToLiveSpecification", "items"),
    ("AWS::ECR::Repository", "LifecyclePolicy", "images"),
    ("AWS::S3::Bucket", "LifecycleConfiguration", "objects"),
    (
        "AWS::S3Express::DirectoryBucket",
        "LifecycleConfiguration",
        "objects",
    ),
    ("AWS::Timestream::Table", "RetentionProperties", "records"),
];

/// Which contents AWS may delete after the update; `None` if it deletes none. An unknown value may be the shortest.
pub fn contents_lost(change: &ResourceChange) -> Option<String> {
    // A property without a name may be any.
    let details = |property: &'static str| {
        let details = change.details.iter();
        details.filter(move |detail| match detail.target.name.as_deref() {
            Some(name) => name == property,
            None => detail.target.attribute.as_deref() == Some("Properties"),
        })
    };
    for retention in RETENTIONS.iter().filter(|known| known.kind == change.kind) {
        let Retention { property, what, .. } = retention;
        if details(property).any(|detail| keeps_shorter(detail, retention.default)) {
            return Some(format!("`{property}` may keep {what} for a shorter time"));
        }
    }
    let mut expiries = EXPIRIES.iter().filter(|(kind, ..)| *kind == change.kind);
    let expiry = expiries.find(|(_, property, _)| {
        details(property).any(|detail| may_expire(change, property, detail))
    });
    expiry.map(|(_, property, what)| format!("AWS may delete {what} by the new `{property}`"))
}

fn keeps_shorter(detail: &Detail, default: Option<f64>) -> bool {
    let target = &detail.target;
    let change_type = target.attribute_change_type.as_deref();
    let default = default.unwrap_or(f64::INFINITY);
    let value = |text: &Option<String>, is_absent: bool| match text {
        Some(text) => text.trim_matches('"').parse::<f64>().ok(),
        None => is_absent.then_some(default),
    };
    let before = value(&target.before_value, change_type == Some("Add"));
    let after = value(&target.after_value, change_type == Some("Remove"));
    match (before, after) {
        (Some(before), Some(after)) => after < before,
        _ => true,
    }
}

/// Whether a rule that deletes is new or different. Without any rule nothing is deleted.
fn may_expire(change: &ResourceChange, property: &str, detail: &Detail) -> bool {
    let target = &detail.target;
    let is_whole = target.path.as_deref() == Some(&format!("/Properties/{property}"));
    if is_whole && target.attribute_change_type.as_deref() == Some("Remove") {
        return false;
    }
    let read = |text: &Option<String>| {
        let value: Value = serde_json::from_str(text.as_deref()?).ok()?;
        rules(&value)
    };
    let of_values = is_whole
        .then(|| [read(&target.before_value), read(&target.after_value)])
        .filter(|_| target.after_value.is_some());
    let of_contexts = change
        .contexts()
        .map(|contexts| contexts.map(|context| rules(&context["Properties"][property])));
    let is_new = |[before, after]: &[Option<Vec<Value>>; 2]| match after {
        Some(after) => {
            let before = before.as_deref().unwrap_or_default();
            after.iter().any(|rule| !before.contains(rule))
        }
        None => true,
    };
    let mut known = [of_values, of_contexts].into_iter().flatten().peekable();
    known.peek().is_none() || known.any(|rules| is_new(&rules))
}

/// The rules of a bucket that delete objects; `None` if the value has another shape. Absent, it has no rules.
fn rules(value: &Value) -> Option<Vec<Value>> {
    if value.is_null() {
        return Some(Vec::new());
    }
    let rules = value.get("Rules")?.as_array()?;
    let deletes = |rule: &&Value| {
        let keys = rule.as_object().into_iter().flatten().map(|(key, _)| key);
        let is_known = rule
            .get("Status")
            .is_some_and(|status| status == "Disabled");
        !is_known && keys.into_iter().any(|key| key.contains("Expiration"))
    };
    Some(rules.iter().filter(deletes).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::ChangeTarget;

    fn lost(
        kind: &str,
        property: &str,
        change_type: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> bool {
        let target = ChangeTarget {
            attribute: Some("Properties".to_owned()),
            name: Some(property.to_owned()),
            path: Some(format!("/Properties/{property}")),
            attribute_change_type: Some(change_type.to_owned()),
            before_value: before.map(str::to_owned),
            after_value: after.map(str::to_owned),
            ..ChangeTarget::default()
        };
        let detail = Detail {
            target,
            evaluation: None,
            change_source: None,
            causing_entity: None,
        };
        let change = ResourceChange {
            kind: kind.to_owned(),
            details: vec![detail],
            ..ResourceChange::default()
        };
        contents_lost(&change).is_some()
    }

    #[test]
    fn a_shorter_or_unknown_retention_may_delete() {
        let logs = |change_type, before, after| {
            lost(
                "AWS::Logs::LogGroup",
                "RetentionInDays",
                change_type,
                before,
                after,
            )
        };
        assert!(logs("Modify", Some("365"), Some("1")));
        assert!(!logs("Modify", Some("1"), Some("365")));
        assert!(logs("Add", None, Some("365")), "until now forever");
        assert!(!logs("Remove", Some("365"), None), "forever from now on");
        assert!(logs("Modify", None, None));
        assert!(logs(
            "Modify",
            Some("365"),
            Some("{{changeSet:KNOWN_AFTER_APPLY}}")
        ));
        let stream = |before, after| {
            lost(
                "AWS::Kinesis::Stream",
                "RetentionPeriodHours",
                "Modify",
                before,
                after,
            )
        };
        assert!(stream(Some("168"), Some("24")));
        assert!(!lost(
            "AWS::Kinesis::Stream",
            "RetentionPeriodHours",
            "Add",
            None,
            Some("48")
        ));
    }

    #[test]
    fn only_new_rules_that_delete_count() {
        let bucket = |before, after| {
            lost(
                "AWS::S3::Bucket",
                "LifecycleConfiguration",
                "Modify",
                before,
                after,
            )
        };
        let expires = r#"{"Rules":[{"ExpirationInDays":1,"Status":"Enabled"}]}"#;
        let moves = r#"{"Rules":[{"Transitions":[],"Status":"Enabled"}]}"#;
        let disabled = r#"{"Rules":[{"ExpirationInDays":1,"Status":"Disabled"}]}"#;
        assert!(bucket(Some(moves), Some(expires)));
        assert!(bucket(None, None));
        assert!(bucket(Some(moves), Some("not JSON")));
        assert!(!bucket(Some(expires), Some(moves)));
        assert!(!bucket(Some(moves), Some(disabled)));
        assert!(!bucket(Some(expires), Some(expires)));
        assert!(lost(
            "AWS::ECR::Repository",
            "LifecyclePolicy",
            "Add",
            None,
            Some("{}")
        ));
    }
}
