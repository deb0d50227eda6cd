//! The estate as one HTML page. It loads no other file. Its script filters and sorts; without it the page is a table.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use jiff::{Timestamp, Unit};
use minijinja::value::Value;
use minijinja::{Error, context};
use sha2::{Digest as _, Sha256};

use super::drift_issue::rotation_text;
use super::estate::{state_words, template_words, unknown_words};
use super::html::html_environment;
use crate::estate::{Estate, EstateDrift, EstateRow, EstateState, Fact, LastChange, Unknown};
use crate::model::RepoPath;
use crate::stack::DriftStatus;
use crate::text::pluralize;

const STYLE: &str = include_str!("../../templates/estate/style.css");
const SCRIPT: &str = include_str!("../../templates/estate/script.js");
const PAGE: &str = include_str!("../../templates/estate/page.html.j2");

/// Accounts of the overview. The rest is one line.
const MAX_ACCOUNTS: usize = 100;
/// For a row without an account.
const NO_ACCOUNT: &str = "unknown";
const NOTHING: &str = "–";

/// The page. `request`: the forge's word for a pull request.
pub fn estate_page(estate: &Estate, request: &str) -> Result<String, Error> {
    let mut engine = html_environment()?;
    engine.add_template("page.html.j2", PAGE)?;
    let names = |name: fn(&EstateRow) -> Option<&str>| -> Vec<Value> {
        let names: BTreeSet<&str> = estate.rows.iter().filter_map(name).collect();
        let names = names.into_iter();
        names
            .map(|name| context! { key => name, words => name })
            .collect()
    };
    let states: Vec<Value> = estate
        .counts
        .iter()
        .map(|count| {
            let words = state_words(count.state);
            context! { key => words, words, count => count.rows }
        })
        .collect();
    let problems = estate.problems.iter();
    engine.get_template("page.html.j2")?.render(context! {
        repository => estate.repository.as_deref(),
        commit => estate.commit.short(),
        time => estate.time.as_str(),
        time_text => minutes(&estate.time),
        version => estate.version.as_str(),
        total => pluralize(estate.rows.len(), "row"),
        rotation => estate.rotation.as_ref().map(rotation_text),
        requests => format!("{request}s"),
        states,
        accounts => accounts(estate),
        environments => names(|row| row.environment.as_deref()),
        account_names => names(|row| Some(account(row))),
        products => names(|row| row.product.as_deref()),
        problems => problems
            .map(|problem| context! { what => problem.what.as_str(), reason => problem.reason.as_str() })
            .collect::<Vec<_>>(),
        rows => estate.rows.iter().map(|row| row_value(row, &estate.time, request)).collect::<Vec<_>>(),
        style => Value::from_safe_string(STYLE.to_owned()),
        script => Value::from_safe_string(SCRIPT.to_owned()),
        style_hash => hash(STYLE),
        script_hash => hash(SCRIPT),
    })
}

/// As a content security policy writes it.
fn hash(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text))
}

fn account(row: &EstateRow) -> &str {
    row.account.as_deref().unwrap_or(NO_ACCOUNT)
}

/// The overview: for each account the number of rows in each state, with a level from 0 to 4 that gives the cell its color.
fn accounts(estate: &Estate) -> Vec<Value> {
    let mut counts: BTreeMap<&str, BTreeMap<EstateState, usize>> = BTreeMap::new();
    for row in &estate.rows {
        let of_account = counts.entry(account(row)).or_default();
        *of_account.entry(row.state).or_default() += 1;
    }
    let rest = counts.len().saturating_sub(MAX_ACCOUNTS);
    let mut listed: Vec<(String, BTreeMap<EstateState, usize>)> = Vec::new();
    let mut others: BTreeMap<EstateState, usize> = BTreeMap::new();
    for (index, (account, of_account)) in counts.into_iter().enumerate() {
        match index < MAX_ACCOUNTS {
            true => listed.push((account.to_owned(), of_account)),
            false => of_account.into_iter().for_each(|(state, count)| {
                *others.entry(state).or_default() += count;
            }),
        }
    }
    if rest > 0 {
        listed.push((pluralize(rest, "more account"), others));
    }
    let most = listed.iter().flat_map(|(_, counts)| counts.values()).max();
    let most = most.copied().unwrap_or_default();
    let rows = listed.into_iter().map(|(name, counts)| {
        let cells = estate.counts.iter().map(|column| {
            let count = counts.get(&column.state).copied().unwrap_or_default();
            let heat = (count * 4).div_ceil(most.max(1));
            context! { count, heat }
        });
        context! {
            name,
            cells => cells.collect::<Vec<_>>(),
            total => counts.values().sum::<usize>(),
        }
    });
    rows.collect()
}

fn row_value(row: &EstateRow, now: &str, request: &str) -> Value {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let order = EstateState::ALL
        .iter()
        .position(|state| *state == row.state);
    let config = row.config.as_ref().map(RepoPath::as_str);
    context! {
        state => state_words(row.state),
        words => state_words(row.state),
        order,
        class => class(row.state),
        config => config.unwrap_or("no config"),
        stack => text(&row.stack),
        environment => text(&row.environment),
        account => account(row),
        product => text(&row.product),
        places => [&row.environment, &row.account, &row.region, &row.product]
            .map(|text| place(text, row.state))
            .to_vec(),
        tier => row.tier.as_deref().unwrap_or(NOTHING),
        status => status(&row.status),
        template => cell(&row.template, |template| (template_words(*template).to_owned(), None)),
        drift => drift(&row.drift, now),
        change => change(&row.last_change, request),
        pulls => cell(&row.pull_requests, |numbers| (numbered(numbers), None)),
    }
}

/// A text that only a config with errors does not have, and a stack without a tag.
fn place(text: &Option<String>, state: EstateState) -> Value {
    let unknown = match state {
        EstateState::Invalid => unknown_words(Unknown::ConfigErrors),
        _ => NOTHING,
    };
    context! { known => text.is_some(), text => text.as_deref().unwrap_or(unknown), more => "" }
}

fn status(fact: &Fact<String>) -> Value {
    match (&fact.value, fact.unknown) {
        (None, None) => context! { known => false, text => "does not exist", more => "" },
        _ => cell(fact, |status| (status.clone(), None)),
    }
}

fn class(state: EstateState) -> &'static str {
    match state {
        EstateState::Failed
        | EstateState::NotApplied
        | EstateState::Drifted
        | EstateState::Invalid => "bad",
        EstateState::Applied => "good",
        _ => "care",
    }
}

fn numbered(numbers: &[u64]) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    let numbers = numbers.iter().map(ToString::to_string);
    numbers.collect::<Vec<_>>().join(", ")
}

/// A text and more about it; or why it is not known.
fn cell<T>(fact: &Fact<T>, words: impl Fn(&T) -> (String, Option<String>)) -> Value {
    let (known, text, more) = match (&fact.value, fact.unknown) {
        (Some(value), _) => {
            let (text, more) = words(value);
            (true, text, more)
        }
        (None, Some(reason)) => (false, unknown_words(reason).to_owned(), None),
        (None, None) => (false, NOTHING.to_owned(), None),
    };
    context! { known, text, more }
}

fn drift(fact: &Fact<EstateDrift>, now: &str) -> Value {
    let words = |drift: &EstateDrift| {
        let text = match drift.status {
            DriftStatus::InSync => "none found",
            DriftStatus::Modified | DriftStatus::Deleted => "drifted",
            DriftStatus::NotChecked => "not checked",
            DriftStatus::Unknown => "unknown word of AWS",
        };
        let checked = drift.checked.as_deref();
        let age = checked.map(|checked| format!("checked {}", age(checked, now)));
        let outdated = drift.outdated.then(|| "before the last update".to_owned());
        let more: Vec<String> = age.into_iter().chain(outdated).collect();
        (text.to_owned(), (!more.is_empty()).then(|| more.join(", ")))
    };
    // Drifted stacks first, then those whose check is the oldest.
    let rank = fact.value.as_ref().map_or(4, |drift| match drift.status {
        DriftStatus::Modified | DriftStatus::Deleted => 0,
        DriftStatus::Unknown => 1,
        DriftStatus::NotChecked => 2,
        DriftStatus::InSync => 3,
    });
    let checked = fact.value.as_ref().and_then(|drift| drift.checked.clone());
    let sort = format!("{rank} {}", checked.unwrap_or_default());
    context! { sort, ..cell(fact, words) }
}

fn change(fact: &Fact<LastChange>, request: &str) -> Value {
    let words = |change: &LastChange| {
        let origin = match change.pull_request.value {
            Some(number) => format!("{request} {number}"),
            None => format!("commit {}", change.commit.short()),
        };
        let time = change.time.as_deref().map(minutes);
        let text = [Some(origin), time].into_iter().flatten();
        let approvers = match (&change.approvers.value, change.approvers.unknown) {
            (Some(names), _) if names.is_empty() => Some("approved by nobody".to_owned()),
            (Some(names), _) => Some(format!("approved by {}", names.join(", "))),
            (None, Some(reason)) => Some(format!("approvers {}", unknown_words(reason))),
            (None, None) => Some(format!("no single {request} brought it")),
        };
        (text.collect::<Vec<_>>().join(", "), approvers)
    };
    let time = fact.value.as_ref().and_then(|change| change.time.clone());
    let cell = cell(fact, words);
    context! { sort => time.unwrap_or_else(|| "0".to_owned()), ..cell }
}

/// `2026-11-29T03:23:00Z` as `2026-11-29 03:23 UTC`; another text as it is.
fn minutes(time: &str) -> String {
    match time.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => time.to_owned(),
    }
}

/// The time between two times in the largest unit, such as `3 days ago`.
fn age(time: &str, now: &str) -> String {
    let (Ok(time), Ok(now)) = (time.parse::<Timestamp>(), now.parse::<Timestamp>()) else {
        return format!("at {time}");
    };
    let hours = now.since((Unit::Hour, time));
    let hours = hours.map_or(0, |span| usize::try_from(span.get_hours()).unwrap_or(0));
    match hours {
        0 => "within the last hour".to_owned(),
        1..48 => format!("{} ago", pluralize(hours, "hour")),
        _ => format!("{} ago", pluralize(hours / 24, "day")),
    }
}
