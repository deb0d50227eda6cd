//! What a stack costs, in words.

use super::{Text, markdown_table};
use crate::template::{Costs, FixedCost, Money};

/// The columns of [`cost_rows`].
pub(super) const COST_HEAD: [&str; 2] = ["What", "List price in US dollars"];

/// One or more sentences. `region`: that of the stack.
pub(super) fn cost_summary(costs: &Costs, region: &str) -> Text {
    let each_month = Text::ours(" a month while the stack exists");
    let fixed = match (costs.monthly.is_zero(), costs.monthly_per_zone.is_zero()) {
        (true, true) => Text::ours("Only use is billed"),
        (false, true) => dollars(costs.monthly).and(each_month),
        (true, false) => dollars(costs.monthly_per_zone)
            .and(Text::ours(" for each zone"))
            .and(each_month),
        (false, false) => dollars(costs.monthly)
            .and(each_month)
            .and(Text::ours(", and "))
            .and(dollars(costs.monthly_per_zone))
            .and(Text::ours(" for each zone")),
    };
    let prices = Text::ours(", at list prices of ")
        .and(Text::name(&costs.region))
        .and(Text::ours(" in "))
        .and(Text::sentence(&costs.date))
        .and(Text::ours("."));
    let text = fixed.and(prices);
    let text = match costs.is_of_region {
        true => text,
        false => text
            .and(Text::ours(" Prices in "))
            .and(Text::name(region))
            .and(Text::ours(" differ.")),
    };
    let is_fixed = !costs.fixed.is_empty();
    let text = match is_fixed && !costs.by_use.is_empty() {
        false => text,
        true => text.and(Text::ours(" The rest depends on use.")),
    };
    match costs.needs.is_empty() {
        true => text,
        false => text.and(Text::ours(
            " The sum leaves out resources that the stack needs and does not create.",
        )),
    }
}

/// One row for each price.
pub(super) fn cost_rows(costs: &Costs) -> Vec<Vec<Text>> {
    let mut rows: Vec<Vec<Text>> = costs.fixed.iter().map(fixed_row).collect();
    let used = |price: &crate::template::UsePrice| {
        vec![
            Text::ours("for each ").and(Text::sentence(&price.per)),
            dollars(price.price).and(Text::ours(", by use")),
        ]
    };
    rows.extend(costs.by_use.iter().map(used));
    for needed in &costs.needs {
        rows.push(vec![
            Text::ours("not created: ").and(Text::sentence(&needed.what)),
            dollars(needed.monthly)
                .and(Text::ours(" a month for each "))
                .and(Text::sentence(&needed.unit)),
        ]);
        rows.extend(needed.by_use.iter().map(used));
    }
    rows.extend(
        costs
            .early
            .iter()
            .map(|early| vec![Text::sentence(early), Text::ours("–")]),
    );
    rows
}

/// The summary and the table, for a comment.
pub(super) fn costs_markdown(costs: &Costs, region: &str) -> (String, String) {
    let table = markdown_table(&COST_HEAD, &cost_rows(costs));
    (cost_summary(costs, region).markdown(), table)
}

fn fixed_row(cost: &FixedCost) -> Vec<Text> {
    let what = match cost.count {
        1 => Text::sentence(&cost.what),
        count => Text::number(count)
            .and(Text::ours(" × "))
            .and(Text::sentence(&cost.what)),
    };
    let what = match cost.zones {
        None => what,
        Some(zones) => what.and(Text::ours(" × ")).and(Text::count(
            usize::try_from(zones).unwrap_or(usize::MAX),
            "zone",
        )),
    };
    let period = match cost.is_per_zone {
        true => " a month for each zone",
        false => " a month",
    };
    vec![what, dollars(cost.monthly).and(Text::ours(period))]
}

fn dollars(amount: Money) -> Text {
    Text::sentence(format!("${amount}"))
}
