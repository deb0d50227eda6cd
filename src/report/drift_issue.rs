//! The issue about a stack that has drifted, and the summary of a scan for drift.

use super::Alert;
use super::escape::{code, fence};
use super::fit::{Block, Rest, fit_blocks};
use super::log::escape_workflow_commands;
use crate::estate::DriftRotation;
use crate::model::Digest;
use crate::product::Verb;
use crate::stack::StackName;
use crate::text::{pluralize, quote_argument};

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
    /// Whether the rollback of an update failed, so that nothing can update the stack.
    pub rollback_failed: bool,
    /// Whether the stack has provisioner's tags, so that provisioner can repair it.
    pub owned: bool,
    /// Whether the deployed template is what the config renders to.
    pub current: bool,
    /// One line.
    pub summary: String,
    /// Tables in Markdown.
    pub tables: String,
}

impl FoundDrift {
    /// Whether the stack needs a person, so that it has an open issue.
    pub fn needs_repair(&self) -> bool {
        self.drifted || self.rollback_failed
    }
}

/// The first line of a stack's issue.
pub fn drift_issue_marker(stack: &StackName) -> String {
    let digest = Digest::sha256(stack.to_string());
    format!("{DRIFT_MARKER}{} -->", digest.prefix(24))
}

pub fn drift_issue_title(stack: &StackName, found: &FoundDrift) -> String {
    match found.rollback_failed {
        true => format!("Rollback failed: {stack}"),
        false => format!("Drift: {stack}"),
    }
}

/// Begins the end of an open issue.
const NEXT: &str = "### What to do\n\n";

/// What a person does about the stack, with the commands that repair it.
fn next_steps(config: &str, found: &FoundDrift) -> String {
    let commands = |verb: Verb| {
        let (action, config) = (verb.name(), quote_argument(config));
        let comment = fence(&format!("/provisioner {action}"), "text");
        let command = |flag: &str| format!("provisioner {action} {config} {flag}");
        let lines = [command("--dry-run"), command("--force")].join("\n");
        format!(
            "{comment}\n\nThe reply has a preview, and the comment by which a second person confirms it. On a command line:\n\n{}\n\n",
            fence(&lines, "text")
        )
    };
    let (text, commands) = match (found.rollback_failed, found.owned) {
        (true, true) => (
            "The rollback of an update failed, so nothing can update the stack. Repair the cause that the stack's events name. \
             Then comment here to continue the rollback:",
            commands(Verb::ContinueRollback),
        ),
        (false, true) => (
            "If the change should stay, add it to the config in a pull request. If not, undo it in the account, or comment here to revert it:",
            commands(Verb::Restore),
        ),
        (true, false) => (
            "The rollback of an update failed. provisioner did not create this stack, and does not repair it.",
            String::new(),
        ),
        (false, false) => (
            "Undo the manual change. provisioner did not create this stack, and does not repair it.",
            String::new(),
        ),
    };
    format!(
        "{NEXT}{text}\n\n{commands}Each scan updates this issue. A scan closes it when the stack matches its template.\n"
    )
}

/// The text of a stack's issue in at most `limit` characters.
pub fn drift_issue(stack: &StackName, config: &str, found: &FoundDrift, limit: usize) -> String {
    let head = format!(
        "{}\n{}\n\nConfig: {}\n\n",
        drift_issue_marker(stack),
        code(&found.summary),
        code(config)
    );
    let blocks = vec![
        Block::Whole(head),
        Block::Cut(format!("{}\n", found.tables)),
        Block::Whole(next_steps(config, found)),
    ];
    fit_blocks(blocks, Rest::JobReport, limit)
}

/// Begins what a closed issue keeps.
const DRIFTED_BEFORE: &str = "Drift that the previous scan found:\n\n";

/// The text of an issue that is closed: the stack is as its template says, and what `before`, the text of the open issue, lists had
/// drifted. People may have edited that text, so it is shown unchanged.
pub fn closed_drift_issue(
    stack: &StackName,
    config: &str,
    found: &FoundDrift,
    before: &str,
    limit: usize,
) -> String {
    let head = format!(
        "{}\n{}\n\nConfig: {}\n\n{DRIFTED_BEFORE}",
        drift_issue_marker(stack),
        code(&found.summary),
        code(config)
    );
    // Without the marker and the foot.
    let before = before.split_once('\n').map_or("", |(_, text)| text);
    let foot = before.find(NEXT.trim_end());
    let before = &before[..foot.unwrap_or(before.len())];
    let block = fence(before.trim(), "text") + "\n";
    fit_blocks(
        vec![Block::Whole(head), Block::Cut(block)],
        Rest::JobReport,
        limit,
    )
}

/// The result of a scan.
#[derive(Debug, Default)]
pub struct ScannedStacks {
    /// Sorted by config.
    pub stacks: Vec<StackDrift>,
    /// Paths of valid configs whose stacks do not exist.
    pub without_stack: Vec<String>,
    /// Paths of configs with errors, whose stacks are not known.
    pub invalid: Vec<String>,
    /// Number of stacks that are left for the next scan.
    pub left: usize,
    /// How scans take turns with the stacks.
    pub rotation: DriftRotation,
    /// Issues that the forge did not take.
    pub unwritten: Vec<UnwrittenIssue>,
}

/// An issue that the forge did not take.
#[derive(Debug)]
pub struct UnwrittenIssue {
    /// The config of its stack; `None` if no issue could be written.
    pub config: Option<String>,
    /// The forge's words.
    pub reason: String,
}

/// Configs that a summary lists. The rest is counted.
const MAX_LISTED: usize = 50;

/// The job summary of a scan in at most `limit` characters.
pub fn drift_scan_markdown(scan: &ScannedStacks, limit: usize) -> String {
    let mut blocks = vec![Block::Whole("## Provisioner: drift\n\n".to_owned())];
    let missing = scan.without_stack.len();
    if missing > 0 {
        let text = format!(
            "⚠ {} no stack: a run was denied or failed, has not ended, or no job runs for the environment:\n\n{}\n",
            pluralize_have(missing),
            listed(&scan.without_stack)
        );
        blocks.push(Block::Cut(text));
    }
    if !scan.invalid.is_empty() {
        let stacks = match scan.invalid.len() {
            1 => "its stack is",
            _ => "their stacks are",
        };
        let text = format!(
            "❌ {} errors, so {stacks} not known:\n\n{}\n",
            pluralize_have(scan.invalid.len()),
            listed(&scan.invalid)
        );
        blocks.push(Block::Cut(text));
    }
    blocks.extend(scan.unwritten.iter().map(|issue| {
        let config = issue.config.as_deref().map(|path| code(path) + ": ");
        let config = config.unwrap_or_default();
        let (title, reason) = (issue.title(), code(&issue.reason));
        Block::Cut(format!("❌ {config}{title}: {reason}\n\n"))
    }));
    blocks.extend(scan.stacks.iter().map(|stack| {
        Block::Cut(match &stack.found {
            Ok(found) => {
                let is_as_merged = !found.needs_repair() && found.current;
                let mark = if is_as_merged { "✅" } else { "⚠" };
                format!("{mark} {}\n\n{}\n", code(&found.summary), found.tables)
            }
            Err(why) => format!("❌ {}: {}\n\n", code(&stack.config), code(why)),
        })
    }));
    if scan.stacks.is_empty() && missing == 0 && scan.invalid.is_empty() {
        blocks.push(Block::Whole("No config found.\n".to_owned()));
    }
    if scan.left > 0 {
        let left = pluralize(scan.left, "stack");
        let rotation = rotation_text(&scan.rotation);
        blocks.push(Block::Whole(format!(
            "Left for the next scan: {left}. {rotation}\n"
        )));
    }
    fit_blocks(blocks, Rest::JobReport, limit)
}

/// Within which time each stack is checked, in sentences.
pub(super) fn rotation_text(rotation: &DriftRotation) -> String {
    let scans = pluralize(rotation.scans, "scan");
    let mut text = match rotation.scans {
        0 | 1 => "Each scan checks every stack for drift.".to_owned(),
        _ => {
            format!("Every stack is checked for drift within {scans}, the longest unchecked first.")
        }
    };
    if let Some(oldest) = &rotation.oldest {
        text.push_str(&format!(" The oldest check is of {oldest}."));
    }
    if rotation.never > 0 {
        let never = pluralize(rotation.never, "stack");
        text.push_str(&format!(" Never checked: {never}."));
    }
    text
}

fn pluralize_have(configs: usize) -> String {
    let verb = if configs == 1 { "has" } else { "have" };
    format!("{} {verb}", pluralize(configs, "config"))
}

fn listed(paths: &[String]) -> String {
    let rows = paths.iter().take(MAX_LISTED);
    let rows = rows.map(|path| format!("- {}\n", code(path)));
    let rest = match paths.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        rest => format!("- and {rest} more\n"),
    };
    rows.chain([rest]).collect()
}

/// The log of a scan: failures, configs without a stack, and the number of drifted stacks.
pub fn drift_scan_lines(scan: &ScannedStacks) -> String {
    let mut lines = String::new();
    for stack in &scan.stacks {
        if let Err(why) = &stack.found {
            lines.push_str(&format!("{}: error: {why}\n", stack.config));
        }
    }
    for path in &scan.without_stack {
        lines.push_str(&format!("{path}: the stack does not exist\n"));
    }
    for path in &scan.invalid {
        lines.push_str(&format!("{path}: the config has errors\n"));
    }
    let (drifted, failed) = drift_counts(&scan.stacks);
    let all = pluralize(scan.stacks.len(), "stack");
    lines.push_str(&format!(
        "provisioner: {all} checked, {drifted} drifted, {failed} failed; {} no stack\n",
        pluralize_have(scan.without_stack.len())
    ));
    escape_workflow_commands(&lines)
}

/// Why a scan failed.
pub fn drift_scan_alerts(scan: &ScannedStacks) -> Vec<Alert> {
    let failed = scan.stacks.iter().filter_map(|stack| {
        let why = stack.found.as_ref().err()?;
        Some(Alert::for_config(&stack.config, "drift not detected", why))
    });
    let unwritten = scan.unwritten.iter().map(|issue| match &issue.config {
        Some(config) => Alert::for_config(config, issue.title(), &issue.reason),
        None => Alert::new(issue.title(), &issue.reason),
    });
    failed.chain(unwritten).collect()
}

impl UnwrittenIssue {
    fn title(&self) -> &'static str {
        match self.config {
            Some(_) => "the issue is not written",
            None => "no issue is written",
        }
    }
}

/// Numbers of drifted stacks and of failures.
pub fn drift_counts(stacks: &[StackDrift]) -> (usize, usize) {
    let found = stacks.iter().map(|stack| &stack.found);
    let failed = found.clone().filter(|found| found.is_err()).count();
    let drifted = found.flatten().filter(|found| found.drifted).count();
    (drifted, failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;

    /// S13: GitHub takes bodies of 65,536 characters, and summaries of 1 MiB.
    #[test]
    fn issues_and_summaries_are_fitted_to_their_limits() {
        let found = || FoundDrift {
            drifted: true,
            rollback_failed: false,
            owned: true,
            current: true,
            summary: "drift in 9 resources".to_owned(),
            tables: "| 漂移 | `a` | 🔴 |\n".repeat(40_000),
        };
        let stack = StackName {
            target: Target {
                account: "111122223333".to_owned(),
                region: "eu-west-1".to_owned(),
                environment: "prod".to_owned(),
            },
            name: "acme".to_owned(),
        };
        let body = drift_issue(&stack, "a-s3.yaml", &found(), 65_000);
        assert!(body.chars().count() <= 65_000, "{}", body.chars().count());
        assert!(body.starts_with(&drift_issue_marker(&stack)));
        assert!(body.contains("… The rest is in the job's report."));
        assert!(body.ends_with("matches its template.\n"), "the end stays");
        let stacks = (0..3).map(|_| StackDrift {
            stack: stack.clone(),
            config: "a-s3.yaml".to_owned(),
            found: Ok(found()),
        });
        let scan = ScannedStacks {
            stacks: stacks.collect(),
            ..ScannedStacks::default()
        };
        let page = drift_scan_markdown(&scan, 250_000);
        assert!(page.len() <= 1 << 20, "{}", page.len());
        assert_eq!(page.matches("drift in 9 resources").count(), 3);
    }

    #[test]
    fn a_failed_rollback_opens_an_issue_that_says_so() {
        let stack = StackName {
            target: Target {
                account: "111122223333".to_owned(),
                region: "eu-west-1".to_owned(),
                environment: "prod".to_owned(),
            },
            name: "acme".to_owned(),
        };
        let mut found = FoundDrift {
            drifted: false,
            rollback_failed: true,
            owned: true,
            current: true,
            summary: "acme: no drift found; the rollback of an update failed".to_owned(),
            tables: String::new(),
        };
        assert!(found.needs_repair());
        assert_eq!(
            drift_issue_title(&stack, &found),
            format!("Rollback failed: {stack}")
        );
        let body = drift_issue(&stack, "a-s3.yaml", &found, 65_000);
        assert!(
            body.contains("provisioner continue-rollback a-s3.yaml --force\n"),
            "{body}"
        );
        // A foreign stack has no command: provisioner would deny it.
        found.owned = false;
        let foreign = drift_issue(&stack, "a-s3.yaml", &found, 65_000);
        assert!(
            !foreign.contains("provisioner continue-rollback"),
            "{foreign}"
        );
        found.rollback_failed = false;
        let closed = closed_drift_issue(&stack, "a-s3.yaml", &found, &body, 65_000);
        assert!(!closed.contains("What to do"), "{closed}");
    }
}
