//! The report as Markdown: the pull request's comment and the job summary, within the forge's limits.

use minijinja::value::{Serde, Value};
use minijinja::{Error, context};
use serde_json::json;

use super::Preview;
use super::check::Report;
use super::diagnostics;
use super::escape;
use super::templates::render;
use crate::plan::{Change, Intent, Renamed, ResourceAction, TemplateResourceChange};
use crate::product::Level;
use crate::template::DeletionBehavior;
use crate::text::pluralize;

/// Begins every comment of the check; with the author's own id it tells our comment from all others.
pub const MARKER: &str = "<!-- provisioner:check -->";

/// GitHub takes 65,536 characters; the rest is left for what a proxy or an editor may add.
pub const COMMENT_LIMIT: usize = 65_000;
/// GitHub takes 1 MiB of job summary for a step, and a character may take four bytes.
pub const SUMMARY_LIMIT: usize = 250_000;

/// Limits of one config's part, so that one config cannot take the place of all others.
const MAX_ROWS: usize = 100;
const MAX_PROBLEMS: usize = 30;
/// No part of a config is shorter; where less room is left, nothing is rendered in vain.
const MIN_SECTION_CHARS: usize = 100;
const MAX_DIFF_CHARS: usize = 20_000;
/// Paths of other pull requests that are named; the rest is counted.
const MAX_OVERLAPPING: usize = 30;

/// The whole report in at most `limit` characters. Dangerous changes come first and are shown first; what does not fit
/// is counted.
pub fn markdown(report: &Report, limit: usize) -> Result<String, Error> {
    let mut changes: Vec<&Change> = report.plan.changes.iter().collect();
    changes.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.path.cmp(&b.path)));
    let rest = if limit >= SUMMARY_LIMIT {
        "in the JSON report"
    } else {
        "in the job summary"
    };

    let mut shown_rows = changes.len();
    let head = loop {
        let head = comment_head(report, &changes, shown_rows, rest)?;
        if length(&head) <= limit / 2 || shown_rows == 0 {
            break head;
        }
        // Rows are of similar length: one or two rounds find the number that fits.
        shown_rows = (shown_rows * (limit / 2) / length(&head)).min(shown_rows - 1);
    };
    // The foot's own length depends little on the number it prints: the longest one is reserved.
    let reserved = length(&comment_foot(report, &changes, changes.len(), rest)?);
    let mut body = String::new();
    let mut hidden = 0;
    for (index, change) in changes.iter().enumerate() {
        let room =
            limit.saturating_sub(length(MARKER) + 1 + length(&head) + length(&body) + reserved);
        if room < MIN_SECTION_CHARS {
            hidden += changes.len() - index;
            break;
        }
        let fits = |part: &String| length(part) <= room;
        let preview = report.previews.get(change.path.as_str());
        let full = config_section(change, preview, false)?;
        if fits(&full) {
            body.push_str(&full);
            continue;
        }
        let brief = config_section(change, preview, true)?;
        if fits(&brief) {
            body.push_str(&brief);
        }
        hidden += 1;
    }
    let foot = comment_foot(report, &changes, hidden, rest)?;
    Ok(escape::collapse_blank_lines(&format!(
        "{MARKER}\n{head}{body}{foot}"
    )))
}

/// What an action of the command line did: its closing line, one line for each config, and the problems.
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

fn length(text: &str) -> usize {
    text.chars().count()
}

/// What must be seen first ranks highest.
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

fn comment_head(
    report: &Report,
    changes: &[&Change],
    shown: usize,
    rest: &str,
) -> Result<String, Error> {
    let rows: Vec<_> = changes[..shown]
        .iter()
        .map(|change| {
            json!({
                "mark": mark(change),
                "path": change.path,
                "plan": plan_words(change),
                "impact": impact_words(change),
                "stack": change.stack,
                "account": change.target.as_ref().map(|target| &target.account),
                "region": change.target.as_ref().map(|target| &target.region),
            })
        })
        .collect();
    let hidden = changes.len() - shown;
    let hidden_rows = (hidden > 0).then(|| {
        format!(
            "{shown} of {} configs listed, the rest {rest}.",
            changes.len()
        )
    });
    render(
        "head.md.j2",
        context! { headline => headline(report), rows => Value::from(Serde(&rows)), hidden_rows },
    )
}

fn headline(report: &Report) -> String {
    let plan = &report.plan;
    if plan.changes.is_empty() {
        return "No config is changed.".to_owned();
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
        Intent::Update => "✏",
        Intent::Create => "✨",
        Intent::Unchanged => "▫",
    }
}

fn plan_words(change: &Change) -> &'static str {
    match change.intent {
        Intent::Invalid => "errors",
        Intent::Delete => "delete stack",
        Intent::Update => "update stack",
        Intent::Create => "create stack",
        Intent::Unchanged => "no change",
    }
}

fn impact_words(change: &Change) -> String {
    match (change.intent, change.level) {
        (Intent::Invalid | Intent::Create, _) | (_, Level::None) => "–".to_owned(),
        (_, level) => format!("{} {}", level.mark(), level.word()),
    }
}

fn config_section(
    change: &Change,
    preview: Option<&Preview>,
    brief: bool,
) -> Result<String, Error> {
    let intent = match change.intent {
        Intent::Invalid => "Not usable as it stands",
        Intent::Delete => "**Deletes** stack",
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
    let impact: Vec<_> = change
        .impact
        .iter()
        .take(MAX_ROWS)
        .map(|impact| {
            json!({
                "key": impact.key,
                "line": impact.span.start.line,
                "level": format!("{} {}", impact.level.mark(), impact.level.word()),
                "consequence": impact.consequence,
            })
        })
        .collect();
    // What AWS says takes the place of what the templates let expect.
    let is_asked = preview.is_some_and(|preview| preview.digest.is_some());
    let expected = change.resources.iter().filter(|_| !is_asked);
    let resources: Vec<_> = expected.take(MAX_ROWS).map(resource).collect();
    // A deletion's diff would only repeat the table of resources.
    let diff = change
        .diff
        .as_ref()
        .filter(|_| !brief && change.intent != Intent::Delete);
    let diff_title = diff.map(|diff| {
        format!(
            "Rendered template: {} added, {} removed",
            pluralize(diff.added, "line"),
            diff.removed
        )
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
            intent,
            stack => change.stack.as_deref(),
            target => change.target.as_ref().map(|target| Value::from(Serde(target))),
            moved_from => change.moved_from.as_ref().map(|path| path.as_str()),
            renamed_from => renamed_from.map(|path| path.as_str()),
            renamed_to => renamed_to.map(|path| path.as_str()),
            caveat => change.caveat.as_deref(),
            problems => (!problems.is_empty()).then(|| problems.join("\n")),
            more_problems,
            impact => Value::from(Serde(&impact)),
            removal => change.intent == Intent::Delete,
            resources => Value::from(Serde(&resources)),
            more_resources => truncation_note(if is_asked { 0 } else { change.resources.len() }, MAX_ROWS, "resource"),
            preview => preview.map(|preview| preview.line.as_str()),
            preview_tables => preview.filter(|_| !brief).map(|preview| preview.markdown.as_str()),
            folders => Value::from(Serde(&change.folders)),
            diff => diff.map(|diff| cut_diff(diff.unified.as_deref().unwrap_or("(too large to compare by line)"))),
            diff_title,
        },
    )
}

fn truncation_note(all: usize, shown: usize, noun: &str) -> Option<String> {
    (all > shown).then(|| format!("{shown} of {} shown.", pluralize(all, noun)))
}

/// A diff up to a whole line within the limit.
fn cut_diff(diff: &str) -> String {
    if length(diff) <= MAX_DIFF_CHARS {
        return diff.to_owned();
    }
    let mut kept = String::new();
    let mut room = MAX_DIFF_CHARS;
    let mut lines = diff.split_inclusive('\n');
    for line in lines.by_ref() {
        match room.checked_sub(length(line)) {
            Some(left) => room = left,
            None => break,
        }
        kept.push_str(line);
    }
    format!("{kept}… {}\n", pluralize(lines.count() + 1, "more line"))
}

fn resource(change: &TemplateResourceChange) -> serde_json::Value {
    let detail = match change.fate {
        Some(DeletionBehavior::Deleted) if change.stateful => {
            "🔴 deleted, **with its data**".to_owned()
        }
        Some(DeletionBehavior::Deleted) => "deleted".to_owned(),
        Some(DeletionBehavior::Snapshotted) => "deleted, a snapshot stays".to_owned(),
        Some(DeletionBehavior::Retained) => "retained, no longer managed".to_owned(),
        None if change.properties.is_empty() => "–".to_owned(),
        None => change
            .properties
            .iter()
            .map(|property| escape::code(property))
            .collect::<Vec<_>>()
            .join(", "),
    };
    json!({
        "action": change.action.word(),
        "logical_id": change.logical_id,
        "kind": change.kind,
        "detail": detail,
    })
}

fn comment_foot(
    report: &Report,
    changes: &[&Change],
    hidden: usize,
    rest: &str,
) -> Result<String, Error> {
    let all = changes.len();
    let hidden_changes = (hidden > 0).then(|| {
        format!(
            "{} of {all} configs shown in full, the rest {rest}.",
            all - hidden
        )
    });
    let mut room = MAX_OVERLAPPING;
    let all_collisions = report.collisions.as_deref().unwrap_or_default();
    let mut collisions = Vec::new();
    for collision in all_collisions.iter().take(MAX_OVERLAPPING) {
        // At least one each, so that no pull request is named without a reason.
        let shown = collision.paths.len().min(room.max(1));
        room = room.saturating_sub(shown);
        let more = collision.paths.len() - shown;
        collisions.push(json!({
            "number": collision.number,
            "paths": collision.paths[..shown],
            "more": (more > 0).then(|| format!(" and {}", pluralize(more, "more config"))),
        }));
    }
    let more_collisions = truncation_note(all_collisions.len(), collisions.len(), "pull request");
    render(
        "foot.md.j2",
        context! {
            hidden_changes,
            collisions => Value::from(Serde(&collisions)),
            more_collisions,
            notices => Value::from(Serde(&report.notices)),
            digest => report.plan.digest.to_string(),
            context => Value::from(Serde(&report.context)),
        },
    )
}
