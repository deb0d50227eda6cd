//! What the defaults of a folder say about the stack of a config.

use super::Text;
use crate::plan::Cause;

/// The keys of the stack's target and names that the config does not set itself; `None` if it sets them all.
pub fn identity_text(keys: &[Cause]) -> Option<Text> {
    let file = &keys.first()?.location.path;
    let keys = keys.iter().map(|key| {
        let line = Text::number(key.location.span.start.line);
        let line = Text::ours(" (line ").and(line).and(Text::ours(")"));
        Text::name(&key.key).and(line)
    });
    let text = Text::name(file.as_str());
    let text = text.and(Text::ours(" sets keys of the stack's target and names: "));
    Some(text.and(Text::list(keys)))
}
