//! The configs that `first` of a policy file names. A misspelt or removed one would drop the order without a word.

use std::collections::BTreeSet;

use crate::config::{Node, ParsedFile};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::RepoPath;

/// The paths that the lists `first` name. A file with errors names none.
pub fn first_configs(path: &RepoPath, bytes: &[u8]) -> BTreeSet<String> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return BTreeSet::new();
    };
    let names = nodes(&file).filter_map(Node::text);
    names.map(str::to_owned).collect()
}

/// A warning for each item that names one of `absent`.
pub fn absent_first(path: &RepoPath, bytes: &[u8], absent: &BTreeSet<String>) -> Vec<Diagnostic> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return Vec::new();
    };
    let items = nodes(&file).filter_map(|node| Some((node, node.text()?)));
    let items = items.filter(|(_, name)| absent.contains(*name));
    let warnings = items.map(|(node, name)| {
        let message = format!("`first` names a config that does not exist: {name}");
        let problem = Diagnostic::error(Code::FirstConfigAbsent, path, message);
        let problem = problem.with_severity(Severity::Warning);
        let problem = problem.with_help("write the path of a config, from the root of the repository; `*` does not stand for several");
        problem.at(&file.source(), node.span)
    });
    warnings.collect()
}

/// The items of the lists, in `defaults` and in each environment.
fn nodes(file: &ParsedFile) -> impl Iterator<Item = &Node> {
    let environments = file.root.get("environments").into_iter();
    let environments = environments.flat_map(|all| all.entries().iter().map(|one| &one.value));
    let settings = file.root.get("defaults").into_iter().chain(environments);
    settings.flat_map(|settings| settings.get("first").map_or(&[][..], Node::items))
}
