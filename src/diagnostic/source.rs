//! Positions in a source text.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::RepoPath;

/// Both count from 1, the column in characters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema,
)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// From `start` up to, not including, `end`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema,
)]
pub struct Span {
    pub start: Position,
    /// The position after the last character.
    pub end: Position,
}

impl Span {
    /// The span of one character.
    pub fn point(line: usize, column: usize) -> Self {
        let start = Position { line, column };
        let end = Position {
            line,
            column: column + 1,
        };
        Self { start, end }
    }
}

/// A span of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Location {
    /// The file, inside the repository or as the user named it.
    pub path: RepoPath,
    pub span: Span,
}

/// A text whose lines can be quoted.
#[derive(Clone, Copy, Debug)]
pub struct SourceText<'a>(&'a str);

impl<'a> SourceText<'a> {
    pub fn new(text: &'a str) -> Self {
        Self(text)
    }

    pub fn text(&self) -> &'a str {
        self.0
    }

    /// The line of a byte, from 1.
    pub fn line_of(&self, byte: usize) -> usize {
        let before = self.0.bytes().take(byte);
        before.filter(|byte| *byte == b'\n').count() + 1
    }

    /// Line `number` (from 1) without its line break.
    pub fn line(&self, number: usize) -> Option<&'a str> {
        self.0.lines().nth(number.checked_sub(1)?)
    }

    /// The text of a span; `None` if the span covers several lines.
    pub fn slice(&self, span: Span) -> Option<&'a str> {
        if span.start.line != span.end.line {
            return None;
        }
        let line = self.line(span.start.line)?;
        let byte = |column: usize| {
            line.char_indices()
                .map(|(at, _)| at)
                .chain([line.len()])
                .nth(column.saturating_sub(1))
        };
        line.get(byte(span.start.column)?..byte(span.end.column)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_slices_count_characters() {
        let source = SourceText::new("a: ä\r\nkey: välue\n");
        assert_eq!(source.line(1), Some("a: ä"));
        assert_eq!(source.line(3), None);
        let span = Span {
            start: Position { line: 2, column: 6 },
            end: Position {
                line: 2,
                column: 11,
            },
        };
        assert_eq!(source.slice(span), Some("välue"));
    }
}
