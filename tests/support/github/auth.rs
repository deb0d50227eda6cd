//! Permissions, as far as provisioner can notice them: identity, write scopes, repository roles.

pub use super::super::forge::Permission;
use super::state::{RepoData, State};
use super::wire::{Call, Reply};

impl Permission {
    /// The older field with four values, in which triage is read and maintain is write.
    pub fn legacy(self) -> &'static str {
        match self {
            Permission::None => "none",
            Permission::Read | Permission::Triage => "read",
            Permission::Write | Permission::Maintain => "write",
            Permission::Admin => "admin",
        }
    }

    pub fn role(self) -> &'static str {
        match self {
            Permission::None => "none",
            Permission::Read => "read",
            Permission::Triage => "triage",
            Permission::Write => "write",
            Permission::Maintain => "maintain",
            Permission::Admin => "admin",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Token {
    pub user: u64,
    /// A token of an app or a job: REST `GET /user` and organisation look-ups are closed to it.
    pub installation: bool,
    pub writes: Writes,
}

#[derive(Clone, Debug)]
pub enum Writes {
    All,
    Nothing,
    /// The `permissions:` of a job that are `write`, for example `statuses`.
    Only(Vec<String>),
}

impl State {
    pub fn permission(&self, repo: &RepoData, user: u64) -> Permission {
        if user == repo.owner {
            return Permission::Admin;
        }
        let floor = if repo.private {
            Permission::None
        } else {
            Permission::Read
        };
        repo.collaborators.get(&user).copied().unwrap_or(floor)
    }
}

pub fn forbidden(message: &str) -> Reply {
    Reply::error(403, message)
}

pub fn not_found() -> Reply {
    Reply::error(404, "Not Found")
}

const BY_INTEGRATION: &str = "Resource not accessible by integration";

/// The repository, if the caller may know that it exists.
pub fn readable<'a>(
    state: &'a State,
    call: &Call,
    owner: &str,
    name: &str,
) -> Result<&'a RepoData, Reply> {
    let repo = state.repo_by_name(owner, name).ok_or_else(not_found)?;
    let may = match &call.who {
        _ if !repo.private => true,
        Some(token) if token.installation => true,
        Some(token) => state.permission(repo, token.user) >= Permission::Read,
        None => false,
    };
    if may { Ok(repo) } else { Err(not_found()) }
}

/// The user that writes, or GitHub's refusal.
///
/// `scopes`: job permissions of which one suffices; `role`: the role that a person needs.
pub fn writer(
    state: &State,
    call: &Call,
    repo: &RepoData,
    scopes: &[&str],
    role: Permission,
) -> Result<u64, Reply> {
    let token = signed_in(call)?;
    let granted = match &token.writes {
        Writes::All => true,
        Writes::Nothing => false,
        Writes::Only(list) => list.iter().any(|scope| scopes.contains(&scope.as_str())),
    };
    if !granted {
        return Err(forbidden(BY_INTEGRATION));
    }
    if !token.installation && state.permission(repo, token.user) < role {
        return Err(not_found());
    }
    Ok(token.user)
}

pub fn signed_in(call: &Call) -> Result<&Token, Reply> {
    call.who
        .as_ref()
        .ok_or_else(|| Reply::error(401, "Requires authentication"))
}

/// Refuses app and job tokens where GitHub does.
pub fn person(call: &Call) -> Result<u64, Reply> {
    let token = signed_in(call)?;
    if token.installation {
        Err(forbidden(BY_INTEGRATION))
    } else {
        Ok(token.user)
    }
}
