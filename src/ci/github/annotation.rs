//! Diagnostics as GitHub's workflow commands, which annotate the lines of changed files.
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use crate::diagnostic::{Diagnostic, Severity, rare_first};
use crate::report::Alert;
use crate::text::{escape_invisible, pluralize};

/// The runner shows at most this many annotations of each severity in a step and drops the rest silently.
const MAX_PER_LEVEL: usize = 10;

/// The first errors and warnings as commands, one a line, those of rare codes first, and a notice that counts the rest.
pub fn annotations(diagnostics: &mut dyn Iterator<Item = &Diagnostic>) -> String {
    let (mut errors, mut warnings, mut left_out) = (0, 0, 0);
    let mut commands = String::new();
    for diagnostic in rare_first(diagnostics) {
        let kept = match diagnostic.severity {
            Severity::Error => &mut errors,
            Severity::Warning => &mut warnings,
        };
        if *kept == MAX_PER_LEVEL {
            left_out += 1;
            continue;
        }
        *kept += 1;
        commands.push_str(&command(diagnostic));
    }
    if left_out > 0 {
        let rest = pluralize(left_out, "more problem");
        commands.push_str(&format!(
            "::notice title=provisioner::{rest} in the job's log and in the SARIF file\n"
        ));
    }
    commands
}

/// The first reasons as commands, one a line, and a notice that counts the rest.
pub fn alerts(alerts: &[Alert]) -> String {
    let mut commands = String::new();
    for alert in alerts.iter().take(MAX_PER_LEVEL) {
        let file = alert.file.as_deref();
        let file = file.map(|file| format!("file={},", property(file)));
        commands.push_str(&format!(
            "::error {}title={}::{}\n",
            file.unwrap_or_default(),
            property(&alert.title),
            message(&alert.text)
        ));
    }
    let rest = alerts.len().saturating_sub(MAX_PER_LEVEL);
    if rest > 0 {
        let rest = pluralize(rest, "more problem");
        commands.push_str(&format!(
            "::notice title=provisioner::{rest} in the job summary\n"
        ));
    }
    commands
}

fn command(diagnostic: &Diagnostic) -> String {
    let mut properties = vec![format!("file={}", property(diagnostic.path.as_str()))];
    if let Some(span) = diagnostic.span {
        properties.push(format!("line={}", span.start.line));
        properties.push(format!("endLine={}", span.start.line));
        properties.push(format!("col={}", span.start.column));
        if span.end.line == span.start.line {
            properties.push(format!("endColumn={}", span.end.column));
        }
    }
    properties.push(format!(
        "title={}",
        property(&format!("provisioner {}", diagnostic.code))
    ));
    let help = diagnostic
        .help
        .as_deref()
        .map(|help| format!("\nhelp: {help}"))
        .unwrap_or_default();
    format!(
        "::{} {}::{}\n",
        diagnostic.severity.word(),
        properties.join(","),
        message(&format!("{}{help}", diagnostic.message)),
    )
}

fn message(text: &str) -> String {
    // Inside a workflow command, the runner does not read `##[` as another command.
    escape_invisible(text, true)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
        .replace("##[", "# #[")
}

fn property(text: &str) -> String {
    message(&escape_invisible(text, false))
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::model::RepoPath;

    #[test]
    fn attack_a_value_cannot_end_its_command() {
        let path = RepoPath::parse("a,b::c.yaml").unwrap();
        let diagnostic = Diagnostic::error(Code::UnknownKey, &path, "x\n::set-env name=A::B\r%0A");
        let commands = annotations(&mut [&diagnostic].into_iter());
        assert_eq!(
            commands,
            "::error file=a%2Cb%3A%3Ac.yaml,title=provisioner unknown-key::x%0A::set-env name=A::B<U+000D>%250A\n"
        );
    }

    #[test]
    fn attack_a_reason_cannot_end_its_command() {
        let alert = Alert::for_config("a,b::c.yaml", "x,y", "x\n::set-env name=A::B\r%0A");
        assert_eq!(
            alerts(&[alert]),
            "::error file=a%2Cb%3A%3Ac.yaml,title=provisioner%3A x%2Cy::x%0A::set-env name=A::B<U+000D>%250A\n"
        );
        let many = vec![Alert::new("denied", "x"); 12];
        let commands = alerts(&many);
        assert_eq!(commands.lines().count(), 11);
        assert!(
            commands.ends_with("::2 more problems in the job summary\n"),
            "{commands}"
        );
    }

    #[test]
    fn the_rest_is_counted() {
        let path = RepoPath::parse("a.yaml").unwrap();
        let all = vec![Diagnostic::error(Code::UnknownKey, &path, "x"); 12];
        let commands = annotations(&mut all.iter());
        assert_eq!(commands.lines().count(), 11);
        let last = commands.lines().last().unwrap();
        assert!(last.contains("::2 more problems in"), "{last}");
    }
}
