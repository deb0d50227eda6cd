//! Preflight: what a stack needs.

use super::{Desired, OperationContext, OperationError};
use crate::cloud::{self, Cloud, CloudError};
use crate::diagnostic::{Code, Diagnostic};
use crate::product::Requirement;
use crate::report::Unmet;
use crate::stack::Health;
use crate::template::{Document, SsmInput};

/// The checks for a stack that may exist.
pub async fn preflight_of(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
) -> Result<Vec<Diagnostic>, OperationError> {
    let stack = site.cloud.stack(&desired.stack.name).await?;
    let exists = stack.is_some_and(|stack| stack.status.health() != Health::ReviewInProgress);
    preflight(site, desired, exists).await
}

/// Checks everything that the product says a stack needs. Reports all that is missing at once. An existing stack uses the names that
/// have to be free for a new one.
pub async fn preflight(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    exists: bool,
) -> Result<Vec<Diagnostic>, OperationError> {
    let config = desired.config;
    let needs = config.product.needs(&config.derived.scope);
    let needs = needs.map_err(|failure| {
        OperationError::Invalid(vec![Diagnostic::error(
            Code::ProductInvalid,
            &config.path,
            failure.to_string(),
        )])
    })?;
    let mut missing = Vec::new();
    for need in needs {
        if exists && matches!(need.needed, Requirement::FreeBucket { .. }) {
            continue;
        }
        let absent = match absent(site.cloud, &desired.document, &need.needed).await {
            // A role that may deploy need not be allowed to read everything that the stack uses.
            Err(CloudError::Aws(error)) if error.is_refusal() => Some(Unmet::Unreadable {
                code: error.code().to_owned(),
            }),
            missing => missing?,
        };
        if let Some(unmet) = absent {
            let message = unmet.message(&need.needed);
            let problem = Diagnostic::error(Code::PreflightFailed, &config.path, message)
                .with_severity(unmet.severity(need.severity))
                .with_help(Unmet::help(&need.text));
            missing.push(Diagnostic {
                span: Some(config.span_of(&need.at)),
                ..problem
            });
        }
    }
    Ok(missing)
}

async fn absent(
    cloud: &Cloud,
    document: &Document,
    needed: &Requirement,
) -> cloud::Result<Option<Unmet>> {
    let exists = match needed {
        Requirement::Resource { kind, id } => cloud.has_resource(kind, id).await?,
        Requirement::Parameter { name } => {
            let found = cloud.parameters(std::slice::from_ref(name)).await?;
            let Some(found) = found.get(name) else {
                return Ok(Some(Unmet::Missing));
            };
            let input = SsmInput::of_parameter(document, name);
            let mismatch = input.and_then(|input| input.mismatch(&found.kind, &found.value));
            return Ok(mismatch.map(Unmet::Mismatch));
        }
        Requirement::Bucket { name, versioned } => match cloud.bucket(name).await? {
            Some(bucket) if *versioned && !bucket.versioned => {
                return Ok(Some(Unmet::NotVersioned));
            }
            found => found.is_some(),
        },
        // A missing bucket is reported once, without its objects.
        Requirement::Object { bucket, key } => {
            cloud.bucket(bucket).await?.is_none() || cloud.has_object(bucket, key).await?
        }
        Requirement::BucketEvents { name } => {
            let sends_events = cloud.sends_events(name).await?;
            return Ok((sends_events == Some(false)).then_some(Unmet::NoEvents));
        }
        Requirement::FreeBucket { name } => {
            let found = cloud.bucket(name).await?;
            return Ok(found.map(|_| Unmet::NameTaken));
        }
    };
    Ok((!exists).then_some(Unmet::Missing))
}
