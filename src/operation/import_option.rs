//! Names that are taken, and the command that imports what has them. One command names all of them: one that lacks a resource fails on the
//! next taken name.

use super::{Desired, OperationContext, OperationError};
use crate::cloud::NameState;
use crate::diagnostic::Diagnostic;
use crate::plan::BUCKET;
use crate::template::{ImportedResource, bucket_policies, import_key, physical_names};
use crate::text::quote_argument;

/// What can become of a resource that has the name of a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameHolder {
    /// The new stack can import it.
    Importable,
    /// The stack exists or imports nothing more.
    InTheWay,
}

/// A resource for the command line: logical id and identifier.
pub(super) type ImportArgument = (String, String);

/// Writes the help from the command.
type ImportHelp = Box<dyn FnOnce(&str) -> String + Send + Sync>;

/// A problem of a name, whose help may be the import of what has it.
pub(super) struct TakenName {
    problem: Diagnostic,
    arguments: Vec<ImportArgument>,
    help: Option<ImportHelp>,
}

impl From<Diagnostic> for TakenName {
    fn from(problem: Diagnostic) -> Self {
        Self {
            problem,
            arguments: Vec::new(),
            help: None,
        }
    }
}

impl TakenName {
    /// A problem that an import of these resources solves. `help`: from the whole command.
    pub fn importable(
        problem: Diagnostic,
        arguments: Vec<ImportArgument>,
        help: impl FnOnce(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            problem,
            arguments,
            help: Some(Box::new(help)),
        }
    }
}

/// The problems with their help. `named`: what the command line names already.
pub(super) fn with_command(
    desired: &Desired<'_>,
    named: &[ImportedResource],
    problems: Vec<TakenName>,
) -> Vec<Diagnostic> {
    let named = named.iter().filter_map(|one| {
        let (_, identifier) = one.identifier(&desired.document, named)?;
        Some((one.logical_id.clone(), identifier))
    });
    let mut all: Vec<ImportArgument> = named.collect();
    for argument in problems.iter().flat_map(|problem| &problem.arguments) {
        if !all.iter().any(|(known, _)| *known == argument.0) {
            all.push(argument.clone());
        }
    }
    let command = import_command(desired, &all);
    let problems = problems.into_iter().map(|problem| match problem.help {
        Some(help) => problem.problem.with_help(help(&command)),
        None => problem.problem,
    });
    problems.collect()
}

/// The command that imports these resources into the new stack.
fn import_command(desired: &Desired<'_>, resources: &[ImportArgument]) -> String {
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

/// A bucket that exists, with its policy if it has one. Empty if the template has no bucket of the name.
pub(super) async fn bucket_arguments(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    bucket: &str,
) -> Result<Vec<ImportArgument>, OperationError> {
    let mut arguments = arguments_for(desired, bucket);
    if arguments.len() > 1 && site.cloud.policy_state(bucket).await? == NameState::Free {
        arguments.truncate(1);
    }
    Ok(arguments)
}

/// The command that imports a bucket with its policy; `None` if the template has no bucket of the name.
pub(super) fn bucket_command(desired: &Desired<'_>, bucket: &str) -> Option<String> {
    let arguments = arguments_for(desired, bucket);
    (!arguments.is_empty()).then(|| import_command(desired, &arguments))
}

/// The template's bucket of this name, then its policy.
fn arguments_for(desired: &Desired<'_>, bucket: &str) -> Vec<ImportArgument> {
    let document = &desired.document;
    let mut names = physical_names(document);
    let found = names.find(|name| name.resource.kind == BUCKET && name.name == bucket);
    let Some(found) = found else {
        return Vec::new();
    };
    let mut policies = bucket_policies(document);
    let policy = policies.find(|policy| policy.bucket.name(document) == Some(bucket));
    let ids = [
        Some(found.resource.logical_id),
        policy.map(|policy| policy.logical_id),
    ];
    let ids = ids.into_iter().flatten();
    ids.map(|id| (id.to_owned(), bucket.to_owned())).collect()
}
