//! What an operation leaves that a cancelled run no longer watches.

use super::{OperationContext, OperationError};
use crate::cloud::CloudError;
use crate::report::Fault;
use crate::stack::{Health, StackName};

pub(super) const DELETING: &str = "DELETE_IN_PROGRESS";

/// Names what is left, by what AWS says now. `id`: the stack's ARN. Keeps the error if the run was not cancelled, or AWS does not answer.
pub(super) async fn what_remains(
    site: &OperationContext<'_>,
    stack: &StackName,
    id: &str,
    failure: OperationError,
) -> OperationError {
    if !matches!(failure, OperationError::Cloud(CloudError::Interrupted)) {
        return failure;
    }
    let Ok(found) = site.cloud.stack(id).await else {
        return failure;
    };
    let name = stack.name.clone();
    let found = found.filter(|stack| stack.status.health() != Health::Deleted);
    OperationError::Cancelled(match found {
        None => Fault::RemovedAfterCancellation { stack: name },
        Some(found) if found.status.0 == DELETING => Fault::RemovalUnfinished { stack: name },
        Some(found) => Fault::LeftAfterCancellation {
            stack: name,
            status: found.status.to_string(),
        },
    })
}
