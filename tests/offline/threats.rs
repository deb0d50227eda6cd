//! `docs/threats.md`: every threat has its row, and the tests that a row names exist.
#![expect(
    clippy::disallowed_methods,
    reason = "the page and the tests are files"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Threats in the page.
const THREATS: usize = 76;
/// Threats of which a test must run the action or the program.
const RUN: [usize; 4] = [9, 13, 26, 32];

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The identifier that a text begins with.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let name = &text[..end.unwrap_or(text.len())];
    (!name.is_empty()).then_some(name)
}

/// Names of the tests in a source text. Three macros make a test of each of their lines.
fn test_names(text: &str) -> Vec<&str> {
    let (mut names, mut is_test, mut in_table) = (Vec::new(), false, false);
    for line in text.lines() {
        let inner = line.trim_start();
        if line.starts_with("attacks! {")
            || line.starts_with("cases! {")
            || line.starts_with("on_both_forges! {")
        {
            in_table = true;
        } else if line == "}" {
            in_table = false;
        } else if in_table {
            names.extend(identifier(inner));
        } else if inner.starts_with("#[test]") || inner.starts_with("#[tokio::test") {
            is_test = true;
        } else if is_test && !inner.starts_with("#[") {
            let inner = inner.strip_prefix("async ").unwrap_or(inner);
            names.extend(inner.strip_prefix("fn ").and_then(identifier));
            is_test = false;
        }
    }
    names
}

/// Files by the names of their tests.
type Tests = BTreeMap<String, Vec<PathBuf>>;

/// All tests of the repository.
static TESTS: LazyLock<Tests> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["tests", "src"] {
        files_below(&root.join(folder), &mut files);
    }
    let mut tests = Tests::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let relative = file.strip_prefix(root).unwrap();
        for name in test_names(&text) {
            tests
                .entry(name.to_owned())
                .or_default()
                .push(relative.to_owned());
        }
    }
    tests
});

/// A row of the page.
struct Row {
    number: usize,
    tests: Vec<String>,
    /// What no test proves.
    likely: String,
}

fn rows(page: &str) -> Vec<Row> {
    let lines = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.split('|').map(str::trim).collect();
        let number = cells[0].parse().ok()?;
        assert_eq!(cells.len(), 6, "{line}");
        // Every second part is between backticks.
        let tests = cells[3].split('`').skip(1).step_by(2);
        Some(Row {
            number,
            tests: tests.map(str::to_owned).collect(),
            likely: cells[4].to_owned(),
        })
    });
    lines.collect()
}

/// What is wrong with a page, given the tests that exist.
fn faults(page: &str, tests: &Tests) -> Vec<String> {
    let rows = rows(page);
    let mut faults = Vec::new();
    let mut numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
    numbers.sort_unstable();
    if numbers != (1..=THREATS).collect::<Vec<_>>() {
        faults.push(format!("each threat has one row: {numbers:?}"));
    }
    for Row {
        number,
        tests: named,
        likely,
    } in &rows
    {
        let files = named.iter().map(|name| {
            let files = tests.get(name).cloned().unwrap_or_default();
            if files.is_empty() {
                faults.push(format!("{number}: no test is called {name}"));
            }
            files
        });
        let files: Vec<PathBuf> = files.flatten().collect();
        if named.len() < 2 && likely.is_empty() {
            faults.push(format!("{number}: fewer than two tests, and no reason"));
        }
        let runs =
            |file: &PathBuf| file.starts_with("tests/testbed") || file.ends_with("workflows.rs");
        if RUN.contains(number) && !files.iter().any(runs) {
            faults.push(format!("{number}: no test runs it"));
        }
    }
    faults
}

#[test]
fn every_threat_names_tests_that_exist() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/threats.md");
    let page = std::fs::read_to_string(page).unwrap();
    assert_eq!(faults(&page, &TESTS), [""; 0]);
}

#[test]
fn faults_of_the_page_are_found() {
    let row = |number: usize, tests: &str, likely: &str| {
        format!("| {number} | a | b | {tests} | {likely} |\n")
    };
    let known = "`attack_quote`, `duplicate_keys`, `every_threat_names_tests_that_exist`";
    let run = "`attack_no_approval`, `attack_command_before_the_merge`";
    let good: Vec<String> = (1..=THREATS)
        .map(|number| match RUN.contains(&number) {
            true => row(number, run, ""),
            false => row(number, known, ""),
        })
        .collect();
    assert_eq!(faults(&good.concat(), &TESTS), [""; 0]);
    for (number, bad, fault) in [
        (4, String::new(), "each threat has one row"),
        (4, row(5, known, ""), "each threat has one row"),
        (
            4,
            row(4, "`attack_of_no_name`, `attack_quote`", "x"),
            "no test is called attack_of_no_name",
        ),
        (
            4,
            row(4, "`files_below`, `attack_quote`", ""),
            "no test is called files_below",
        ),
        (4, row(4, "`attack_quote`", ""), "fewer than two tests"),
        (9, row(9, known, ""), "9: no test runs it"),
    ] {
        let mut rows = good.clone();
        rows[number - 1] = bad;
        let found = faults(&rows.concat(), &TESTS);
        assert!(found[0].contains(fault), "{found:?}");
    }
}
