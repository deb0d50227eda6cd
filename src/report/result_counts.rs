//! Numbers of configs by account, region and result.

use std::collections::BTreeMap;

use super::{Text, table};

/// The account, the region and the result of each config as a table, for a terminal of this width. Configs without an account have errors.
pub fn result_counts<'a>(
    results: impl Iterator<Item = (Option<&'a str>, Option<&'a str>, &'a str)>,
    width: Option<u16>,
) -> String {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for result in results {
        *counts.entry(result).or_default() += 1;
    }
    let rows: Vec<Vec<Text>> = counts
        .into_iter()
        .map(|((account, region, result), count)| {
            let place = |place: Option<&str>| Text::name(place.unwrap_or("–"));
            let count = Text::number(count);
            vec![place(account), place(region), Text::name(result), count]
        })
        .collect();
    table::plain(&["Account", "Region", "Result", "Configs"], &rows, width)
}
