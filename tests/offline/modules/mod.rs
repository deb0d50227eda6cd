//! Rules of the layout that the compiler does not check: the order of modules, no circles, pure modules, adapters.
//! The order comes from the table in `src/lib.rs`; `docs/architecture.md` has the same table.

mod rules;
pub mod sources;
mod table;

use std::collections::BTreeMap;

use sources::Sources;
use table::Table;

/// Files outside of the adapters that name GitHub.
const NAMES_GITHUB: &[&str] = &[
    // The lists of adapters.
    "ci/mod.rs",
    "forge/mod.rs",
];

const NAMES_GITLAB: &[&str] = &[
    // The lists of adapters.
    "ci/mod.rs",
    "forge/mod.rs",
    // What its Markdown does with a line of a comment, and its readers' words.
    "command/fences.rs",
    "report/escape.rs",
    "report/merge_requests.rs",
];

/// GitHub's JSON objects that have the name of a type of the program.
const WIRE_TWINS: &[&str] = &[
    "Actor",
    "Branch",
    "Comment",
    "CommitStatus",
    "Deployment",
    "Issue",
    "OpenPullRequests",
    "Review",
    "Rule",
    "User",
];

const MAX_LINES: usize = 450;
const MAX_MEDIAN_LINES: usize = 300;

fn package() -> (Sources, Table) {
    let texts = sources::package_sources();
    (Sources::parse(&texts), Table::parse(&texts["lib.rs"]))
}

fn parsed(files: &[(&str, &str)]) -> Sources {
    let texts: BTreeMap<String, String> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    Sources::parse(&texts)
}

fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn table_lists_every_module() {
    let (sources, table) = package();
    assert_none(&rules::unlisted_modules(&sources, &table));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the page is read as a file")]
fn docs_have_the_table_of_the_crate() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let crate_docs = &sources::package_sources()["lib.rs"];
    assert_eq!(table::rows(&page), table::rows(crate_docs));
}

#[test]
fn modules_use_only_lower_modules() {
    let (sources, table) = package();
    assert_none(&rules::upward_imports(&sources, &table));
}

#[test]
fn files_use_each_other_in_no_circle() {
    let (sources, _) = package();
    let circles = rules::circles(&sources);
    let arrows = circles
        .iter()
        .flat_map(|circle| rules::arrows(&sources, circle));
    assert_none(&arrows.collect::<Vec<_>>());
}

#[test]
fn pure_modules_open_no_door() {
    let (sources, table) = package();
    assert_none(&rules::doors(&sources, &table));
}

#[test]
fn foreign_clients_stay_in_their_adapters() {
    let (sources, _) = package();
    assert_none(&rules::strays(&sources));
}

/// No flow, and nothing that a flow is made of, knows which forge it serves.
#[test]
fn only_adapters_name_their_forge() {
    let (sources, _) = package();
    for (forge, others) in [("github", NAMES_GITHUB), ("gitlab", NAMES_GITLAB)] {
        let free = |file: &str| {
            let of = |part: &str| file.starts_with(&format!("{part}/{forge}/"));
            let texts = ["roles/", "init/", "cli/"];
            let texts = texts.iter().any(|folder| file.starts_with(folder));
            of("forge") || of("ci") || texts || file == "diagnostic/catalogue.rs"
        };
        let mut names = rules::forge_names(&sources, forge);
        names.retain(|file| !free(file));
        assert_none(&rules::differences(&names, others));
    }
}

#[test]
fn only_ci_writes_workflow_commands() {
    let (sources, _) = package();
    let mut writers = rules::workflow_commands(&sources);
    writers.retain(|file| rules::top(file) != "ci");
    assert_none(&rules::differences(&writers, &[]));
}

#[test]
fn each_type_name_has_one_definition() {
    let (sources, _) = package();
    assert_none(&rules::repeated_types(&sources, WIRE_TWINS));
}

#[test]
fn files_are_short() {
    let (sources, _) = package();
    let long = sources
        .lines
        .iter()
        .filter(|(_, lines)| **lines > MAX_LINES);
    let long = long.map(|(file, lines)| format!("{file} has {lines} lines"));
    assert_none(&long.collect::<Vec<_>>());
    let mut lengths: Vec<usize> = sources.lines.values().copied().collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MAX_MEDIAN_LINES, "the median is {median} lines");
    assert!(sources.lines["main.rs"] <= 40);
}

const TABLE: &str = "//! | modules | pure | purpose |\n//! |---|---|---|\n//! | [`flow`] | | f |\n//! | [`cloud`], [`ci`] | | c |\n//! | [`guard`] | yes | g |\n";

#[test]
fn an_upward_import_is_found() {
    let table = Table::parse(TABLE);
    let found = |file: &str, text: &str| {
        let others = [
            ("flow.rs", ""),
            ("cloud.rs", ""),
            ("ci.rs", ""),
            ("guard/mod.rs", ""),
        ];
        let mut texts: BTreeMap<&str, &str> = others.into();
        texts.insert(file, text);
        let texts: Vec<(&str, &str)> = texts.into_iter().collect();
        rules::upward_imports(&parsed(&texts), &table)
    };
    assert_none(&found("flow.rs", "use crate::{cloud, guard::decide};"));
    for text in [
        "use crate::flow::run;",
        "pub use crate::{cloud::Cloud};",
        "fn decide() -> bool { vec![crate::flow::run()].is_empty() }",
        "use super::super::cloud;",
    ] {
        assert_eq!(found("guard/rules.rs", text).len(), 1, "{text}");
    }
    assert_eq!(found("ci.rs", "use crate::cloud::Cloud;").len(), 1);
    assert_none(&found(
        "guard/mod.rs",
        "#[cfg(test)] mod tests { use crate::flow::run; }",
    ));
    assert_none(&found(
        "guard/mod.rs",
        "// crate::flow::run\nconst A: &str = \"crate::flow::run\";",
    ));
}

#[test]
fn a_circle_inside_a_folder_is_found() {
    let circles = |files: &[(&str, &str)]| -> Vec<String> {
        let sources = parsed(files);
        let circles = rules::circles(&sources);
        circles
            .iter()
            .map(|circle| Vec::from_iter(circle.iter().copied()).join(" "))
            .collect()
    };
    let parent = (
        "guard/mod.rs",
        "mod a; mod b; mod c; pub use a::A; pub use b::B;",
    );
    let direct = [
        parent,
        ("guard/a.rs", "use super::B;"),
        ("guard/b.rs", "use super::A;"),
    ];
    assert_eq!(circles(&direct), ["guard/a.rs guard/b.rs"]);
    let by_re_export = [
        ("guard/mod.rs", "mod a; pub use a::A; pub struct Shared(A);"),
        ("guard/a.rs", "use super::Shared;"),
    ];
    assert_eq!(circles(&by_re_export), ["guard/a.rs guard/mod.rs"]);
    let by_way_of_others = [
        parent,
        ("guard/a.rs", "fn a() { super::b::b() }"),
        ("guard/b.rs", "use crate::guard::c; fn b() { c::c() }"),
        (
            "guard/c.rs",
            "fn c() { println!(\"{}\", crate::guard::A::new()) }",
        ),
    ];
    assert_eq!(
        circles(&by_way_of_others),
        ["guard/a.rs guard/b.rs guard/c.rs"]
    );
    let with_parent = [
        (
            "guard/mod.rs",
            "mod a; pub struct Shared; fn decide() { a::rules() }",
        ),
        ("guard/a.rs", "use super::Shared;"),
    ];
    assert_eq!(circles(&with_parent), ["guard/a.rs guard/mod.rs"]);
    let none = [
        (
            "guard/mod.rs",
            "mod a; mod b; pub use a::A; pub struct Shared;",
        ),
        ("guard/a.rs", "use super::Shared; use super::b::B;"),
        (
            "guard/b.rs",
            "use crate::guard::Shared; #[cfg(test)] mod tests { use super::super::A; }",
        ),
    ];
    assert_none(&circles(&none));
}

#[test]
fn a_door_in_a_pure_module_is_found() {
    let table = Table::parse(TABLE);
    for text in [
        "async fn decide() {}",
        "use std::fs; fn decide() { fs::read(\"a\"); }",
        "fn decide() { let now = std::time::SystemTime::now(); }",
        "fn decide() { println!(\"a\") }",
        "fn decide() { log::info!(\"a\") }",
    ] {
        assert!(
            !rules::doors(&parsed(&[("guard.rs", text)]), &table).is_empty(),
            "{text}"
        );
        assert_none(&rules::doors(&parsed(&[("cloud.rs", text)]), &table));
    }
}

#[test]
fn a_stray_client_is_found() {
    for text in [
        "use octocrab::Octocrab;",
        "fn a(client: aws_sdk_s3::Client) {}",
        "fn a() { std::env::var(\"A\") }",
    ] {
        assert_eq!(
            rules::strays(&parsed(&[("guard.rs", text)])).len(),
            1,
            "{text}"
        );
    }
    assert_none(&rules::strays(&parsed(&[("ci/mod.rs", "use std::env;")])));
}

#[test]
fn a_repeated_type_name_is_found() {
    let sources = parsed(&[
        (
            "guard.rs",
            "pub struct Review; mod inner { enum Review {} }",
        ),
        ("forge/wire.rs", "struct User; struct Review;"),
        (
            "forge/users.rs",
            "struct User; #[cfg(test)] mod tests { struct Other; }",
        ),
        ("ci.rs", "type Other = u8;"),
    ]);
    assert_eq!(
        rules::repeated_types(&sources, &["User", "Other"]),
        [
            "Review is in forge/wire.rs, guard.rs, guard.rs",
            "Other has no twin"
        ]
    );
    assert_eq!(
        rules::repeated_types(&sources, &["Review", "User"]).len(),
        1
    );
    assert_eq!(rules::repeated_types(&sources, &[]).len(), 2);
}

#[test]
fn a_stale_exception_is_found() {
    let found = ["a.rs", "b.rs"].into();
    assert_none(&rules::differences(&found, &["a.rs", "b.rs"]));
    assert_eq!(
        rules::differences(&found, &["b.rs", "c.rs"]),
        ["a.rs is not an exception", "c.rs needs no exception"]
    );
}
