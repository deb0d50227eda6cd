//! Preflight: what a stack needs.

use std::collections::BTreeSet;

use super::free_names::taken_names;
use super::free_policies::{NewPolicies, taken_policies};
use super::import::Imports;
use super::import_option::{NameHolder, TakenName, bucket_arguments, with_command};
use super::network::Network;
use super::unimportable::blocking;
use super::{Desired, OperationContext, OperationError};
use crate::cloud::{self, CloudError};
use crate::config::product_problem;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::plan::{BUCKET, Deletion};
use crate::product::{PreflightCheck, Requirement};
use crate::report::Unmet;
use crate::stack::Health;
use crate::template::{Document, ImportedResource, PhysicalName, SsmInput};

/// The checks for a stack that may exist.
pub async fn preflight_of(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Vec<Diagnostic>, OperationError> {
    let stack = site.cloud.stack(&desired.stack.name).await?;
    let exists = stack.is_some_and(|stack| stack.status.health() != Health::ReviewInProgress);
    if exists {
        return preflight(site, desired, Occupancy::Updated).await;
    }
    let imports = Imports::find(site, desired, Vec::new()).await?;
    preflight(site, desired, Occupancy::New(&imports)).await
}

/// What has the names that a stack needs.
#[derive(Clone, Copy)]
pub enum Occupancy<'a> {
    /// Nothing may have them, except for the resources that the new stack imports.
    New(&'a Imports),
    /// The stack itself has them.
    Updated,
    /// So may the resources of a stack that is deleted first, and these, which the new stack imports.
    Deleted(&'a Deletion, &'a [ImportedResource]),
}

impl Occupancy<'_> {
    /// Whether the stack may take a bucket that exists. The deletion decides whether a bucket of its stack can be taken.
    fn may_take(self, bucket: &str) -> bool {
        let is_in = |imports: &[ImportedResource]| {
            let mut imports = imports.iter();
            imports.any(|import| import.physical_id == bucket)
        };
        match self {
            Self::New(imports) => {
                is_in(&imports.former) || is_in(&imports.named) || imports.deletes_first(bucket)
            }
            Self::Updated => true,
            Self::Deleted(deletion, imports) => deletion.has_resource(bucket) || is_in(imports),
        }
    }
}

/// Checks everything that the product says a stack needs, and whether the names of its new resources are free. Reports all that is
/// missing at once.
pub async fn preflight(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    occupancy: Occupancy<'_>,
) -> Result<Vec<Diagnostic>, OperationError> {
    let names = new_name_problems(site, desired, occupancy).await?;
    let others = missing_requirements(site, desired, occupancy).await?;
    Ok([names, others].concat())
}

/// The requirements of the product.
fn needs(desired: &Desired<'_>) -> Result<Vec<PreflightCheck>, OperationError> {
    let config = desired.config;
    let needs = config.product.needs(&config.derived.scope);
    needs.map_err(|failure| {
        let problem = product_problem(&config.path, &config.product, &failure);
        OperationError::Invalid(vec![problem])
    })
}

fn is_of_name(need: &PreflightCheck) -> bool {
    matches!(need.needed, Requirement::FreeBucket { .. })
}

/// Names of new resources that something has already.
pub(super) async fn new_name_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    occupancy: Occupancy<'_>,
) -> Result<Vec<Diagnostic>, OperationError> {
    let problems = name_problems(site, desired, occupancy).await?;
    let named = match occupancy {
        Occupancy::New(imports) => &*imports.named,
        Occupancy::Updated | Occupancy::Deleted(..) => &[],
    };
    Ok(with_command(desired, named, problems))
}

/// The same before the command that imports what has the names.
pub(super) async fn name_problems(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    occupancy: Occupancy<'_>,
) -> Result<Vec<TakenName>, OperationError> {
    let mut needs = needs(desired)?;
    needs.retain(is_of_name);
    let mut problems = match occupancy {
        Occupancy::Updated => Vec::new(),
        Occupancy::New(imports) => {
            let all = imports.all();
            let of_id = |id: &str| {
                let mut all = all.iter();
                all.find(|import| import.logical_id == id)
            };
            let is_new = |name: &PhysicalName<'_>| {
                let is_deleted = name.resource.kind == BUCKET && imports.deletes_first(name.name);
                !is_deleted && of_id(name.resource.logical_id).is_none()
            };
            let holder = NameHolder::Importable;
            let mut problems = taken_names(site, desired, &needs, is_new, holder).await?;
            let policies = NewPolicies {
                is_new: &|policy, bucket| {
                    !imports.deletes_first(bucket) && of_id(policy.logical_id).is_none()
                },
                bucket: &|id| of_id(id).map(|import| import.physical_id.clone()),
                holder,
            };
            problems.extend(taken_policies(site, desired, policies).await?);
            let unimportable = blocking(desired, &imports.unimportable);
            problems.extend(unimportable.into_iter().map(TakenName::from));
            problems
        }
        Occupancy::Deleted(deletion, imports) => {
            let mut returning = deletion.importable(&desired.document);
            returning.retain(|kept| deletion.returning.contains(&kept.logical_id));
            returning.extend(imports.iter().cloned());
            let is_imported = |id: &str| imports.iter().any(|import| import.logical_id == id);
            let is_new = |name: &PhysicalName<'_>| {
                !deletion.holds(name) && !is_imported(name.resource.logical_id)
            };
            // An import deletes the stack of a failed creation itself.
            let holder = match deletion.is_of_failed_creation() {
                true => NameHolder::Importable,
                false => NameHolder::InTheWay,
            };
            let mut problems = taken_names(site, desired, &needs, is_new, holder).await?;
            let policies = NewPolicies {
                is_new: &|policy, bucket| {
                    !deletion.holds_policy_of(bucket) && !is_imported(policy.logical_id)
                },
                bucket: &|id| {
                    let mut returning = returning.iter();
                    let found = returning.find(|import| import.logical_id == id)?;
                    Some(found.physical_id.clone())
                },
                holder,
            };
            problems.extend(taken_policies(site, desired, policies).await?);
            problems
        }
    };
    problems.extend(unmet_needs(site, desired, occupancy, needs).await?);
    Ok(problems)
}

/// What the product says a stack needs beside free names.
pub(super) async fn missing_requirements(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    occupancy: Occupancy<'_>,
) -> Result<Vec<Diagnostic>, OperationError> {
    let mut needs = needs(desired)?;
    needs.retain(|need| !is_of_name(need));
    let problems = unmet_needs(site, desired, occupancy, needs).await?;
    Ok(with_command(desired, &[], problems))
}

async fn unmet_needs(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    occupancy: Occupancy<'_>,
    needs: Vec<PreflightCheck>,
) -> Result<Vec<TakenName>, OperationError> {
    let config = desired.config;
    let mut missing = Vec::new();
    let of_network = |need: &PreflightCheck| matches!(need.needed, Requirement::Vpc { .. });
    let own = match occupancy {
        Occupancy::Updated if needs.iter().any(of_network) => {
            let resources = site.cloud.resources(&desired.stack.name).await?.into_iter();
            let ids = resources.filter_map(|resource| resource.physical_id);
            ids.collect()
        }
        Occupancy::Deleted(deletion, _) => deletion.physical_ids().map(str::to_owned).collect(),
        Occupancy::New(_) | Occupancy::Updated => BTreeSet::new(),
    };
    let mut network = Network::new(site.cloud, own);
    // The network can come from parameters. If one cannot be used, its problem is the only one to solve.
    let mut bad_parameter = false;
    for need in needs {
        if bad_parameter && of_network(&need) {
            continue;
        }
        if let Requirement::FreeBucket { name } = &need.needed
            && occupancy.may_take(name)
        {
            continue;
        }
        let absent = match absent(&mut network, &desired.document, &need.needed).await {
            // A role that may deploy need not be allowed to read everything that the stack uses.
            Err(CloudError::Aws(error)) if error.is_refusal() => vec![Unmet::Unreadable {
                code: error.code().to_owned(),
            }],
            missing => missing?,
        };
        bad_parameter |= matches!(need.needed, Requirement::Parameter { .. })
            && absent
                .iter()
                .any(|unmet| unmet.severity(need.severity) == Severity::Error);
        for unmet in absent {
            let arguments = match (&unmet, &need.needed) {
                (Unmet::NameTaken { .. }, Requirement::FreeBucket { name }) => {
                    bucket_arguments(site, desired, name).await?
                }
                _ => Vec::new(),
            };
            let message = unmet.message(&need.needed);
            let problem = Diagnostic::error(Code::PreflightFailed, &config.path, message)
                .with_severity(unmet.severity(need.severity))
                .with_help(unmet.help(&need.at, &need.text))
                .located(config.location_of(&need.at));
            let (at, text) = (need.at.clone(), need.text.clone());
            missing.push(match arguments.is_empty() {
                true => problem.into(),
                false => TakenName::importable(problem, arguments, move |import| {
                    let import = Some(import.to_owned());
                    Unmet::NameTaken { import }.help(&at, &text)
                }),
            });
        }
    }
    Ok(missing)
}

async fn absent(
    network: &mut Network<'_>,
    document: &Document,
    needed: &Requirement,
) -> cloud::Result<Vec<Unmet>> {
    let cloud = network.cloud;
    let exists = match needed {
        Requirement::Resource { kind, id } => cloud.has_resource(kind, id).await?,
        Requirement::Parameter { name } => {
            let found = cloud.parameters(std::slice::from_ref(name)).await?;
            let Some(found) = found.get(name) else {
                return Ok(vec![Unmet::Missing]);
            };
            let input = SsmInput::of_parameter(document, name);
            let mismatch = input.and_then(|input| input.mismatch(&found.kind, &found.value));
            return Ok(mismatch.map(Unmet::Mismatch).into_iter().collect());
        }
        Requirement::Bucket { name, versioned } => match cloud.bucket(name).await? {
            Some(bucket) if *versioned && !bucket.versioned => {
                return Ok(vec![Unmet::NotVersioned]);
            }
            found => found.is_some(),
        },
        // A missing bucket is reported once, without its objects.
        Requirement::Object { bucket, key } => {
            cloud.bucket(bucket).await?.is_none() || cloud.has_object(bucket, key).await?
        }
        Requirement::BucketEvents { name } => {
            let sends_events = cloud.sends_events(name).await?;
            let silent = (sends_events == Some(false)).then_some(Unmet::NoEvents);
            return Ok(silent.into_iter().collect());
        }
        Requirement::FreeBucket { name } => {
            let found = cloud.bucket(name).await?;
            let taken = found.map(|_| Unmet::NameTaken { import: None });
            return Ok(taken.into_iter().collect());
        }
        Requirement::Vpc { vpc, rule, of } => return network.unmet(vpc, *rule, of).await,
    };
    Ok((!exists).then_some(Unmet::Missing).into_iter().collect())
}
