//! Parses the plain documents that most configs and all rendered templates are: block mappings and lists with one scalar or one flow
//! collection on a line. The tree is that of the general parser, in a fraction of its time. Everything else is left to the general
//! parser: tags, anchors, texts over several lines, and every mistake.

use super::node::{MapEntry, Node, NodeKind};
use super::plain_line::{MAX_ENTRIES, PlainLine};
use crate::diagnostic::Position;

/// The document; `None` if it is not plain, or may have more levels or values than the limits allow.
pub(super) fn parse(text: &str, max_depth: usize, max_nodes: usize) -> Option<Node> {
    // Without an early end, so that the compiler reads many bytes at once.
    let has_control = text.bytes().fold(false, |found, byte| {
        found | (byte < b' ') & (byte != b'\n') | (byte == 0x7f)
    });
    if !text.ends_with('\n') || has_control {
        return None;
    }
    // A mark in the middle of a document is a mistake, and old versions of YAML read some of these as line breaks.
    let is_special = |c: char| {
        !c.is_ascii() && (c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}'))
    };
    if !text.is_ascii() && text.chars().any(is_special) {
        return None;
    }
    let mut parser = PlainParser {
        line: PlainLine::new(max_depth, max_nodes),
        rest: text,
        number: 0,
    };
    parser.next_line();
    let root = parser.block()?;
    parser.line.is_end_of_document().then_some(root)
}

struct PlainParser<'a> {
    line: PlainLine<'a>,
    /// The lines after this one.
    rest: &'a str,
    /// Of the line that was read last.
    number: usize,
}

impl PlainParser<'_> {
    /// Advances to the next line with content.
    fn next_line(&mut self) {
        while let Some((text, rest)) = self.rest.split_once('\n') {
            self.number += 1;
            self.rest = rest;
            let blanks = text.bytes().take_while(|byte| *byte == b' ');
            let indent = blanks.count();
            if !matches!(text.as_bytes().get(indent), None | Some(b'#')) {
                return self.line.set(self.number, text, indent);
            }
        }
        self.line.set(self.number + 1, "", 0);
    }

    /// The place of the next token. A block ends there.
    fn here(&self) -> Position {
        self.line.position(self.line.at)
    }

    fn is_at(&self, column: usize) -> bool {
        !self.line.is_end_of_document() && self.line.at == column
    }

    fn is_right_of(&self, column: usize) -> bool {
        self.line.at > column
    }

    /// The mapping or the list that begins here. It ends where the next token is further left.
    fn block(&mut self) -> Option<Node> {
        let start = self.here();
        self.line.enter()?;
        let kind = match self.line.is_item() {
            true => self.list(),
            false => self.mapping(),
        }?;
        self.line.leave();
        let end = self.here();
        self.line.node(kind, start, end)
    }

    fn mapping(&mut self) -> Option<NodeKind> {
        let column = self.line.at;
        let mut entries: Vec<MapEntry> = Vec::new();
        loop {
            let (key, key_span) = self.line.key()?;
            if entries.len() == MAX_ENTRIES || entries.iter().any(|entry| entry.key == key) {
                return None;
            }
            let value = self.value_of_key(column)?;
            entries.push(MapEntry {
                key,
                key_span,
                value,
            });
            if self.is_right_of(column) || self.is_at(column) && self.line.is_item() {
                return None;
            }
            if !self.is_at(column) {
                return Some(NodeKind::Mapping(entries));
            }
        }
    }

    /// The value after the colon, which comes next.
    fn value_of_key(&mut self, column: usize) -> Option<Node> {
        let colon = self.here();
        self.line.at += 1;
        self.line.skip_blanks();
        if !self.line.is_at_end_of_line() {
            return self.value_on_line(column);
        }
        self.next_line();
        if self.is_right_of(column) {
            return self.block();
        }
        if !self.is_at(column) || !self.line.is_item() {
            return self.line.node(NodeKind::Null, colon, colon);
        }
        // A list below its key without indentation. For the general parser it begins with its first value.
        self.line.enter()?;
        let (kind, start) = self.list_below_key()?;
        self.line.leave();
        let end = self.here();
        self.line.node(kind, start, end)
    }

    fn list_below_key(&mut self) -> Option<(NodeKind, Position)> {
        let column = self.line.at;
        let start = self.line.position_of_item();
        let mut items = Vec::new();
        while self.is_at(column) && self.line.is_item() {
            items.push(self.item(column)?);
        }
        (!self.is_right_of(column)).then_some((NodeKind::Sequence(items), start))
    }

    fn list(&mut self) -> Option<NodeKind> {
        let column = self.line.at;
        let mut items = Vec::new();
        loop {
            items.push(self.item(column)?);
            if self.is_right_of(column) || self.is_at(column) && !self.line.is_item() {
                return None;
            }
            if !self.is_at(column) {
                return Some(NodeKind::Sequence(items));
            }
        }
    }

    /// The value after `- `. An empty one is left to the general parser.
    fn item(&mut self, column: usize) -> Option<Node> {
        self.line.at += 1;
        self.line.skip_blanks();
        if self.line.is_at_end_of_line() {
            return None;
        }
        match self.line.is_item() || self.line.is_key() {
            true => self.block(),
            false => self.value_on_line(column),
        }
    }

    /// The value at the end of a line. The next line is not further right: there a text would continue.
    fn value_on_line(&mut self, column: usize) -> Option<Node> {
        let value = self.line.value()?;
        self.next_line();
        (!self.is_right_of(column)).then_some(value)
    }
}
