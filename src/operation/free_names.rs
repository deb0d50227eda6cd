//! Whether the names that a template gives to new resources are free. CloudFormation learns that only when it creates the resource. By
//! then, a former stack is deleted.

use std::collections::BTreeSet;

use super::free_policies::{NewPolicies, taken_policies};
use super::import_option::{NameHolder, TakenName, with_command};
use super::unimportable::unimportable_problems;
use super::{Desired, OperationContext, OperationError};
use crate::cloud::{NameState, StackResource};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::product::{PreflightCheck, Requirement};
use crate::stack::{ChangeAction, ChangeSet, Replacement, Stack};
use crate::template::{
    BUCKET_POLICY, BucketPolicy, PhysicalName, PolicyBucket, bucket_policies, is_importable,
    physical_names,
};

/// An error for each name that something has already, and a warning for names that AWS does not let these credentials read. `is_new`:
/// whether the stack creates the resource. `checked`: requirements, whose names are checked elsewhere.
pub(super) async fn taken_names(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    checked: &[PreflightCheck],
    is_new: impl Fn(&PhysicalName<'_>) -> bool,
    holder: NameHolder,
) -> Result<Vec<TakenName>, OperationError> {
    let is_checked = |name: &str| {
        let mut checked = checked.iter();
        checked.any(
            |check| matches!(&check.needed, Requirement::FreeBucket { name: free } if free == name),
        )
    };
    let target = &desired.stack.target;
    let names = physical_names(&desired.document).filter(|name| !is_checked(name.name));
    let names: Vec<(PhysicalName<'_>, String)> = names
        .filter(|name| is_new(name))
        .filter_map(|name| {
            let identifier = name.identifier(target)?;
            Some((name, identifier))
        })
        .collect();
    let wanted: Vec<(&str, &str)> = names
        .iter()
        .map(|(name, identifier)| (name.resource.kind, &**identifier))
        .collect();
    let states = site.cloud.name_states(&wanted).await?;
    let mut problems = Vec::new();
    let mut unknown = BTreeSet::new();
    for ((name, identifier), state) in names.iter().zip(states) {
        let (id, kind) = (name.resource.logical_id, name.resource.kind);
        match state {
            NameState::Free => {}
            NameState::Unknown => {
                unknown.insert(id);
            }
            NameState::Taken => {
                let message = format!(
                    "the name of the new resource {id} ({kind}) is taken: {}",
                    name.name
                );
                let remedy = "change the name in the config, or delete what has the name if nobody needs it or its data";
                let is_importable = holder == NameHolder::Importable && is_importable(kind);
                let taken = problem(desired, message);
                problems.push(match is_importable {
                    true => {
                        let argument = (id.to_owned(), identifier.clone());
                        TakenName::importable(taken, vec![argument], move |import| {
                            format!(
                                "if the stack is to have it, import it: `{import}`; else {remedy}"
                            )
                        })
                    }
                    false => taken.with_help(remedy).into(),
                });
            }
        }
    }
    if !unknown.is_empty() {
        let ids: Vec<&str> = unknown.into_iter().collect();
        let message = format!(
            "whether the names of new resources are free is not known: {}",
            ids.join(", ")
        );
        let warning = problem(desired, message).with_severity(Severity::Warning);
        let help = "allow these credentials to read the resources";
        problems.push(warning.with_help(help).into());
    }
    Ok(problems)
}

/// Why an update cannot create its new resources. CloudFormation creates resources before it deletes others, so no other resource may
/// have their names, not even one of the stack itself.
pub(super) async fn update_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: &Stack,
    change_set: &ChangeSet,
) -> Result<Vec<Diagnostic>, OperationError> {
    let changes = change_set.changes.iter().filter(|change| {
        let is_kept = matches!(change.replacement, None | Some(Replacement::False));
        change.action == ChangeAction::Add || !is_kept
    });
    let created: BTreeSet<&str> = changes.map(|change| &*change.logical_id).collect();
    let is_created = |name: &PhysicalName<'_>| created.contains(name.resource.logical_id);
    let creates_policy = |policy: &BucketPolicy<'_>| created.contains(policy.logical_id);
    if !physical_names(&desired.document).any(|name| is_created(&name))
        && !bucket_policies(&desired.document).any(|policy| creates_policy(&policy))
    {
        return Ok(Vec::new());
    }
    let held = site.cloud.resources(&stack.id).await?;
    let holder = |name: &PhysicalName<'_>| {
        let identifier = name.identifier(&desired.stack.target)?;
        let mut held = held.iter();
        held.find(|one| {
            one.kind == name.resource.kind && one.physical_id.as_deref() == Some(&*identifier)
        })
    };
    let mut problems = Vec::new();
    for name in physical_names(&desired.document).filter(is_created) {
        let id = name.resource.logical_id;
        if let Some(other) = holder(&name).filter(|other| other.logical_id != id) {
            let message = format!(
                "the update cannot create {id} ({}): {} of the stack has its name, {}",
                other.kind, other.logical_id, name.name
            );
            let help = "CloudFormation creates resources before it deletes others: change the name in the config. Or check that the deployed template retains the resource, delete the stack with `aws cloudformation delete-stack`, and import the resource: an action of provisioner that deletes the stack may delete its data";
            problems.push(problem(desired, message).with_help(help).into());
        }
    }
    let is_new = |name: &PhysicalName<'_>| is_created(name) && holder(name).is_none();
    problems.extend(taken_names(site, desired, &[], is_new, NameHolder::InTheWay).await?);
    // The deletion of the other policy would delete the new one, because both are the bucket's.
    let other_policy = |policy: &BucketPolicy<'_>, bucket: &str| {
        let mut held = held.iter().filter(|one| one.kind == BUCKET_POLICY);
        held.find(|one| {
            one.logical_id != policy.logical_id && one.physical_id.as_deref() == Some(bucket)
        })
    };
    for policy in bucket_policies(&desired.document).filter(creates_policy) {
        let PolicyBucket::OfTemplate(bucket) = policy.bucket else {
            continue;
        };
        let Some(bucket) = bucket_of(&held, bucket).filter(|_| !created.contains(bucket)) else {
            continue;
        };
        if let Some(other) = other_policy(&policy, &bucket) {
            let message = format!(
                "the update cannot create {} ({BUCKET_POLICY}): {} of the stack is the policy of bucket {bucket}",
                policy.logical_id, other.logical_id
            );
            let help = format!(
                "CloudFormation creates resources before it deletes others: first update the stack with its present template without {0}. If that template retains {0}, the policy stays: save it, and delete it then: `aws s3api delete-bucket-policy --bucket {bucket}`. Until the next update, the bucket has no policy",
                other.logical_id
            );
            problems.push(problem(desired, message).with_help(help).into());
        }
    }
    let policies = NewPolicies {
        is_new: &|policy, bucket| creates_policy(policy) && other_policy(policy, bucket).is_none(),
        // A new bucket has no policy.
        bucket: &|id| bucket_of(&held, id).filter(|_| !created.contains(id)),
        holder: NameHolder::InTheWay,
    };
    problems.extend(taken_policies(site, desired, policies).await?);
    Ok(with_command(desired, &[], problems))
}

/// Why a stack that has imported its resources cannot get the rest.
pub(super) async fn rest_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    held: &[StackResource],
) -> Result<Vec<Diagnostic>, OperationError> {
    let is_held = |name: &PhysicalName<'_>| {
        let mut held = held.iter();
        held.any(|one| one.logical_id == name.resource.logical_id)
    };
    let is_new = |name: &PhysicalName<'_>| !is_held(name);
    let mut problems = taken_names(site, desired, &[], is_new, NameHolder::InTheWay).await?;
    let policies = NewPolicies {
        is_new: &|policy, _| !held.iter().any(|one| one.logical_id == policy.logical_id),
        bucket: &|id| bucket_of(held, id),
        holder: NameHolder::InTheWay,
    };
    problems.extend(taken_policies(site, desired, policies).await?);
    let mut problems = with_command(desired, &[], problems);
    problems.extend(unimportable_problems(site, desired, is_new).await?);
    Ok(problems)
}

/// Physical id of a resource of the stack.
fn bucket_of(held: &[StackResource], logical_id: &str) -> Option<String> {
    let mut held = held.iter();
    held.find(|one| one.logical_id == logical_id)?
        .physical_id
        .clone()
}

fn problem(desired: &Desired<'_>, message: String) -> Diagnostic {
    Diagnostic::error(Code::PreflightFailed, &desired.config.path, message)
}
