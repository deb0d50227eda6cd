//! The issue about a config that was merged and not applied, or about a stack without a config.

use super::escape::{code, fence};
use crate::estate::{EstateRow, EstateState};
use crate::model::{Digest, RepoPath};
use crate::stack::StackName;

/// Begins the first line of every issue; a digest of the stack, its account and its region follow.
pub const ESTATE_MARKER: &str = "<!-- provisioner:estate ";

/// The first line of a stack's issue.
pub fn estate_issue_marker(stack: &StackName) -> String {
    // The environment of a stack without a config is a tag, which can change.
    let digest = Digest::sha256(stack.to_string());
    let target = &stack.target;
    format!(
        "{ESTATE_MARKER}{} {} {} -->",
        digest.prefix(24),
        target.account,
        target.region
    )
}

/// The account and region of an issue's stack.
pub fn parse_estate_marker(line: &str) -> Option<(String, String)> {
    let words = line.strip_prefix(ESTATE_MARKER)?.strip_suffix(" -->")?;
    let mut words = words.split(' ').skip(1);
    let place = (words.next()?.to_owned(), words.next()?.to_owned());
    words.next().is_none().then_some(place)
}

/// One line of plain text.
pub fn estate_issue_title(stack: &StackName, state: EstateState) -> String {
    match state {
        EstateState::WithoutConfig => format!("Stack without a config: {stack}"),
        _ => format!("Merged, not applied: {stack}"),
    }
}

/// The text of a stack's issue.
pub fn estate_issue(stack: &StackName, row: &EstateRow) -> String {
    let marker = estate_issue_marker(stack);
    let name = code(&stack.to_string());
    let foot = "Each scan updates this issue. A scan closes it when the state is gone.\n";
    let config = row.config.as_ref().map_or("", RepoPath::as_str);
    match (row.state, &row.status.value) {
        (EstateState::WithoutConfig, _) => format!(
            "{marker}\n{name} has provisioner's tags, and no config of the default branch asks for it.\n\n\
             {NEXT}\n\n\
             - If a pull request deleted the config, confirm the deletion there.\n\
             - If the stack should stay, restore its config in a pull request.\n\
             - If the config is in another repository, give the repositories different accounts or regions.\n\n{foot}"
        ),
        (_, None) => format!(
            "{marker}\n{name} does not exist, and its config is merged.\n\nConfig: {}\n\n{NEXT}\n\n{NOT_APPLIED}{foot}",
            code(config)
        ),
        (_, Some(_)) => format!(
            "{marker}\n{name} has another template than its config renders to.\n\nConfig: {}\n\n{NEXT}\n\n{NOT_APPLIED}{foot}",
            code(config)
        ),
    }
}

const NOT_APPLIED: &str = "The run of the merge was denied, failed, waits or has not ended. Its comment on the pull request has the reason. \
     Resolve it, then start the job that applies by hand on the default branch, with this config.\n\n";

/// Begins the end of an open issue.
const NEXT: &str = "### What to do";

/// The text of an issue that is closed. `before`: the text of the open issue. People may have edited it, so it is shown unchanged.
pub fn closed_estate_issue(before: &str) -> String {
    let (marker, text) = before.split_once('\n').unwrap_or((before, ""));
    let text = text.split(NEXT).next().unwrap_or_default();
    let block = fence(text.trim(), "text");
    format!("{}\nThis state is gone:\n\n{block}\n", marker.trim_end())
}
