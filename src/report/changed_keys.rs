//! Values of changed keys, before and after, as far as they may be shown.

use super::Text;
use super::redactor::Redactor;
use crate::plan::{ChangedValue, Impact};

/// The text of a key that the config does not set.
const ABSENT: &str = "null";

/// Fills in the texts of all values. A key's two values are shown together, or both hidden: one of them can be a secret that only the
/// other side's template marks.
pub fn show_changed_values(impacts: &mut [Impact], values: &Redactor) {
    let mut ids = values.hidden_value_ids();
    for impact in impacts {
        let shown =
            values.may_show_change(&impact.key, [impact.before.value(), impact.after.value()]);
        for side in [&mut impact.before, &mut impact.after] {
            let text = ids.show_value(side.value(), shown);
            side.show(text);
        }
    }
}

/// `before → after`.
pub(super) fn changed_value(impact: &Impact) -> Text {
    let value = |value: &ChangedValue| match value.text() {
        ABSENT => Text::ours("not set"),
        text => Text::name(text),
    };
    value(&impact.before)
        .and(Text::ours(" → "))
        .and(value(&impact.after))
}
