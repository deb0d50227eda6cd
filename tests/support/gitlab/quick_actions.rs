//! Quick actions in notes and descriptions: `/merge`, `/approve`, `/close` and others run as the author.
//! <https://docs.gitlab.com/user/project/quick_actions/>

use std::ops::RangeInclusive;

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use serde_json::{Value, json};

use super::auth::AccessLevel;
use super::merging::Method;
use super::state::State;

/// How GitLab finds commands in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extractor {
    /// The older one works on lines. It skips a fence that begins with three backticks only up to a line of exactly three, HTML
    /// blocks and quotes between `>>>`: a command in a longer fence runs.
    Lines,
    /// The newer one works on paragraphs of the Markdown.
    Markdown,
    /// Runs what either finds.
    #[default]
    Either,
}

/// A quick action that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    pub command: String,
    /// The login.
    pub by: String,
    /// `MergeRequest` or `Issue`.
    pub on: &'static str,
    pub number: u64,
}

/// Names that GitLab takes as commands; what the fake does not model is only recorded.
const COMMANDS: [&str; 28] = [
    "approve",
    "assign",
    "assign_reviewer",
    "award",
    "clear_health_status",
    "close",
    "confidential",
    "copy_metadata",
    "done",
    "draft",
    "due",
    "duplicate",
    "estimate",
    "label",
    "lock",
    "merge",
    "milestone",
    "ready",
    "reassign",
    "rebase",
    "relabel",
    "reopen",
    "request_changes",
    "shrug",
    "spend",
    "subscribe",
    "title",
    "unapprove",
];

/// The numbers of the lines that are commands.
pub fn command_lines(text: &str, extractor: Extractor) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let by_line = || skipped_by_lines(&lines);
    let by_markdown = || outside_paragraphs(text, lines.len());
    let skipped: Vec<bool> = match extractor {
        Extractor::Lines => by_line(),
        Extractor::Markdown => by_markdown(),
        Extractor::Either => by_line()
            .iter()
            .zip(by_markdown())
            .map(|(a, b)| *a && b)
            .collect(),
    };
    let found = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| !skipped[*at] && command(line).is_some());
    found.map(|(at, _)| at).collect()
}

/// Name and argument of a line that begins with a known command.
fn command(line: &str) -> Option<(String, &str)> {
    let rest = line.strip_prefix('/')?;
    let (name, argument) = rest
        .trim_end()
        .split_once(' ')
        .unwrap_or((rest.trim_end(), ""));
    let name = name.to_lowercase();
    COMMANDS
        .contains(&name.as_str())
        .then_some((name, argument))
}

fn skipped_by_lines(lines: &[&str]) -> Vec<bool> {
    let mut skipped = vec![false; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let closes =
            |end: &dyn Fn(&str) -> bool, from: usize| (from..lines.len()).find(|n| end(lines[*n]));
        // An opening line without more text needs a line in between.
        let end = if let Some(info) = line.strip_prefix("```") {
            closes(&|l| l == "```", at + 1 + usize::from(info.is_empty()))
        } else if let Some(info) = line.strip_prefix(">>>") {
            closes(&|l| l == ">>>", at + 1 + usize::from(info.is_empty()))
        } else if line.len() > 2 && line.starts_with('<') && line.ends_with('>') {
            closes(&|l| l.starts_with("</") && l.ends_with('>'), at + 2)
        } else {
            None
        };
        if let Some(end) = end {
            skipped[at..=end].fill(true);
            at = end;
        }
        at += 1;
    }
    skipped
}

fn outside_paragraphs(text: &str, lines: usize) -> Vec<bool> {
    let arena = Arena::new();
    let mut options = Options::default();
    options.extension.table = true;
    let document = parse_document(&arena, text, &options);
    let mut skipped = vec![true; lines];
    for node in document.children() {
        let data = node.data.borrow();
        if matches!(data.value, NodeValue::Paragraph) {
            let span: RangeInclusive<usize> =
                data.sourcepos.start.line - 1..=data.sourcepos.end.line - 1;
            skipped[span].fill(false);
        }
    }
    skipped
}

/// A text after its commands ran.
pub struct Outcome {
    /// The text without commands.
    pub rest: String,
    /// `commands_changes` of the answer.
    pub changes: Value,
    /// One sentence for each command that was applied.
    pub summary: Vec<String>,
    /// One sentence for each command that could not be applied.
    pub errors: Vec<String>,
    pub found: bool,
}

#[derive(Clone, Copy)]
pub struct Target {
    pub project: u64,
    pub number: u64,
    pub is_issue: bool,
}

impl State {
    /// Runs the commands of a text as its author.
    pub fn run_commands(&mut self, target: Target, user: u64, text: &str) -> Outcome {
        let text = text.replace('\r', "");
        let at = command_lines(&text, self.extractor);
        let mut outcome = Outcome {
            rest: String::new(),
            changes: json!({}),
            summary: Vec::new(),
            errors: Vec::new(),
            found: !at.is_empty(),
        };
        let mut rest = Vec::new();
        for (number, line) in text.lines().enumerate() {
            match command(line).filter(|_| at.contains(&number)) {
                Some((name, argument)) => self.run(target, user, (&name, argument), &mut outcome),
                None => rest.push(line),
            }
        }
        outcome.rest = rest.join("\n").trim_end().to_owned();
        outcome
    }

    fn run(
        &mut self,
        target: Target,
        user: u64,
        (name, argument): (&str, &str),
        outcome: &mut Outcome,
    ) {
        let Target {
            project,
            number,
            is_issue,
        } = target;
        let level = self.level(&self.repos[&project], user);
        let developer = level >= AccessLevel::Developer as i64;
        let open = match is_issue {
            true => self.repos[&project].issues[&number].open,
            false => self.repos[&project].pulls[&number].state == "opened",
        };
        let may_merge = !is_issue && self.may_merge(project, number, level);
        let said = match name {
            "approve" if !is_issue && developer && open => {
                self.approve(project, number, user);
                Some("Approved the current merge request.")
            }
            "unapprove" if !is_issue && developer && open => {
                self.unapprove(project, number, user);
                Some("Unapproved the current merge request.")
            }
            "merge" if may_merge && open => {
                self.merge(project, number, user, Method::MergeCommit);
                outcome.changes["merge"] = json!("");
                Some("Merged this merge request.")
            }
            "close" if open && level >= AccessLevel::Reporter as i64 => {
                let at = self.now();
                match is_issue {
                    true => self.set_issue(project, number, Some((user, at))),
                    false => self.close(project, number, user),
                }
                outcome.changes["state_event"] = json!("close");
                Some(if is_issue {
                    "Closed this issue."
                } else {
                    "Closed this merge request."
                })
            }
            "title" if developer && !argument.is_empty() => {
                let data = self.repo_mut(project);
                match is_issue {
                    true => argument
                        .clone_into(&mut data.issues.get_mut(&number).expect("it exists").title),
                    false => argument
                        .clone_into(&mut data.pulls.get_mut(&number).expect("it exists").title),
                }
                outcome.changes["title"] = json!(argument);
                Some("Changed the title.")
            }
            "approve" | "unapprove" | "merge" | "close" => None,
            // Recorded, without an effect in the fake.
            _ => Some("Updated."),
        };
        match said {
            Some(said) => {
                outcome.summary.push(said.to_owned());
                let by = self.user(user).login.clone();
                let on = if is_issue { "Issue" } else { "MergeRequest" };
                self.executed.push(Executed {
                    command: name.to_owned(),
                    by,
                    on,
                    number,
                });
            }
            None => outcome
                .errors
                .push(format!("Could not apply {name} command.")),
        }
    }

    fn may_merge(&self, project: u64, number: u64, level: i64) -> bool {
        let pull = &self.repos[&project].pulls[&number];
        let needed = self
            .protection(project, &pull.base_ref)
            .map_or(30, |p| p.merge.max(1));
        level >= needed && !pull.draft
    }
}
