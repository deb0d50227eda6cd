//! Configs that need what a deletion takes away.

use minijinja::value::Value;

use super::Text;
use super::templates::safe;
use crate::plan::{Change, Consumer, Consumers};
use crate::template::LinkKind;

/// Names that are listed; the rest is counted.
const MAX_LISTED: usize = 20;
/// Configs with errors that are listed.
const MAX_UNREAD: usize = 3;

/// The consumers of a change in a comment; `None` if it has none.
pub(super) fn consumers_markdown(change: &Change) -> Option<Value> {
    if !change.intent.deletes_stack() {
        return None;
    }
    let lines = consumer_lines(change.consumers.as_ref(), true).into_iter();
    let lines: Vec<String> = lines.map(|line| format!("- {}", line.markdown())).collect();
    (!lines.is_empty()).then(|| safe(lines.join("\n")))
}

/// A line for each consumer. `exists`: whether there is a stack that provides anything.
pub(super) fn consumer_lines(consumers: Option<&Consumers>, exists: bool) -> Vec<Text> {
    let Some(consumers) = consumers else {
        let unknown = "note: it is unknown which configs need its exports and parameters";
        return exists.then(|| Text::ours(unknown)).into_iter().collect();
    };
    let listed = consumers.known.iter().take(MAX_LISTED);
    let mut lines: Vec<Text> = listed.map(line).collect();
    if consumers.known.len() > MAX_LISTED {
        let more = consumers.known.len() - MAX_LISTED;
        lines.push(Text::ours("and needed for ").and(Text::count(more, "more name")));
    }
    if !consumers.unread.is_empty() {
        let unread = consumers.unread.iter();
        let shown = unread.take(MAX_UNREAD);
        let mut names: Vec<Text> = shown.map(|path| Text::name(path.as_str())).collect();
        if consumers.unread.len() > MAX_UNREAD {
            let more = consumers.unread.len() - MAX_UNREAD;
            names.push(Text::count(more, "more config"));
        }
        let note = Text::ours("note: configs with errors may need its exports and parameters: ");
        lines.push(note.and(Text::list(names)));
    }
    lines
}

fn line(consumer: &Consumer) -> Text {
    let kind = match consumer.kind {
        LinkKind::Export => ", which imports ",
        LinkKind::Parameter => ", which reads the parameter ",
    };
    Text::ours("needed by ")
        .and(Text::name(consumer.config.as_str()))
        .and(Text::ours(kind))
        .and(Text::name(&consumer.name))
}
