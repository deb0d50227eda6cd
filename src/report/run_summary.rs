//! The summary and the log of a run that changed stacks.

use super::attempts::MAX_ATTEMPTS;
use super::escape::code;
use super::fit::{Block, Rest, fit_blocks};
use super::log::escape_workflow_commands;
use super::outcome::{Outcome, State};
use super::text::Text;
use crate::model::RepoPath;
use crate::text::{escape_invisible, pluralize};

/// Configs that a sentence names; the rest is counted.
const MAX_NAMED: usize = 20;

/// Joins reports in at most `limit` characters. `environment`: the job's, if it has one.
pub fn run_summary(pages: Vec<String>, environment: Option<&str>, limit: usize) -> String {
    if pages.is_empty() {
        let text = match environment {
            None => "No config to apply.".to_owned(),
            Some(name) => format!(
                "No config to apply in environment {}. Jobs of other environments apply their own configs.",
                code(name)
            ),
        };
        return format!("## Provisioner\n\n{text}\n");
    }
    // An empty line ends the block before it.
    let pages = pages
        .into_iter()
        .map(|page| Block::Cut(format!("\n{page}")));
    fit_blocks(pages.collect(), Rest::JobReport, limit)
}

/// The page of a job that failed as a whole.
pub fn failed_job(error: &str) -> String {
    let mut lines = error.lines();
    let reason = lines.next().unwrap_or_default();
    let mut text = format!("## Provisioner\n\n❌ The job failed: {}\n\n", code(reason));
    for line in lines {
        match line.trim_start().strip_prefix("help: ") {
            Some(help) => text.push_str(&format!("- Help: {}\n", code(help))),
            None => text.push_str(&format!("- {}\n", code(line.trim()))),
        }
    }
    text
}

/// The page of a merge that could not be read.
pub fn unread_merge(commit: &str, error: &str) -> String {
    format!(
        "## Provisioner\n\n❌ The run for merge {} failed: {}\n\n",
        code(commit),
        code(error)
    )
}

/// The page of a comment that the forge did not take. `reason`: Markdown.
pub fn unwritten_comment(number: u64, reason: &str) -> String {
    format!("⚠️ Pull request {number}: {reason}\n\n")
}

/// Outcomes and their problems, for a log.
pub fn outcome_lines(outcomes: &[Outcome]) -> String {
    let mut lines = String::new();
    for outcome in outcomes {
        let path = escape_invisible(&outcome.path, false);
        let why = match outcome.state {
            State::Skipped if !outcome.summary.is_empty() => format!("; {}", outcome.summary),
            _ => String::new(),
        };
        lines.push_str(&format!("{path}: {}{why}\n", outcome.word()));
        for problem in outcome.leading_problems() {
            lines.push_str(&format!("{}\n", problem.text));
        }
        if let Some(remains) = &outcome.remains {
            lines.push_str(&format!("{path}: {}\n", remains.text().plain()));
        }
    }
    escape_workflow_commands(&lines)
}

/// The number of configs in each state, for the last line of a log.
pub fn states_line<'a>(outcomes: impl Iterator<Item = &'a Outcome> + Clone) -> String {
    let of = |state: State| {
        let outcomes = outcomes.clone();
        outcomes.filter(|outcome| outcome.state == state).count()
    };
    let not_started = match of(State::NotStarted) {
        0 => String::new(),
        count => format!(", {count} not started"),
    };
    format!(
        "provisioner: {}, {} done, {} waiting, {} denied, {} failed{not_started}",
        pluralize(outcomes.clone().count(), "config"),
        of(State::Done),
        of(State::AwaitingConfirmation),
        of(State::Denied),
        of(State::Failed)
    )
}

/// The configs of a merge that failed too often for a scheduled run.
pub fn exhausted_configs(number: u64, configs: &[RepoPath]) -> String {
    let shown = configs.iter().take(MAX_NAMED);
    let more = configs.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| Text::count(more, "more config"));
    let names = Text::list(shown.map(|path| Text::name(path.as_str())).chain(more));
    let text = Text::ours("⚠ Not tried again, because ")
        .and(Text::number(MAX_ATTEMPTS))
        .and(Text::ours(" runs failed: "))
        .and(names)
        .and(Text::ours(" of pull request #"))
        .and(Text::number(number))
        .and(Text::ours(
            ". Correct the config by a pull request, or apply it by hand.",
        ));
    format!("{}\n", text.markdown())
}
