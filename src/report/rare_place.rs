//! The notice of new stacks in accounts or regions that few configs of their environment have.

use super::Text;
use crate::plan::{PlaceKind, RarePlace};

/// Places that the notice names; the rest is counted.
const MAX_NAMED: usize = 5;

/// `configs`: the number of the environment's configs.
pub(super) fn rare_places_text(
    environment: &str,
    kind: PlaceKind,
    places: &[RarePlace],
    configs: usize,
) -> Text {
    let of_all = Text::ours(" of ")
        .and(Text::count(configs, "config"))
        .and(Text::ours(" of "))
        .and(Text::name(environment));
    let (one, word, other) = match kind {
        PlaceKind::Account => (" in account ", "account", "more account"),
        PlaceKind::Region => (" in region ", "region", "more region"),
    };
    let sum = places.iter().map(|place| place.count).sum();
    let are = Text::ours(if sum == 1 { " is" } else { " are" });
    let only = Text::ours("Only ")
        .and(match sum {
            1 => Text::ours("one"),
            _ => Text::number(sum),
        })
        .and(of_all)
        .and(are);
    if let [place] = places {
        let such = if place.count == 1 { ": " } else { ", such as " };
        return only
            .and(Text::ours(one))
            .and(Text::name(&place.name))
            .and(Text::ours(such))
            .and(Text::name(&place.config))
            .and(Text::ours("."));
    }
    let first = |place: &RarePlace| match place.count {
        1 => Text::name(&place.config),
        count => Text::count(count, "config")
            .and(Text::ours(", such as "))
            .and(Text::name(&place.config)),
    };
    let named = places.iter().take(MAX_NAMED).map(|place| {
        Text::name(&place.name)
            .and(Text::ours(" ("))
            .and(first(place))
            .and(Text::ours(")"))
    });
    let more = places.len().saturating_sub(MAX_NAMED);
    let more = (more > 0).then(|| Text::count(more, other));
    only.and(Text::ours(" in "))
        .and(Text::count(places.len(), word))
        .and(Text::ours(": "))
        .and(Text::and_list(named.chain(more)))
        .and(Text::ours("."))
}
