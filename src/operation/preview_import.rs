//! What an import would do.

use super::import::{Imports, named_resources, unmet_imports};
use super::provision::existing;
use super::{Desired, Occupancy, OperationContext, OperationError, preflight};
use crate::diagnostic::Diagnostic;
use crate::entries::NamedResource;
use crate::guard::{Facts, Inspect};
use crate::plan::Changes;

/// The resources that a new stack would import and create, and what it requires and does not find. `given`: of a command line, or of an
/// entry before its merge.
pub async fn preview_import(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    facts: &Facts,
    given: &[NamedResource],
) -> Result<(Changes, Vec<Diagnostic>), OperationError> {
    let _looking = site.decide::<Inspect>(facts, &desired.stack)?;
    let named = named_resources(desired, facts, given)?;
    let imports = Imports::find(site, desired, named).await?;
    let mut unmet = unmet_imports(site, desired, &imports.named, None).await?;
    let occupancy = match existing(facts) {
        Some(_) => Occupancy::Updated,
        None => Occupancy::New(&imports),
    };
    unmet.extend(preflight(site, desired, occupancy).await?);
    let changes = Changes::for_new_stack(desired.config, &desired.stack, &desired.document);
    let changes = changes
        .with_former(&imports.former)
        .with_named(&imports.named)
        .with_leftovers(imports.leftover_names());
    Ok((changes, unmet))
}
