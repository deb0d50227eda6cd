//! The report of a check as Markdown, for the comment and the job summary.

use std::collections::BTreeSet;

use minijinja::{Error, context};

use super::check::{CheckContext, Report};
use super::check_group_text::{scope_text, stacks_text};
use super::check_groups::{EqualChanges, groups};
use super::check_headline::headline;
use super::check_lock::lock_section;
use super::check_policy::policy_section;
use super::check_products::product_section;
use super::check_section::{group_section, level_text, truncation_note};
use super::check_unselected::unselected_section;
use super::fit::{FittedPage, Part, Rest, fit_page};
use super::fit_list::{Form, List};
use super::on_merge::MergeEffect;
use super::signature::is_dangerous;
use super::table::{markdown_head, markdown_row};
use super::templates::{render, safe};
use super::{Text, diagnostics, escape};
use crate::plan::{Change, Impact, Intent};
use crate::product::Level;

/// First line of the check's comment. A comment counts as the check's only if its author is the token's user, too.
pub const MARKER: &str = "<!-- provisioner:check -->";

/// Paths of other pull requests that are listed; the rest is counted.
const MAX_OVERLAPPING: usize = 30;
/// The note at the top of a page that does not show all.
const MAX_NOTE_CHARS: usize = 200;
/// Sections of a page that is fitted without that note first.
const MAX_COMPLETE: usize = 40;

/// The report in at most `limit` characters, dangerous changes first. Configs that do not fit are counted; `rest` says where they are.
pub fn markdown(report: &Report, rest: Rest, limit: usize) -> Result<String, Error> {
    Ok(page(report, MARKER.to_owned(), rest, limit)?.text)
}

/// The report below `first_lines`, such as the marker.
pub(super) fn page(
    report: &Report,
    first_lines: String,
    rest: Rest,
    limit: usize,
) -> Result<FittedPage, Error> {
    let groups = groups(report);
    let header = |is_complete, note: &str| {
        let headline = headline(report, is_complete);
        format!("{first_lines}\n## Provisioner\n\n{headline}\n{note}")
    };
    let fit = |note: Option<&str>| {
        let note = note.map_or_else(String::new, |note| format!("\n{note}\n"));
        let header = header(note.is_empty(), &note);
        fit_page(parts(report, &groups, header, rest)?, rest, limit)
    };
    // To fit a page takes time, and one with so many sections is hardly ever complete.
    if groups.len() <= MAX_COMPLETE {
        let page = fit(None)?;
        if page.is_complete {
            return Ok(page);
        }
    }
    let space = "…".repeat(MAX_NOTE_CHARS);
    let page = fit(Some(&space))?;
    if page.is_complete {
        return fit(None);
    }
    let note = incomplete_note(&groups, &page.shown, rest);
    // The first one is that of the header.
    let text = page.text.replacen(&space, &note, 1);
    Ok(FittedPage { text, ..page })
}

/// Says at the top that the page does not show all. `shown`: of the table and of the sections.
fn incomplete_note(groups: &[EqualChanges<'_>], shown: &[Vec<bool>], rest: Rest) -> String {
    let all: usize = groups.iter().map(|group| group.changes.len()).sum();
    let counts = shown.iter().zip(["listed", "shown in full"]);
    let counts = counts.filter_map(|(shown, words)| {
        let shown = groups.iter().zip(shown).filter(|(_, shown)| **shown);
        let configs: usize = shown.map(|(group, _)| group.changes.len()).sum();
        let are = if configs == 1 { "is" } else { "are" };
        (configs < all).then(|| format!("{configs} of {all} configs {are} {words}"))
    });
    let counts = counts.collect::<Vec<_>>().join(", ");
    let start = "⚠ **This page is incomplete.**";
    let rest = rest.words();
    match counts.is_empty() {
        true => format!("{start} The rest is {rest}."),
        false => format!("{start} {counts}. The rest is {rest}."),
    }
}

/// The parts of the page below the header.
fn parts<'a>(
    report: &'a Report,
    groups: &'a [EqualChanges<'a>],
    header: String,
    rest: Rest,
) -> Result<Vec<Part<'a>>, Error> {
    let all = report.plan.changes.len();
    let note = move |shown: &[bool], words: &str| {
        let shown = groups.iter().zip(shown).filter(|(_, shown)| **shown);
        let configs: usize = shown.map(|(group, _)| group.changes.len()).sum();
        format!(
            "\n{configs} of {all} configs {words}, the rest {}.\n",
            rest.words()
        )
    };
    // Each kind of change, and each stack that can lose data, gets room before any repetition.
    let is_first = move |index: usize| groups[index].is_first || groups[index].standing.is_rare;
    let is_named = move |index: usize| {
        let change = groups[index].first();
        is_first(index) || change.intent == Intent::Invalid || is_dangerous(report, change)
    };
    Ok(vec![
        Part::Whole(header),
        Part::Whole(policy_section(
            report.policy.as_ref(),
            &report.policy_problems,
            &report.policy_warnings,
        )),
        Part::Whole(product_section(&report.product_problems)),
        Part::Whole(lock_section(&report.lock_problems)),
        Part::Whole(unselected_section(&report.unselected)),
        Part::List(List {
            head: "\n".to_owned() + &markdown_head(&["", "Config", "On merge", "Impact", "Stack"]),
            count: groups.len(),
            item: Box::new(|index, _| Ok(row(report, &groups[index]))),
            forms: &[Form::Full],
            note: Box::new(move |shown| note(shown, "listed")),
            share: 2,
            goes_first: Box::new(is_named),
        }),
        Part::List(List {
            head: String::new(),
            count: groups.len(),
            item: Box::new(|index, form| group_section(report, &groups[index], form)),
            forms: &[Form::Full, Form::Cut, Form::Brief],
            note: Box::new(move |shown| note(shown, "shown in full")),
            share: 1,
            goes_first: Box::new(is_first),
        }),
        Part::Whole(comment_foot(report, groups)?),
    ])
}

/// The result of an action at the command line: problems, and one line for each config, with its symbol.
pub fn results_markdown(
    closing: &str,
    items: impl Iterator<Item = (&'static str, String, String)>,
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
    for (mark, line, details) in items {
        markdown.push_str(&format!("- {mark} {}\n", escape::code(&line)));
        if !details.is_empty() {
            markdown.push_str(&format!("\n{details}\n"));
        }
    }
    markdown
}

fn row(report: &Report, group: &EqualChanges<'_>) -> String {
    let change = group.first();
    let (config, stack) = match group.is_single() {
        true => (Text::name(change.path.as_str()), stack_cell(change)),
        false => (
            Text::count(group.changes.len(), "config").and(scope_text(group)),
            match change.intent {
                Intent::Invalid | Intent::Abandon => Text::ours("–"),
                _ => stacks_text(group),
            },
        ),
    };
    markdown_row(&[
        Text::ours(mark(report, change)),
        config,
        on_merge_cell(report, change),
        impact_text(change),
        stack,
    ])
}

fn stack_cell(change: &Change) -> Text {
    match (&change.stack, &change.target) {
        (Some(stack), Some(target)) => Text::name(stack)
            .and(Text::ours(" in "))
            .and(Text::name(&target.account))
            .and(Text::ours(", "))
            .and(Text::name(&target.region)),
        _ => Text::ours("–"),
    }
}

fn mark(report: &Report, change: &Change) -> &'static str {
    let on_merge = report.on_merge.get(&change.key());
    match on_merge.map(|on_merge| on_merge.effect) {
        None if change.intent == Intent::Abandon => "⚠",
        None => "❌",
        Some(MergeEffect::Denied) => "⛔",
        Some(MergeEffect::NotApplied) => "⚠",
        Some(MergeEffect::RequestDeletion | MergeEffect::RequestReplacement) => "🗑",
        Some(MergeEffect::AdoptStack | MergeEffect::UnadoptStack) => "🏷",
        Some(MergeEffect::UpdateStack) => "✏",
        Some(MergeEffect::CreateStack | MergeEffect::ImportResources) => "✨",
        Some(MergeEffect::CreateFolders | MergeEffect::None) => "▫",
    }
}

/// What the merge does, in a few words.
fn on_merge_words(report: &Report, change: &Change) -> &'static str {
    match (change.intent, report.on_merge.get(&change.key())) {
        (Intent::Abandon, _) => "remove config, delete no stack",
        (_, Some(on_merge))
            if on_merge.effect == MergeEffect::None && change.level == Level::Unknown =>
        {
            "not compared"
        }
        (_, Some(on_merge))
            if on_merge.effect == MergeEffect::UpdateStack
                && report.sample(&change.key()).is_some() =>
        {
            "update stack, not previewed"
        }
        (_, Some(on_merge)) => on_merge.words(),
        (_, None) => "errors",
    }
}

/// The same with the codes of denials or errors, and what else a reviewer must not miss.
pub(super) fn on_merge_cell(report: &Report, change: &Change) -> Text {
    let words = Text::ours(on_merge_words(report, change));
    let codes = match report.on_merge.get(&change.key()) {
        Some(on_merge) if on_merge.denials.is_empty() => Text::default(),
        Some(on_merge) => on_merge.codes(),
        None => {
            let errors = change
                .diagnostics
                .iter()
                .filter(|problem| problem.is_error());
            let codes: BTreeSet<&str> = errors.map(|problem| problem.code.as_str()).collect();
            Text::list(codes.into_iter().map(Text::name))
        }
    };
    let words = match codes.is_empty() {
        true => words,
        false => words.and(Text::ours(": ")).and(codes),
    };
    let words = match change.changes_operator_policy() {
        true => words.and(Text::ours(", operator policy changes")),
        false => words,
    };
    let warnings = change
        .diagnostics
        .iter()
        .filter(|problem| !problem.is_error());
    match warnings.count() {
        0 => words,
        count => words
            .and(Text::ours(", "))
            .and(Text::count(count, "warning")),
    }
}

fn impact_text(change: &Change) -> Text {
    match (change.intent, change.level) {
        (Intent::Invalid | Intent::Create | Intent::Import | Intent::Abandon, _)
        | (_, Level::None) => Text::ours("–"),
        (_, level) => level_text(level),
    }
}

fn run_text(context: &CheckContext) -> Option<Text> {
    let run = context.run.as_ref()?;
    Some(match &context.url {
        Some(url) => Text::link(run, url),
        None => Text::name(run),
    })
}

/// Whether the sections of several configs have numbers of hidden values.
fn hides_in_many(groups: &[EqualChanges<'_>]) -> bool {
    let hides = |group: &&EqualChanges<'_>| group.first().impact.iter().any(Impact::is_hidden);
    groups.iter().filter(hides).nth(1).is_some()
}

fn comment_foot(report: &Report, groups: &[EqualChanges<'_>]) -> Result<String, Error> {
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
            hides_in_many => hides_in_many(groups),
            notices => report.notices.iter().map(|notice| safe(notice.markdown())).collect::<Vec<_>>(),
            // A failed check reports no plan that can be approved.
            digest => (!report.has_errors()).then(|| report.plan.digest.to_string()),
            head => report.context.head.short(),
            base => report.context.base.short(),
            version => report.context.version,
            run => run_text(&report.context).map(|text| safe(text.markdown())),
        },
    )
}
