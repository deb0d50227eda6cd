//! The section about a change of the policy file in the report of a check.

use super::Text;
use super::diagnostics::diagnostics;
use super::escape::fence;
use super::table::{markdown_head, markdown_row};
use crate::diagnostic::Diagnostic;
use crate::guard::{ChangedKey, POLICY_FILE, PolicyChange};
use crate::text::pluralize;

/// Rows and paths that are listed; the rest is counted.
const MAX_ROWS: usize = 60;
const MAX_PATHS: usize = 20;

/// The section; empty if the policy file neither changes nor has errors.
pub(super) fn policy_section(
    change: Option<&PolicyChange>,
    problems: &[Diagnostic],
    warnings: &[Diagnostic],
) -> String {
    if change.is_none() && problems.is_empty() && warnings.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {}\n", Text::name(POLICY_FILE).markdown());
    if !problems.is_empty() {
        text.push_str(&format!(
            "\n**On merge:** Nothing is applied to any stack, because the policy file has errors.\n\n{}\n",
            fence(&diagnostics(problems), "text")
        ));
    }
    if !warnings.is_empty() {
        let listed = fence(&diagnostics(warnings.iter().take(MAX_ROWS)), "text");
        text.push_str(&format!("\n{listed}\n"));
    }
    let Some(change) = change else {
        return text;
    };
    if problems.is_empty() && change.was_valid {
        text.push_str("\nThe new policy applies to pull requests that are merged after this one. The changes of this pull request must be allowed by both policies.\n");
    }
    if !change.was_valid {
        text.push_str("\nThe policy file before this change has errors. After the merge, only the new policy applies to this change. The change then needs at least 2 approvals, and deletes no stack.\n");
    }
    if !change.keys.is_empty() {
        text.push('\n');
        text.push_str(&markdown_head(&[
            "Changed key",
            "Before",
            "After",
            "Effect",
            "Affects",
        ]));
        text.extend(change.keys.iter().take(MAX_ROWS).map(row));
    }
    let more = change.keys.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        text.push_str(&format!("\nand {}.\n", pluralize(more, "more key")));
    }
    let lists = [
        (
            "After the merge, these files are configs too. This merge does not apply them; the next pull request that changes them does",
            &change.added,
        ),
        (
            "After the merge, these files are not configs. Their stacks stay, and provisioner no longer manages them",
            &change.left,
        ),
        (
            "After the merge, the policy does not allow the account or the environment of these configs. Stacks that they have stay, and provisioner denies each change of these",
            &change.denied,
        ),
    ];
    for (words, paths) in lists {
        if paths.is_empty() {
            continue;
        }
        let shown = paths.iter().take(MAX_PATHS);
        let list = Text::list(shown.map(|path| Text::name(path.as_str())));
        let rest = match paths.len().saturating_sub(MAX_PATHS) {
            0 => Text::default(),
            more => Text::ours(" and ").and(Text::count(more, "more file")),
        };
        text.push_str(&format!("\n{words}: {}.\n", list.and(rest).markdown()));
    }
    text
}

/// The changed keys and files for a terminal, a line each.
pub(super) fn policy_lines(change: &PolicyChange) -> Vec<Text> {
    let of_file = || Text::name(POLICY_FILE).and(Text::ours(": "));
    let keys = change.keys.iter().take(MAX_ROWS).map(|key| {
        let effect = if key.allows_more {
            " (allows more, affects "
        } else {
            " (affects "
        };
        let [before, after] = [&key.before, &key.after].map(value);
        let values = before.and(Text::ours(" → ")).and(after);
        let key_and_values = Text::name(&key.key).and(Text::ours(": ")).and(values);
        let affected = Text::count(key.configs, "config").and(Text::ours(")"));
        of_file()
            .and(key_and_values)
            .and(Text::ours(effect))
            .and(affected)
    });
    let more = change.keys.len().saturating_sub(MAX_ROWS);
    let more = (more > 0).then(|| of_file().and(Text::count(more, "more changed key")));
    let lists = [
        ("becomes a config", &change.added),
        ("is a config no more", &change.left),
        (
            "is in a place that the policy no longer allows",
            &change.denied,
        ),
    ];
    let files = lists.into_iter().flat_map(|(words, paths)| {
        let shown = paths.iter().take(MAX_PATHS);
        let lines = shown.map(move |path| {
            Text::name(path.as_str())
                .and(Text::ours(": "))
                .and(Text::ours(words))
        });
        let more = paths.len().saturating_sub(MAX_PATHS);
        let more = (more > 0).then(|| {
            Text::count(more, "more file")
                .and(Text::ours(": "))
                .and(Text::ours(words))
        });
        lines.chain(more)
    });
    keys.chain(more).chain(files).collect()
}

fn value(value: &Option<String>) -> Text {
    match value {
        Some(value) => Text::name(value),
        None => Text::ours("not set"),
    }
}

fn row(key: &ChangedKey) -> String {
    markdown_row(&[
        Text::name(&key.key),
        value(&key.before),
        value(&key.after),
        Text::ours(match key.allows_more {
            true => "🟠 allows more",
            false => "–",
        }),
        Text::count(key.configs, "config"),
    ])
}
