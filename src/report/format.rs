//! Text or Markdown.

use super::after_deletion::AfterDeletion;
use super::{Text, markdown_table, plain_table};

/// The format of tables and lines.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// For a terminal with this number of columns; `None` for output that is not wrapped.
    Text(Option<u16>),
    /// For a comment or a job summary.
    Markdown,
}

impl Format {
    /// Rows as a table.
    pub fn table(self, head: &[&str], rows: &[Vec<Text>]) -> String {
        match self {
            Self::Text(width) => plain_table(head, rows, width),
            Self::Markdown => markdown_table(head, rows),
        }
    }

    pub fn after_deletion(self, after: AfterDeletion) -> Text {
        match self {
            Self::Text(_) => Text::ours(after.words()),
            Self::Markdown => after.marked(),
        }
    }

    pub fn line(self, text: &Text) -> String {
        match self {
            Self::Text(_) => format!("{}\n", text.plain()),
            Self::Markdown => format!("\n{}\n", text.markdown()),
        }
    }
}
