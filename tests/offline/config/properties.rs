//! Loading ends with a config or with diagnostics, for all bytes.

use proptest::prelude::*;
use provisioner::diagnostic::{Code, Severity};

use super::{PATH, VALID, cases, loaded};

/// Either a config, or at least one error; every span is inside the file.
fn is_consistent(path: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let loaded = loaded(path, bytes);
    let errors = loaded
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    prop_assert_eq!(loaded.config.is_none(), errors);
    for diagnostic in &loaded.diagnostics {
        if let Some(span) = diagnostic.span {
            prop_assert!(span.start.line >= 1 && span.start.column >= 1);
            prop_assert!(span.start <= span.end, "{diagnostic:?}");
        }
    }
    // Rendering the diagnostics ends as well.
    provisioner::report::diagnostics(&loaded.diagnostics);
    Ok(())
}

/// Pieces of YAML that build syntax which random bytes never contain.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "client",
        "s3",
        "a",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!t ",
        "!!str ",
        "!<x> ",
        "%YAML 1.2\n",
        "---\n",
        "...\n",
        "\"",
        "'",
        "|\n",
        ">-\n",
        "#",
        " #x",
        "<<",
        "~",
        "0",
        "true",
        "\t",
        "\r",
        "\u{feff}",
        "\u{2028}",
        "é",
        "🚀",
        "\\u0000",
        "@",
        "`",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attack_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        is_consistent(PATH, &bytes)?;
    }

    #[test]
    fn attack_any_yaml(text in fragments()) {
        is_consistent(PATH, text.as_bytes())?;
        is_consistent(PATH, format!("{VALID}  tags:\n    {text}").as_bytes())?;
    }

    #[test]
    fn attack_a_config_that_was_cut_and_patched(
        case in prop::sample::select(cases::all().into_iter().map(|case| case.bytes).collect::<Vec<_>>()),
        at in any::<prop::sample::Index>(),
        length in 0usize..30,
        patch in fragments(),
    ) {
        let at = at.index(case.len() + 1);
        let end = (at + length).min(case.len());
        is_consistent(PATH, &[&case[..at], patch.as_bytes(), &case[end..]].concat())?;
    }

    #[test]
    fn a_valid_config_is_named_by_its_fields(
        prefix in "[a-z][a-z0-9-]{0,10}[a-z0-9]",
        env in prop::sample::select(vec!["prod", "staging", "dev", "test"]),
        tenant in "[a-z0-9]{4}",
        region in prop::sample::select(vec!["us-east-1", "eu-central-2", "us-gov-west-1", "cn-north-1"]),
        solution in prop::option::of("[a-z][a-z0-9-]{0,12}"),
    ) {
        prop_assume!(!["xn--", "sthree", "amzn-s3-demo"].iter().any(|reserved| prefix.starts_with(reserved)));
        let base = format!("{prefix}-{env}-{tenant}-{region}");
        let (stem, bucket) = match &solution {
            None => (format!("{base}-s3"), String::new()),
            Some(solution) => (format!("{base}-{solution}-s3"), "a-bucket".to_owned()),
        };
        let text = format!(
            "client: {{company_name: x, company_prefix: {prefix:?}, account_id: \"123456789012\", tenant_id: {tenant:?}}}\n\
             environment: {{env: {env}, region: {region}}}\n\
             s3: {{versioning: false, bucket_name_override: {bucket:?}}}\n"
        );
        let good = loaded(&format!("s3/configs/{stem}.yaml"), text.as_bytes());
        let config = good.config.expect(&text);
        prop_assert_eq!(config.derived.names.get("config"), Some(&stem));
        prop_assert_eq!(config.stack(), format!("{stem}-stack"));
        prop_assert_eq!(&config.outputs.template, &format!("{stem}-template.yaml"));

        // Another name is rejected, and the diagnostic has the right one. Pattern A reads a name with another ending as its own.
        let other = loaded(&format!("s3/configs/x{stem}.yaml"), text.as_bytes());
        prop_assert!(other.config.is_none());
        let told = other.diagnostics.iter().find(|diagnostic| diagnostic.code == Code::WrongFileName);
        prop_assert!(told.is_some_and(|told| told.message.contains(&format!("`{base}"))), "{:?}", other.diagnostics);
    }
}
