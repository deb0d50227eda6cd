//! The table of modules in the rustdoc of `src/lib.rs`, which defines their order.

use std::collections::BTreeMap;

/// The modules of one row do not use each other.
pub struct Row {
    pub modules: Vec<String>,
    /// No async, file system, environment, clock, network or randomness.
    pub pure: bool,
}

/// Rows from top to bottom.
pub struct Table(pub Vec<Row>);

impl Table {
    /// Reads the first table of a text. Each of its lines begins with `|`, after an optional `//! `.
    pub fn parse(text: &str) -> Self {
        let rows = rows(text).into_iter().map(|cells| Row {
            modules: cells[0].split(", ").map(name).collect(),
            pure: cells[1] == "yes",
        });
        Self(rows.collect())
    }

    /// The row of each module, from the top.
    pub fn places(&self) -> BTreeMap<&str, usize> {
        let rows = self.0.iter().enumerate();
        rows.flat_map(|(at, row)| row.modules.iter().map(move |name| (name.as_str(), at)))
            .collect()
    }

    pub fn is_pure(&self, module: &str) -> bool {
        let mut rows = self.0.iter();
        rows.any(|row| row.pure && row.modules.iter().any(|name| name == module))
    }
}

/// The cells of the first table's rows, without links.
pub fn rows(text: &str) -> Vec<[String; 3]> {
    let lines = text.lines().map(|line| line.trim_start_matches("//! "));
    let table = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let rows = table.skip(2).map(|line| {
        let cells: Vec<String> = line
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace("[`", "`").replace("`]", "`"))
            .collect();
        cells.try_into().expect("a row has three cells")
    });
    rows.collect()
}

fn name(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}
