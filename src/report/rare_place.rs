//! The notice of a new stack in an account or region that no other config of its environment has.

use super::Text;
use crate::plan::PlaceKind;

/// `configs`: the number of the environment's configs.
pub(super) fn rare_place_text(
    (environment, config): (&str, &str),
    kind: PlaceKind,
    name: &str,
    configs: usize,
) -> Text {
    let place = Text::ours(match kind {
        PlaceKind::Account => " is in account ",
        PlaceKind::Region => " is in region ",
    });
    Text::ours("Only one of ")
        .and(Text::count(configs, "config"))
        .and(Text::ours(" of "))
        .and(Text::name(environment))
        .and(place.and(Text::name(name)))
        .and(Text::ours(": ").and(Text::name(config)))
        .and(Text::ours("."))
}
