//! The removal of a config.

use super::{Cause, Change, Input, Intent, behavior_on_delete, resources};
use crate::config::{Config, load_contents};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::diff::diff;
use crate::product::{Level, Registry};
use crate::template::{DataKind, DeletionBehavior, Document};
use crate::text::{pluralize, quote};

pub(super) fn describe(change: &mut Change, config: &Config) {
    change.product = Some(config.product.name().to_owned());
    change.stack = Some(config.stack().to_owned());
    change.target = Some(config.target.clone());
    change.identity_from_defaults = Cause::identity_from_defaults(config);
}

/// Assesses a removed config by the base's template. The intent is a deletion even if the product fails.
pub(super) fn removed(change: &mut Change, before: &Config) {
    change.intent = Intent::Delete;
    describe(change, before);
    let old = match before.product.render_template(&before.derived.scope) {
        Ok(old) => old,
        Err(failure) => {
            change.level = Level::Unknown;
            change.caveat = Some(format!(
                "The product fails for the removed config ({failure}), so what its stack holds is not known."
            ));
            return;
        }
    };
    let document = Document::parse(&change.path, &old).ok();
    change.resources = resources::compare(document.as_ref(), None);
    let empties = before.deletion_empties_buckets();
    for resource in &mut change.resources {
        let by_template = resource.deletion_behavior;
        resource.deletion_behavior =
            by_template.map(|by_template| behavior_on_delete(&resource.kind, by_template, empties));
    }
    let may_lose_data = change.resources.iter().any(|resource| {
        resource.holds != DataKind::Nothing
            && resource.deletion_behavior == Some(DeletionBehavior::Deleted)
    });
    change.level = if may_lose_data {
        Level::Critical
    } else {
        Level::High
    };
    change.diff = diff(&old, "");
}

/// Assesses a removed config that had errors. Warns of its stack, unless every version is known to have errors.
pub(super) fn abandoned(change: &mut Change, base: &Registry, input: &Input) {
    change.intent = Intent::Abandon;
    let earlier = input.earlier.as_ref();
    let versions = earlier.map_or(&[][..], |earlier| &earlier.versions);
    let valid = versions.iter().find_map(|(commit, contents)| {
        let config = load_contents(base, &input.path, contents).config?;
        Some((commit, config))
    });
    let is_complete = earlier.is_some_and(|earlier| earlier.complete);
    let (named, help) = match valid {
        Some((commit, config)) => (
            format!(
                "its version of {} names stack {} in account {}, region {}",
                commit.short(),
                quote(config.stack()),
                config.target.account,
                config.target.region,
            ),
            "to delete the stack: merge that version of the config again, then remove it",
        ),
        None if is_complete => {
            let caveat = "The present products accept no version of this file, so provisioner knows no stack of it.";
            change.caveat = Some(caveat.to_owned());
            return;
        }
        None => (
            format!(
                "provisioner read {} and knows no stack of it",
                pluralize(versions.len(), "earlier version")
            ),
            "if the config has a stack: merge a version without errors, then remove it",
        ),
    };
    let message = format!("the config had errors, so its removal deletes no stack; {named}");
    let problem = Diagnostic::error(Code::StackLeftBehind, &input.path, message)
        .with_severity(Severity::Warning)
        .with_help(help);
    change.diagnostics.push(problem);
}
