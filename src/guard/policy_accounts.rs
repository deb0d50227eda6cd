//! Accounts that the policy file lists for an environment and not in `accounts`. No config may be there, so the entry is a mistake.

use crate::config::{MapEntry, Node, ParsedFile};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;

/// The errors of a file that has the schema's structure.
pub(super) fn account_problems(path: &RepoPath, bytes: &[u8]) -> Vec<Diagnostic> {
    let Ok(file) = ParsedFile::parse(path, bytes) else {
        return Vec::new();
    };
    let allowed = accounts(&file.root);
    // An empty list allows every account.
    if allowed.is_empty() {
        return Vec::new();
    }
    let is_allowed = |account: &Node| allowed.iter().any(|known| known.text() == account.text());
    let problem = |environment: &MapEntry, account: &Node| {
        let message = format!(
            "`accounts` lacks account {} of environment `{}`",
            account.text().unwrap_or_default(),
            environment.key
        );
        let problem = Diagnostic::error(Code::PolicyInvalid, path, message);
        let problem = problem.with_help("correct the account, or add it to `accounts`");
        problem.at(&file.source(), account.span)
    };
    let environments = file.root.get("environments").map_or(&[][..], Node::entries);
    let lists = environments.iter().flat_map(|environment| {
        let own = accounts(&environment.value).iter();
        own.map(move |account| (environment, account))
    });
    lists
        .filter(|(_, account)| !is_allowed(account))
        .map(|(environment, account)| problem(environment, account))
        .collect()
}

fn accounts(settings: &Node) -> &[Node] {
    settings.get("accounts").map_or(&[], Node::items)
}
