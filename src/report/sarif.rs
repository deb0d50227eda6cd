//! SARIF 2.1.0, for code scanning. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use serde_json::{Value, json};

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
    let results: Vec<Value> = diagnostics.map(result).collect();
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
    match explain(code) {
        Some(explanation) => json!({
            "id": code,
            "shortDescription": { "text": explanation.meaning },
            "help": { "text": explanation.remedy },
        }),
        None => json!({ "id": code }),
    }
}

fn result(diagnostic: &Diagnostic) -> Value {
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
        let result = &sarif["runs"][0]["results"][0];
        assert_eq!(
            result["message"]["text"],
            "[here] (https://evil.example)<U+202E>\ns3.solutions[0] (the first)"
        );
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%3Ab/%E2%80%AE.yaml");
    }
}
