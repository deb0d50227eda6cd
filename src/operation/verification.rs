//! Verifies a stack after an operation.

use super::{Desired, OperationContext, OperationError};
use crate::config::Node;
use crate::report::{Fault, Step};
use crate::stack::Stack;
use crate::template::{Document, Reference, walk};

/// What a verified stack has.
pub(super) struct Verified {
    /// Keys of outputs.
    pub outputs: Vec<String>,
    /// Names of SSM parameters.
    pub parameters: Vec<String>,
}

/// Verifies the stack: every output has a value, and every SSM parameter has the value of the template.
pub(super) async fn verify(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    stack: &Stack,
) -> Result<Verified, OperationError> {
    site.progress.step(&desired.stack, Step::Verification);
    // A conditional output or parameter may be absent.
    let outputs = desired.document.section("Outputs").iter();
    let outputs = outputs.filter(|output| output.value.get("Condition").is_none());
    let outputs: Vec<String> = outputs.map(|output| output.key.clone()).collect();
    let has = |key: &String| {
        let mut found = stack.outputs.iter().filter(|output| output.key == *key);
        found.next().is_some_and(|output| !output.value.is_empty())
    };
    let mut missing: Vec<String> = outputs.iter().filter(|key| !has(key)).cloned().collect();
    let expected = parameters(&desired.document, stack);
    let parameters: Vec<String> = expected.iter().map(|(name, _)| name.clone()).collect();
    let existing = site.cloud.parameters(&parameters).await?;
    let lacks = |name: &&String| {
        let existing = existing.get(*name);
        existing.is_none_or(|existing| existing.value.is_empty())
    };
    missing.extend(parameters.iter().filter(lacks).cloned());
    if missing.is_empty() {
        let differs = |(name, value): &&(String, Option<String>)| {
            let existing = existing.get(name).map(|existing| &existing.value);
            value.is_some() && existing != value.as_ref()
        };
        let different: Vec<String> = expected
            .iter()
            .filter(differs)
            .map(|(name, _)| name.clone())
            .collect();
        if !different.is_empty() {
            return Err(OperationError::VerificationFailed(Fault::Different {
                parameters: different,
            }));
        }
    }
    if !missing.is_empty() {
        return Err(OperationError::VerificationFailed(Fault::Incomplete {
            status: stack.status.to_string(),
            missing,
        }));
    }
    Ok(Verified {
        outputs,
        parameters,
    })
}

/// The names of the template's SSM parameters, each with its value: as the template has it, or that of an output with the same
/// expression. `None` if neither is known.
fn parameters(document: &Document, stack: &Stack) -> Vec<(String, Option<String>)> {
    let resources = document.resources();
    let parameters = resources
        .filter(|resource| resource.kind == "AWS::SSM::Parameter")
        .filter(|resource| resource.entry.value.get("Condition").is_none());
    let parameters = parameters.filter_map(|resource| {
        let name = resource.physical_name()?.to_owned();
        let value = resource.entry.value.get("Properties")?.get("Value");
        let value = value.and_then(|value| match value.text() {
            Some(text) if value.tag.is_none() => Some(text.to_owned()),
            _ => output_of(document, stack, value),
        });
        Some((name, value))
    });
    parameters.collect()
}

/// The value of an output with the same expression. CloudFormation masks `NoEcho` parameters in outputs, so an expression with a
/// parameter has no known value.
fn output_of(document: &Document, stack: &Stack, value: &Node) -> Option<String> {
    let given = document.section("Parameters");
    let mut has_parameter = false;
    walk(value, &mut |reference, _| {
        if let Reference::Ref(name) = reference {
            has_parameter |= given.iter().any(|given| given.key == name);
        }
    });
    if has_parameter {
        return None;
    }
    let mut outputs = document.section("Outputs").iter();
    let output = outputs.find(|output| {
        let has = output.value.get("Value");
        has.is_some_and(|has| has.same_data(value))
    })?;
    let mut known = stack.outputs.iter();
    Some(known.find(|known| known.key == output.key)?.value.clone())
}
