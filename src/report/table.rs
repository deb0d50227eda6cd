//! Rows as a table, for a terminal or in Markdown.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
use unicode_width::UnicodeWidthStr as _;

use super::Text;

/// Narrowest readable last column.
const MIN_COLUMN_WIDTH: usize = 24;
const PADDING: usize = 2;

/// A table for a terminal, without lines. If it is wider than `width`, the last column is wrapped. If that column would be too
/// narrow, each row becomes a block with a line for each cell.
pub fn plain(head: &[&str], rows: &[Vec<Text>], width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(Text::plain).collect())
        .collect();
    let last = head.len().saturating_sub(1);
    let others = (0..last).map(|column| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column)?.width().into());
        cells.max().unwrap_or(0).max(head[column].width()) + PADDING
    });
    let needed = others.sum::<usize>() + MIN_COLUMN_WIDTH + PADDING;
    if width.is_some_and(|width| needed > usize::from(width)) {
        let blocks = rows.iter().map(|row| {
            let lines = head.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            let mut block = bare(width);
            block.add_rows(lines.map(|(head, cell)| [head, cell.as_str()]));
            wrap_only(1, &mut block);
            trimmed(&block)
        });
        return blocks.collect::<Vec<_>>().join("\n");
    }
    let mut table = bare(width);
    table.set_header(head.iter().map(|word| word.to_uppercase()));
    table.add_rows(rows);
    wrap_only(last, &mut table);
    trimmed(&table)
}

fn bare(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    match width {
        None => table.set_content_arrangement(ContentArrangement::Disabled),
        Some(width) => table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width),
    };
    table
}

/// Wraps only the column `wrapped`.
fn wrap_only(wrapped: usize, table: &mut Table) {
    for column in table
        .column_iter_mut()
        .filter(|column| column.index != wrapped)
    {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
}

/// A table in Markdown, its columns aligned.
pub fn markdown(head: &[&str], rows: &[Vec<Text>]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(Text::markdown));
    }
    trimmed(&table)
}

/// The first two lines of a table in Markdown.
pub fn markdown_head(head: &[&str]) -> String {
    let cells: String = head.iter().map(|cell| cell_of(cell)).collect();
    format!("{cells}|\n{}|\n", "|---".repeat(head.len()))
}

/// A row of a table in Markdown.
pub fn markdown_row(row: &[Text]) -> String {
    let cells = row.iter().map(|cell| cell_of(&cell.markdown()));
    cells.collect::<String>() + "|\n"
}

fn cell_of(markdown: &str) -> String {
    match markdown.is_empty() {
        true => "| ".to_owned(),
        false => format!("| {markdown} "),
    }
}

/// The table without trailing blanks.
fn trimmed(table: &Table) -> String {
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: Option<u16>) -> String {
        let head = ["Product", "Tier", "What it creates"];
        let row = |cells: [&str; 3]| cells.map(Text::name).to_vec();
        let rows = [
            row([
                "ml",
                "starter",
                "Pipelines, with the roles that they run as.",
            ]),
            row(["own", "", "A queue."]),
        ];
        plain(&head, &rows, width)
    }

    #[test]
    fn a_table_fits_the_terminal() {
        assert_eq!(at(None), at(Some(80)));
        insta::assert_snapshot!(at(Some(80)), @"
        PRODUCT  TIER     WHAT IT CREATES
        ml       starter  Pipelines, with the roles that they run as.
        own               A queue.
        ");
        insta::assert_snapshot!(at(Some(48)), @"
        PRODUCT  TIER     WHAT IT CREATES
        ml       starter  Pipelines, with the roles
                          that they run as.
        own               A queue.
        ");
        insta::assert_snapshot!(at(Some(40)), @"
        Product          ml
        Tier             starter
        What it creates  Pipelines, with the
                         roles that they run
                         as.

        Product          own
        What it creates  A queue.
        ");
    }
}
