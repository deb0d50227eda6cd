//! What `init` reads of git.

use crate::forge::local::LocalRepository;
use crate::init::GitState;
use crate::model::RepoPath;

const LOCAL: &str = "refs/heads/";
const REMOTE: &str = "refs/remotes/origin/";

/// The state of the repository for a default branch. Queries no remote.
pub fn git_state(repository: &LocalRepository, default: &str) -> GitState {
    let local = repository.references(LOCAL).into_iter();
    let local = local.filter_map(|name| Some(name.strip_prefix(LOCAL)?.to_owned()));
    let head = repository.commit("HEAD").ok();
    let remote = repository.commit(&format!("{REMOTE}{default}")).ok();
    let (address, _) = repository.origin();
    let texts = |paths: Vec<RepoPath>| {
        let paths = paths.into_iter();
        paths.map(|path| path.as_str().to_owned()).collect()
    };
    let unmerged = match (&remote, &head) {
        (Some(remote), Some(head)) => texts(repository.changed_since(remote, head)),
        _ => Default::default(),
    };
    GitState {
        has_commits: head.is_some(),
        has_remote: address.is_some(),
        current: repository.current_branch(),
        local: local.collect(),
        is_pushed: remote.is_some(),
        uncommitted: texts(repository.uncommitted()),
        unmerged,
    }
}

/// The default branch by the names of branches: a usual name that exists, or the only candidate, the present branch.
pub fn likely_default(repository: &LocalRepository) -> Option<String> {
    let mut names = repository.references(LOCAL);
    names.extend(repository.references(REMOTE));
    let is_known = |name: &str| {
        let ways = [format!("{LOCAL}{name}"), format!("{REMOTE}{name}")];
        names.iter().any(|known| ways.contains(known))
    };
    let usual = ["main", "master"].into_iter().find(|name| is_known(name));
    usual
        .map(str::to_owned)
        .or_else(|| repository.current_branch())
}
