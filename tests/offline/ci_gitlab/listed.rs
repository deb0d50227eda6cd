//! The variables that the program reads are those that `docs/gitlab.md` lists with what a trigger can do by them.
#![expect(clippy::disallowed_methods, reason = "the sources are files")]

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn names(text: &str, pattern: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    let found = pattern.captures_iter(text);
    found.map(|found| found[1].to_owned()).collect()
}

/// The variables in the table of the page.
fn listed() -> BTreeSet<String> {
    let page = read("docs/gitlab.md");
    let (_, section) = page.split_once("\n### Variables\n").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells: Vec<&str> = rows.map(|row| row.split('|').nth(1).unwrap()).collect();
    names(&cells.join("\n"), "`([A-Z_0-9]+)`")
}

#[test]
fn attack_every_variable_that_the_program_reads_is_listed() {
    let mut read_names = BTreeSet::new();
    for folder in [
        "src/ci",
        "src/ci/gitlab",
        "src/forge/gitlab",
        "src/cli",
        "src",
    ] {
        for entry in std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let pattern = r#""((?:CI|GITLAB|PROVISIONER|TRIGGER)_[A-Z0-9_]+)""#;
                read_names.extend(names(&text, pattern));
            }
        }
    }
    assert!(read_names.len() > 25, "{read_names:?}");
    let listed = listed();
    let missing: Vec<_> = read_names.difference(&listed).collect();
    assert_eq!(missing, Vec::<&String>::new());
    let template = read("templates/provisioner/template.yml");
    let passed = names(&template, r#""\$([A-Z0-9_]+)""#);
    let missing: Vec<_> = passed.difference(&listed).collect();
    assert_eq!(missing, Vec::<&String>::new());
    // A token has other names in the component than in the program.
    let known: BTreeSet<String> = read_names.union(&passed).cloned().collect();
    let stale: Vec<_> = listed.difference(&known).collect();
    assert_eq!(stale, Vec::<&String>::new());
}
