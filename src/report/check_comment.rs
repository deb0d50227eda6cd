//! The report of a check as Markdown, for the comment and the job summary.

use minijinja::value::{Serde, Value};
use minijinja::{Error, context};

use super::check::Report;
use super::fit::{Form, List, Part, Rest, first_lines, fit_page};
use super::table::{markdown_head, markdown_row};
use super::templates::{render, safe};
use super::{Preview, Text, diagnostics, escape};
use crate::plan::{Change, Intent, Renamed, ResourceAction, TemplateResourceChange};
use crate::product::Level;
use crate::template::DeletionBehavior;
use crate::text::pluralize;

/// First line of the check's comment. A comment counts as the check's only if its author is the token's user, too.
pub const MARKER: &str = "<!-- provisioner:check -->";

/// Limits of one config, so that it leaves room for others.
const MAX_ROWS: usize = 100;
const MAX_PROBLEMS: usize = 30;
const MAX_DIFF_CHARS: usize = 20_000;
/// Paths of other pull requests that are listed; the rest is counted.
const MAX_OVERLAPPING: usize = 30;

/// The report in at most `limit` characters, dangerous changes first. Configs that do not fit are counted; `rest` says where they are.
pub fn markdown(report: &Report, rest: Rest, limit: usize) -> Result<String, Error> {
    page(report, MARKER.to_owned(), rest, limit)
}

/// The report below `first_lines`, such as the marker.
pub(super) fn page(
    report: &Report,
    first_lines: String,
    rest: Rest,
    limit: usize,
) -> Result<String, Error> {
    let mut changes: Vec<&Change> = report.plan.changes.iter().collect();
    changes.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.path.cmp(&b.path)));
    let (changes, all) = (&changes, changes.len());
    let parts = vec![
        Part::Whole(format!(
            "{first_lines}\n## Provisioner\n\n{}\n",
            headline(report)
        )),
        Part::List(List {
            head: "\n".to_owned() + &markdown_head(&["", "Config", "Plan", "Impact", "Stack"]),
            count: all,
            item: Box::new(|index, _| Ok(row(changes[index]))),
            forms: &[Form::Full],
            note: Box::new(move |shown| {
                format!(
                    "\n{shown} of {all} configs listed, the rest {}.\n",
                    rest.words()
                )
            }),
            share: 2,
        }),
        Part::List(List {
            head: String::new(),
            count: all,
            item: Box::new(|index, form| {
                let change = changes[index];
                let preview = report.previews.get(change.path.as_str());
                config_section(change, preview, form == Form::Brief)
            }),
            forms: &[Form::Full, Form::Brief],
            note: Box::new(move |shown| {
                format!(
                    "\n{shown} of {all} configs shown in full, the rest {}.\n",
                    rest.words()
                )
            }),
            share: 1,
        }),
        Part::Whole(comment_foot(report)?),
    ];
    fit_page(parts, rest, limit)
}

/// The result of an action at the command line: problems, and one line for each config.
pub fn results_markdown(
    closing: &str,
    items: impl Iterator<Item = (bool, String, String)>,
    diagnostics: &[crate::diagnostic::Diagnostic],
) -> String {
    let mut markdown = format!("## Provisioner\n\n{}\n", escape::escape_markdown(closing));
    if !diagnostics.is_empty() {
        markdown.push_str(&format!(
            "\n{}\n",
            escape::fence(&diagnostics::diagnostics(diagnostics), "text")
        ));
    }
    markdown.push('\n');
    for (ok, line, details) in items {
        markdown.push_str(&format!(
            "- {} {}\n",
            if ok { "✅" } else { "❌" },
            escape::code(&line)
        ));
        if !details.is_empty() {
            markdown.push_str(&format!("\n{details}\n"));
        }
    }
    markdown
}

/// Sort key: errors, the highest level, deletions, the most removed resources.
fn rank(change: &Change) -> (bool, Level, bool, usize) {
    let removes = change
        .resources
        .iter()
        .filter(|resource| resource.action == ResourceAction::Remove)
        .count();
    (
        change.intent == Intent::Invalid,
        change.level,
        change.intent == Intent::Delete,
        removes,
    )
}

fn row(change: &Change) -> String {
    let stack = match (&change.stack, &change.target) {
        (Some(stack), Some(target)) => Text::name(stack)
            .and(Text::ours(" in "))
            .and(Text::name(&target.account))
            .and(Text::ours(", "))
            .and(Text::name(&target.region)),
        _ => Text::ours("–"),
    };
    markdown_row(&[
        Text::ours(mark(change)),
        Text::name(change.path.as_str()),
        Text::ours(plan_words(change)),
        impact_text(change),
        stack,
    ])
}

/// The result of a check without changed configs.
pub(super) const NO_CHANGE: &str = "No config is changed.";

fn headline(report: &Report) -> String {
    let plan = &report.plan;
    if plan.changes.is_empty() {
        return NO_CHANGE.to_owned();
    }
    let number = |intent: Intent| {
        plan.changes
            .iter()
            .filter(|change| change.intent == intent)
            .count()
    };
    let mut parts = Vec::new();
    for (intent, verb) in [
        (Intent::Create, "to create"),
        (Intent::Update, "to update"),
        (Intent::Delete, "to delete"),
        (Intent::Unchanged, "unchanged"),
    ] {
        if number(intent) > 0 {
            parts.push(format!("{} {verb}", pluralize(number(intent), "stack")));
        }
    }
    let abandoned = number(Intent::Abandon);
    if abandoned > 0 {
        let configs = pluralize(abandoned, "config");
        parts.push(format!("{configs} removed without a deletion"));
    }
    let (errors, warnings) = report.counts();
    if errors > 0 {
        parts.push(format!(
            "**{}** in {}",
            pluralize(errors, "error"),
            pluralize(plan.invalid, "config")
        ));
    }
    if warnings > 0 {
        parts.push(pluralize(warnings, "warning"));
    }
    let verdict = if plan.invalid > 0 { "❌" } else { "✅" };
    format!("{verdict} {}.", parts.join(", "))
}

fn mark(change: &Change) -> &'static str {
    match change.intent {
        Intent::Invalid => "❌",
        Intent::Delete => "🗑",
        Intent::Abandon => "⚠",
        Intent::Update => "✏",
        Intent::Create => "✨",
        Intent::Unchanged => "▫",
    }
}

pub(super) fn plan_words(change: &Change) -> &'static str {
    match change.intent {
        Intent::Invalid => "errors",
        Intent::Delete => "delete stack",
        Intent::Abandon => "remove config, delete no stack",
        Intent::Update => "update stack",
        Intent::Create => "create stack",
        Intent::Unchanged => "no change",
    }
}

fn impact_text(change: &Change) -> Text {
    match (change.intent, change.level) {
        (Intent::Invalid | Intent::Create | Intent::Abandon, _) | (_, Level::None) => {
            Text::ours("–")
        }
        (_, level) => level_text(level),
    }
}

fn level_text(level: Level) -> Text {
    Text::ours(level.mark())
        .and(Text::ours(" "))
        .and(Text::ours(level.word()))
}

fn config_section(
    change: &Change,
    preview: Option<&Preview>,
    brief: bool,
) -> Result<String, Error> {
    let intent = match change.intent {
        Intent::Invalid => "Not usable as it stands",
        Intent::Delete => "**Deletes** stack",
        Intent::Abandon => "The removed config has errors. No stack is deleted",
        Intent::Update => "Updates stack",
        Intent::Create => "Creates stack",
        Intent::Unchanged => "The rendered template stays the same. Stack",
    };
    let problems: Vec<_> = change
        .diagnostics
        .iter()
        .take(MAX_PROBLEMS)
        .map(diagnostics::diagnostic)
        .collect();
    let more_problems = truncation_note(change.diagnostics.len(), problems.len(), "problem");
    let impact = change.impact.iter().take(MAX_ROWS).map(|impact| {
        markdown_row(&[
            Text::name(&impact.key),
            Text::number(impact.span.start.line),
            level_text(impact.level),
            Text::sentence(&impact.consequence),
        ])
    });
    let impact_head = ["Changed key", "Line", "Declared impact", "Consequence"];
    let impact = rows(&impact_head, impact);
    // AWS's preview replaces the estimate from the templates.
    let is_asked = preview.is_some_and(|preview| preview.digest.is_some());
    let expected = change.resources.iter().filter(|_| !is_asked);
    let last = match change.intent {
        Intent::Delete => "What becomes of it",
        _ => "Properties",
    };
    let resources = rows(
        &["", "Resource", "Type", last],
        expected.take(MAX_ROWS).map(resource_row),
    );
    // A deletion's diff would only repeat the table of resources.
    let diff = change
        .diff
        .as_ref()
        .filter(|_| !brief && change.intent != Intent::Delete);
    let diff_title = diff.map(|diff| {
        safe(format!(
            "Rendered template: {} added, {} removed",
            pluralize(diff.added, "line"),
            diff.removed
        ))
    });
    let (renamed_from, renamed_to) = match &change.renamed {
        None => (None, None),
        Some(Renamed::From(path)) => (Some(path), None),
        Some(Renamed::To(path)) => (None, Some(path)),
    };
    render(
        "change.md.j2",
        context! {
            path => change.path.as_str(),
            intent => safe(intent.to_owned()),
            deletes => change.intent == Intent::Delete,
            stack => change.stack.as_deref(),
            target => change.target.as_ref().map(|target| Value::from(Serde(target))),
            moved_from => change.moved_from.as_ref().map(|path| path.as_str()),
            renamed_from => renamed_from.map(|path| path.as_str()),
            renamed_to => renamed_to.map(|path| path.as_str()),
            caveat => change.caveat.as_deref(),
            problems => (!problems.is_empty()).then(|| problems.join("\n")),
            more_problems,
            impact,
            resources,
            more_resources => truncation_note(if is_asked { 0 } else { change.resources.len() }, MAX_ROWS, "resource"),
            preview => preview.map(|preview| preview.line.as_str()),
            preview_tables => preview.filter(|_| !brief).map(|preview| safe(preview.markdown.clone())),
            folders => Value::from(Serde(&change.folders)),
            diff => diff.map(|diff| cut_diff(diff.unified.as_deref().unwrap_or("(too large to compare by line)"))),
            diff_title,
        },
    )
}

/// A table, or nothing if it has no rows.
fn rows(head: &[&str], rows: impl Iterator<Item = String>) -> Option<Value> {
    let rows: String = rows.collect();
    (!rows.is_empty()).then(|| safe(markdown_head(head) + &rows))
}

fn truncation_note(all: usize, shown: usize, noun: &str) -> Option<Value> {
    (all > shown).then(|| safe(format!("{shown} of {} shown.", pluralize(all, noun))))
}

fn cut_diff(diff: &str) -> String {
    match first_lines(diff, MAX_DIFF_CHARS) {
        (diff, 0) => diff.to_owned(),
        (kept, more) => format!("{kept}… {}\n", pluralize(more, "more line")),
    }
}

fn resource_row(change: &TemplateResourceChange) -> String {
    let detail = match change.deletion_behavior {
        Some(DeletionBehavior::Deleted) if change.stateful => {
            Text::ours("🔴 deleted, **with its data**")
        }
        Some(DeletionBehavior::Deleted) => Text::ours("deleted"),
        Some(DeletionBehavior::Snapshotted) => Text::ours("deleted, a snapshot stays"),
        Some(DeletionBehavior::Retained) => Text::ours("retained, no longer managed"),
        None if change.properties.is_empty() => Text::ours("–"),
        None => Text::list(change.properties.iter().map(Text::name)),
    };
    markdown_row(&[
        Text::ours(change.action.word()),
        Text::name(&change.logical_id),
        Text::name(&change.kind),
        detail,
    ])
}

fn comment_foot(report: &Report) -> Result<String, Error> {
    let mut room = MAX_OVERLAPPING;
    let all_collisions = report.collisions.as_deref().unwrap_or_default();
    let mut collisions = Vec::new();
    for collision in all_collisions.iter().take(MAX_OVERLAPPING) {
        // At least one each, so that no pull request is named without a reason.
        let shown = collision.paths.len().min(room.max(1));
        room = room.saturating_sub(shown);
        let more = collision.paths.len() - shown;
        let paths = collision.paths.iter().take(shown);
        let paths = Text::list(paths.map(|path| Text::name(path.as_str())));
        let more = match more {
            0 => Text::default(),
            more => Text::ours(" and ").and(Text::count(more, "more config")),
        };
        collisions.push(context! {
            number => collision.number,
            paths => safe(paths.and(more).markdown()),
        });
    }
    let more_collisions = truncation_note(all_collisions.len(), collisions.len(), "pull request");
    render(
        "foot.md.j2",
        context! {
            collisions,
            more_collisions,
            notices => report.notices.iter().map(|notice| safe(notice.markdown())).collect::<Vec<_>>(),
            digest => report.plan.digest.to_string(),
            context => Value::from(Serde(&report.context)),
        },
    )
}
