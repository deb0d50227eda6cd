//! Files of a repository that name the version of their format.

use super::node::{Node, NodeKind};
use super::values::ParsedFile;
use crate::VERSION;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;

/// The problem of a file whose format is newer than `known`. `None` for any other file; its other problems are reported elsewhere.
///
/// A file may name the program that wrote it under `provisioner`. If that is not a later version than this one, the message names N.0.0
/// for version N of a format.
pub fn newer_version(path: &RepoPath, bytes: &[u8], known: u64) -> Option<Diagnostic> {
    let parsed = ParsedFile::parse(path, bytes).ok()?;
    let version = parsed.root.get("version")?;
    let NodeKind::Number(number) = &version.kind else {
        return None;
    };
    let number = number.as_u64().filter(|number| *number > known)?;
    let writer = parsed.root.get("provisioner").and_then(Node::text);
    let needed = match writer.filter(|writer| is_later(writer, VERSION)) {
        Some(writer) => writer.to_owned(),
        None => format!("{number}.0.0"),
    };
    let message = format!(
        "provisioner {VERSION} is too old for this file: it reads version {known}, and the file has version {number}"
    );
    let problem = Diagnostic::error(Code::ProgramTooOld, path, message)
        .with_help(format!("use provisioner {needed} or later"));
    Some(problem.at(&parsed.source(), version.span))
}

/// Whether `version` is a version, and later than `than`.
pub fn is_later(version: &str, than: &str) -> bool {
    let parse = |text: &str| semver::Version::parse(text).ok();
    parse(version)
        .zip(parse(than))
        .is_some_and(|(version, than)| version > than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_file_names_the_program_that_it_needs() {
        let path = RepoPath::typed("file.yaml");
        let help = |text: &str| {
            let problem = newer_version(&path, text.as_bytes(), 1);
            problem.and_then(|problem| problem.help)
        };
        let needs = |version: &str| Some(format!("use provisioner {version} or later"));
        assert_eq!(help("version: 2"), needs("2.0.0"));
        assert_eq!(help("version: 3\nprovisioner: 1.4.0"), needs("1.4.0"));
        let hostile = "version: 3\nprovisioner: '`x` [y](z)'";
        assert_eq!(help(hostile), needs("3.0.0"));
        // The program that runs does not help.
        let running = format!("version: 2\nprovisioner: {VERSION}");
        assert_eq!(help(&running), needs("2.0.0"));
        assert_eq!(help("version: 2\nprovisioner: 0.0.1"), needs("2.0.0"));
        for other in [
            "version: 1",
            "version: '2'",
            "version: [2]",
            "version: -2",
            "",
            "a: [",
            "version: 2\nversion: 2",
        ] {
            assert_eq!(help(other), None, "{other}");
        }
    }
}
