//! SARIF 2.1.0, for code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::code_page::code_page;
use super::fingerprint::fingerprints;
use crate::diagnostic::{Code, Diagnostic, explain};
use crate::text::escape_invisible;

/// One run with all diagnostics.
pub fn sarif<'a>(
    diagnostics: impl Iterator<Item = &'a Diagnostic> + Clone,
    version: &str,
) -> Value {
    let codes: BTreeSet<&Code> = diagnostics
        .clone()
        .map(|diagnostic| &diagnostic.code)
        .collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<Value> = fingerprints(diagnostics)
        .map(|(diagnostic, fingerprint)| result(diagnostic, &fingerprint))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "provisioner", "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &Code) -> Value {
    let (meaning, remedy) = match explain(code) {
        Some(explanation) => (explanation.meaning, explanation.remedy),
        // The rules of products are in their folders.
        None => (
            "A rule of the product rejects the config. The message says why.",
            "Correct the config as the message says.",
        ),
    };
    let mut rule = json!({
        "id": code,
        "shortDescription": { "text": meaning },
        "fullDescription": { "text": format!("{meaning} {remedy}") },
        "help": { "text": remedy },
    });
    if let Some(page) = code_page(code) {
        rule["helpUri"] = page.into();
    }
    rule
}

fn result(diagnostic: &Diagnostic, fingerprint: &str) -> Value {
    let help = diagnostic
        .help
        .as_deref()
        .map(|help| format!("\n{help}"))
        .unwrap_or_default();
    let mut location = json!({ "artifactLocation": { "uri": diagnostic.path.percent_encoded() } });
    if let Some(span) = diagnostic.span {
        location["region"] = json!({
            "startLine": span.start.line,
            "startColumn": span.start.column,
            "endLine": span.end.line,
            "endColumn": span.end.column,
        });
    }
    json!({
        "ruleId": diagnostic.code,
        "level": diagnostic.severity.word(),
        "message": { "text": message(&format!("{}{help}", diagnostic.message)) },
        "locations": [{ "physicalLocation": location }],
        "partialFingerprints": { "primaryLocationLineHash": fingerprint },
    })
}

/// Plain text without links: viewers read `[text](target)` as a link even here (SARIF 2.1.0, section 3.11.6).
fn message(text: &str) -> String {
    escape_invisible(text, true).replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    #[test]
    fn attack_a_message_holds_no_link_and_nothing_hidden() {
        let path = RepoPath::parse("a:b/\u{202e}.yaml").unwrap();
        let problem = Diagnostic::error(
            Code::RenderFailed,
            &path,
            "[here](https://evil.example)\u{202e}",
        )
        .with_help("s3.solutions[0] (the first)");
        let sarif = sarif([&problem].into_iter(), "0");
        let page = &sarif["runs"][0]["tool"]["driver"]["rules"][0]["helpUri"];
        let page = page.as_str().unwrap();
        assert!(page.ends_with("/codes/render-failed.html"), "{page}");
        let result = &sarif["runs"][0]["results"][0];
        assert_eq!(
            result["message"]["text"],
            "[here] (https://evil.example)<U+202E>\ns3.solutions[0] (the first)"
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%3Ab/%E2%80%AE.yaml");
    }

    /// Code scanning requires these properties, for the codes of products too, and follows a problem by its fingerprint.
    #[test]
    fn rules_have_texts_and_results_a_fingerprint_that_survives_a_moved_line() {
        let path = RepoPath::parse("a.yaml").unwrap();
        let text = "x: 1\ny: 1\n";
        let source = crate::diagnostic::SourceText::new(text);
        let at = |line| {
            let span = crate::diagnostic::Span::point(line, 1);
            let code = crate::diagnostic::ProductCode::new("s3-name-too-long".to_owned());
            Diagnostic::error(code, &path, "m").at(&source, span)
        };
        let (first, second) = (at(1), at(2));
        let sarif = sarif([&first, &second, &first].into_iter(), "0");
        let run = &sarif["runs"][0];
        for property in ["shortDescription", "fullDescription", "help"] {
            let text = run["tool"]["driver"]["rules"][0][property]["text"].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "{property}");
        }
        assert_eq!(run["tool"]["driver"]["rules"][0]["helpUri"], Value::Null);
        let fingerprint = |index: usize| {
            let hash = &run["results"][index]["partialFingerprints"]["primaryLocationLineHash"];
            hash.as_str().unwrap().to_owned()
        };
        let [first, second, again] = [0, 1, 2].map(fingerprint);
        assert_ne!(first, second);
        assert_eq!(again, first.replace(":1", ":2"));
    }
}
