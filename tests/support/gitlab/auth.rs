//! Tokens and roles. <https://docs.gitlab.com/user/permissions/>

use super::super::forge::Permission;
use super::state::{Project, State};
use super::wire::{Call, Reply, error};

/// <https://docs.gitlab.com/api/access_requests/#valid-access-levels>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    Minimal = 5,
    Guest = 10,
    Planner = 15,
    Reporter = 20,
    Developer = 30,
    Maintainer = 40,
    Owner = 50,
}

impl From<Permission> for AccessLevel {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::None => AccessLevel::Minimal,
            Permission::Read => AccessLevel::Guest,
            Permission::Triage => AccessLevel::Reporter,
            Permission::Write => AccessLevel::Developer,
            Permission::Maintain => AccessLevel::Maintainer,
            Permission::Admin => AccessLevel::Owner,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Token {
    pub user: u64,
    pub kind: TokenKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Scope `api`.
    Api,
    /// Scope `read_api`.
    ReadApi,
    /// `CI_JOB_TOKEN`.
    Job,
}

impl State {
    /// Zero for a user who is no member.
    pub fn level(&self, project: &Project, user: u64) -> i64 {
        let owns = self
            .user(user)
            .login
            .eq_ignore_ascii_case(&project.namespace);
        let owner = owns.then_some(AccessLevel::Owner as i64);
        let direct = project.members.get(&user).map(|member| member.level);
        let everywhere = self.levels.get(&user).copied();
        owner.or(direct).or(everywhere).unwrap_or(0)
    }
}

pub fn unauthorized() -> Reply {
    error(401, "401 Unauthorized")
}

pub fn forbidden() -> Reply {
    error(403, "403 Forbidden")
}

/// As in `404 Project Not Found`.
pub fn not_found(what: &str) -> Reply {
    match what {
        "" => error(404, "404 Not found"),
        what => error(404, &format!("404 {what} Not Found")),
    }
}

pub fn signed_in(call: &Call) -> Result<u64, Reply> {
    call.who
        .as_ref()
        .map(|token| token.user)
        .ok_or_else(unauthorized)
}

/// The project of the path, if the caller may know that it exists. A private project is 404 to all others.
pub fn readable<'a>(state: &'a State, call: &Call, id: &str) -> Result<&'a Project, Reply> {
    let project = state.project(id).ok_or_else(|| not_found("Project"))?;
    let level = call
        .who
        .as_ref()
        .map_or(0, |token| state.level(project, token.user));
    if project.private && level < AccessLevel::Guest as i64 {
        return Err(not_found("Project"));
    }
    if id.contains('/') && !id.eq_ignore_ascii_case(&project.full_name()) {
        return Err(moved(call, id, project));
    }
    Ok(project)
}

/// A renamed project: the answer is a text. <https://docs.gitlab.com/api/rest/#redirects>
fn moved(call: &Call, id: &str, project: &Project) -> Reply {
    if call.method != "GET" {
        return error(405, "Non GET methods are not allowed for moved projects");
    }
    let escaped = super::super::forge::wire::escape(id).replace('/', "%2F");
    let below = call.below.replacen(&escaped, &project.id.to_string(), 1);
    let query: Vec<String> = call.query.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let target = format!("{}{below}{mark}{}", call.base, query.join("&"));
    let message = format!("This resource has been moved permanently to {target}");
    Reply::text(301, "text/plain", &message).header("location", target)
}

/// As `readable`, with the code: a guest of a private project sees no code.
pub fn code<'a>(state: &'a State, call: &Call, id: &str) -> Result<&'a Project, Reply> {
    let project = readable(state, call, id)?;
    let level = call
        .who
        .as_ref()
        .map_or(0, |token| state.level(project, token.user));
    match project.private && level < AccessLevel::Reporter as i64 {
        true => Err(forbidden()),
        false => Ok(project),
    }
}

/// The caller, with at least this role in the project.
pub fn member(
    state: &State,
    call: &Call,
    project: &Project,
    least: AccessLevel,
) -> Result<u64, Reply> {
    let user = signed_in(call)?;
    match state.level(project, user) >= least as i64 {
        true => Ok(user),
        false => Err(forbidden()),
    }
}

/// The only routes of the REST API that take a job's token, as far as the fake has them.
/// <https://docs.gitlab.com/ci/jobs/ci_job_token/#job-token-access>,
/// <https://docs.gitlab.com/ci/jobs/fine_grained_permissions/#available-api-endpoints>
pub fn job_may(method: &str, path: &[&str]) -> bool {
    match (method, path) {
        ("GET", ["job"]) => true,
        (_, ["projects", _, rest @ ..]) => match (method, rest) {
            ("GET", ["merge_requests"] | ["merge_requests", _]) => true,
            ("GET", ["merge_requests", _, "notes", ..]) => !rest.contains(&"award_emoji"),
            ("GET", ["issues", _]) => true,
            ("GET", ["repository", "branches", ..]) => true,
            (
                "GET",
                ["repository", "commits", _] | ["repository", "commits", _, "merge_requests"],
            ) => true,
            ("GET", ["repository", "files", _, "raw"]) => true,
            (_, ["deployments", ..] | ["environments", ..]) => true,
            _ => false,
        },
        _ => false,
    }
}
