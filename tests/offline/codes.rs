//! Decisions compare codes by variant. Neither the text of a code nor a message decides.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use provisioner::apply::RefusedUpdate;
use provisioner::config::Config;
use provisioner::diagnostic::{CATALOGUE, Code, ProductCode};
use provisioner::exit::Exit;
use provisioner::guard::Denial;
use provisioner::operation::{OperationError, to_diagnostics};
use provisioner::product::Registry;
use provisioner::report::Redactor;

use crate::config::{PATH, VALID, loaded};
use crate::modules::sources::package_sources;

/// The file with the texts of the codes.
const CATALOGUE_FILE: &str = "diagnostic/catalogue.rs";

/// The lines of a source that name a code by its text.
fn literals<'a>(source: &'a str, codes: &BTreeSet<String>) -> Vec<&'a str> {
    let quotes_code = |line: &&str| line.split('"').any(|part| codes.contains(part));
    source.lines().filter(quotes_code).collect()
}

/// Codes of one word, such as `interrupted`, have other meanings too.
fn texts() -> BTreeSet<String> {
    let registry = Registry::built_in();
    let products = registry.names().into_iter();
    let products: Vec<_> = products
        .filter_map(|name| registry.product(name)?.ok())
        .collect();
    let rules = products.iter().flat_map(|product| &product.manifest.rules);
    let engine = CATALOGUE.iter().map(|entry| entry.code.to_string());
    let texts = engine.chain(rules.map(|rule| rule.code.to_string()));
    texts.filter(|text| text.contains('-')).collect()
}

#[test]
fn sources_name_codes_by_variant() {
    let texts = texts();
    let planted = "    if problem.code.as_str() == \"plan-changed\" {";
    assert_eq!(literals(planted, &texts), [planted]);
    let sources = package_sources();
    assert!(!literals(&sources[CATALOGUE_FILE], &texts).is_empty());
    for (file, source) in sources {
        if file != CATALOGUE_FILE {
            let found = literals(&source, &texts);
            assert!(found.is_empty(), "{file}: {found:?}");
        }
    }
}

/// All decisions by a denial.
fn decisions(denial: &Denial) -> (bool, bool, Option<RefusedUpdate>, Exit) {
    static CONFIG: LazyLock<Config> =
        LazyLock::new(|| loaded(PATH, VALID.as_bytes()).config.unwrap());
    let error = OperationError::Denied(vec![denial.clone()]);
    let exit = to_diagnostics(&CONFIG, &Redactor::default(), error).exit;
    (
        denial.awaits_confirmation(),
        denial.denies_update(),
        RefusedUpdate::from_denials(std::slice::from_ref(denial)),
        exit,
    )
}

fn denial(code: &Code, fact: &str, remedy: &str) -> Denial {
    Denial {
        code: code.clone(),
        fact: fact.to_owned(),
        remedy: remedy.to_owned(),
    }
}

#[test]
fn texts_of_a_denial_decide_nothing() {
    for entry in CATALOGUE {
        let expected = decisions(&denial(&entry.code, "", ""));
        for other in CATALOGUE {
            let planted = denial(&entry.code, other.code.as_str(), other.meaning);
            assert_eq!(decisions(&planted), expected, "{}", entry.code);
        }
    }
}

/// A product chooses the texts of its codes, which decide nothing.
#[test]
fn a_product_code_with_the_text_of_another_decides_nothing() {
    let plain = decisions(&denial(&ProductCode::new("s3-rule").into(), "", ""));
    assert_eq!(plain, (false, false, None, Exit::Denied));
    for entry in CATALOGUE {
        let planted = Code::from(ProductCode::new(entry.code.as_str()));
        assert_ne!(planted, entry.code);
        assert_eq!(decisions(&denial(&planted, "", "")), plain, "{planted}");
    }
}

#[test]
fn codes_that_decide_something() {
    let with = |holds: fn(&Denial) -> bool| -> Vec<&Code> {
        let codes = CATALOGUE.iter().map(|entry| &entry.code);
        codes.filter(|code| holds(&denial(code, "", ""))).collect()
    };
    assert_eq!(
        with(Denial::awaits_confirmation),
        [&Code::DeleteNotConfirmed, &Code::ForceRequired]
    );
    assert_eq!(
        with(Denial::denies_update),
        [
            &Code::ImpactTooHigh,
            &Code::ImpactUnknown,
            &Code::PlanChanged,
            &Code::StackExists,
            &Code::UpdateNotAllowed
        ]
    );
    assert_eq!(
        with(Denial::is_of_impact),
        [&Code::ImpactTooHigh, &Code::ImpactUnknown]
    );
    assert_eq!(with(Denial::is_of_changed_plan), [&Code::PlanChanged]);
}

#[test]
fn codes_are_sorted_and_kebab_case() {
    let codes: Vec<&str> = CATALOGUE.iter().map(|entry| entry.code.as_str()).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    for entry in CATALOGUE {
        let code = entry.code.as_str();
        let is_kebab = |b: u8| b == b'-' || b.is_ascii_lowercase() || b.is_ascii_digit();
        assert!(code.bytes().all(is_kebab), "{code}");
        for text in [entry.meaning, entry.remedy] {
            assert!(text.ends_with('.'), "{code}: {text}");
        }
    }
}
