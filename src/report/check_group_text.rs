//! What configs with the same plan have in common, and which they are.

use super::Text;
use super::check_groups::EqualChanges;
use crate::plan::Intent;
use crate::text::pluralize;

/// Configs of a group that are listed; the rest is counted.
const MAX_LISTED: usize = 100;

fn same(keys: usize) -> String {
    match keys {
        1 => "key".to_owned(),
        keys => pluralize(keys, "key"),
    }
}

/// What the configs of a group have in common.
pub(super) fn group_title(group: &EqualChanges<'_>) -> String {
    let change = group.first();
    let count = group.changes.len();
    let configs = pluralize(count, "config");
    match change.intent {
        Intent::Invalid => format!("{configs} with the same kinds of errors"),
        Intent::Create => format!("{} with the same template", pluralize(count, "new config")),
        Intent::Delete | Intent::Abandon => pluralize(count, "removed config"),
        Intent::Adopt => format!("{} to adopt", pluralize(count, "stack")),
        Intent::Unadopt => format!("{} to un-adopt", pluralize(count, "stack")),
        Intent::Replace => format!("{} to replace", pluralize(count, "stack")),
        Intent::Import => format!("{} to create with imports", pluralize(count, "stack")),
        Intent::Update | Intent::Unchanged if change.impact.is_empty() => {
            format!("{configs} with the same change")
        }
        Intent::Update | Intent::Unchanged => {
            format!("{configs} change the same {}", same(change.impact.len()))
        }
    }
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
