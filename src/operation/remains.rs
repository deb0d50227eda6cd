//! Adds to a failure what AWS has after it.

use super::{OperationContext, OperationError};
use crate::cloud::CloudError;
use crate::product::Verb;
use crate::report::{Fault, Remains, StackRemains};
use crate::stack::{OWN_TAGS, StackName};

/// The failure of an operation that may have changed AWS, with the stack's status now. One query for each failure. Keeps the failure if
/// nothing can have changed, or if AWS does not answer.
pub(super) async fn with_remains(
    site: &OperationContext<'_>,
    stack: &StackName,
    verb: Verb,
    failure: OperationError,
) -> OperationError {
    if !may_have_changed(&failure) {
        return failure;
    }
    match remains(site, stack, verb).await {
        Remains {
            state: StackRemains::Unknown,
            ..
        } => failure,
        remains => unfinished(failure, remains),
    }
}

/// The failure of a creation after its predecessor was deleted: it says what was deleted, and what exists now. `deleted`: the ARN of
/// that stack.
pub(super) async fn after_deletion(
    site: &OperationContext<'_>,
    stack: &StackName,
    verb: Verb,
    deleted: &str,
    failure: OperationError,
) -> OperationError {
    let failure = match failure {
        OperationError::Unfinished { .. } => failure,
        failure => unfinished(failure, remains(site, stack, verb).await),
    };
    match failure {
        OperationError::Unfinished {
            failure,
            cleanup,
            mut remains,
        } => {
            remains.deleted = Some(deleted.to_owned());
            OperationError::Unfinished {
                failure,
                cleanup,
                remains,
            }
        }
        failure => failure,
    }
}

fn unfinished(failure: OperationError, remains: Remains) -> OperationError {
    let values_differ = matches!(
        failure,
        OperationError::VerificationFailed(
            Fault::Different { .. } | Fault::Incomplete { .. } | Fault::ImportDrift { .. }
        )
    );
    OperationError::Unfinished {
        failure: Box::new(failure),
        cleanup: None,
        remains: Box::new(Remains {
            values_differ,
            ..remains
        }),
    }
}

/// What AWS says about a stack now.
pub(super) async fn remains(site: &OperationContext<'_>, name: &StackName, verb: Verb) -> Remains {
    let cloud = site.cloud.without_cancellation();
    let (state, unfinished) = match cloud.stack(&name.name).await {
        Ok(Some(stack)) => {
            let is_tagged = stack.tags.keys().any(|key| key.starts_with(OWN_TAGS));
            let unfinished = stack.status.may_lack_resources() && !is_tagged;
            (StackRemains::Status(stack.status), unfinished)
        }
        Ok(None) => (StackRemains::Missing, false),
        Err(_) => (StackRemains::Unknown, false),
    };
    Remains {
        unfinished,
        ..Remains::new(name, state, verb)
    }
}

fn may_have_changed(failure: &OperationError) -> bool {
    match failure {
        OperationError::Operation { .. } | OperationError::VerificationFailed(_) => true,
        // AWS did not answer, or does not accept the credentials: another query would fail too.
        OperationError::Cloud(CloudError::Aws(error)) => error.is_refusal(),
        OperationError::Cloud(_)
        | OperationError::Denied(_)
        | OperationError::Invalid(_)
        | OperationError::ChangeSetFailed { .. }
        | OperationError::Cancelled(_)
        | OperationError::Unfinished { .. }
        | OperationError::Warned { .. } => false,
    }
}
