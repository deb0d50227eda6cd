//! Every code of the catalogue and of the S3 product has a test: a case here, or a test of another module.

use std::collections::BTreeSet;

use provisioner::config::{Tags, load, parse};
use provisioner::diagnostic::CATALOGUE;
use provisioner::model::RepoPath;
use provisioner::product::{Files, Registry};

use super::{PATH, VALID, bombs, cases, loaded};

/// Codes that loading a config never gives, and the module that gives them.
const TESTED_ELSEWHERE: &[(&str, &str)] = &[
    ("account-mismatch", "guard"),
    ("alarm-mismatch", "guard"),
    ("config-not-selected", "check"),
    ("action-not-offered", "action"),
    ("actor-not-allowed", "guard"),
    ("adopt-changes-resources", "guard"),
    ("adopt-not-reviewed", "guard"),
    ("adopt-on-drift", "guard"),
    ("adopt-owned-elsewhere", "guard"),
    ("adopt-template-changed", "guard"),
    ("adopt-too-many-tags", "guard"),
    ("approval-by-author", "guard"),
    ("approval-by-pusher", "guard"),
    ("approval-missing", "guard"),
    ("approval-stale", "guard"),
    ("approval-before-plan", "guard"),
    ("forge-unreachable", "provision"),
    ("approver-not-allowed", "guard"),
    ("aws-credentials", "aws"),
    ("aws-refused", "aws"),
    ("aws-unreachable", "aws"),
    ("boundary-missing", "guard"),
    ("branch-not-protected", "guard"),
    ("bucket-not-empty", "guard"),
    ("bucket-not-in-stack", "guard"),
    ("changes-requested", "guard"),
    ("config-not-found", "workspace"),
    ("delete-needs-second-person", "guard"),
    ("delete-not-allowed", "guard"),
    ("delete-not-confirmed", "guard"),
    ("delete-not-requested", "guard"),
    ("duplicate-name", "plan"),
    ("duplicate-stack", "plan"),
    ("entry-invalid", "plan"),
    ("environment-changed", "plan"),
    ("environment-not-allowed", "guard"),
    ("environment-not-protected", "guard"),
    ("external-reference", "guard"),
    ("first-config-absent", "check"),
    ("unusable-time", "check"),
    ("force-required", "guard"),
    ("fork-not-allowed", "guard"),
    ("glob-invalid", "workspace"),
    ("identity-token-missing", "guard"),
    ("impact-too-high", "guard"),
    ("impact-unknown", "guard"),
    ("import-not-reviewed", "guard"),
    ("interrupted", "aws"),
    ("name-invalid", "plan"),
    ("name-not-typed", "guard"),
    ("not-a-regular-file", "config"),
    ("not-default-branch", "guard"),
    ("not-merged", "guard"),
    ("not-requested", "guard"),
    ("not-started", "provision"),
    ("output-edited", "action"),
    ("output-not-written", "action"),
    ("outside-window", "guard"),
    ("plan-changed", "guard"),
    ("policy-elsewhere", "policy"),
    ("policy-invalid", "guard"),
    ("preflight-failed", "aws"),
    ("product-not-locked", "product_lock"),
    ("program-too-old", "product_lock"),
    ("pushers-unknown", "guard"),
    ("region-mismatch", "guard"),
    ("region-unknown", "own_product"),
    ("render-failed", "plan"),
    ("repair-changes-more", "guard"),
    ("repair-needs-second-person", "guard"),
    ("repair-not-confirmed", "guard"),
    ("repair-not-needed", "aws"),
    ("repair-not-requested", "guard"),
    ("solution-invalid", "action"),
    ("solution-not-listed", "action"),
    ("role-not-configured", "guard"),
    ("roles-incomplete", "roles"),
    ("stack-busy", "guard"),
    ("stack-exists", "guard"),
    ("stack-failed", "guard"),
    ("stack-has-importers", "guard"),
    ("stack-left-behind", "plan"),
    ("stack-not-drafted", "discover"),
    ("stack-not-found", "guard"),
    ("stack-not-owned", "guard"),
    ("stack-operation-failed", "aws"),
    ("stack-protected", "guard"),
    ("stack-verification-failed", "aws"),
    ("stale-head", "guard"),
    ("superseded", "guard"),
    ("template-condition-unknown", "template"),
    ("template-limit", "template"),
    ("template-not-current", "action"),
    ("template-not-found", "action"),
    ("template-reference-unknown", "template"),
    ("template-structure", "template"),
    ("template-too-large", "template"),
    ("tier-too-low", "ml"),
    ("tier-unknown", "ml"),
    ("update-not-allowed", "guard"),
];

/// A product with only a manifest, for errors before other files are read.
fn bare_product(name: &str, section: &str) -> Files {
    let manifest = format!("name: {name}\nsection: {section}\nfiles: \"*-s3.yaml\"\n");
    Files::from([("product.yaml".to_owned(), manifest)])
}

fn codes_with(registry: &Registry, text: &str) -> Vec<String> {
    let loaded = load(registry, &RepoPath::parse(PATH).unwrap(), text.as_bytes());
    assert!(loaded.config.is_none());
    let codes = loaded.diagnostics.iter();
    codes
        .map(|diagnostic| diagnostic.code.to_string())
        .collect()
}

#[test]
fn two_products_claim_one_file() {
    let mut registry = Registry::built_in();
    registry.add("lake", bare_product("lake", "lake"));
    let text = format!("{VALID}lake: {{}}\n");
    assert_eq!(codes_with(&registry, &text), ["product-ambiguous"]);
}

#[test]
fn a_product_that_does_not_load_is_reported() {
    let mut registry = Registry::built_in();
    registry.add("lake", bare_product("lake", "lake"));
    let codes = codes_with(&registry, "lake: {}\n");
    assert!(codes.len() > 3, "recognised, and incomplete: {codes:?}");
    assert!(
        codes
            .iter()
            .all(|code| code == "product-invalid" || code == "missing-key")
    );
    let mut registry = Registry::built_in();
    registry.add("lake", bare_product("pond", "lake"));
    assert_eq!(
        codes_with(&registry, "pond: {}\nriver: {}\n"),
        ["product-invalid"],
        "not readable, so that any config might be its own"
    );
}

#[test]
fn every_code_occurs_in_a_test() {
    let mut met: BTreeSet<String> = cases::all()
        .iter()
        .flat_map(|case| loaded(case.path, &case.bytes).diagnostics)
        .map(|diagnostic| diagnostic.code.to_string())
        .collect();
    for bomb in [
        bombs::billion_laughs(),
        bombs::nested(65),
        format!("{VALID}#{}", "x".repeat(1 << 20)),
    ] {
        let path = RepoPath::parse(PATH).unwrap();
        let problems = parse(&path, bomb.as_bytes(), Tags::Refuse).unwrap_err();
        met.extend(problems.into_iter().map(|problem| problem.code.to_string()));
    }
    // The two tests above.
    met.extend(["product-ambiguous", "product-invalid"].map(str::to_owned));

    let s3 = Registry::built_in().product("s3").unwrap().unwrap();
    let own = s3.manifest.rules.iter().map(|rule| rule.code.as_str());
    let all: BTreeSet<&str> = CATALOGUE
        .iter()
        .map(|entry| entry.code.as_str())
        .chain(own)
        .collect();
    let elsewhere: BTreeSet<&str> = TESTED_ELSEWHERE.iter().map(|(code, _)| *code).collect();
    let met: BTreeSet<&str> = met.iter().map(String::as_str).collect();

    let untested: Vec<_> = all
        .difference(&met)
        .filter(|code| !elsewhere.contains(*code))
        .collect();
    assert!(untested.is_empty(), "no case for {untested:?}");
    let undocumented: Vec<_> = met.difference(&all).collect();
    assert!(
        undocumented.is_empty(),
        "not in the catalogue: {undocumented:?}"
    );
    let stale: Vec<_> = elsewhere.intersection(&met).collect();
    assert!(stale.is_empty(), "does come from loading: {stale:?}");
}

#[test]
fn every_diagnostic_has_a_span_and_most_have_help() {
    for case in cases::all() {
        for diagnostic in loaded(case.path, &case.bytes).diagnostics {
            let place = (&diagnostic.span, diagnostic.code.as_str());
            let whole_file = matches!(place.1, "config-empty" | "config-too-large");
            assert_eq!(place.0.is_none(), whole_file, "{}: {place:?}", case.name);
            assert!(
                !diagnostic.message.ends_with('.'),
                "{}: {}",
                case.name,
                diagnostic.message
            );
        }
    }
}
