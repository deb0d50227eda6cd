//! A parsed template and its resources.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::data_kind::{
    CLUSTER_PROPERTY, DataKind, ENGINE_PROPERTY, data_kind, has_snapshot_by_default, has_snapshots,
};
use super::import_types::is_importable;
use super::limits::INLINE_BYTES;
use crate::config::{MapEntry, Node, Tags, parse};
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;

#[derive(Clone, Debug)]
pub struct Document {
    /// With spans and tags.
    pub tree: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Resource<'a> {
    pub logical_id: &'a str,
    /// Such as `AWS::S3::Bucket`.
    pub kind: &'a str,
    /// What happens to the physical resource when it leaves the stack.
    pub deletion_behavior: DeletionBehavior,
    pub entry: &'a MapEntry,
}

/// What happens to a physical resource when its stack is deleted, or when it leaves the template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeletionBehavior {
    /// Kept, outside the stack.
    Retained,
    /// Deleted after a snapshot.
    Snapshotted,
    /// Deleted.
    Deleted,
}

impl DeletionBehavior {
    pub fn word(self) -> &'static str {
        match self {
            Self::Retained => "retained",
            Self::Snapshotted => "snapshotted",
            Self::Deleted => "deleted",
        }
    }
}

impl DeletionBehavior {
    /// The effect of a resource's `DeletionPolicy`; `None` if the attribute is absent. An unreadable policy may delete.
    fn new(kind: &str, policy: Option<&Node>, properties: Option<&Node>) -> Self {
        let Some(policy) = policy else {
            let in_cluster = properties.is_some_and(|all| all.get(CLUSTER_PROPERTY).is_some());
            return match has_snapshot_by_default(kind) && !in_cluster {
                true => Self::Snapshotted,
                false => Self::Deleted,
            };
        };
        match policy.text() {
            // With `RetainExceptOnCreate` it is kept unless its creation failed, and this resource exists.
            Some("Retain" | "RetainExceptOnCreate") => Self::Retained,
            Some("Snapshot") => match has_snapshots(kind, engine(properties)) {
                Some(true) => Self::Snapshotted,
                Some(false) | None => Self::Deleted,
            },
            _ => Self::Deleted,
        }
    }
}

/// The property that decides whether a cache cluster has snapshots; `None` if a function computes it.
pub(super) fn engine(properties: Option<&Node>) -> Option<&str> {
    let engine = properties?.get(ENGINE_PROPERTY)?;
    engine.literal()
}

impl Document {
    /// Short-form functions (`!Ref`) are kept as tags.
    pub fn parse(path: &RepoPath, text: &str) -> Result<Self, Vec<Diagnostic>> {
        Ok(Self {
            tree: parse(path, text.as_bytes(), Tags::Keep)?,
        })
    }

    /// The same data as JSON on one line, which CloudFormation accepts too; `None` if the template has short forms such as
    /// `!Ref`, which JSON cannot express.
    fn compact(&self) -> Option<String> {
        self.is_plain().then(|| self.tree.to_json().to_string())
    }

    /// Whether it has no short forms.
    pub(super) fn is_plain(&self) -> bool {
        fn is_plain(node: &Node) -> bool {
            node.tag.is_none()
                && node.items().iter().all(is_plain)
                && node.entries().iter().all(|entry| is_plain(&entry.value))
        }
        is_plain(&self.tree)
    }

    /// The body for an API request: the text as parsed, or its compact form if the text is too long. `None` if both are.
    pub fn inline(&self, text: &str) -> Option<String> {
        if text.len() <= INLINE_BYTES {
            return Some(text.to_owned());
        }
        self.compact().filter(|text| text.len() <= INLINE_BYTES)
    }

    /// Bytes of the shorter of both forms.
    pub fn smallest(&self, text: &str) -> usize {
        let compact = self.compact().map_or(usize::MAX, |compact| compact.len());
        text.len().min(compact)
    }

    /// The entries of a section; empty if it is absent.
    pub fn section(&self, name: &str) -> &[MapEntry] {
        self.tree.get(name).map_or(&[], Node::entries)
    }

    /// In source order.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.section("Resources").iter().map(|entry| {
            let kind = entry.value.get("Type").and_then(Node::text).unwrap_or("");
            let policy = entry.value.get("DeletionPolicy");
            let properties = entry.value.get("Properties");
            let deletion_behavior = DeletionBehavior::new(kind, policy, properties);
            Resource {
                logical_id: &entry.key,
                kind,
                deletion_behavior,
                entry,
            }
        })
    }
}

impl Resource<'_> {
    /// Whether it is kept when it leaves the stack, and another stack can import it.
    pub fn is_importable(&self) -> bool {
        self.deletion_behavior == DeletionBehavior::Retained && is_importable(self.kind)
    }

    /// What happens to the physical resource when another one replaces it. Without the policy, CloudFormation deletes it.
    pub fn replacement_behavior(&self) -> DeletionBehavior {
        let policy = self.entry.value.get("UpdateReplacePolicy");
        let properties = self.entry.value.get("Properties");
        match policy {
            Some(policy) => DeletionBehavior::new(self.kind, Some(policy), properties),
            None => DeletionBehavior::Deleted,
        }
    }

    /// The name that the template sets: the property named after the type's last words, such as `BucketName`, `GroupName` of a
    /// `SecurityGroup`, or `Name` alone.
    pub fn physical_name(&self) -> Option<&str> {
        let kind = self.kind.rsplit("::").next().unwrap_or_default();
        let properties = self.entry.value.get("Properties")?.entries();
        let named = properties.iter().filter_map(|property| {
            let stem = property.key.strip_suffix("Name")?;
            Some((stem.len(), property.value.text()?)).filter(|_| kind.ends_with(stem))
        });
        named
            .max_by_key(|(length, _)| *length)
            .map(|(_, name)| name)
    }

    /// What is lost for good with the resource.
    pub fn holds(&self) -> DataKind {
        // A condition may leave the property out.
        let is_sure = |cluster: &Node| {
            cluster.tag.as_deref() != Some("If") && cluster.get("Fn::If").is_none()
        };
        data_kind(
            self.kind,
            self.property(CLUSTER_PROPERTY).is_some_and(is_sure),
        )
    }

    pub fn property(&self, name: &str) -> Option<&Node> {
        self.entry.value.get("Properties")?.get(name)
    }

    /// The body without spans, for comparison.
    pub fn body(&self) -> Value {
        self.entry.value.to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(text: &str) -> Option<String> {
        let path = RepoPath::typed("t.yaml");
        Document::parse(&path, text).unwrap().inline(text)
    }

    #[test]
    fn long_template_is_sent_in_compact_form() {
        let short = "Resources:\n  A: {Type: AWS::SNS::Topic}\n";
        assert_eq!(inline(short).as_deref(), Some(short));
        let blank = format!("{short}{}", "# \n".repeat(INLINE_BYTES));
        let compact = r#"{"Resources":{"A":{"Type":"AWS::SNS::Topic"}}}"#;
        assert_eq!(inline(&blank).as_deref(), Some(compact));
    }

    #[test]
    fn attack_a_policy_without_effect_keeps_no_data() {
        let behavior = |kind: &str, rest: &str| {
            let text = format!("Resources:\n  A: {{Type: {kind}{rest}}}\n");
            let document = Document::parse(&RepoPath::typed("t.yaml"), &text).unwrap();
            document.resources().next().unwrap().deletion_behavior
        };
        use DeletionBehavior::{Deleted, Snapshotted};
        let snapshot = ", DeletionPolicy: Snapshot";
        assert_eq!(behavior("AWS::EC2::Volume", snapshot), Snapshotted);
        assert_eq!(behavior("AWS::DynamoDB::Table", snapshot), Deleted);
        assert_eq!(behavior("AWS::RDS::DBInstance", ""), Snapshotted);
        let member = ", Properties: {DBClusterIdentifier: main}";
        assert_eq!(behavior("AWS::RDS::DBInstance", member), Deleted);
        for (engine, expected) in [
            ("redis", Snapshotted),
            ("memcached", Deleted),
            ("!Ref Engine", Deleted),
        ] {
            let cache = format!("{snapshot}, Properties: {{Engine: {engine}}}");
            assert_eq!(behavior("AWS::ElastiCache::CacheCluster", &cache), expected);
        }
        let unreadable = ", DeletionPolicy: !Ref Policy";
        assert_eq!(behavior("AWS::RDS::DBCluster", unreadable), Deleted);
    }

    #[test]
    fn template_too_long_in_every_form_has_no_inline_body() {
        let long = format!("Description: {}\n", "x".repeat(INLINE_BYTES));
        assert_eq!(inline(&long), None);
        let short_form = format!("Outputs: !Ref A\n{}", "# \n".repeat(INLINE_BYTES));
        assert_eq!(inline(&short_form), None);
    }
}
