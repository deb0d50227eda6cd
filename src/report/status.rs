//! One-line descriptions on the forge: the commit status of a check, and the deployments of stacks.

use super::check::Report;
use super::check_headline::status_summary;
use super::fit::fit_line;
use super::outcome::Outcome;
use crate::model::Digest;
use crate::text::pluralize;

/// Name of the check's commit status. No user can edit a status, so comment and plan have to match the digest in it.
pub const PLAN_STATUS: &str = "provisioner/plan";

/// Characters of a description, within the limit of each forge.
const MAX_DESCRIPTION: usize = 139;

/// The word before the digest.
const PLAN: &str = "plan ";

/// The result of a check with the plan's digest at its end, in fewer than 140 characters.
pub fn status_description(report: &Report) -> String {
    let digest = report.plan.digest.to_string();
    let end = format!(", base {}, {PLAN}{digest}", report.context.base.short());
    let room = MAX_DESCRIPTION.saturating_sub(end.chars().count());
    status_summary(report, room) + &end
}

/// The last line of a check's log.
pub fn check_line(report: &Report) -> String {
    let (errors, warnings) = report.counts();
    let plan = &report.plan;
    // A former stack belongs to a config that has a change of its own.
    let configs = plan
        .changes
        .iter()
        .filter(|change| !change.is_former_stack());
    format!(
        "provisioner: {}, {}, {}, impact {}, plan {}",
        pluralize(configs.count(), "config"),
        pluralize(errors, "error"),
        pluralize(warnings, "warning"),
        plan.level.word(),
        plan.digest.prefix(12),
    )
}

/// The digest of a description; `None` if it has none.
pub fn status_digest(description: &str) -> Option<Digest> {
    let (_, digest) = description.rsplit_once(PLAN)?;
    Digest::parse(digest)
}

/// The state of a deployment in at most `most` characters. `None`: in progress.
pub fn deployment_description(stack: &str, outcome: Option<&Outcome>, most: usize) -> String {
    let words = match outcome {
        None => "in progress".to_owned(),
        Some(outcome) => outcome_words(outcome),
    };
    fit_line(&format!("{stack}: {words}"), most)
}

fn outcome_words(outcome: &Outcome) -> String {
    let errors = outcome.leading_problems().filter(|problem| problem.error);
    let codes: Vec<&str> = errors.map(|problem| problem.code.as_str()).collect();
    match codes.is_empty() {
        true => outcome.word().to_owned(),
        false => format!("{}: {}", outcome.word(), codes.join(", ")),
    }
}
