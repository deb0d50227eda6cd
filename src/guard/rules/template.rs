//! Rules about the template that is sent.

use super::RuleInput;
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, EffectKind};
use crate::template::{ExternalReference, RoleBoundary};

/// References that a denial lists.
const MAX_LISTED: usize = 5;

/// The template refers to nothing outside of it. Macros run and parameters are read when a change set is created, so nothing of this
/// happens before the merge. After the merge, values may be read, but no plan shows what a macro or another template adds. A person at
/// a command line uses their own credentials.
pub fn is_self_contained(input: &RuleInput<'_>) -> Option<Denial> {
    use EffectKind::{Create, Preview, Test, Update};
    let finishes = input.facts.unfinished_import == Some(true);
    if !matches!(input.kind, Preview | Create | Test | Update) && !finishes {
        return None;
    }
    let is_merged = match &input.facts.authority {
        Authority::CommandLine { .. } => return None,
        Authority::Request(request) => request.merged == Some(true),
        Authority::Unknown => false,
    };
    let remedy = "write the content into the product's template, name a fixed version or digest of what AWS loads, or deploy the config from the command line";
    let denial = |fact: String| Some(Denial::new(Code::ExternalReference, fact, remedy));
    let Some(references) = &input.facts.external_references else {
        return denial("what the template refers to outside of it is not known".to_owned());
    };
    let denied: Vec<&ExternalReference> = references
        .iter()
        .filter(|reference| !is_merged || reference.kind.adds_text())
        .collect();
    if denied.is_empty() {
        return None;
    }
    let reason = match is_merged {
        true => "the plan does not show what the template adds from outside of it",
        false => {
            "before the merge, provisioner creates no change set from a template that refers to something outside of it"
        }
    };
    denial(format!("{reason}: {}", listed(&denied)))
}

/// Every role of the template has the boundary of the policy.
pub fn roles_have_boundary(input: &RuleInput<'_>) -> Option<Denial> {
    use EffectKind::{Create, Test, Update};
    let name = input.policy.ok()?.permissions_boundary.as_ref()?;
    let finishes = input.facts.unfinished_import == Some(true);
    if !matches!(input.kind, Create | Test | Update) && !finishes {
        return None;
    }
    let end = format!(":iam::{}:policy/{name}", input.stack.target.account);
    let has_boundary = |role: &RoleBoundary| {
        let boundary = role.boundary.as_ref();
        boundary.is_some_and(|boundary| boundary.ends_with(&end))
    };
    let fact = match &input.facts.role_boundaries {
        None => "the roles of the template are not known".to_owned(),
        Some(roles) => {
            let role = roles.iter().find(|role| !has_boundary(role))?;
            format!(
                "role `{}` of the stack lacks the permissions boundary `{name}`",
                role.logical_id
            )
        }
    };
    let remedy = format!("set the key for the permissions boundary in the config to `{name}`");
    Some(Denial::new(Code::BoundaryMissing, fact, remedy))
}

fn listed(references: &[&ExternalReference]) -> String {
    let mut texts: Vec<String> = references
        .iter()
        .take(MAX_LISTED)
        .map(|reference| format!("{} at {}", reference.kind.word(), reference.place))
        .collect();
    if references.len() > MAX_LISTED {
        texts.push(format!("{} more", references.len() - MAX_LISTED));
    }
    texts.join(", ")
}
