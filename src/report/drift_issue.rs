//! The issue about a stack that has drifted, and the summary of a scan for drift.

use super::escape::code;
use super::fit::{Block, Rest, fit_blocks};
use super::log::escape_workflow_commands;
use crate::model::Digest;
use crate::stack::StackName;
use crate::text::pluralize;

/// Begins the first line of every drift issue; a digest of the stack follows.
pub const DRIFT_MARKER: &str = "<!-- provisioner:drift ";

#[derive(Clone, Debug)]
pub struct StackDrift {
    pub stack: StackName,
    /// Path of its config.
    pub config: String,
    /// The drift, or why it could not be detected.
    pub found: Result<FoundDrift, String>,
}

#[derive(Clone, Debug)]
pub struct FoundDrift {
    /// Whether the stack differs from its template.
    pub drifted: bool,
    /// One line.
    pub summary: String,
    /// Tables in Markdown.
    pub tables: String,
}

/// The first line of a stack's issue.
pub fn drift_issue_marker(stack: &StackName) -> String {
    let digest = Digest::sha256(stack.to_string());
    format!("{DRIFT_MARKER}{} -->", digest.prefix(24))
}

pub fn drift_issue_title(stack: &StackName) -> String {
    format!("Drift: {stack}")
}

/// The text of a stack's issue in at most `limit` characters.
pub fn drift_issue(stack: &StackName, config: &str, found: &FoundDrift, limit: usize) -> String {
    let head = format!(
        "{}\n{}\n\nConfig: {}\n\n",
        drift_issue_marker(stack),
        code(&found.summary),
        code(config)
    );
    let foot = "Nothing was repaired. Undo what was done by hand, or bring it into the config by a pull request. \
                This issue is updated by every look, and closed when the stack is as its template says.\n";
    let blocks = vec![
        Block::Whole(head),
        Block::Cut(format!("{}\n", found.tables)),
        Block::Whole(foot.to_owned()),
    ];
    fit_blocks(blocks, Rest::JobSummary, limit)
}

/// The job summary of a scan in at most `limit` characters. `left` stacks were not checked.
pub fn drift_scan_markdown(stacks: &[StackDrift], left: usize, limit: usize) -> String {
    let mut blocks = vec![Block::Whole("## Provisioner: drift\n\n".to_owned())];
    blocks.extend(stacks.iter().map(|stack| {
        Block::Cut(match &stack.found {
            Ok(found) => {
                let mark = if found.drifted { "⚠" } else { "✅" };
                format!("{mark} {}\n\n{}\n", code(&found.summary), found.tables)
            }
            Err(why) => format!("❌ {}: {}\n\n", code(&stack.config), code(why)),
        })
    }));
    if stacks.is_empty() {
        blocks.push(Block::Whole("No config has a stack.\n".to_owned()));
    }
    if left > 0 {
        let left = pluralize(left, "stack");
        blocks.push(Block::Whole(format!(
            "{left} are looked at the next time.\n"
        )));
    }
    fit_blocks(blocks, Rest::JobReport, limit)
}

/// The log of a scan: failures, and the number of drifted stacks.
pub fn drift_scan_lines(stacks: &[StackDrift]) -> String {
    let mut lines = String::new();
    for stack in stacks {
        if let Err(why) = &stack.found {
            lines.push_str(&format!("{}: {why}\n", stack.config));
        }
    }
    let (drifted, failed) = drift_counts(stacks);
    let all = pluralize(stacks.len(), "stack");
    lines.push_str(&format!(
        "provisioner: {all} looked at, {drifted} drifted, {failed} failed\n"
    ));
    escape_workflow_commands(&lines)
}

/// Numbers of drifted stacks and of failures.
pub fn drift_counts(stacks: &[StackDrift]) -> (usize, usize) {
    let found = stacks.iter().map(|stack| &stack.found);
    let failed = found.clone().filter(|found| found.is_err()).count();
    let drifted = found.flatten().filter(|found| found.drifted).count();
    (drifted, failed)
}
