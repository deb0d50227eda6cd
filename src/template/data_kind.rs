//! What resources hold, by their type.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::read_table;

/// What is lost for good with a resource, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataKind {
    /// CloudFormation can create the resource again from the template.
    Nothing,
    /// The type is in no list: types that AWS adds later, nested stacks, and types that are not AWS's own.
    NotKnown,
    /// Objects, records, keys or other contents that no template creates again.
    Data,
}

#[derive(Default, Deserialize)]
struct DataKinds {
    nothing: Vec<TypeGroup>,
    data: Vec<TypeGroup>,
}

#[derive(Deserialize)]
struct TypeGroup {
    /// One sentence, for people who edit the list.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by a test"))]
    reason: String,
    types: Vec<String>,
}

impl DataKinds {
    /// Compiled in. If it did not load, no type would be known; a test reads it.
    fn read() -> anyhow::Result<Self> {
        read_table(include_str!("../../templates/data-kinds.yaml"))
    }
}

static KINDS: LazyLock<BTreeMap<String, DataKind>> = LazyLock::new(|| {
    let DataKinds { nothing, data } = DataKinds::read().unwrap_or_default();
    let types = |groups: Vec<TypeGroup>, kind| {
        let types = groups.into_iter().flat_map(|group| group.types);
        types.map(move |name| (name, kind))
    };
    // If a type is in both lists, it holds data.
    let nothing = types(nothing, DataKind::Nothing);
    nothing.chain(types(data, DataKind::Data)).collect()
});

/// The types whose contents are known.
pub(super) fn listed_types() -> impl Iterator<Item = &'static str> {
    KINDS.keys().map(String::as_str)
}

/// What a resource of this type holds. `is_member`: it is an `AWS::RDS::DBInstance` of a cluster, whose volume holds the data.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.StorageReliability.html>
pub fn data_kind(kind: &str, is_member: bool) -> DataKind {
    if is_member && kind == DB_INSTANCE {
        return DataKind::Nothing;
    }
    KINDS.get(kind).copied().unwrap_or(DataKind::NotKnown)
}

const DB_INSTANCE: &str = "AWS::RDS::DBInstance";

/// Types of which CloudFormation takes snapshots, by the pages of both policies and by cfn-lint's rules E3035 and E3036:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html>.
const SNAPSHOT_TYPES: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

/// The property of an `AWS::RDS::DBInstance` in a cluster.
pub const CLUSTER_PROPERTY: &str = "DBClusterIdentifier";

/// The property that decides whether a cache cluster has snapshots.
pub const ENGINE_PROPERTY: &str = "Engine";

/// Whether the policy `Snapshot` has an effect on a resource of this type. `engine`: its [`ENGINE_PROPERTY`], which a cache cluster
/// must have. `None` if that decides and is not known. ElastiCache takes no snapshots of Memcached clusters:
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateSnapshot.html>
pub fn has_snapshots(kind: &str, engine: Option<&str>) -> Option<bool> {
    match kind {
        "AWS::ElastiCache::CacheCluster" => engine.map(|engine| engine != "memcached"),
        kind => Some(SNAPSHOT_TYPES.contains(&kind)),
    }
}

/// Whether the default of `DeletionPolicy` is `Snapshot`. It is not for an instance inside of a cluster.
pub fn has_snapshot_by_default(kind: &str) -> bool {
    matches!(kind, "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_in_one_group_with_a_reason() {
        let DataKinds { nothing, data } = DataKinds::read().unwrap();
        let groups: Vec<TypeGroup> = nothing.into_iter().chain(data).collect();
        let is_sentence =
            |group: &TypeGroup| group.reason.ends_with('.') && !group.types.is_empty();
        assert!(groups.iter().all(is_sentence));
        let types: Vec<&String> = groups.iter().flat_map(|group| &group.types).collect();
        assert!(types.iter().all(|name| name.starts_with("AWS::")));
        assert_eq!(KINDS.len(), types.len(), "a type is listed twice");
        assert!(KINDS.len() > 600);
    }

    #[test]
    fn attack_a_type_that_is_not_listed() {
        for kind in [
            "AWS::Future::Store",
            "AWS::CloudFormation::StackSet",
            "Custom::Database",
            "Acme::A::B",
            "",
        ] {
            assert_eq!(data_kind(kind, false), DataKind::NotKnown, "{kind}");
        }
        let held = [
            "AWS::GuardDuty::Detector",
            "AWS::Glue::Registry",
            "AWS::EC2::KeyPair",
            "AWS::Events::Archive",
        ];
        assert!(
            held.iter()
                .all(|kind| data_kind(kind, false) == DataKind::Data)
        );
        assert!(
            SNAPSHOT_TYPES
                .iter()
                .all(|kind| data_kind(kind, false) == DataKind::Data)
        );
    }

    #[test]
    fn attack_a_snapshot_of_memcached() {
        let cache = "AWS::ElastiCache::CacheCluster";
        assert_eq!(has_snapshots(cache, Some("redis")), Some(true));
        assert_eq!(has_snapshots(cache, Some("memcached")), Some(false));
        assert_eq!(has_snapshots(cache, None), None);
        assert_eq!(has_snapshots("AWS::RDS::DBInstance", None), Some(true));
        assert_eq!(has_snapshots("AWS::DynamoDB::Table", None), Some(false));
    }

    #[test]
    fn only_an_instance_of_a_cluster_holds_nothing() {
        assert_eq!(data_kind(DB_INSTANCE, false), DataKind::Data);
        assert_eq!(data_kind(DB_INSTANCE, true), DataKind::Nothing);
        assert_eq!(data_kind("AWS::DynamoDB::Table", true), DataKind::Data);
    }
}
