//! Which resource types hold data.

use std::collections::BTreeSet;
use std::sync::LazyLock;

static STATEFUL: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    // Compiled in, and read in a test.
    serde_yaml::from_str(include_str!("../../templates/stateful.yaml")).unwrap_or_default()
});

/// Whether losing a resource of this type loses data. True for types that are not AWS's own, about which nothing is known.
pub fn holds_data(kind: &str) -> bool {
    let foreign = !kind.starts_with("AWS::") || kind == "AWS::CloudFormation::CustomResource";
    foreign || STATEFUL.contains(kind)
}

/// Types of which CloudFormation takes snapshots, by the pages of both policies and by cfn-lint's rules E3035 and E3036:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html>.
pub const SNAPSHOT_TYPES: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// The property that makes an `AWS::RDS::DBInstance` a member of a cluster.
pub const CLUSTER_PROPERTY: &str = "DBClusterIdentifier";

/// Whether the policy `Snapshot` has an effect on resources of this type.
pub fn has_snapshots(kind: &str) -> bool {
    SNAPSHOT_TYPES.contains(&kind)
}

/// Whether the default of `DeletionPolicy` is `Snapshot`. It is not for an instance inside of a cluster.
pub fn has_snapshot_by_default(kind: &str) -> bool {
    matches!(kind, "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance")
}

#[cfg(test)]
mod tests {
    use super::holds_data;

    #[test]
    fn stateful_types_load() {
        assert!(holds_data("AWS::S3::Bucket"));
        assert!(!holds_data("AWS::IAM::Role"));
        assert!(holds_data("Custom::Database"));
    }
}
