//! Edits of a YAML text, so that all else stays as it is.

use crate::config::{Node, NodeKind};
use crate::diagnostic::Position;

pub(super) struct Edit<'a> {
    text: &'a str,
    newline: &'static str,
}

impl<'a> Edit<'a> {
    pub fn new(text: &'a str) -> Self {
        let newline = match text.contains("\r\n") {
            true => "\r\n",
            false => "\n",
        };
        Self { text, newline }
    }

    /// The number of lines.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// The blanks before the first character of a line, by number.
    pub fn indent(&self, number: usize) -> usize {
        let line = self.text.lines().nth(number - 1).unwrap_or_default();
        line.len() - line.trim_start_matches(' ').len()
    }

    /// The text with more lines after a line, by number.
    pub fn with_lines(&self, number: usize, lines: &[String]) -> String {
        let mut before = self.text.split_inclusive('\n');
        let kept: String = before.by_ref().take(number).collect();
        let gap = match kept.is_empty() || kept.ends_with('\n') {
            true => "",
            false => self.newline,
        };
        let lines: String = lines
            .iter()
            .map(|line| format!("{line}{}", self.newline))
            .collect();
        let rest: String = before.collect();
        format!("{kept}{gap}{lines}{rest}")
    }

    /// The text with more before the bracket that ends a node.
    pub fn before_end(&self, node: &Node, more: &str) -> String {
        let (before, rest) = self.text.split_at(self.bracket(node));
        format!("{before}{more}{rest}")
    }

    /// The text without a node in brackets.
    pub fn without(&self, node: &Node) -> String {
        let before = &self.text[..self.byte(node.span.start)];
        let rest = &self.text[self.bracket(node)..];
        let rest = rest.strip_prefix(']').unwrap_or(rest);
        match rest.starts_with(['\n', '\r']) {
            true => format!("{}{rest}", before.trim_end_matches(' ')),
            false => format!("{before}{rest}"),
        }
    }

    /// The last line of a node. The end of a block is where the next token begins, so its last part counts.
    pub fn last_line(&self, node: &Node) -> usize {
        // An alias has the data of another place.
        let is_block = !self.text[self.byte(node.span.start)..].starts_with(['[', '{', '*']);
        let below = match &node.kind {
            NodeKind::Sequence(items) => items.last().map(|item| self.last_line(item)),
            NodeKind::Mapping(entries) => entries.last().map(|entry| {
                let key = entry.key_span.end.line;
                key.max(self.last_line(&entry.value))
            }),
            _ => None,
        };
        let end = node.span.end;
        match below.filter(|_| is_block) {
            Some(line) => line,
            // A text in lines of its own ends at the beginning of the next line.
            None if end.column == 1 && end.line > node.span.start.line => end.line - 1,
            None => end.line,
        }
    }

    /// The bracket that ends a node: at its end, or before.
    fn bracket(&self, node: &Node) -> usize {
        let brackets = [']', '}'];
        let end = self.byte(node.span.end);
        match self.text[end..].starts_with(brackets) {
            true => end,
            false => self.text[..end].rfind(brackets).unwrap_or(end),
        }
    }

    fn byte(&self, position: Position) -> usize {
        let lines = self.text.split_inclusive('\n');
        let above: usize = lines.take(position.line - 1).map(str::len).sum();
        let line = self.text[above..].char_indices();
        let at = line.map(|(at, _)| at).nth(position.column - 1);
        above + at.unwrap_or(self.text.len() - above)
    }
}
