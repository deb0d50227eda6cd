//! Rows of words as a table, for a terminal or in Markdown.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{ContentArrangement, Table};

use super::inert;
use crate::wording::visible;

/// A table for a terminal, without lines.
pub fn plain(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = rows
        .iter()
        .map(|row| row.iter().map(|cell| visible(cell, false).into_owned()));
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let head = head.iter().map(|word| word.to_uppercase());
    table.set_header(head);
    cells.for_each(|row| {
        table.add_row(row);
    });
    trimmed(&table)
}

/// A table in Markdown, in which no cell is live.
pub fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(|cell| inert::inert(cell)));
    }
    trimmed(&table)
}

/// Without the blanks that fill the last column.
fn trimmed(table: &Table) -> String {
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}
