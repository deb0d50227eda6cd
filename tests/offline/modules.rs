//! The house rules that the compiler does not keep: directions between rooms, pure rooms, adapters' crates.
#![expect(clippy::disallowed_methods, reason = "the sources are read as files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each room uses only rooms before it. Those up to `report` are pure.
const ORDER: &[&str] = &[
    "model",
    "text",
    "diagnostic",
    "product",
    "config",
    "template",
    "diff",
    "stack",
    "plan",
    "guard",
    "command",
    "roles",
    "report",
    "exit",
    "workspace",
    "forge",
    "cloud",
    "ci",
    "operation",
    "job",
    "change",
    "apply",
    "doctor",
    "flow",
    "cli",
    "run",
];
const LAST_PURE: &str = "report";

fn sources() -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &mut found);
    found
        .into_iter()
        .map(|(path, text)| (path.strip_prefix(&root).unwrap().to_owned(), text))
        .collect()
}

fn room(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// Code without the tests inside it, and without comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The rooms that a text names as `crate::room`, also in `use crate::{a, b}`.
fn named(text: &str) -> Vec<String> {
    let word = regex::Regex::new(r"crate::(?:\{([^}]*)\}|([a-z_]+))").unwrap();
    word.captures_iter(text)
        .flat_map(|found| {
            let list = found.get(1).or(found.get(2)).unwrap().as_str().to_owned();
            list.split(',')
                .map(|part| part.trim().split("::").next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn rooms_use_only_rooms_before_them() {
    let at = |room: &str| ORDER.iter().position(|known| *known == room);
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = room(&path);
        if matches!(own.as_str(), "lib" | "main") {
            continue;
        }
        let own_at =
            at(&own).unwrap_or_else(|| panic!("the room `{own}` has no place in the order"));
        for other in named(&code(&text)) {
            match at(&other) {
                Some(other_at) if other_at <= own_at => {}
                Some(_) => wrong.push(format!("{}: `{own}` uses `{other}`", path.display())),
                None => panic!("{}: `crate::{other}` is no room", path.display()),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn pure_rooms_open_no_door() {
    let last = ORDER.iter().position(|room| *room == LAST_PURE).unwrap();
    for (path, text) in sources() {
        let pure = ORDER[..=last].contains(&room(&path).as_str());
        let opens = text.contains("clippy::disallowed_methods")
            || code(&text).contains("async fn")
            || code(&text).contains("eprint");
        assert!(!(pure && opens), "{} is in a pure room", path.display());
    }
}

#[test]
fn foreign_clients_stay_in_their_adapters() {
    for (path, text) in sources() {
        let code = code(&text);
        let place = path.display().to_string();
        assert!(
            !code.contains("octocrab") || place.starts_with("forge/github/"),
            "{place} names octocrab"
        );
        assert!(
            !(code.contains("aws_sdk") || code.contains("aws_config"))
                || place.starts_with("cloud/aws/"),
            "{place} names the AWS SDK"
        );
        assert!(
            !code.contains("std::env::") || matches!(room(&path).as_str(), "ci" | "main"),
            "{place} reads the environment"
        );
    }
}

#[test]
fn files_have_one_subject() {
    for (path, text) in sources() {
        assert!(
            text.lines().count() <= 450,
            "{} is too long for one subject",
            path.display()
        );
    }
    assert!(sources()[Path::new("main.rs")].lines().count() <= 40);
}
