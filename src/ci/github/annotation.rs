//! Diagnostics as GitHub's workflow commands, which annotate the lines of changed files.
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use crate::diagnostic::{Diagnostic, Severity};
use crate::text::{escape_invisible, pluralize};

/// The runner shows at most this many annotations of each severity in a step and drops the rest silently.
const MAX_PER_LEVEL: usize = 10;

#[derive(Debug, PartialEq, Eq)]
pub struct Annotations {
    /// For standard output, one command a line.
    pub commands: String,
    /// Number of diagnostics beyond the runner's limits.
    pub left_out: usize,
}

/// The first errors and warnings as commands, and a notice that counts the rest.
pub fn annotations<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Annotations {
    let (mut errors, mut warnings, mut left_out) = (0, 0, 0);
    let mut commands = String::new();
    for diagnostic in diagnostics {
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
            "::notice title=provisioner::{rest} in the job summary and in the SARIF file\n"
        ));
    }
    Annotations { commands, left_out }
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
        let commands = annotations([&diagnostic].into_iter()).commands;
        assert_eq!(
            commands,
            "::error file=a%2Cb%3A%3Ac.yaml,title=provisioner unknown-key::x%0A::set-env name=A::B<U+000D>%250A\n"
        );
    }

    #[test]
    fn the_rest_is_counted() {
        let path = RepoPath::parse("a.yaml").unwrap();
        let all = vec![Diagnostic::error(Code::UnknownKey, &path, "x"); 12];
        let Annotations { commands, left_out } = annotations(all.iter());
        assert_eq!((commands.lines().count(), left_out), (11, 2));
    }
}
