//! What configs with the same plan have in common, and which they are.

use std::collections::{BTreeMap, HashMap};

use super::Text;
use super::change_lines::{diff_line, line_place};
use super::check_groups::{EqualChanges, KindDifference, has_kind};
use super::escape::fence;
use super::fit::fit_line;
use crate::plan::{Change, Intent, WordPlace};
use crate::text::pluralize;

/// Configs of a group that are listed; the rest is counted.
const MAX_LISTED: usize = 100;

/// The accounts that at most one of so many configs have are listed first.
const RARE_SHARE: usize = 4;
/// The keys of a change that its title names.
const MAX_KEYS: usize = 3;
/// Accounts of a group that are named with their numbers of stacks.
const MAX_ACCOUNTS: usize = 20;
/// Fewer configs of the same kind are not counted: each is shown.
const MIN_ALIKE: usize = 2;
/// Rare lines of a config that are shown, and characters of each and of a value.
const MAX_LINES: usize = 20;
/// Places at which the same line is shown.
const MAX_TIMES: usize = 3;
/// Places that differ between configs of one kind.
const MAX_PLACES: usize = 5;
const MAX_LINE_CHARS: usize = 200;
const MAX_VALUE_CHARS: usize = 60;

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

/// What differs between the configs of a group of new ones, or of changes.
pub(super) fn difference_text(group: &EqualChanges<'_>) -> Text {
    let [account, region] = group.place();
    let names = [
        Some(Text::ours("names")),
        account.is_none().then(|| Text::ours("accounts")),
        region.is_none().then(|| Text::ours("regions")),
    ];
    let only = Text::ours("Only ")
        .and(Text::and_list(names.into_iter().flatten()))
        .and(Text::ours(" differ"));
    let words = group.differing_words();
    let has_descriptions = words
        .iter()
        .any(|(_, place)| **place == WordPlace::Description);
    let tags = differing_tags(&words).into_keys().map(Text::name);
    let tags = Text::and_list(tags);
    let repeated = match (tags.is_empty(), has_descriptions) {
        (true, false) => return only.and(Text::ours(".")),
        (true, true) => Text::ours("descriptions that repeat"),
        (false, false) => Text::ours("the values of the tag ")
            .and(tags)
            .and(Text::ours(", which repeat")),
        (false, true) => Text::ours("descriptions and the values of the tag ")
            .and(tags)
            .and(Text::ours(", which repeat")),
    };
    only.and(Text::ours(", and "))
        .and(repeated)
        .and(Text::ours(" words of the configs' names."))
}

/// The keys of tags whose values differ, each with the number of one of its texts.
fn differing_tags<'a>(words: &[(usize, &'a WordPlace)]) -> BTreeMap<&'a str, usize> {
    let tags = words.iter().rev().filter_map(|(at, place)| match place {
        WordPlace::Tag(key) => Some((key.as_str(), *at)),
        WordPlace::Description | WordPlace::Name => None,
    });
    tags.collect()
}

/// The number of configs in other groups that are of the same kind, and where they differ, as Markdown; `None` without any.
pub(super) fn alike_markdown(group: &EqualChanges<'_>) -> Option<String> {
    if !(group.is_first && group.alike >= MIN_ALIKE && has_kind(group)) {
        return None;
    }
    let places = group.differences.len();
    let text = Text::count(group.alike, "more config").and(Text::ours(match places {
        0 => " of the same kind: only words of the configs' names differ.",
        _ => " of the same kind: only words of the configs' names and these places differ.",
    }));
    let text = text.and(Text::ours(
        " Each has a section of its own if there is room.",
    ));
    let shown = group.differences.iter().take(MAX_PLACES);
    let items = shown.map(|difference| format!("\n- {}", difference_item(difference).markdown()));
    let items: String = items.collect();
    let more = places.saturating_sub(MAX_PLACES);
    let more = match more {
        0 => String::new(),
        more => format!("\n- and {}", pluralize(more, "more place")),
    };
    let gap = if places == 0 { "" } else { "\n" };
    Some(format!("{}{gap}{items}{more}", text.markdown()))
}

fn difference_item(difference: &KindDifference) -> Text {
    let fact = difference.fact.as_ref();
    let fact = fact.map(|(parent, name)| {
        let text = fact_text(parent.as_deref(), name);
        text.unwrap_or_else(|| Text::name(name))
    });
    let place = fact.unwrap_or_else(|| Text::name(&difference.place));
    let values = difference.lines.iter().map(|line| {
        let line = line.get(1..).unwrap_or_default().trim();
        let value = line.split_once(": ").map_or(line, |(_, value)| value);
        Text::name(fit_line(value.trim_matches('"'), MAX_VALUE_CHARS))
    });
    let such = if difference.lines.is_empty() {
        ""
    } else {
        ", such as "
    };
    place
        .and(Text::ours(": "))
        .and(Text::count(difference.count, "value"))
        .and(Text::ours(such))
        .and(Text::list(values))
}

/// In what a config differs from most others, and its lines that few have; `None` if it does not.
pub(super) fn rare_markdown(group: &EqualChanges<'_>) -> Option<String> {
    let standing = &group.standing;
    if !standing.is_rare {
        return None;
    }
    let change = group.first();
    let all_lines = standing.lines.iter();
    let all_lines = all_lines.filter_map(|number| Some((*number, diff_line(change, *number)?)));
    let all_lines = all_lines.collect::<Vec<_>>();
    let mut lines: Vec<String> = Vec::new();
    let mut last_place = None;
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut left = MAX_LINES;
    for (number, line) in &all_lines {
        let times = known.entry(line).or_default();
        *times += 1;
        if *times > MAX_TIMES || left == 0 {
            continue;
        }
        left -= 1;
        let place = line_place(change, *number);
        if last_place.as_ref() != Some(&place) && !place.is_empty() {
            lines.push(format!("@@ {} @@", fit_line(&place, MAX_LINE_CHARS)));
        }
        lines.push(fit_line(line, MAX_LINE_CHARS));
        last_place = Some(place);
    }
    let more = all_lines.len() - (MAX_LINES - left);
    if more > 0 {
        lines.push(format!("… {}", pluralize(more, "more line")));
    }
    // Its lines say more than the name of a resource.
    let facts = standing
        .facts
        .iter()
        .filter(|(parent, _)| lines.is_empty() || parent.as_deref() != Some("resources"));
    let facts = facts.filter_map(|(parent, name)| fact_text(parent.as_deref(), name));
    // A diff of a policy begins in the middle of a list, so that its places differ. Its lines say more.
    let of_policy = |place: &&String| place.starts_with("policy") && !lines.is_empty();
    let missing = standing.missing.iter().filter(|place| !of_policy(place));
    let lacks = match change.intent {
        Intent::Create | Intent::Import => "the lack of ",
        _ => "that it does not change ",
    };
    let missing = missing.map(|place| Text::ours(lacks).and(Text::name(place)));
    let of_template = (!lines.is_empty()).then(|| Text::ours("these lines"));
    let all = Text::and_list(facts.chain(missing).chain(of_template));
    if all.is_empty() {
        return None;
    }
    let product = change.product.as_ref();
    let product = product.map_or(Text::default(), |product| {
        Text::ours(" of ").and(Text::name(product))
    });
    let end = if lines.is_empty() { "." } else { ":" };
    let text = Text::ours("Differs from most of the ")
        .and(Text::count(group.compared, "config"))
        .and(product)
        .and(Text::ours(" in "))
        .and(all)
        .and(Text::ours(end));
    match lines.is_empty() {
        true => Some(text.markdown()),
        false => Some(format!(
            "{}\n\n{}",
            text.markdown(),
            fence(&lines.join("\n"), "diff")
        )),
    }
}

/// What the report says of the change: `parent` is the part of it.
fn fact_text(parent: Option<&str>, name: &str) -> Option<Text> {
    let words = match (parent, name) {
        (Some("impact"), key) => return Some(Text::ours("the key ").and(Text::name(key))),
        (Some("resources"), id) => return Some(Text::ours("the resource ").and(Text::name(id))),
        (Some(_), _) => return None,
        (None, "account") => "the account",
        (None, "region") => "the region",
        (None, "environment") => "the environment",
        (None, "policy") => "the operator's policy",
        (None, "problems") => "the problems",
        (None, "folders") => "the folders",
        (None, "costs") => "the costs",
        (None, "on_merge") => "the effect of the merge",
        (None, "preview") => "the AWS preview",
        (None, _) => return None,
    };
    Some(Text::ours(words))
}

/// The other configs of a group, as a list.
pub(super) fn others(group: &EqualChanges<'_>) -> String {
    let mut accounts = HashMap::new();
    let mut sum = 0;
    for (account, count) in group.accounts() {
        sum += count;
        let is_rare = sum * RARE_SHARE <= group.changes.len();
        accounts.insert(account, if is_rare { count } else { usize::MAX });
    }
    let mut changes = group.changes.clone();
    // Those of the rarest accounts first.
    changes.sort_by_key(|change| {
        let target = change.target.as_ref();
        target.and_then(|target| accounts.get(&*target.account))
    });
    let tags = differing_tags(&group.differing_words());
    let listed = changes.iter().take(MAX_LISTED);
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
            let text = tags.iter().fold(text, |text, (key, at)| {
                text.and(Text::ours(", "))
                    .and(Text::name(*key))
                    .and(Text::ours(": "))
                    .and(Text::name(tag_value(change, *at)))
            });
            format!("- {}\n", text.markdown())
        })
        .collect();
    let more = group.changes.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        list.push_str(&format!(
            "- and {}, which `groups` of the JSON report lists\n",
            pluralize(more, "more config")
        ));
    }
    list
}

fn tag_value(change: &Change, at: usize) -> String {
    let outline = change.outline.as_ref();
    let word = outline.and_then(|outline| outline.words.get(at));
    word.map_or_else(String::new, |word| fit_line(&word.text, MAX_VALUE_CHARS))
}
