//! One line of a plain document: keys, scalars and flow collections.

use super::node::{MapEntry, Node, NodeKind};
use super::scalar;
use crate::diagnostic::{Position, Span};

/// Larger mappings are left to the general parser: here each key is compared with all keys before it.
pub(super) const MAX_ENTRIES: usize = 256;
/// The general parser takes no longer key on one line.
const MAX_KEY: usize = 1_000;

/// A line with content, and how much of it was read. At the end of the document an empty one. Every method returns `None` for anything
/// that is left to the general parser.
pub(super) struct PlainLine<'a> {
    text: &'a str,
    /// From 1.
    number: usize,
    is_ascii: bool,
    /// Bytes before the next token.
    pub(super) at: usize,
    levels_left: usize,
    nodes_left: usize,
}

impl<'a> PlainLine<'a> {
    pub(super) fn new(max_depth: usize, max_nodes: usize) -> Self {
        Self {
            text: "",
            number: 0,
            is_ascii: true,
            at: 0,
            levels_left: max_depth,
            nodes_left: max_nodes,
        }
    }

    /// Continues with another line, after its indentation.
    pub(super) fn set(&mut self, number: usize, text: &'a str, indent: usize) {
        self.text = text;
        self.number = number;
        self.is_ascii = text.is_ascii();
        self.at = indent;
    }

    pub(super) fn is_end_of_document(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn position(&self, at: usize) -> Position {
        let column = match self.is_ascii {
            true => at,
            false => self.text[..at].chars().count(),
        };
        Position {
            line: self.number,
            column: column + 1,
        }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Whether a line ends here, or a blank follows.
    fn is_apart(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b' '))
    }

    pub(super) fn is_item(&self) -> bool {
        self.byte(self.at) == Some(b'-') && self.is_apart(self.at + 1)
    }

    pub(super) fn skip_blanks(&mut self) {
        while self.byte(self.at) == Some(b' ') {
            self.at += 1;
        }
    }

    /// The place of the value after `- `.
    pub(super) fn position_of_item(&self) -> Position {
        let blanks = self.text[self.at + 1..].bytes();
        let blanks = blanks.take_while(|byte| *byte == b' ').count();
        self.position(self.at + 1 + blanks)
    }

    /// Counts a value.
    pub(super) fn node(&mut self, kind: NodeKind, start: Position, end: Position) -> Option<Node> {
        self.nodes_left = self.nodes_left.checked_sub(1)?;
        Some(Node {
            kind,
            span: Span { start, end },
            tag: None,
        })
    }

    /// Counts the level of a collection until it ends.
    pub(super) fn enter(&mut self) -> Option<()> {
        self.levels_left = self.levels_left.checked_sub(1)?;
        Some(())
    }

    pub(super) fn leave(&mut self) {
        self.levels_left += 1;
    }

    /// Whether only a comment follows. A `#` is one after a blank.
    pub(super) fn is_at_end_of_line(&self) -> bool {
        match self.byte(self.at) {
            None => true,
            Some(b'#') => self.at > 0 && self.byte(self.at - 1) == Some(b' '),
            Some(_) => false,
        }
    }

    /// A scalar or a flow collection, to the end of the line.
    pub(super) fn value(&mut self) -> Option<Node> {
        let value = match self.byte(self.at)? {
            b'[' | b'{' => self.flow()?,
            b'"' | b'\'' => self.quoted()?,
            _ => {
                let start = self.at;
                let end = self.plain_end(start)?;
                self.at = end;
                let kind = scalar::resolve(&self.text[start..end]);
                self.node(kind, self.position(start), self.position(end))?
            }
        };
        self.skip_blanks();
        self.is_at_end_of_line().then_some(value)
    }

    /// The end of a plain scalar in a block: before a comment, or at the end of the line. `None` if it is a key.
    fn plain_end(&self, start: usize) -> Option<usize> {
        if !self.begins_plain(start) {
            return None;
        }
        let text = &self.text.as_bytes()[start..];
        let mut end = 0;
        for (at, byte) in text.iter().enumerate() {
            match byte {
                b' ' => continue,
                b'#' if text[at - 1] == b' ' => break,
                b':' if matches!(text.get(at + 1), None | Some(b' ')) => return None,
                _ => end = at + 1,
            }
        }
        Some(start + end)
    }

    /// Whether a plain scalar may begin here. Other beginnings are indicators, or rare.
    fn begins_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            Some(b'-') => self
                .byte(at + 1)
                .is_some_and(|next| next.is_ascii_alphanumeric()),
            Some(byte) => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/'),
            None => false,
        }
    }

    /// Whether a key begins here.
    pub(super) fn is_key(&self) -> bool {
        self.key_end(self.at).is_some()
    }

    /// The end of the key that begins here, before its colon.
    fn key_end(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let end = match self.byte(start)? {
            b'"' => {
                let length = bytes[start + 1..]
                    .iter()
                    .position(|byte| matches!(byte, b'"' | b'\\'))?;
                let end = start + 1 + length;
                (bytes[end] == b'"').then_some(end + 1)?
            }
            _ if self.begins_plain(start) => {
                let is_end = |at: &usize| {
                    bytes[*at] == b':' && matches!(bytes.get(at + 1), None | Some(b' '))
                };
                let end = (start..bytes.len()).find(is_end)?;
                // A comment, or blanks before the colon.
                let key = &bytes[start..end];
                let is_comment = |pair: &[u8]| pair == b" #";
                let is_broken = key.ends_with(b" ") || key.windows(2).any(is_comment);
                (!is_broken).then_some(end)?
            }
            _ => return None,
        };
        let is_key = bytes.get(end) == Some(&b':') && self.is_apart(end + 1);
        (is_key && end - start <= MAX_KEY).then_some(end)
    }

    /// A key of a block mapping, to its colon.
    pub(super) fn key(&mut self) -> Option<(String, Span)> {
        let (start, end) = (self.at, self.key_end(self.at)?);
        let written = &self.text[start..end];
        let key = match written.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"')?,
            None if scalar::is_null(written) => return None,
            None => written,
        };
        self.at = end;
        let span = Span {
            start: self.position(start),
            end: self.position(end),
        };
        Some((key.to_owned(), span))
    }

    /// A quoted scalar on one line. Its span has the blanks and the comment after it, as the general parser's.
    fn quoted(&mut self) -> Option<Node> {
        let start = self.at;
        let text = match self.byte(start)? {
            b'"' => self.double_quoted()?,
            _ => {
                let inner = &self.text[start + 1..];
                let length = inner.find('\'')?;
                self.at = start + length + 2;
                // Two quotes are one of the text.
                (self.byte(self.at) != Some(b'\'')).then(|| inner[..length].to_owned())?
            }
        };
        self.skip_blanks();
        let is_commented = self.byte(self.at).is_some() && self.is_at_end_of_line();
        let end = match is_commented {
            true => self.text.len(),
            false => self.at,
        };
        let (start, end) = (self.position(start), self.position(end));
        self.node(NodeKind::Text(text), start, end)
    }

    fn double_quoted(&mut self) -> Option<String> {
        let inner = &self.text[self.at + 1..];
        let mut text = String::new();
        let mut rest = inner;
        loop {
            let mut bytes = rest.bytes();
            let next = bytes.position(|byte| matches!(byte, b'"' | b'\\'))?;
            text.push_str(&rest[..next]);
            rest = &rest[next..];
            if let Some(after) = rest.strip_prefix('"') {
                self.at = self.text.len() - after.len();
                return Some(text);
            }
            text.push(match rest.as_bytes().get(1)? {
                b'"' => '"',
                b'\\' => '\\',
                b'/' => '/',
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                _ => return None,
            });
            rest = &rest[2..];
        }
    }

    /// A list or a mapping in brackets, on one line. For the general parser it ends before its last bracket.
    fn flow(&mut self) -> Option<Node> {
        let start = self.position(self.at);
        let is_list = self.byte(self.at) == Some(b'[');
        let close = if is_list { b']' } else { b'}' };
        self.at += 1;
        self.enter()?;
        let kind = match is_list {
            true => self.flow_list(),
            false => self.flow_mapping(),
        }?;
        self.leave();
        if self.byte(self.at) != Some(close) {
            return None;
        }
        let end = self.position(self.at);
        self.at += 1;
        self.node(kind, start, end)
    }

    fn flow_list(&mut self) -> Option<NodeKind> {
        let mut items = Vec::new();
        self.skip_blanks();
        if self.byte(self.at) == Some(b']') {
            return Some(NodeKind::Sequence(items));
        }
        loop {
            items.push(self.flow_value()?);
            if !self.has_next()? {
                return Some(NodeKind::Sequence(items));
            }
        }
    }

    fn flow_mapping(&mut self) -> Option<NodeKind> {
        let mut entries: Vec<MapEntry> = Vec::new();
        self.skip_blanks();
        if self.byte(self.at) == Some(b'}') {
            return Some(NodeKind::Mapping(entries));
        }
        loop {
            let is_quoted = matches!(self.byte(self.at)?, b'"' | b'\'');
            let key = self.flow_scalar()?;
            self.nodes_left += 1;
            let NodeKind::Text(text) = key.kind else {
                return None;
            };
            // After a quoted key the value may follow at once, as in JSON.
            if self.byte(self.at) != Some(b':') || !is_quoted && !self.is_apart(self.at + 1) {
                return None;
            }
            self.at += 1;
            self.skip_blanks();
            if entries.len() == MAX_ENTRIES || entries.iter().any(|entry| entry.key == text) {
                return None;
            }
            entries.push(MapEntry {
                key: text,
                key_span: key.span,
                value: self.flow_value()?,
            });
            if !self.has_next()? {
                return Some(NodeKind::Mapping(entries));
            }
        }
    }

    /// Whether a comma and another value follow. Otherwise the collection ends here.
    fn has_next(&mut self) -> Option<bool> {
        self.skip_blanks();
        match self.byte(self.at)? {
            b',' => {
                self.at += 1;
                self.skip_blanks();
                Some(true)
            }
            b']' | b'}' => Some(false),
            _ => None,
        }
    }

    fn flow_value(&mut self) -> Option<Node> {
        match self.byte(self.at)? {
            b'[' | b'{' => self.flow(),
            _ => self.flow_scalar(),
        }
    }

    /// A scalar in brackets. Plain ones are words without blanks.
    fn flow_scalar(&mut self) -> Option<Node> {
        if matches!(self.byte(self.at)?, b'"' | b'\'') {
            return self.quoted();
        }
        let start = self.at;
        if !self.begins_plain(start) {
            return None;
        }
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./*".contains(&byte);
        loop {
            match self.byte(self.at)? {
                byte if is_word(byte) => self.at += 1,
                // A part of the word, such as `AWS::Region`.
                b':' if self
                    .byte(self.at + 1)
                    .is_some_and(|next| is_word(next) || next == b':') =>
                {
                    self.at += 1;
                }
                b',' | b']' | b'}' | b' ' | b':' => break,
                _ => return None,
            }
        }
        let kind = scalar::resolve(&self.text[start..self.at]);
        let (start, end) = (self.position(start), self.position(self.at));
        self.node(kind, start, end)
    }
}
