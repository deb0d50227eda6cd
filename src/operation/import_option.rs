//! The command that imports resources whose names are taken.

use super::{Desired, OperationContext, OperationError};
use crate::cloud::NameState;
use crate::plan::BUCKET;
use crate::template::{bucket_policies, import_key, physical_names};
use crate::text::quote_argument;

/// What can become of a resource that has the name of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameHolder {
    /// The new stack can import it.
    Importable,
    /// The stack exists or imports nothing more.
    InTheWay,
}

/// The command that imports these resources, each a logical id and an identifier, into the new stack.
pub(super) fn import_command(desired: &Desired<'_>, resources: &[(&str, &str)]) -> String {
    let path = quote_argument(desired.config.path.as_str());
    let mut command = format!("provisioner import {path}");
    for (id, identifier) in resources {
        let mut all = desired.document.resources();
        let found = all.find(|resource| resource.logical_id == *id);
        if let Some(key) = found.and_then(|resource| import_key(resource.kind)) {
            let resource = format!("{id}={key}={identifier}");
            command.push_str(&format!(" --resource {}", quote_argument(&resource)));
        }
    }
    command
}

/// The command that imports a bucket that exists, with its policy if it has one; `None` if the template has no bucket of the name.
pub(super) async fn bucket_import(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    bucket: &str,
) -> Result<Option<String>, OperationError> {
    let document = &desired.document;
    let mut names = physical_names(document);
    let found = names.find(|name| name.resource.kind == BUCKET && name.name == bucket);
    let Some(found) = found else {
        return Ok(None);
    };
    let mut resources = vec![(found.resource.logical_id, bucket)];
    let mut policies = bucket_policies(document);
    let policy = policies.find(|policy| policy.bucket.name(document) == Some(bucket));
    if let Some(policy) = policy
        && site.cloud.policy_state(bucket).await? != NameState::Free
    {
        resources.push((policy.logical_id, bucket));
    }
    Ok(Some(import_command(desired, &resources)))
}
