//! The estate as a document, as a text and in the job summary.

use std::collections::BTreeMap;

use super::drift_issue::rotation_text;
use super::escape::code;
use super::fit::{Block, Rest, fit_blocks};
use super::format::Format;
use super::json_document::JsonDocument;
use super::text::Text;
use crate::estate::{Estate, EstateRow, EstateState, Fact, TemplateState, Unknown};
use crate::model::RepoPath;
use crate::text::pluralize;

/// Rows that the text and the summary list. The page and the document have all.
const MAX_LISTED: usize = 50;

impl JsonDocument for Estate {
    const NAME: &'static str = "estate";
    const TITLE: &'static str =
        "Every config of the default branch with its stack, and every stack without a config";
    const FORMAT: &'static str = "provisioner-estate/1";
}

pub(super) fn state_words(state: EstateState) -> &'static str {
    match state {
        EstateState::Failed => "failed",
        EstateState::NotApplied => "merged, not applied",
        EstateState::Drifted => "drifted",
        EstateState::WithoutConfig => "without config",
        EstateState::NotOwned => "not owned",
        EstateState::Invalid => "config has errors",
        EstateState::InProgress => "in progress",
        EstateState::Unknown => "unknown",
        EstateState::Applied => "applied",
    }
}

/// Why a fact is not known, in brackets after `unknown`.
pub(super) fn unknown_words(reason: Unknown) -> &'static str {
    match reason {
        Unknown::ConfigErrors => "unknown (config has errors)",
        Unknown::AwsNotQueried => "unknown (AWS not queried)",
        Unknown::NoPlanRole => "unknown (no plan role)",
        Unknown::AccountNotAllowed => "unknown (account not allowed)",
        Unknown::OtherAccount => "unknown (credentials of another account)",
        Unknown::AwsFailed => "unknown (AWS failed)",
        Unknown::Limit => "unknown (limit of the run)",
        Unknown::ForgeNotQueried => "unknown (forge not queried)",
        Unknown::ForgeFailed => "unknown (forge failed)",
        Unknown::HistoryNotRead => "unknown (history not read)",
    }
}

pub(super) fn template_words(template: TemplateState) -> &'static str {
    match template {
        TemplateState::Current => "current",
        TemplateState::Behind => "behind",
    }
}

/// Whether a person has to do something.
fn is_urgent(row: &EstateRow) -> bool {
    !matches!(
        row.state,
        EstateState::Applied | EstateState::InProgress | EstateState::Unknown
    )
}

fn counts(estate: &Estate) -> Vec<Vec<Text>> {
    let counts = estate.counts.iter();
    let rows = counts.flat_map(|count| match count.state {
        EstateState::Unknown => unknown_counts(estate),
        _ => vec![(state_words(count.state), count.rows)],
    });
    rows.map(|(words, count)| vec![Text::ours(words), Text::number(count)])
        .collect()
}

/// The rows of unknown state, by what is not known.
fn unknown_counts(estate: &Estate) -> Vec<(&'static str, usize)> {
    let rows = estate.rows.iter();
    let rows = rows.filter(|row| row.state == EstateState::Unknown);
    let mut counts: BTreeMap<Option<Unknown>, usize> = BTreeMap::new();
    for row in rows {
        let reason = row.status.unknown.or(row.template.unknown);
        *counts.entry(reason).or_default() += 1;
    }
    let counts = counts.into_iter();
    let words = |reason: Option<Unknown>| match reason {
        Some(reason) => unknown_words(reason),
        None => state_words(EstateState::Unknown),
    };
    counts
        .map(|(reason, count)| (words(reason), count))
        .collect()
}

/// The counts, the most urgent rows, and why facts are not known.
fn sections(estate: &Estate, format: Format) -> Vec<String> {
    let mut sections = vec![format.table(&["state", "rows"], &counts(estate))];
    let urgent: Vec<&EstateRow> = estate.rows.iter().filter(|row| is_urgent(row)).collect();
    if !urgent.is_empty() {
        let rows = urgent.iter().take(MAX_LISTED).map(|row| {
            vec![
                Text::ours(state_words(row.state)),
                Text::optional(row.config.as_ref().map(RepoPath::as_str)),
                Text::optional(row.stack.as_deref()),
                fact(&row.status),
            ]
        });
        let rows: Vec<Vec<Text>> = rows.collect();
        sections.push(format.table(&["state", "config", "stack", "status"], &rows));
    }
    if urgent.len() > MAX_LISTED {
        let rest = Text::count(urgent.len() - MAX_LISTED, "more row");
        sections.push(format.line(&rest.and(Text::ours(" with these states"))));
    }
    let problems = estate.problems.iter().take(MAX_LISTED).map(|problem| {
        let what = Text::sentence(&problem.what).and(Text::ours(": "));
        format.line(&what.and(Text::sentence(&problem.reason)))
    });
    sections.push(problems.collect());
    sections.retain(|section| !section.is_empty());
    sections
}

fn fact(fact: &Fact<String>) -> Text {
    match (&fact.value, fact.unknown) {
        (Some(value), _) => Text::name(value),
        (None, Some(reason)) => Text::ours(unknown_words(reason)),
        (None, None) => Text::ours("does not exist"),
    }
}

/// The report for people.
pub fn estate_text(estate: &Estate, width: Option<u16>) -> String {
    let total = pluralize(estate.rows.len(), "row");
    let commit = estate.commit.short();
    let sections = sections(estate, Format::Text(width));
    format!("{total} at commit {commit}\n\n{}", sections.join("\n"))
}

/// The estate's part of the job summary, in at most `limit` characters. `left`: issues that were not opened in this run.
pub fn estate_markdown(estate: &Estate, left: usize, limit: usize) -> String {
    let total = pluralize(estate.rows.len(), "row");
    let head = format!(
        "## Provisioner: estate\n\n{total} at commit {}. The page with all rows is an artifact of the job.\n\n",
        code(estate.commit.short())
    );
    let mut blocks = vec![Block::Whole(head)];
    let rotation = estate.rotation.as_ref().map(rotation_text);
    blocks.extend(rotation.map(|text| Block::Whole(format!("{text}\n\n"))));
    let sections = sections(estate, Format::Markdown).into_iter();
    blocks.extend(sections.map(|section| Block::Cut(format!("{section}\n"))));
    if left > 0 {
        let left = pluralize(left, "issue");
        blocks.push(Block::Whole(format!("Left for the next scan: {left}.\n")));
    }
    fit_blocks(blocks, Rest::JobReport, limit)
}
