//! The facts of a decision, as evidence records them: without what no rule reads, and without what the record states elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::guard::{
    AdoptionFacts, Authority, Buckets, Caller, ChangeRequest, Facts, ImportFact, Repair, TEST_TAG,
    owner_tags,
};
use crate::plan::Verdict;
use crate::product::Level;
use crate::stack::{DriftCheck, Stack, StackName, StackPart, StackStatus};
use crate::template::{ExternalReference, RoleBoundary};

/// Facts about AWS. The request, and the tags of an own stack, follow from the record of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RecordedFacts {
    pub caller: Option<Caller>,
    /// Absent if unknown; null if no stack has the name.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "known"
    )]
    pub stack: Option<Option<RecordedStack>>,
    pub verdict: Option<Verdict>,
    /// The worst declared impact of the changed config keys.
    pub declared: Option<Level>,
    /// The digests of the reviewed change set and of the one about to be executed.
    pub digests: Option<[String; 2]>,
    pub importers: Option<Vec<String>>,
    /// The digest of the deletion as it would be now.
    pub deletion: Option<String>,
    pub buckets: Option<Buckets>,
    /// The stack that is to be adopted or un-adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption: Option<AdoptionFacts>,
    /// A repair as it would be now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// What the template refers to outside of it.
    pub external_references: Option<Vec<ExternalReference>>,
    /// The roles of the template.
    pub role_boundaries: Option<Vec<RoleBoundary>>,
    /// What the change set imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imports: Option<Vec<ImportFact>>,
    /// Whether the stack has imported its resources and lacks the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished_import: Option<bool>,
    /// Whether the config changes what the stack has imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes_imported: Option<bool>,
    /// ARN of the entry's stack, if it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
    /// What differs in the stack from what was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_shown: Option<Vec<StackPart>>,
}

/// A stack without outputs, status reasons and tags of others, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedStack {
    /// The ARN.
    pub id: String,
    pub status: StackStatus,
    /// Whether termination protection is on.
    pub protected: bool,
    /// The tags by which provisioner knows its own stacks.
    pub tags: BTreeMap<String, String>,
}

/// A value that is present is known, null included.
pub(super) fn known<'de, D, T>(written: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(written).map(Some)
}

impl RecordedFacts {
    pub fn new(facts: &Facts) -> Self {
        let Facts {
            caller,
            stack,
            owner,
            verdict,
            declared,
            digests,
            importers,
            deletion,
            buckets,
            adoption,
            repair,
            external_references,
            role_boundaries,
            imports,
            unfinished_import,
            changes_imported,
            replaced,
            since_shown,
            authority: _,
        } = facts.clone();
        Self {
            caller,
            stack: stack.map(|stack| stack.map(|stack| RecordedStack::new(stack, &owner))),
            verdict,
            declared,
            digests,
            importers,
            deletion,
            buckets,
            adoption,
            repair,
            external_references,
            role_boundaries,
            imports,
            unfinished_import,
            changes_imported,
            replaced,
            since_shown,
        }
    }

    /// The facts as the guard read them.
    pub fn restore(&self, product: &str, stack: &StackName, request: &ChangeRequest) -> Facts {
        let known = self.stack.as_ref();
        Facts {
            caller: self.caller.clone(),
            stack: known.map(|found| found.as_ref().map(|found| found.restore(stack))),
            owner: owner_tags(product, stack),
            verdict: self.verdict,
            declared: self.declared,
            digests: self.digests.clone(),
            importers: self.importers.clone(),
            deletion: self.deletion.clone(),
            buckets: self.buckets.clone(),
            adoption: self.adoption.clone(),
            repair: self.repair.clone(),
            external_references: self.external_references.clone(),
            role_boundaries: self.role_boundaries.clone(),
            imports: self.imports.clone(),
            unfinished_import: self.unfinished_import,
            changes_imported: self.changes_imported,
            replaced: self.replaced.clone(),
            since_shown: self.since_shown.clone(),
            authority: Authority::Request(Box::new(request.clone())),
        }
    }
}

impl RecordedStack {
    fn new(stack: Stack, owner: &BTreeMap<String, String>) -> Self {
        let mut tags = stack.tags;
        tags.retain(|key, _| owner.contains_key(key) || key == TEST_TAG);
        Self {
            id: stack.id,
            status: stack.status,
            protected: stack.protected,
            tags,
        }
    }

    fn restore(&self, stack: &StackName) -> Stack {
        Stack {
            id: self.id.clone(),
            name: stack.name.clone(),
            status: self.status.clone(),
            reason: None,
            protected: self.protected,
            tags: self.tags.clone(),
            outputs: Vec::new(),
            created: 0,
            updated: None,
            drift: DriftCheck::default(),
        }
    }
}
