//! The rules of the module test. Each returns one sentence for each violation.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use super::sources::{ModulePath, Sources};
use super::table::Table;

/// The top-level module of a file.
pub fn top(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Every top-level module is in the table, and the table names no other.
pub fn unlisted_modules(sources: &Sources, table: &Table) -> Vec<String> {
    let modules: BTreeSet<&str> = sources
        .files()
        .map(top)
        .filter(|module| !matches!(*module, "lib" | "main"))
        .collect();
    let places = table.places();
    let missing = modules
        .iter()
        .filter(|module| !places.contains_key(*module));
    let missing = missing.map(|module| format!("`{module}` is not in the table"));
    let unknown = places.keys().filter(|module| !modules.contains(*module));
    let unknown = unknown.map(|module| format!("the table's `{module}` does not exist"));
    missing.chain(unknown).collect()
}

/// A module uses only modules of lower rows.
pub fn upward_imports(sources: &Sources, table: &Table) -> Vec<String> {
    let places = table.places();
    let mut violations = Vec::new();
    for file in sources.files() {
        let Some(own) = places.get(top(file)) else {
            continue;
        };
        for path in sources.named(file) {
            let other = match path.as_slice() {
                [first, other, ..] if first == "crate" && other != top(file) => other,
                _ => continue,
            };
            if places.get(other.as_str()).is_some_and(|other| other <= own) {
                violations.push(format!("{file} uses {}", path.join("::")));
            }
        }
    }
    violations
}

/// Files that use each other in a circle, directly or through others: one set for each circle.
pub fn circles(sources: &Sources) -> Vec<BTreeSet<&str>> {
    let used: BTreeMap<&str, BTreeSet<&str>> = sources
        .files()
        .map(|file| (file, sources.used(file)))
        .collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = used
        .keys()
        .map(|file| {
            let mut reached = BTreeSet::new();
            let mut open = vec![*file];
            while let Some(next) = open.pop() {
                open.extend(used[next].iter().filter(|other| reached.insert(**other)));
            }
            (*file, reached)
        })
        .collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for (file, others) in &reached {
        let back = others.iter().filter(|other| reached[*other].contains(file));
        let circle: BTreeSet<&str> = back.copied().collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

/// The imports that form a circle.
pub fn arrows(sources: &Sources, circle: &BTreeSet<&str>) -> Vec<String> {
    let mut arrows = Vec::new();
    for file in circle {
        let used = sources.used(file);
        let inside = used.iter().filter(|other| circle.contains(*other));
        arrows.extend(inside.map(|other| format!("{file} → {other}")));
    }
    arrows
}

/// Pure modules do not wait or reach outside of the process.
pub fn doors(sources: &Sources, table: &Table) -> Vec<String> {
    let doors: [&[&str]; 15] = [
        &["std", "fs"],
        &["std", "env"],
        &["std", "net"],
        &["std", "process", "Command"],
        &["std", "process", "exit"],
        &["std", "time", "SystemTime"],
        &["std", "time", "Instant"],
        &["tokio"],
        &["fastrand"],
        &["clippy", "disallowed_methods"],
        &["log", "error"],
        &["log", "warn"],
        &["log", "info"],
        &["log", "debug"],
        &["log", "trace"],
    ];
    let mut violations = Vec::new();
    for file in sources.files().filter(|file| table.is_pure(top(file))) {
        let named = sources.named(file);
        let opened = named.iter().filter(|path| {
            doors
                .iter()
                .any(|door| path.len() >= door.len() && path.iter().zip(*door).all(|(a, b)| a == b))
        });
        violations.extend(opened.map(|path| format!("{file} uses {}", path.join("::"))));
        words(sources.code(file), &mut |word, _| {
            if matches!(
                word,
                "async" | "await" | "print" | "println" | "eprint" | "eprintln"
            ) {
                violations.push(format!("{file} uses {word}"));
            }
        });
    }
    violations
}

/// External clients, the environment and workflow commands stay in their adapters.
pub fn strays(sources: &Sources) -> Vec<String> {
    let is_aws = |path: &ModulePath| path[0].starts_with("aws_");
    let is_environment = |path: &ModulePath| path.starts_with(&["std".into(), "env".into()]);
    let mut violations = Vec::new();
    for file in sources.files() {
        for path in sources.named(file) {
            let home = match path.as_slice() {
                [first, ..] if first == "octocrab" => "forge/github/",
                [first, ..] if first == "reqwest" => "forge/gitlab/",
                _ if is_aws(&path) => "cloud/aws/",
                _ if is_environment(&path) && top(file) != "main" => "ci/",
                _ => continue,
            };
            if !file.starts_with(home) {
                violations.push(format!("{file} uses {}", path.join("::")));
            }
        }
    }
    violations
}

/// Files whose code, texts or doc comments name a forge outside of links. Lower case.
pub fn forge_names<'a>(sources: &'a Sources, forge: &str) -> BTreeSet<&'a str> {
    let link = regex::Regex::new(r"https?://\S+").unwrap();
    let names = |file: &&str| {
        let mut found = false;
        words(sources.code(file), &mut |word, literal| {
            let word = match literal {
                true => link.replace_all(word, "").to_lowercase(),
                false => word.to_lowercase(),
            };
            found |= word.contains(forge);
        });
        found
    };
    sources.files().filter(names).collect()
}

/// Files with a string that begins a workflow command, such as `::error`.
pub fn workflow_commands(sources: &Sources) -> BTreeSet<&str> {
    let command = regex::Regex::new(r#"^"::(\{|[a-z])"#).unwrap();
    let writes = |file: &&str| {
        let mut found = false;
        words(sources.code(file), &mut |word, literal| {
            found |= literal && command.is_match(word);
        });
        found
    };
    sources.files().filter(writes).collect()
}

/// Type names that are defined more than once, and names of `twins` that are not. A name of `twins` may have a second definition in
/// a `wire.rs`.
pub fn repeated_types(sources: &Sources, twins: &[&str]) -> Vec<String> {
    let is_wire = |file: &&&str| file.ends_with("/wire.rs");
    let types = sources.types();
    let repeated = types.iter().filter(|(name, files)| {
        let wire = files.iter().filter(is_wire).count();
        files.len() > 1 && !(twins.contains(name) && wire == 1 && files.len() == 2)
    });
    let repeated = repeated.map(|(name, files)| format!("{name} is in {}", files.join(", ")));
    let stale = twins.iter().filter(|twin| {
        let files = types.get(*twin);
        files.is_none_or(|files| files.len() < 2)
    });
    let stale = stale.map(|twin| format!("{twin} has no twin"));
    repeated.chain(stale).collect()
}

/// Items that are missing in `expected`, and items of `expected` that were not found.
pub fn differences<'a>(found: &BTreeSet<&'a str>, expected: &[&'a str]) -> Vec<String> {
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    let added = found.difference(&expected);
    let stale = expected.difference(found);
    let added = added.map(|item| format!("{item} is not an exception"));
    added
        .chain(stale.map(|item| format!("{item} needs no exception")))
        .collect()
}

/// Calls `each` for every identifier and literal; the flag is true for a literal.
fn words(tokens: TokenStream, each: &mut impl FnMut(&str, bool)) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => words(group.stream(), each),
            TokenTree::Ident(ident) => each(&ident.to_string(), false),
            TokenTree::Literal(literal) => each(&literal.to_string(), true),
            TokenTree::Punct(_) => {}
        }
    }
}
