//! An assessed change set: what happens to each resource, how severe it is, and which config keys cause it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::impact::declared;
use super::{
    Cause, Deletion, DriftImpact, EffectNames, Impact, KeyDependencies, LocatedFinding,
    ResourceVerdict, assess_change_set, assess_resource, change_set_digest, effect_digest,
    import_digest, key_dependencies, locate_findings,
};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::model::Digest;
use crate::product::Level;
use crate::stack::{
    ChangeAction, ChangeSet, DescribedChangeSet, Detail, Hook, ResourceChange, RollbackTriggers,
    StackName, TagChanges,
};
use crate::template::{Document, ImportedResource};

/// The effect of a deployment on a stack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Changes {
    #[serde(flatten)]
    pub stack: StackName,
    /// `None` if the stack does not exist.
    pub status: Option<String>,
    /// Whether CloudFormation was queried. A stack that does not exist is previewed from its template, because a change set would
    /// leave an empty stack behind.
    pub queried: bool,
    /// The worst of all resources.
    #[serde(flatten)]
    pub worst: ResourceVerdict,
    /// Whether CloudFormation found anything to change. Outputs, and other parts beside resources, are in no list of changes.
    pub has_changes: bool,
    /// The higher of the product's declared impact and the change set's verdict.
    pub level: Level,
    /// The declared impact of each changed config key; `None` if the deployed config is unknown.
    pub declared: Option<Vec<Impact>>,
    /// The worst first.
    pub resources: Vec<Assessed>,
    /// Findings of CloudFormation's validation.
    pub validations: Vec<LocatedFinding>,
    /// Hooks that will run.
    pub hooks: Vec<Hook>,
    /// What happens to the tags of the stack. Empty for a stack that does not exist.
    pub tags: TagChanges,
    /// The known drift; `None` if the stack does not exist.
    pub drift: Option<DriftImpact>,
    /// Failed queries, one sentence each.
    pub unread: Vec<String>,
    /// Why CloudFormation rejects the change set.
    pub refused: Option<String>,
    /// The stack whose creation failed, and that is deleted before this one is created; `None` if no creation failed.
    pub failed_creation: Option<Deletion>,
    /// Empty buckets of creations that did not end. They are deleted before the stack is created.
    pub leftovers: Vec<String>,
    /// Alarms that roll back the operation; `None` if the policy names none.
    pub rollback: Option<RollbackTriggers>,
    /// What stands in the way of the deployment.
    #[serde(skip)]
    pub unmet: Vec<Diagnostic>,
    /// Whether the new stack imports what a former one retained. Then the digest covers these resources.
    #[serde(skip)]
    pub takes_back: bool,
    /// Equal digests mean equal effects.
    pub digest: Digest,
    /// The same without the names of the stack; `None` if a sample cannot stand for the effect.
    #[serde(skip)]
    pub effect: Option<Digest>,
}

/// The effect on one resource.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Assessed {
    /// Prefixed with the ids of the nested stacks around it.
    pub logical_id: String,
    /// `None` if the resource does not exist.
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The API's value.
    pub action: String,
    /// The API's value.
    pub replacement: Option<String>,
    /// The API's value.
    pub policy_action: Option<String>,
    #[serde(flatten)]
    pub assessment: ResourceVerdict,
    /// Why CloudFormation rejects the change set of the nested stack.
    pub nested_refused: Option<String>,
    /// Changed properties and attributes.
    pub properties: Vec<String>,
    /// Config keys that cause the change.
    pub causes: Vec<Cause>,
}

const KEPT: &str = "kept by the former stack";

impl Changes {
    /// The worst declared impact of the changed keys; `None` if the deployed config is unknown.
    pub fn declared_level(&self) -> Option<Level> {
        let levels = self.declared.as_ref()?.iter().map(|impact| impact.level);
        Some(levels.max().unwrap_or(Level::None))
    }

    /// The preview of a stack that does not exist: every resource is added.
    pub fn for_new_stack(config: &Config, stack: &StackName, document: &Document) -> Self {
        let changes = document.resources().map(|resource| ResourceChange {
            action: ChangeAction::Add,
            logical_id: resource.logical_id.to_owned(),
            kind: resource.kind.to_owned(),
            ..ResourceChange::default()
        });
        let change_set = ChangeSet {
            status: "CREATE_COMPLETE".to_owned(),
            changes: changes.collect(),
            ..ChangeSet::default()
        };
        let worst = assess_change_set(&change_set);
        Self {
            stack: stack.clone(),
            status: None,
            queried: false,
            level: worst.verdict.level(),
            worst,
            has_changes: true,
            declared: None,
            resources: assessed(&change_set, &BTreeMap::new(), config),
            validations: Vec::new(),
            hooks: Vec::new(),
            tags: TagChanges::default(),
            drift: None,
            unread: Vec::new(),
            refused: None,
            failed_creation: None,
            leftovers: Vec::new(),
            rollback: None,
            unmet: Vec::new(),
            takes_back: false,
            digest: change_set_digest(&change_set),
            effect: None,
        }
    }

    /// The same with the resources of a former stack, which the new stack imports instead of creating them.
    pub fn with_former(mut self, imports: &[ImportedResource]) -> Self {
        self.digest = import_digest(self.digest, imports);
        self.takes_back |= !imports.is_empty();
        let ids = imports.iter().map(|import| &*import.logical_id);
        self.with_imported(&ids.collect::<Vec<_>>(), KEPT)
    }

    /// The same with the resources that an entry or a command line names.
    pub fn with_named(mut self, imports: &[ImportedResource]) -> Self {
        for import in imports {
            let mut resources = self.resources.iter_mut();
            if let Some(resource) = resources.find(|one| one.logical_id == import.logical_id) {
                resource.physical_id = Some(import.physical_id.clone());
            }
        }
        let ids = imports.iter().map(|import| &*import.logical_id);
        self.with_imported(
            &ids.collect::<Vec<_>>(),
            "compared with the template afterwards, if its type has drift detection",
        )
    }

    /// The same with the empty buckets that the creation deletes first.
    pub fn with_leftovers(self, leftovers: Vec<String>) -> Self {
        Self { leftovers, ..self }
    }

    /// The same for a stack that is created after a deletion.
    pub fn with_returning(self, deletion: &Deletion) -> Self {
        let ids = deletion.returning.iter().map(String::as_str);
        self.with_imported(&ids.collect::<Vec<_>>(), KEPT)
    }

    fn with_imported(mut self, ids: &[&str], reason: &str) -> Self {
        for resource in &mut self.resources {
            if ids.contains(&&*resource.logical_id) {
                resource.action = ChangeAction::Import.word().to_owned();
                resource.assessment.reason = reason.to_owned();
            }
        }
        self
    }

    /// The preview from a change set. `before` is the deployed config, if it is known.
    pub fn from_change_set(
        config: &Config,
        before: Option<&Config>,
        stack: &StackName,
        status: Option<String>,
        found: &DescribedChangeSet,
    ) -> Self {
        let change_set = &found.change_set;
        // Without dependencies the causes stay empty.
        let mut dependencies = key_dependencies(config).unwrap_or_default();
        let validations = locate_findings(config, &dependencies, &found.validations);
        let declared = before.and_then(|before| declared(before, config).ok());
        if let (Some(before), Some(declared)) = (before, &declared) {
            // A removed key is a cause too; an unchanged key is not.
            merge(
                &mut dependencies,
                super::key_dependencies(before).unwrap_or_default(),
            );
            let changed = |key: &String| declared.iter().any(|impact| impact.key == *key);
            let keys = dependencies.values_mut().flat_map(BTreeMap::values_mut);
            keys.for_each(|keys| keys.retain(changed));
        } else if status.is_some() {
            // Which keys changed is not known: every key that the config sets may be a cause.
            let is_set = |key: &String| config.files.node(key.split('.')).is_some();
            let keys = dependencies.values_mut().flat_map(BTreeMap::values_mut);
            keys.for_each(|keys| keys.retain(is_set));
        }
        let levels = declared.iter().flatten().map(|impact| impact.level);
        let worst = assess_change_set(change_set);
        let level = levels.fold(worst.verdict.level(), Level::max);
        Self {
            stack: stack.clone(),
            status,
            queried: true,
            worst,
            has_changes: !change_set.is_empty(),
            level,
            declared,
            resources: assessed(change_set, &dependencies, config),
            validations,
            hooks: found.hooks.clone(),
            tags: TagChanges::default(),
            drift: None,
            unread: found.unread.clone(),
            refused: refused(change_set),
            failed_creation: None,
            leftovers: Vec::new(),
            rollback: None,
            unmet: Vec::new(),
            takes_back: false,
            digest: change_set_digest(change_set),
            effect: effect_digest(change_set, &EffectNames::new(stack, config.path.stem())),
        }
    }
}

/// Why CloudFormation rejects a change set; `None` if it does not.
fn refused(change_set: &ChangeSet) -> Option<String> {
    let is_refused = change_set.status == "FAILED" && !change_set.is_empty();
    is_refused.then(|| change_set.status_reason.clone().unwrap_or_default())
}

fn merge(all: &mut KeyDependencies, more: KeyDependencies) {
    for (id, properties) in more {
        let of_resource = all.entry(id).or_default();
        for (property, keys) in properties {
            of_resource.entry(property).or_default().extend(keys);
        }
    }
}

/// The worst first. A nested stack is followed by its resources.
fn assessed(
    change_set: &ChangeSet,
    dependencies: &KeyDependencies,
    config: &Config,
) -> Vec<Assessed> {
    let mut rows = Vec::new();
    collect(change_set, "", dependencies, config, &mut rows);
    rows.sort_by(|a, b| {
        (b.assessment.verdict, &a.logical_id).cmp(&(a.assessment.verdict, &b.logical_id))
    });
    rows
}

fn collect(
    change_set: &ChangeSet,
    prefix: &str,
    dependencies: &KeyDependencies,
    config: &Config,
    rows: &mut Vec<Assessed>,
) {
    for change in &change_set.changes {
        let logical_id = format!("{prefix}{}", change.logical_id);
        if let Some(nested) = &change.nested {
            collect(
                nested,
                &format!("{logical_id}/"),
                &BTreeMap::new(),
                config,
                rows,
            );
        }
        rows.push(Assessed {
            physical_id: change.physical_id.clone(),
            kind: change.kind.clone(),
            action: change.action.word().to_owned(),
            replacement: change
                .replacement
                .as_ref()
                .map(|word| word.word().to_owned()),
            policy_action: change
                .policy_action
                .as_ref()
                .map(|word| word.word().to_owned()),
            assessment: assess_resource(change),
            nested_refused: change.nested.as_deref().and_then(refused),
            properties: properties(change),
            causes: causes(change, change_set, dependencies, config),
            logical_id,
        });
    }
}

/// Names of properties, or of attributes beside them, without duplicates.
fn properties(change: &ResourceChange) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for detail in &change.details {
        if let Some(name) = property(detail)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

fn property(detail: &Detail) -> Option<String> {
    let target = &detail.target;
    target.name.clone().or_else(|| target.attribute.clone())
}

/// Config keys that the changed properties depend on. A property that changes because of another resource has that resource's
/// causes.
fn causes(
    change: &ResourceChange,
    change_set: &ChangeSet,
    dependencies: &KeyDependencies,
    config: &Config,
) -> Vec<Cause> {
    let mut keys = direct(change, dependencies);
    let others = change.details.iter().filter(|detail| is_indirect(detail));
    for entity in others.filter_map(|detail| detail.causing_entity.as_deref()) {
        let id = entity.split('.').next().unwrap_or(entity);
        let cause = change_set
            .changes
            .iter()
            .find(|other| other.logical_id == id);
        keys.extend(
            cause
                .into_iter()
                .flat_map(|cause| direct(cause, dependencies)),
        );
    }
    let causes = keys.into_iter().map(|key| Cause {
        key: key.clone(),
        location: config.location_of(key),
    });
    causes.collect()
}

/// Keys that the directly changed properties depend on; for an added or removed resource, keys that the resource depends on.
fn direct<'a>(change: &ResourceChange, dependencies: &'a KeyDependencies) -> BTreeSet<&'a String> {
    let Some(of_resource) = dependencies.get(&change.logical_id) else {
        return BTreeSet::new();
    };
    if let Some(whole) = of_resource.get("").filter(|_| change.details.is_empty()) {
        return whole.iter().collect();
    }
    let details = change.details.iter().filter(|detail| !is_indirect(detail));
    // A nested stack that may change has a detail without a name.
    let is_whole = |detail: &Detail| {
        detail.target.name.is_none() && detail.target.attribute.as_deref() == Some("Properties")
    };
    let any = change.details.is_empty() || details.clone().any(is_whole);
    let changed: Vec<String> = details.filter_map(property).collect();
    let of_resource = of_resource.iter();
    of_resource
        .filter(|(property, _)| any || changed.contains(property))
        .flat_map(|(_, keys)| keys)
        .collect()
}

fn is_indirect(detail: &Detail) -> bool {
    let source = detail.change_source.as_deref();
    matches!(source, Some("ResourceReference" | "ResourceAttribute"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::ChangeTarget;

    #[test]
    fn a_nested_stack_that_may_change_has_the_causes_of_all_its_properties() {
        let keys = BTreeSet::from(["nest.version".to_owned()]);
        let of_stack = BTreeMap::from([("TemplateURL".to_owned(), keys.clone())]);
        let dependencies = KeyDependencies::from([("Child".to_owned(), of_stack)]);
        let detail = |name: Option<&str>| Detail {
            target: ChangeTarget {
                attribute: Some("Properties".to_owned()),
                name: name.map(str::to_owned),
                ..ChangeTarget::default()
            },
            evaluation: None,
            change_source: Some("Automatic".to_owned()),
            causing_entity: None,
        };
        let causes = |name| {
            let change = ResourceChange {
                logical_id: "Child".to_owned(),
                details: vec![detail(name)],
                ..ResourceChange::default()
            };
            direct(&change, &dependencies)
                .into_iter()
                .cloned()
                .collect::<BTreeSet<String>>()
        };
        assert_eq!(causes(None), keys);
        assert_eq!(causes(Some("TemplateURL")), keys);
        assert_eq!(causes(Some("Tags")), BTreeSet::new());
    }
}
