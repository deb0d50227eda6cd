//! Change sets with a verdict that a person decided, with its reason.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use include_dir::{Dir, include_dir};
use provisioner::plan::{Verdict, assess_change_set, assess_resource};
use provisioner::stack::ChangeSet;
use serde::Deserialize;

static CASES: Dir = include_dir!("$CARGO_MANIFEST_DIR/tests/fixtures/change-sets");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The page that documents it, the command that printed it, or its model.
    source: String,
    why: String,
    expect: Expected,
    /// The output of `aws cloudformation describe-change-set --include-property-values`; nested change sets in `Nested`.
    change_set: ChangeSet,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    verdict: Verdict,
    certain: bool,
    resources: BTreeMap<String, Verdict>,
}

/// Cases by file. A file holds one subject.
fn cases() -> BTreeMap<String, Vec<Case>> {
    let read = |file: &include_dir::File<'_>| {
        let name = file.path().file_stem().unwrap().to_str().unwrap();
        let cases = serde_json::from_slice(file.contents());
        (
            name.to_owned(),
            cases.unwrap_or_else(|e| panic!("{name}: {e}")),
        )
    };
    CASES.files().map(read).collect()
}

#[test]
fn every_verdict_is_the_one_decided_by_hand() {
    let mut wrong = String::new();
    for case in cases().into_values().flatten() {
        let judged = assess_change_set(&case.change_set);
        let changes = case.change_set.changes.iter();
        let resources: BTreeMap<String, Verdict> = changes
            .map(|change| (change.logical_id.clone(), assess_resource(change).verdict))
            .collect();
        let expected = &case.expect;
        if (judged.verdict, judged.certain, &resources)
            != (expected.verdict, expected.certain, &expected.resources)
        {
            let Case { name, why, .. } = &case;
            writeln!(wrong, "{name} ({why})\n  {judged:?}\n  {resources:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn verdict_of_each_case() {
    let mut table = String::new();
    for (subject, cases) in cases() {
        writeln!(table, "{subject}").unwrap();
        for case in cases {
            let certain = if case.expect.certain { "" } else { "possibly" };
            let verdict = case.expect.verdict.words();
            writeln!(table, "  {:48} {verdict:22}{certain}", case.name).unwrap();
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("corpus", table.join("\n"));
    });
}

#[test]
fn the_corpus_covers_every_verdict() {
    let cases: Vec<Case> = cases().into_values().flatten().collect();
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "each case has a name of its own");
    assert!(
        cases
            .iter()
            .all(|case| !case.source.is_empty() && !case.why.is_empty())
    );
    for verdict in [
        Verdict::None,
        Verdict::InPlace,
        Verdict::Interrupts,
        Verdict::KeepsData,
        Verdict::MayDestroy,
        Verdict::Destroys,
    ] {
        let of_it = cases.iter().filter(|case| case.expect.verdict == verdict);
        assert!(of_it.count() >= 5, "{verdict:?}");
    }
}
