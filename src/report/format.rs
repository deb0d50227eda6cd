//! Where a report is read.

use super::{escape_markdown, markdown_table, plain_table};
use crate::text::escape_invisible;

/// Where a report is read.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// A terminal of so many columns, or a stream without any.
    Text(Option<u16>),
    /// Markdown, in which nothing of others may be live.
    Markdown,
}

impl Format {
    /// Rows of words as a table.
    pub fn table(self, head: &[&str], rows: &[Vec<String>]) -> String {
        match self {
            Self::Text(width) => plain_table(head, rows, width),
            Self::Markdown => markdown_table(head, rows),
        }
    }

    /// A line of others' words, of which ours begin.
    pub fn line(self, ours: &str, theirs: &str) -> String {
        match self {
            Self::Text(_) => format!("{ours}{}\n", escape_invisible(theirs, false)),
            Self::Markdown => format!("\n{ours}{}\n", escape_markdown(theirs)),
        }
    }
}
