//! Writes folders and the rendered template into a stack's bucket.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Desired, OperationContext, OperationError};
use crate::cloud::{Cloud, StackBucket};
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::{Facts, Folders, Upload};
use crate::product::{FolderItem, ProductError, Verb};
use crate::report::{Counted, FolderCount, Refusal, RemainingFolders, Remains, StackRemains};
use crate::stack::Stack;
use crate::text::quote;

/// The prefixes of a solution, or of all solutions of the config. A name that no solution can have is an error. A solution that the
/// config does not list has folders too.
pub fn select_folders(config: &Config, solution: Option<&str>) -> Result<Vec<String>, Diagnostic> {
    let (product, scope) = (&config.product, &config.derived.scope);
    let invalid = |failure: ProductError| product_problem(&config.path, product, &failure);
    let Some(solution) = solution else {
        return product.folder_prefixes(scope).map_err(invalid);
    };
    match product.folder_item(scope, solution).map_err(invalid)? {
        None => Ok(Vec::new()),
        Some(FolderItem::Listed { prefix } | FolderItem::Unlisted { prefix, .. }) => {
            Ok(vec![prefix])
        }
        Some(FolderItem::Invalid { help }) => {
            let message = format!("no solution can have this name: {}", quote(solution));
            Err(Diagnostic::error(Code::SolutionInvalid, &config.path, message).with_help(help))
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FolderResult {
    /// The name of the bucket.
    pub bucket: String,
    /// The prefixes below which the folders are, one for each solution.
    pub prefixes: Vec<String>,
    /// Number of folders that the config requests.
    pub requested: usize,
    /// Number of folders that were created now.
    pub created: usize,
}

impl FolderResult {
    pub fn count(&self) -> FolderCount<'_> {
        FolderCount {
            bucket: &self.bucket,
            prefixes: &self.prefixes,
            created: self.created,
            requested: self.requested,
        }
    }
}

/// Creates the missing folders below the prefixes. `verb`: the one that needs them.
pub async fn deploy_folders(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    prefixes: &[String],
    verb: Verb,
) -> Result<FolderResult, OperationError> {
    let facts = site.facts(desired).await?;
    let permit = site.decide::<Folders>(&facts, &desired.stack)?;
    let bucket = bucket(site.cloud, desired, stack_of(&facts)).await?;
    let (missing, requested) = missing_folders(site.cloud, desired, &bucket, prefixes).await?;
    let total = missing.len() as u64;
    let done = std::sync::atomic::AtomicU64::new(0);
    let notify = || {
        let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        site.progress
            .count(&desired.stack, Counted::Folders, done, Some(total));
    };
    let outcome = site.cloud.make_folders(permit, &bucket, &missing, &notify);
    let (created, failure) = outcome.await;
    let bucket = bucket.name().to_owned();
    let Some(failure) = failure else {
        return Ok(FolderResult {
            bucket,
            prefixes: prefixes.to_vec(),
            requested,
            created,
        });
    };
    // The guard allows folders only in a stack that exists.
    let state = match facts.stack.flatten() {
        Some(stack) => StackRemains::Status(stack.status),
        None => StackRemains::Unknown,
    };
    Err(OperationError::Unfinished {
        failure: Box::new(failure.into()),
        cleanup: None,
        remains: Box::new(Remains {
            folders: Some(RemainingFolders {
                bucket,
                existing: requested - missing.len() + created,
                requested,
            }),
            ..Remains::new(&desired.stack, state, verb)
        }),
    })
}

/// Whether the bucket of a stack lacks folders that its config requests. Reads only.
pub async fn lacks_folders(
    cloud: &Cloud,
    config: &Config,
    stack: &Stack,
) -> Result<bool, OperationError> {
    let prefixes = select_folders(config, None);
    let prefixes = prefixes.map_err(|problem| OperationError::Invalid(vec![problem]))?;
    if prefixes.is_empty() {
        return Ok(false);
    }
    let desired = Desired::new(config)?;
    let bucket = bucket(cloud, &desired, Some(stack)).await?;
    let (missing, _) = missing_folders(cloud, &desired, &bucket, &prefixes).await?;
    Ok(!missing.is_empty())
}

/// The folders that [`deploy_folders`] would create.
pub async fn preview_folders(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    prefixes: &[String],
) -> Result<FolderResult, OperationError> {
    let facts = site.facts(desired).await?;
    let _allowed = site.decide::<Folders>(&facts, &desired.stack)?;
    let bucket = bucket(site.cloud, desired, stack_of(&facts)).await?;
    let (missing, requested) = missing_folders(site.cloud, desired, &bucket, prefixes).await?;
    Ok(FolderResult {
        bucket: bucket.name().to_owned(),
        prefixes: prefixes.to_vec(),
        requested,
        created: missing.len(),
    })
}

/// The keys of folders that the bucket lacks, and the number of all folders.
async fn missing_folders(
    cloud: &Cloud,
    desired: &Desired<'_>,
    bucket: &StackBucket,
    prefixes: &[String],
) -> Result<(Vec<String>, usize), OperationError> {
    let tree = desired.config.product.folder_tree.as_ref();
    let paths = tree.map(|tree| tree.paths()).unwrap_or_default();
    let keys = prefixes
        .iter()
        .flat_map(|prefix| paths.iter().map(move |path| format!("{prefix}{path}")));
    let keys: Vec<String> = keys.collect();
    let mut missing = Vec::new();
    for prefix in prefixes {
        let existing = cloud.keys(bucket, prefix).await?;
        let below = keys.iter().filter(|key| key.starts_with(prefix.as_str()));
        missing.extend(below.filter(|key| !existing.contains(*key)).cloned());
    }
    Ok((missing, keys.len()))
}

/// Writes the rendered template below each prefix. Returns the S3 URIs.
pub async fn upload_template(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    prefixes: &[String],
) -> Result<Vec<String>, OperationError> {
    let facts = site.facts(desired).await?;
    let permits: Result<Vec<_>, _> = prefixes
        .iter()
        .map(|_| site.decide::<Upload>(&facts, &desired.stack))
        .collect();
    let permits = permits?;
    let bucket = bucket(site.cloud, desired, stack_of(&facts)).await?;
    let mut places = Vec::with_capacity(prefixes.len());
    for (prefix, permit) in prefixes.iter().zip(permits) {
        let key = template_key(desired, prefix);
        site.cloud
            .upload(permit, &bucket, &key, &desired.body)
            .await?;
        places.push(format!("s3://{}/{key}", bucket.name()));
    }
    Ok(places)
}

/// The S3 URIs that [`upload_template`] would write.
pub async fn preview_upload(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    prefixes: &[String],
) -> Result<Vec<String>, OperationError> {
    let facts = site.facts(desired).await?;
    let _allowed = site.decide::<Upload>(&facts, &desired.stack)?;
    let bucket = bucket(site.cloud, desired, stack_of(&facts)).await?;
    let place = |prefix: &String| {
        let key = template_key(desired, prefix);
        format!("s3://{}/{key}", bucket.name())
    };
    Ok(prefixes.iter().map(place).collect())
}

fn template_key(desired: &Desired<'_>, prefix: &str) -> String {
    let name = &desired.config.outputs.template;
    format!("{prefix}config/cloudformation/{name}")
}

/// The stack's bucket, if it is the one that the config names. After a denied update a stack may hold another.
fn stack_of(facts: &Facts) -> Option<&Stack> {
    facts.stack.as_ref().and_then(Option::as_ref)
}

async fn bucket(
    cloud: &Cloud,
    desired: &Desired<'_>,
    stack: Option<&Stack>,
) -> Result<StackBucket, OperationError> {
    let (logical_id, named) = desired.named_bucket().ok_or_else(|| {
        let message = "the product has no bucket with a name of its own";
        let problem = Diagnostic::error(Code::ActionNotOffered, &desired.config.path, message);
        OperationError::Invalid(vec![problem])
    })?;
    let resources = match stack {
        Some(stack) => cloud.resources(&stack.id).await?,
        None => Vec::new(),
    };
    let mut held = resources.into_iter();
    let held = held.find(|resource| resource.logical_id == logical_id);
    match held.and_then(|resource| resource.bucket) {
        Some(bucket) if bucket.name() == named => Ok(bucket),
        other => {
            let refusal = Refusal::BucketNotInStack {
                bucket: named,
                held: other.map(|bucket| bucket.name().to_owned()),
            };
            Err(OperationError::Denied(vec![refusal.denial()]))
        }
    }
}
