//! A config that names another stack than before, or the same stack in another environment.

use super::StackMove;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::text::quote;

/// Whether the configs have stacks of another account, region or name.
pub(super) fn is_other_stack(before: &Config, after: &Config) -> bool {
    StackMove::find(before, after).is_some()
}

/// The error of a config that keeps its stack and changes the environment: the rules of the new environment would decide about a stack
/// of the former one.
pub(super) fn other_environment(before: &Config, after: &Config) -> Option<Diagnostic> {
    let [former, new] = [before, after].map(|config| &config.target.environment);
    if former == new || is_other_stack(before, after) {
        return None;
    }
    let message = format!(
        "the environment changes from {} to {}, and the config still names stack {}",
        quote(former),
        quote(new),
        quote(after.stack())
    );
    let [_, _, key] = after.product.target_keys();
    let place = after.location_of(key.unwrap_or(&after.product.manifest.section));
    let problem = Diagnostic::error(Code::EnvironmentChanged, &after.path, message);
    let help = format!(
        "keep the environment {}, or change a key that is part of the stack's name",
        quote(former)
    );
    Some(problem.with_help(help).located(place))
}

/// The warning of a config that names another stack than before. A merge creates that stack and deletes nothing.
pub(super) fn stack_left_behind(before: &Config, after: &Config) -> Diagnostic {
    let shown = |config: &Config| {
        let target = &config.target;
        format!(
            "{} in account {}, region {}, environment {}",
            quote(config.stack()),
            target.account,
            target.region,
            target.environment
        )
    };
    let message = format!(
        "the config now names another stack: {}. The former stack {} stays until a second person confirms its deletion",
        shown(after),
        shown(before)
    );
    Diagnostic::error(Code::StackLeftBehind, &after.path, message)
        .with_severity(Severity::Warning)
        .with_help("provisioner moves no data from the former stack: copy its data before you confirm the deletion")
}
