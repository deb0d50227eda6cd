//! Tests a config: creates its stack under a name of its own, verifies it, and removes it.

use schemars::JsonSchema;
use serde::Serialize;

use super::deletion::watch_deletion;
use super::desired::KEEP_TAG;
use super::provision::create;
use super::{Desired, OperationContext, OperationError, Provisioned, remains};
use crate::guard::{Facts, TEST_TAG, Test, owner_tags};
use crate::product::Verb;
use crate::report::{Fault, Remains, Step};
use crate::stack::{Health, Stack, StackName};

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TestResult {
    #[serde(flatten)]
    pub stack: StackName,
    pub provisioned: Provisioned,
    /// Whether the stack stays after the test.
    pub kept: bool,
    /// Names of stacks that earlier tests left and this one removed.
    pub removed: Vec<String>,
}

/// Creates, verifies and removes the test stack. `desired` has the test's names, `tested` is the name of the stack under test. With
/// `keep` the test stack stays.
///
/// Stacks that killed tests of this config left are found by their tags and removed too.
pub async fn test_deploy(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    tested: &str,
    keep: bool,
) -> Result<TestResult, OperationError> {
    let mut removed = remove_leftovers(site, desired, tested).await?;
    let facts = site.facts(desired).await?;
    let created = create::<Test>(site, desired, facts, &[]).await;
    if !keep || created.is_err() {
        let calm = site.cloud.without_cancellation();
        let calm_site = OperationContext {
            cloud: &calm,
            ..*site
        };
        let removal = async {
            match calm.stack(&desired.stack.name).await {
                Ok(Some(stack)) => remove(&calm_site, &desired.stack, desired, stack).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error.into()),
            }
        };
        let unfinished = || {
            Err(OperationError::Cancelled(Fault::RemovalUnfinished {
                stack: desired.stack.name.clone(),
            }))
        };
        // A creation whose removal is not finished has used up the time.
        if let Err(OperationError::Cancelled(Fault::RemovalUnfinished { .. })) = created {
            return unfinished();
        }
        let Some(cleaned) = site.clean_up(removal).await else {
            return unfinished();
        };
        if let Err(removal) = cleaned {
            // The test's own error comes first.
            let (failure, cleanup) = match created {
                Ok(_) => (removal, None),
                Err(failure) => (failure, Some(Box::new(removal))),
            };
            return Err(left(site, &desired.stack, keep, failure, cleanup).await);
        }
    }
    let provisioned = created?;
    // Could not be removed before: a stack whose creation was under way.
    removed.extend(remove_leftovers(site, desired, tested).await?);
    Ok(TestResult {
        stack: desired.stack.clone(),
        provisioned,
        kept: keep,
        removed,
    })
}

/// A failure that left the stack of a test.
async fn left(
    site: &OperationContext<'_>,
    stack: &StackName,
    kept: bool,
    failure: OperationError,
    cleanup: Option<Box<OperationError>>,
) -> OperationError {
    OperationError::Unfinished {
        failure: Box::new(failure),
        cleanup,
        remains: Box::new(Remains {
            kept,
            ..remains::remains(site, stack, Verb::TestDeploy).await
        }),
    }
}

/// Removes stacks that killed tests of this config left. A stack with an operation in progress may belong to a running test.
async fn remove_leftovers(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    tested: &str,
) -> Result<Vec<String>, OperationError> {
    let mut removed = Vec::new();
    for stack in site.cloud.stacks_tagged(TEST_TAG).await? {
        let is_left = stack.tags.get(TEST_TAG).map(String::as_str) == Some(tested)
            && !stack.tags.contains_key(KEEP_TAG)
            && stack.name != desired.stack.name
            && !matches!(stack.status.health(), Health::InProgress | Health::Unknown);
        if is_left {
            let name = StackName {
                target: desired.stack.target.clone(),
                name: stack.name.clone(),
            };
            site.progress.step(&name, Step::LeftoversRemoved);
            if let Err(failure) = remove(site, &name, desired, stack).await {
                return Err(left(site, &name, false, failure, None).await);
            }
            removed.push(name.name);
        }
    }
    Ok(removed)
}

pub(super) async fn remove(
    site: &OperationContext<'_>,
    name: &StackName,
    desired: &Desired<'_>,
    stack: Stack,
) -> Result<(), OperationError> {
    let id = stack.id.clone();
    let facts = Facts {
        caller: Some(site.cloud.caller().clone()),
        stack: Some(Some(stack)),
        owner: owner_tags(desired.config.product.name(), name),
        // A removal sends no template.
        external_references: Some(Vec::new()),
        role_boundaries: Some(Vec::new()),
        authority: site.authority.authority(name, None),
        ..Facts::default()
    };
    let mut permit = site.decide::<Test>(&facts, name)?;
    // A new pipeline runs at once and writes objects, and CloudFormation deletes only empty buckets.
    for resource in site.cloud.resources(&id).await? {
        if let Some(bucket) = resource.bucket
            && site.cloud.count_versions(&bucket).await? > Some(0)
        {
            permit = site.cloud.empty(permit, &bucket, &|_| {}).await?;
        }
    }
    let running = site.cloud.delete(permit, &id).await?;
    watch_deletion(site, name, running).await
}
