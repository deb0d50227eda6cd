//! What deleting a stack would delete. CloudFormation has no change set for deletions.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::Consumers;
use crate::model::Digest;
use crate::stack::{StackName, StackStatus};
use crate::template::{
    BUCKET_POLICY, DeletionBehavior, Document, ImportedResource, NameClaim, PhysicalName,
    importable, name_rule,
};

/// The type whose resources may have to be emptied first.
pub const BUCKET: &str = "AWS::S3::Bucket";

/// Object versions and delete markers by bucket.
type Counts = BTreeMap<String, u64>;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Deletion {
    #[serde(flatten)]
    pub stack: StackName,
    /// The stack's ARN, which no later stack of the same name has; `None` if the stack does not exist.
    #[serde(skip)]
    pub id: Option<String>,
    /// `None` if the stack does not exist.
    pub status: Option<String>,
    /// Whether termination protection is on.
    pub protected: bool,
    /// Whether buckets are emptied and deleted, retained ones included.
    pub empties: bool,
    /// The resources of the stack.
    pub resources: Vec<DeletedResource>,
    /// Stacks that import its outputs.
    pub importers: Vec<String>,
    /// Configs that need its exports or parameters; `null` if they are unknown.
    pub consumers: Option<Consumers>,
    /// Object versions and delete markers by bucket.
    pub buckets: BTreeMap<String, u64>,
    /// Logical ids of retained resources whose names a new stack of the config needs.
    #[serde(skip)]
    pub blocking: Vec<String>,
    /// Logical ids of retained resources that a new stack of the config imports.
    #[serde(skip)]
    pub returning: Vec<String>,
    /// Those of them that differ from their template, by the last drift detection.
    #[serde(skip)]
    pub drifted: Vec<ReturningDrift>,
}

/// A retained resource that differs from the template of its stack, and that a new stack imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturningDrift {
    /// Logical id and properties: `Bucket (/VersioningConfiguration/Status)`.
    pub resource: String,
    /// Whether the new stack differs too: the config does not change these properties, and no update was later than the detection.
    pub lasts: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeletedResource {
    /// The key in the template.
    pub logical_id: String,
    /// `None` if CloudFormation names none.
    pub physical_id: Option<String>,
    /// The name that the deployed template gives it, for a bucket policy that of its bucket; `None` if it gives none, or computes it.
    #[serde(skip)]
    pub name: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the deletion does: emptied buckets are deleted with their policies, regardless of the template.
    pub deletion_behavior: DeletionBehavior,
}

impl DeletedResource {
    /// The name in the form that claims compare; `None` if only AWS knows it.
    fn known_name(&self) -> Option<String> {
        if self.kind == BUCKET_POLICY {
            return self.name.clone();
        }
        let rule = name_rule(&self.kind)?;
        let id = self.physical_id.as_ref().filter(|_| rule.is_named_by_id());
        Some(rule.compared(id.or(self.name.as_ref())?))
    }
}

/// What a delete action does to a resource. `empties`: the action empties and deletes buckets, those that the template retains too.
pub fn behavior_on_delete(
    kind: &str,
    by_template: DeletionBehavior,
    empties: bool,
) -> DeletionBehavior {
    // A retained policy is deleted with its bucket.
    match empties && [BUCKET, BUCKET_POLICY].contains(&kind) {
        true => DeletionBehavior::Deleted,
        false => by_template,
    }
}

const VERSION: &str = "provisioner-deletion/3\n";

impl Deletion {
    /// The deletion of a stack that does not exist.
    pub fn of_nothing(stack: &StackName) -> Self {
        Self {
            stack: stack.clone(),
            id: None,
            status: None,
            protected: false,
            empties: false,
            resources: Vec::new(),
            importers: Vec::new(),
            consumers: None,
            buckets: BTreeMap::new(),
            blocking: Vec::new(),
            returning: Vec::new(),
            drifted: Vec::new(),
        }
    }

    /// Whether nothing is left to delete: neither the stack nor a bucket.
    pub fn is_complete(&self) -> bool {
        self.status.is_none() && self.buckets.is_empty()
    }

    /// Whether the creation of the stack failed.
    pub fn is_of_failed_creation(&self) -> bool {
        let status = self.status.clone().map(StackStatus);
        status.is_some_and(|status| status.is_failed_creation())
    }

    /// Finds the retained resources whose names are claimed. `claims`: those of the stack that the config would create.
    pub fn find_blocking(&mut self, claims: &[NameClaim]) {
        let is_claimed = |resource: &&DeletedResource| {
            let of_kind = |claim: &&NameClaim| claim.kind() == resource.kind;
            let mut claims = claims.iter().filter(of_kind);
            let name = resource.known_name();
            // The config may give the resource another name now.
            claims.any(|claim| match &name {
                Some(name) => claim.key[2] == *name,
                None => claim.logical_id == resource.logical_id,
            })
        };
        let blocking = self.retained().filter(is_claimed);
        self.blocking = blocking.map(|kept| kept.logical_id.clone()).collect();
    }

    /// The retained resources that a new stack of this template imports.
    pub fn importable(&self, document: &Document) -> Vec<ImportedResource> {
        let retained = self.retained().filter_map(|kept| {
            Some(ImportedResource {
                logical_id: kept.logical_id.clone(),
                kind: kept.kind.clone(),
                physical_id: kept.physical_id.clone()?,
            })
        });
        importable(document, &retained.collect::<Vec<_>>())
    }

    /// The deletion of a stack that never was complete: a new stack imports nothing of it. Its buckets that block the new stack are
    /// deleted too, with their policies, and so have to be empty; except for those that an import names.
    pub fn of_failed_creation(mut self, named: &[ImportedResource]) -> Self {
        let is_imported = |id: &String| named.iter().any(|import| import.logical_id == *id);
        let retained: Vec<String> = self
            .retained()
            .map(|kept| kept.logical_id.clone())
            .collect();
        self.returning = retained.into_iter().filter(is_imported).collect();
        self.blocking.retain(|id| !is_imported(id));
        let is_named = |id: &str| named.iter().any(|import| import.physical_id == id);
        let blocking: Vec<String> = self
            .blockers()
            .map(|kept| kept.logical_id.clone())
            .collect();
        let (mut cleared, mut names) = (Vec::new(), Vec::new());
        for resource in &mut self.resources {
            let Some(id) = resource.physical_id.as_deref() else {
                continue;
            };
            if resource.kind == BUCKET && blocking.contains(&resource.logical_id) && !is_named(id) {
                resource.deletion_behavior = DeletionBehavior::Deleted;
                cleared.push(resource.logical_id.clone());
                names.push(id.to_owned());
            }
        }
        for resource in &mut self.resources {
            let name = resource
                .name
                .as_ref()
                .filter(|_| resource.kind == BUCKET_POLICY);
            if name.is_some_and(|name| names.contains(name)) {
                resource.deletion_behavior = DeletionBehavior::Deleted;
                cleared.push(resource.logical_id.clone());
            }
        }
        self.blocking.retain(|id| !cleared.contains(id));
        self
    }

    /// Finds the retained resources that a new stack of this template imports. They block nothing.
    pub fn find_returning(&mut self, document: &Document) {
        let imported = self.importable(document).into_iter();
        self.returning = imported.map(|resource| resource.logical_id).collect();
        let returning = &self.returning;
        self.blocking
            .retain(|blocking| !returning.contains(blocking));
    }

    /// The resources that block a new stack.
    pub fn blockers(&self) -> impl Iterator<Item = &DeletedResource> {
        self.named(&self.blocking)
    }

    fn named<'a>(&'a self, ids: &'a [String]) -> impl Iterator<Item = &'a DeletedResource> {
        let resources = self.resources.iter();
        resources.filter(|resource| ids.contains(&resource.logical_id))
    }

    /// Physical ids of the stack's resources.
    pub fn physical_ids(&self) -> impl Iterator<Item = &str> {
        let resources = self.resources.iter();
        resources.filter_map(|resource| resource.physical_id.as_deref())
    }

    /// Whether the stack lists a resource with this physical id.
    pub fn has_resource(&self, physical_id: &str) -> bool {
        self.physical_ids().any(|known| known == physical_id)
    }

    /// Whether the stack has the resource that has this name.
    pub fn holds(&self, name: &PhysicalName<'_>) -> bool {
        let compared = name.rule.compared(name.name);
        let mut resources = self.resources.iter();
        resources.any(|resource| {
            resource.kind == name.resource.kind
                && match resource.known_name() {
                    Some(known) => known == compared,
                    None => resource.logical_id == name.resource.logical_id,
                }
        })
    }

    /// What the deletion does to a resource of the stack; `None` if the stack does not have it.
    pub fn behavior_of(&self, kind: &str, physical_id: &str) -> Option<DeletionBehavior> {
        let mut resources = self.resources.iter();
        let found = resources
            .find(|one| one.kind == kind && one.physical_id.as_deref() == Some(physical_id));
        found.map(|one| one.deletion_behavior)
    }

    /// Whether the stack has the policy of this bucket.
    pub fn holds_policy_of(&self, bucket: &str) -> bool {
        let mut policies = self.resources.iter();
        policies.any(|one| one.kind == BUCKET_POLICY && one.name.as_deref() == Some(bucket))
    }

    /// The types of the resources that block a new stack, without repetition.
    pub fn blocking_kinds(&self) -> impl Iterator<Item = &str> {
        let kinds: BTreeSet<&str> = self.blockers().map(|kept| &*kept.kind).collect();
        kinds.into_iter()
    }

    /// The types of the resources that a new stack imports, without repetition.
    pub fn returning_kinds(&self) -> impl Iterator<Item = &str> {
        let returning = self.named(&self.returning);
        let kinds: BTreeSet<&str> = returning.map(|kept| &*kept.kind).collect();
        kinds.into_iter()
    }

    /// Equal digests mean that the same stack is deleted, down to the number of object versions.
    pub fn digest(&self) -> Digest {
        // Serializing plain data cannot fail.
        let covered = serde_json::to_string(&(&self.id, self)).unwrap_or_default();
        Digest::sha256(format!("{VERSION}{covered}"))
    }

    /// The contents of the buckets that are deleted, and of those that the template retains.
    pub fn buckets_by_behavior(&self) -> (Counts, Counts) {
        let is_retained = |bucket: &str| {
            self.resources.iter().any(|resource| {
                resource.physical_id.as_deref() == Some(bucket)
                    && resource.deletion_behavior == DeletionBehavior::Retained
            })
        };
        let (retained, deleted) = self
            .buckets
            .clone()
            .into_iter()
            .partition(|(bucket, _)| is_retained(bucket));
        (deleted, retained)
    }

    pub fn retained(&self) -> impl Iterator<Item = &DeletedResource> {
        let stays =
            |resource: &&DeletedResource| resource.deletion_behavior == DeletionBehavior::Retained;
        self.resources.iter().filter(stays)
    }

    /// Whether a bucket that holds object versions is emptied and deleted.
    pub fn destroys_objects(&self) -> bool {
        self.empties && self.buckets.values().any(|versions| *versions > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;

    #[test]
    fn attack_a_namesake_has_another_digest() {
        let stack = StackName {
            target: Target {
                account: "123456789012".to_owned(),
                region: "us-west-2".to_owned(),
                environment: "prod".to_owned(),
            },
            name: "acme".to_owned(),
        };
        let deletion = |id: Option<&str>| Deletion {
            id: id.map(str::to_owned),
            status: Some("CREATE_COMPLETE".to_owned()),
            ..Deletion::of_nothing(&stack)
        };
        let digest = |id| deletion(id).digest().to_string();
        let [first, second] =
            ["1", "2"].map(|of| format!("arn:aws:cloudformation:stack/acme/{of}"));
        assert_eq!(digest(Some(&first)), digest(Some(&first)));
        assert_ne!(digest(Some(&first)), digest(Some(&second)));
        assert_ne!(digest(Some(&first)), digest(None));
    }
}
