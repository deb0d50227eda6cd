//! The report of a run that applies what was merged and is not applied: what it does not begin with, and why.

use super::fit::{Block, Rest, fit_blocks};
use super::format::Format;
use super::text::Text;
use crate::guard::ClosedReason;
use crate::text::pluralize;

/// Rows of the table.
const MAX_ROWS: usize = 100;

/// What a run leaves, before it applies anything.
#[derive(Debug, Default)]
pub struct PendingReport {
    /// Number of configs that the run works on, and of merges that changed them.
    pub configs: usize,
    pub merges: usize,
    /// Environments in which nothing may change now.
    pub closed: Vec<ClosedEnvironment>,
    /// Environments for which a job already waits for its reviewers.
    pub in_review: Vec<String>,
    /// Configs that are not applied, or whose stacks are not known, each with the reason.
    pub left: Vec<(String, LeftReason)>,
}

/// An environment outside of its windows, or in a freeze.
#[derive(Debug)]
pub struct ClosedEnvironment {
    pub name: String,
    pub why: ClosedReason,
    pub opens: Option<String>,
}

/// The merge that changed a config again, whose stack does not have the template of the former merge, nor one of a newer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerMerge {
    /// Its pull request, if one brought it.
    pub number: Option<u64>,
    pub effect: NewerEffect,
}

/// What a newer merge made of a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewerEffect {
    /// The default branch has no config of the stack any more.
    Removed,
    /// The config renders as it did before the former merge.
    Reverted,
    Changed,
}

impl NewerMerge {
    fn text(&self) -> Text {
        let who = match self.number {
            Some(number) => Text::ours("pull request #").and(Text::number(number)),
            None => Text::ours("a newer commit"),
        };
        who.and(Text::ours(match self.effect {
            NewerEffect::Removed => " removed or moved its config",
            NewerEffect::Reverted => " reverted it",
            NewerEffect::Changed => " changed its config, and is not applied",
        }))
    }

    /// The same as plain text.
    pub fn plain(&self) -> String {
        self.text().plain()
    }

    /// What lets others begin that wait for the stack.
    pub fn remedy(&self) -> String {
        let other = "change this config by another pull request: that merge decides anew";
        match (self.effect, self.number) {
            (NewerEffect::Changed, Some(number)) => {
                format!("get pull request #{number} applied, or {other}")
            }
            _ => other.to_owned(),
        }
    }
}

/// Why a run does not apply a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftReason {
    /// The policy sets no apply role for the environment.
    NoApplyRole,
    /// The policy sets no plan role for the environment.
    NoPlanRole,
    /// The policy does not allow the config's account.
    AccountNotAllowed,
    OtherAccount,
    /// AWS's words.
    Unread(String),
    /// The status of the stack, which is being changed.
    InProgress(String),
    /// The status of the stack, whose last operation failed.
    Failed(String),
    /// The stack does not have the program's tags, and no entry asks for its adoption.
    NotOwned,
    /// The stack has no bucket for the config's folders.
    NoFolders,
    /// No commit that was read changed the config.
    HistoryUnknown,
    /// No single pull request brought the last change.
    NotMerged,
    /// The stack was changed after the merge, and does not have the config's template.
    Attempted,
    /// The update failed, and CloudFormation rolled it back.
    RolledBack,
    /// The policy allows no updates, and the stack has another template.
    NoUpdates,
    /// An earlier run could begin nothing of its merge, and nothing changed since.
    Rests,
    /// Other merges come first.
    NextRun,
    /// The forge's words.
    MergeUnread(String),
    Superseded(NewerMerge),
}

impl LeftReason {
    pub(super) fn text(&self) -> Text {
        let sentence = |words: &'static str, outside: &String| {
            Text::ours(words).and(Text::sentence(outside.as_str()))
        };
        match self {
            Self::NoApplyRole => Text::ours("the policy sets no apply role for the environment"),
            Self::NoPlanRole => Text::ours(
                "the policy sets no plan role for the environment, so only its own job can find out",
            ),
            Self::AccountNotAllowed => {
                Text::ours("the policy does not allow its account for the environment")
            }
            Self::OtherAccount => Text::ours("the credentials are of another account"),
            Self::Unread(words) => sentence("AWS did not give its state: ", words),
            Self::InProgress(status) => {
                Text::ours("the stack is being changed: ").and(Text::name(status))
            }
            Self::Failed(status) => {
                Text::ours("the stack needs a repair: ").and(Text::name(status))
            }
            Self::NotOwned => Text::ours(
                "the stack does not belong to provisioner, and no entry asks for its adoption",
            ),
            Self::NoFolders => Text::ours("the stack has no bucket for the folders"),
            Self::HistoryUnknown => Text::ours("the commit that changed it last is not known"),
            Self::NotMerged => Text::ours("no single merge brought its last change"),
            Self::Attempted => Text::ours(
                "the stack was changed after the last merge, and has another template: start a run by hand with `configs`",
            ),
            Self::RolledBack => Text::ours(
                "its update failed and was rolled back: correct the cause, then start a run by hand with `configs`",
            ),
            Self::NoUpdates => Text::ours("the policy allows no updates"),
            Self::Rests => Text::ours(
                "earlier runs did not begin or finish it, and nothing changed since: the comment on its merge says why",
            ),
            Self::NextRun => Text::ours("another run applies it: this one has enough merges"),
            Self::MergeUnread(words) => sentence("the forge did not answer: ", words),
            Self::Superseded(newer) => newer.text(),
        }
    }

    /// The same as plain text.
    pub fn plain(&self) -> String {
        self.text().plain()
    }

    /// Whether an operation on the stack failed.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::RolledBack)
    }

    /// Whether AWS or the forge did not answer.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_) | Self::MergeUnread(_))
    }
}

/// After the name of the environment.
pub(super) fn closed_text(why: &ClosedReason) -> Text {
    match why {
        ClosedReason::Frozen { until, reason } => Text::ours(" is frozen until ")
            .and(Text::name(until))
            .and(Text::ours(": "))
            .and(Text::sentence(reason.as_str())),
        ClosedReason::OutsideWindows { now } => {
            Text::ours(" is outside its windows; it is ").and(Text::name(now))
        }
        ClosedReason::UnknownTime => Text::ours(" is not known to be open: the time is not known"),
    }
}

impl ClosedEnvironment {
    fn text(&self) -> Text {
        let text = Text::name(self.name.as_str()).and(closed_text(&self.why));
        match &self.opens {
            Some(opens) => text
                .and(Text::ours(". A run applies what waits from "))
                .and(Text::sentence(opens.as_str()))
                .and(Text::ours(" on.")),
            None => text.and(Text::ours(".")),
        }
    }
}

/// What is said of whole environments.
fn notes(report: &PendingReport) -> impl Iterator<Item = Text> {
    let closed = report.closed.iter().map(ClosedEnvironment::text);
    let in_review = report.in_review.iter().map(|name| {
        let rest = Text::ours(" has something to apply, and a job that waits for its reviewers.");
        Text::name(name.as_str()).and(rest)
    });
    closed.chain(in_review)
}

/// The report's part of the job summary, in at most `limit` characters. `found`: the environments whose jobs apply it; `None` if this job
/// does.
pub fn pending_markdown(report: &PendingReport, found: Option<&[String]>, limit: usize) -> String {
    let configs = pluralize(report.configs, "config");
    let merges = pluralize(report.merges, "merge");
    let head = match (found, report.configs) {
        (Some([]), _) if !report.in_review.is_empty() => "No job starts.".to_owned(),
        (Some([]) | None, 0) => "Nothing to apply.".to_owned(),
        (None, _) => format!("This run works on {configs} of {merges}."),
        (Some(found), _) => Format::Markdown.line(&jobs(found)),
    };
    let mut blocks = vec![Block::Whole(format!(
        "## Provisioner: merged, not applied\n\n{head}\n\n"
    ))];
    for text in notes(report) {
        let line = Format::Markdown.line(&text);
        blocks.push(Block::Whole(format!("{line}\n")));
    }
    let rows = report.left.iter().take(MAX_ROWS);
    let rows = rows.map(|(config, reason)| vec![Text::name(config.as_str()), reason.text()]);
    let rows: Vec<Vec<Text>> = rows.collect();
    if !rows.is_empty() {
        let table = Format::Markdown.table(&["config", "why this run does not begin it"], &rows);
        blocks.push(Block::Cut(format!("{table}\n")));
    }
    if report.left.len() > MAX_ROWS {
        let rest = pluralize(report.left.len() - MAX_ROWS, "more config");
        blocks.push(Block::Whole(format!("{rest} not begun.\n")));
    }
    fit_blocks(blocks, Rest::JobReport, limit)
}

/// Whose jobs have something to apply.
fn jobs(found: &[String]) -> Text {
    let mut text = Text::ours("Jobs of these environments have something to apply: ");
    for (index, name) in found.iter().enumerate() {
        let before = if index == 0 { "" } else { ", " };
        text = text.and(Text::ours(before)).and(Text::name(name.as_str()));
    }
    text.and(Text::ours("."))
}

/// The environments whose jobs a push starts.
pub fn pushed_environments(found: &[String]) -> Text {
    match found {
        [] => Text::ours("The push concerns no environment. No job starts."),
        found => jobs(found),
    }
}

/// The report for the log.
pub fn pending_lines(report: &PendingReport, found: Option<&[String]>) -> String {
    let configs = pluralize(report.configs, "config");
    let merges = pluralize(report.merges, "merge");
    let mut lines = vec![match found {
        None => format!("merged, not applied: this run works on {configs} of {merges}"),
        Some([]) => "merged, not applied: no job starts".to_owned(),
        Some(found) => jobs(found).plain(),
    }];
    lines.extend(notes(report).map(|text| text.plain()));
    let left = report.left.iter();
    lines.extend(left.map(|(config, reason)| {
        let config = Text::name(config.as_str()).and(Text::ours(": "));
        config.and(reason.text()).plain()
    }));
    lines.join("\n")
}
