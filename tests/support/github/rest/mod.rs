//! The REST endpoints, one file per subject.

pub mod actions;
pub mod activity;
pub mod comments;
pub mod contents;
pub mod deployments;
pub mod environments;
pub mod git;
pub mod issues;
pub mod pulls;
pub mod reactions;
pub mod statuses;
pub mod users;

use super::auth::{Permission, not_found};
use super::state::{RepoData, State};
use super::wire::Reply;

/// Owner and name, as in the path.
pub type Named<'a> = (&'a str, &'a str);

/// A number from the path; anything else is an unknown number.
pub fn number(text: &str) -> Result<u64, Reply> {
    text.parse().map_err(|_| not_found())
}

pub fn association(state: &State, repo: &RepoData, user: u64) -> &'static str {
    if user == repo.owner {
        return "OWNER";
    }
    match repo.collaborators.get(&user) {
        Some(role) if *role > Permission::None => "COLLABORATOR",
        _ if repo
            .pulls
            .values()
            .any(|p| p.author == user && p.merged.is_some()) =>
        {
            "CONTRIBUTOR"
        }
        _ if state.teams.iter().any(|((org, _, member), membership)| {
            let is_member = *member == user && *membership == "active";
            is_member && org.eq_ignore_ascii_case(&repo.namespace)
        }) =>
        {
            "MEMBER"
        }
        _ => "NONE",
    }
}
