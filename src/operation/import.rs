//! Creates a stack with resources that exist: what its former stack retained, and what an entry or a command line names. First an import
//! of these resources, then an update that adds the rest.
//! CloudFormation creates and imports in one operation only for types whose identifier is a name.

use std::collections::{BTreeMap, BTreeSet};

use super::cancelled::what_remains;
use super::error::operation_failed;
use super::import_rest::add_rest;
use super::provisioned::{ensure_executable, stack_status, watch};
use super::taken_back::taken_back;
use super::unimportable::Unimportable;
use super::{Desired, OperationContext, OperationError, Provisioned};
use crate::cloud::{
    ChangeSetInput, CloudError, Existence, ResourceImport, StackBucket, StackResource,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::entries::NamedResource;
use crate::guard::{
    Authority, Create, Facts, ImportFact, Permit, Preview, RunsChangeSet, TEST_TAG,
};
use crate::plan::{BUCKET, Deletion};
use crate::report::{Fault, Step};
use crate::stack::{ChangeAction, ChangeSet, Health, Stack, StackArn};
use crate::template::{
    DeletionBehavior, ImportedResource, import_template, is_begun_by_import, is_import_template,
    named_imports,
};

/// The existing resources that a new stack imports.
#[derive(Clone, Debug, Default)]
pub struct Imports {
    /// What the deleted stacks of this config retained.
    pub former: Vec<ImportedResource>,
    /// What the entry or the command line names.
    pub named: Vec<ImportedResource>,
    /// What the deleted stacks retained and no stack can import.
    pub unimportable: Vec<Unimportable>,
    /// Empty buckets of creations that did not end. The creation deletes them first, because it needs their names.
    pub leftovers: Vec<StackBucket>,
    /// Tags of the last deleted stack, if its creation failed.
    pub failed_tags: Option<BTreeMap<String, String>>,
}

impl Imports {
    /// Named resources come first: a former stack may have retained another one of the same logical id.
    pub async fn find(
        site: &OperationContext<'_>,
        desired: &Desired<'_>,
        named: Vec<ImportedResource>,
    ) -> Result<Self, OperationError> {
        let mut taken = taken_back(site, desired).await?;
        taken.former.retain(|one| {
            let mut named = named.iter();
            !named.any(|other| other.logical_id == one.logical_id)
        });
        taken.leftovers.retain(|left| {
            let mut named = named.iter();
            !named.any(|import| import.physical_id == left.name())
        });
        Ok(Self {
            former: taken.former,
            named,
            unimportable: taken.unimportable,
            leftovers: taken.leftovers,
            failed_tags: taken.failed_tags,
        })
    }

    /// Whether the creation deletes this bucket before it creates one of its name.
    pub(super) fn deletes_first(&self, bucket: &str) -> bool {
        let mut leftovers = self.leftovers.iter();
        leftovers.any(|leftover| leftover.name() == bucket)
    }

    pub(super) fn leftover_names(&self) -> Vec<String> {
        let leftovers = self.leftovers.iter();
        leftovers.map(|bucket| bucket.name().to_owned()).collect()
    }

    pub fn all(&self) -> Vec<ImportedResource> {
        [self.former.clone(), self.named.clone()].concat()
    }

    /// A fact about a resource that a stack imports or has imported.
    fn fact(&self, logical_id: &str, kind: &str, physical_id: Option<&String>) -> ImportFact {
        let is_in = |known: &[ImportedResource]| {
            let mut same = known.iter();
            let id_fits = |one: &ImportedResource| {
                physical_id.is_none_or(|id| {
                    // CloudFormation names a policy by its bucket.
                    *id == one.physical_id || known.iter().any(|other| other.physical_id == *id)
                })
            };
            same.any(|one| one.logical_id == logical_id && one.kind == kind && id_fits(one))
        };
        ImportFact {
            logical_id: logical_id.to_owned(),
            kind: kind.to_owned(),
            physical_id: physical_id.cloned(),
            former: is_in(&self.former),
            named: is_in(&self.named),
        }
    }

    /// The imports of a change set.
    pub(super) fn facts(&self, found: &ChangeSet) -> Vec<ImportFact> {
        let imports = found
            .changes
            .iter()
            .filter(|change| change.action == ChangeAction::Import);
        let facts = imports.map(|change| {
            self.fact(
                &change.logical_id,
                &change.kind,
                change.physical_id.as_ref(),
            )
        });
        facts.collect()
    }

    /// The imports of a stack that lacks the other resources.
    pub(super) fn facts_of_held(&self, held: &[StackResource]) -> Vec<ImportFact> {
        let facts = held
            .iter()
            .map(|one| self.fact(&one.logical_id, &one.kind, one.physical_id.as_ref()));
        facts.collect()
    }
}

/// The resources that the request names. A pull request has an entry; `given`: of a command line, or of an entry that is previewed.
pub fn named_resources(
    desired: &Desired<'_>,
    facts: &Facts,
    given: &[NamedResource],
) -> Result<Vec<ImportedResource>, OperationError> {
    let named = match &facts.authority {
        Authority::Request(request) => &request.imports,
        Authority::CommandLine { .. } | Authority::Unknown => given,
    };
    named_imports(&desired.document, named).map_err(|problems| {
        let path = &desired.config.path;
        let problems = problems.into_iter().map(|problem| {
            Diagnostic::error(Code::EntryInvalid, path, problem.message).with_help(problem.help)
        });
        OperationError::Invalid(problems.collect())
    })
}

/// Named resources that do not exist, that another stack has, or that cannot be read. CloudFormation refuses both, but not before the merge.
/// `deleted`: the deletion of a failed creation, before the import.
pub async fn unmet_imports(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    named: &[ImportedResource],
    deleted: Option<&Deletion>,
) -> Result<Vec<Diagnostic>, OperationError> {
    let mut unmet = Vec::new();
    for one in named {
        let id = &one.physical_id;
        // The bucket of a policy is checked itself.
        let of_deleted = deleted.and_then(|deletion| deletion.behavior_of(&one.kind, id));
        let existence = site.cloud.existence(&one.kind, id).await?;
        let (message, help) = if existence == Existence::Missing {
            (
                format!(
                    "the resource to import does not exist in the account: {} ({}, {id})",
                    one.logical_id, one.kind
                ),
                "correct the identifier, or do not name the resource",
            )
        } else if existence == Existence::Unsupported {
            (
                format!(
                    "AWS cannot import the resource, because it reads no resource of the type in {}: {} ({}, {id})",
                    desired.stack.target.region, one.logical_id, one.kind
                ),
                "do not name the resource; if it exists, give it another name in the config",
            )
        } else if existence == Existence::Unknown {
            (
                format!(
                    "whether the resource to import exists cannot be read: {} ({}, {id})",
                    one.logical_id, one.kind
                ),
                "allow these credentials `cloudformation:GetResource` and the read actions of the type, then try again",
            )
        } else if of_deleted == Some(DeletionBehavior::Retained) {
            continue;
        } else if of_deleted.is_some() {
            (
                format!(
                    "the deletion of the failed creation deletes the resource to import: {} ({}, {id})",
                    one.logical_id, one.kind
                ),
                "do not name the resource: the new stack creates it; or save what it holds first",
            )
        } else if let Some(stack) = owning_stack(site, one).await? {
            let is_own = StackArn::parse(&stack).is_ok_and(|it| it.name() == desired.stack.name);
            (
                format!(
                    "the resource to import belongs to a stack: {} ({}, {id}), {stack}",
                    one.logical_id, one.kind
                ),
                match is_own {
                    true => "run the action that creates the stack: it is the stack of the config",
                    false => {
                        "remove the resource from that stack, whose template must retain it; or do not name it"
                    }
                },
            )
        } else {
            continue;
        };
        let problem = Diagnostic::error(Code::PreflightFailed, &desired.config.path, message);
        unmet.push(problem.with_help(help));
    }
    Ok(unmet)
}

/// ARN of the stack that has a bucket. CloudFormation tags buckets with it, and a bucket that a deleted stack retained keeps the tag. Of
/// other types, CloudFormation knows it when the change set is created.
async fn owning_stack(
    site: &OperationContext<'_>,
    import: &ImportedResource,
) -> Result<Option<String>, OperationError> {
    if import.kind != BUCKET {
        return Ok(None);
    }
    let stack = match site.cloud.stack_of_bucket(&import.physical_id).await {
        // A role that may create the bucket need not read the tags of others.
        Err(CloudError::Aws(error)) if error.is_refusal() => None,
        stack => stack?,
    };
    let Some(id) = stack else {
        return Ok(None);
    };
    let owner = site.cloud.stack(&id).await?;
    let is_live = owner.is_some_and(|stack| stack.status.health() != Health::Deleted);
    Ok(Some(id).filter(|_| is_live))
}

/// Creates a stack of the imported resources. `rest` permits the update that adds all others.
pub(super) async fn create_with_imports<E: RunsChangeSet>(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &mut Facts,
    imports: &Imports,
    rest: Permit<E>,
) -> Result<Provisioned, OperationError> {
    let all = imports.all();
    let input = import_input(desired, &all)?;
    let look = site.decide::<Preview>(facts, &desired.stack)?;
    site.progress.step(&desired.stack, Step::ChangeSet);
    let shell = facts.stack.as_ref().and_then(Option::as_ref);
    let pending = site.cloud.preview(look, shell, &input).await?;
    let pending = ensure_executable(site, desired, pending).await?;
    let described = &pending.described().change_set;
    facts.imports = Some(imports.facts(described));
    let only_imports = described
        .changes
        .iter()
        .all(|change| change.action == ChangeAction::Import);
    let permit = match site.decide::<Create>(facts, &desired.stack) {
        Ok(permit) if only_imports => permit,
        Ok(_) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(OperationError::VerificationFailed(Fault::NotAnImport));
        }
        Err(denied) => {
            site.cloud.without_cancellation().discard(pending).await?;
            return Err(denied);
        }
    };
    site.progress.step(&desired.stack, Step::Import);
    let mut running = site.cloud.execute(permit, pending).await?;
    let id = running.stack_id().to_owned();
    let ended = match watch(site, desired, &mut running).await {
        Ok(ended) => ended,
        Err(failure) => return Err(what_remains(site, &desired.stack, &id, failure).await),
    };
    match &ended.stack {
        Some(stack) if stack.status.0 == "IMPORT_COMPLETE" => {
            add_rest(site, desired, facts, (stack, &all), rest).await
        }
        // What was to be imported stays as it was.
        Some(stack) => {
            let failure = operation_failed(stack_status(stack), &ended);
            site.progress.step(&desired.stack, Step::CreationRolledBack);
            let cloud = site.cloud.without_cancellation();
            // The import's own error is returned.
            let _ = site.clean_up(cloud.abandon_import(running)).await;
            Err(failure)
        }
        None => Err(operation_failed(Fault::StackGone, &ended)),
    }
}

fn import_input(
    desired: &Desired<'_>,
    imports: &[ImportedResource],
) -> Result<ChangeSetInput, OperationError> {
    let ids: BTreeSet<&str> = imports.iter().map(|one| &*one.logical_id).collect();
    let body = import_template(&desired.document, &ids)
        .ok_or(OperationError::VerificationFailed(Fault::NotImportable))?;
    let identified = imports.iter().filter_map(|resource| {
        Some(ResourceImport {
            identifier: resource.identifier(&desired.document, imports)?,
            resource: resource.clone(),
        })
    });
    Ok(ChangeSetInput {
        body,
        imports: identified.collect(),
        // CloudFormation refuses tags here. The update adds them.
        tags: BTreeMap::new(),
        ..desired.change_set_input(None)
    })
}

/// The resources of a stack that is a creation of this config, has imported them and lacks the others; `None` if it is another stack. An
/// import sets no tags, so its template and its resources tell it. The config may have changed since: the update that adds the rest also
/// changes what was imported, and neither replaces nor deletes it.
pub(super) async fn unfinished_import(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
) -> Result<Option<Vec<StackResource>>, OperationError> {
    let state = import_state(site, desired, facts, stack).await?;
    Ok(match state {
        Some(ImportState::Unfinished { held, .. }) => Some(held),
        Some(ImportState::OtherText) | None => None,
    })
}

/// `None` if the stack is not one of an import that began for this config.
pub(super) async fn import_state(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    stack: &Stack,
) -> Result<Option<ImportState>, OperationError> {
    let mut owner = facts.owner.iter();
    let is_foreign = owner.any(|(key, value)| stack.tags.get(key).is_some_and(|tag| tag != value));
    if !stack.status.may_lack_resources() || is_foreign || stack.tags.contains_key(TEST_TAG) {
        return Ok(None);
    }
    let body = site.cloud.template(&stack.id).await?;
    if !is_import_template(&body) {
        return Ok(None);
    }
    let mut held = site.cloud.resources(&stack.id).await?;
    held.retain(|resource| resource.status != "DELETE_COMPLETE");
    let imported: Vec<ImportedResource> = held.iter().map(StackResource::as_imported).collect();
    Ok(Some(
        match is_begun_by_import(&desired.document, &imported) {
            true => ImportState::Unfinished {
                changed: changes_imported(desired, &body, &held),
                held,
            },
            false => ImportState::OtherText,
        },
    ))
}

/// Whether the config changes what a stack has imported. `body`: the template of the import.
pub(super) fn changes_imported(desired: &Desired<'_>, body: &str, held: &[StackResource]) -> bool {
    let ids: BTreeSet<&str> = held.iter().map(|one| &*one.logical_id).collect();
    let now = import_template(&desired.document, &ids);
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    now.is_none_or(|now| now != body && parsed(&now) != parsed(body))
}

/// What a stack of an import has.
pub(super) enum ImportState {
    /// The imported resources of this config, and no others. `changed`: whether the config changes them.
    Unfinished {
        held: Vec<StackResource>,
        changed: bool,
    },
    /// Others, such as those of another version of the config.
    OtherText,
}
