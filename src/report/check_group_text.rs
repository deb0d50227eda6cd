//! What configs with the same plan have in common, and which they are.

use super::Text;
use super::check_groups::EqualChanges;
use crate::plan::Intent;
use crate::text::pluralize;

/// Configs of a group that are listed; the rest is counted.
const MAX_LISTED: usize = 100;

/// The keys of a change that its title names.
const MAX_KEYS: usize = 3;
/// Accounts of a group that are named with their numbers of stacks.
const MAX_ACCOUNTS: usize = 20;
/// Fewer configs of the same kind are not counted: each is shown.
const MIN_ALIKE: usize = 2;

/// What the configs of a group have in common.
pub(super) fn group_title(group: &EqualChanges<'_>) -> Text {
    let change = group.first();
    let count = group.changes.len();
    let configs = || Text::count(count, "config");
    let stacks = |words| Text::count(count, "stack").and(Text::ours(words));
    let title = match change.intent {
        Intent::Invalid => configs().and(Text::ours(" with the same kinds of errors")),
        Intent::Create => {
            Text::count(count, "new config").and(Text::ours(" with the same template"))
        }
        Intent::Delete | Intent::Abandon => Text::count(count, "removed config"),
        Intent::Adopt => stacks(" to adopt"),
        Intent::Unadopt => stacks(" to un-adopt"),
        Intent::Replace => stacks(" to replace"),
        Intent::Import => stacks(" to create with imports"),
        Intent::Update | Intent::Unchanged => match change.impact.len() {
            0 => configs().and(Text::ours(" with the same change")),
            1..=MAX_KEYS => {
                let keys = change.impact.iter().map(|impact| Text::name(&impact.key));
                configs()
                    .and(Text::ours(" change "))
                    .and(Text::and_list(keys))
            }
            keys => {
                let keys = Text::count(keys, "key");
                configs().and(Text::ours(" change the same ")).and(keys)
            }
        },
    };
    title.and(scope_text(group))
}

/// The product and the environment of all configs, as ` (product, environment)`.
pub(super) fn scope_text(group: &EqualChanges<'_>) -> Text {
    let product = group.common(|change| change.product.as_ref());
    let environment = group.common(|change| Some(&change.target.as_ref()?.environment));
    let scope = Text::list(product.into_iter().chain(environment).map(Text::name));
    match scope.is_empty() {
        true => scope,
        false => Text::ours(" (").and(scope).and(Text::ours(")")),
    }
}

/// The number of stacks, and where they are.
pub(super) fn stacks_text(group: &EqualChanges<'_>) -> Text {
    let stacks = Text::count(group.changes.len(), "stack").and(Text::ours(" in "));
    match (&group.first().target, group.accounts().len()) {
        (Some(target), _) if group.is_one_place() => stacks
            .and(Text::name(&target.account))
            .and(Text::ours(", "))
            .and(Text::name(&target.region)),
        (Some(target), 1) => stacks.and(Text::name(&target.account)),
        (_, accounts) => stacks.and(Text::count(accounts, "account")),
    }
}

/// The accounts of the stacks, the rarest first; `None` if all are in one.
pub(super) fn accounts_text(group: &EqualChanges<'_>) -> Option<Text> {
    let accounts = group.accounts();
    let shown = accounts.iter().take(MAX_ACCOUNTS).map(|(account, count)| {
        let count = Text::ours(" (").and(Text::number(*count));
        Text::name(*account).and(count).and(Text::ours(")"))
    });
    let more = accounts.len().saturating_sub(MAX_ACCOUNTS);
    let more = (more > 0).then(|| Text::count(more, "more account"));
    let list = Text::and_list(shown.chain(more));
    (accounts.len() > 1).then(|| {
        Text::ours("Stacks by account: ")
            .and(list)
            .and(Text::ours("."))
    })
}

/// The number of configs in other groups that differ from this one in words of their names alone; `None` without any.
pub(super) fn alike_text(group: &EqualChanges<'_>) -> Option<Text> {
    let is_shown = group.is_first && group.alike >= MIN_ALIKE;
    is_shown.then(|| {
        Text::count(group.alike, "more config").and(Text::ours(
            " of the same kind: only words of the configs' names differ. Each has a section of its own if there is room.",
        ))
    })
}

/// The other configs of a group, as a list.
pub(super) fn others(group: &EqualChanges<'_>) -> String {
    let listed = group.changes.iter().take(MAX_LISTED);
    let is_one_place = group.is_one_place();
    let mut list: String = listed
        .map(|change| {
            let path = Text::name(change.path.as_str());
            let text = match (&change.target, is_one_place) {
                (Some(target), false) => path
                    .and(Text::ours(" in "))
                    .and(Text::name(&target.account))
                    .and(Text::ours(", "))
                    .and(Text::name(&target.region)),
                _ => path,
            };
            format!("- {}\n", text.markdown())
        })
        .collect();
    let more = group.changes.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        list.push_str(&format!("- and {}\n", pluralize(more, "more config")));
    }
    list
}
