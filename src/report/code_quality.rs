//! Findings as a Code Quality report. <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use serde_json::{Value, json};

use super::fingerprint::fingerprints;
use crate::diagnostic::{Diagnostic, Severity};
use crate::text::escape_invisible;

/// All diagnostics. Two of the same kind on equal lines differ by their order.
pub fn code_quality<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Value {
    let findings = fingerprints(diagnostics).map(|(diagnostic, fingerprint)| {
        let help = diagnostic.help.as_deref();
        let help = help.map(|help| format!(". Help: {help}"));
        let text = format!("{}{}", diagnostic.message, help.unwrap_or_default());
        json!({
            "description": escape_invisible(&text, false),
            "check_name": diagnostic.code,
            "fingerprint": fingerprint,
            "severity": match diagnostic.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
            },
            "location": {
                "path": escape_invisible(diagnostic.path.as_str(), false),
                "lines": { "begin": diagnostic.span.map_or(1, |span| span.start.line) },
            },
        })
    });
    Value::Array(findings.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, SourceText, Span};
    use crate::model::RepoPath;

    #[test]
    fn fingerprints_are_unique_and_survive_a_moved_line() {
        let path = RepoPath::parse("a.yaml").unwrap();
        let finding = |text: &str, line| {
            let source = SourceText::new(text);
            Diagnostic::error(Code::UnknownKey, &path, "m").at(&source, Span::point(line, 1))
        };
        let (first, second) = (finding("x: 1\ny: 1\n", 1), finding("x: 1\ny: 1\n", 2));
        let moved = finding("# new\nx: 1\ny: 1\n", 2);
        let of = |all: &[&Diagnostic]| -> Vec<String> {
            let report = code_quality(all.iter().copied());
            let all = report.as_array().unwrap().iter();
            all.map(|one| one["fingerprint"].as_str().unwrap().to_owned())
                .collect()
        };
        let before = of(&[&first, &second, &first]);
        assert_ne!(before[0], before[1]);
        assert_ne!(before[0], before[2]);
        assert_eq!(of(&[&moved]), before[..1]);
    }

    #[test]
    fn attack_a_finding_holds_nothing_hidden() {
        let path = RepoPath::parse("a\u{202e}.yaml").unwrap();
        let problem = Diagnostic::error(Code::UnknownKey, &path, "x\n\u{1b}[31my").with_help("z");
        let report = code_quality([&problem].into_iter());
        assert_eq!(
            report,
            json!([{
                "description": "x<U+000A><U+001B>[31my. Help: z",
                "check_name": Code::UnknownKey.to_string(),
                "fingerprint": report[0]["fingerprint"],
                "severity": "major",
                "location": { "path": "a<U+202E>.yaml", "lines": { "begin": 1 } },
            }])
        );
    }
}
