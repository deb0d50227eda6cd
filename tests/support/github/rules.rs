//! What GitHub decides: whose a request is, which routes there are, and what follows from a push.

use std::net::SocketAddr;

use axum::http::HeaderMap;

use super::super::forge::wire::{Secret, header, http_date};
use super::super::forge::{Fault, PullRecord, Rules, Sha};
use super::auth::{Permission, Token};
use super::handle::ACTIONS_BOT_ID;
use super::state::{GitHub, Kind, PullFields, RepoFields, State};
use super::wire::{Answer, Call, Reply, epoch};
use super::{faults, graphql, route};

impl Rules for GitHub {
    type Token = Token;
    type Repo = RepoFields;
    type Pull = PullFields;
    type Role = Permission;
    const ONE_SEQUENCE: bool = true;
    const JSON: &'static str = "application/json; charset=utf-8";

    fn started(state: &mut State, _: SocketAddr) {
        // Real ids no longer fit 32 bits.
        state.next_id = 5_000_000_000;
        state.add_user("github-actions[bot]", Some(ACTIONS_BOT_ID), Kind::Bot);
    }

    /// Every event is one second after the last, so answers are the same in every run.
    fn now(state: &mut State) -> String {
        state.clock += 1;
        let time = jiff::Timestamp::from_second(state.time());
        time.expect("a time of this century").to_string()
    }

    fn pass(state: &mut State, seconds: u64) {
        state.clock += seconds;
        state.is_passed = true;
    }

    fn order(state: &mut State) -> u64 {
        state.clock += 1;
        state.time().unsigned_abs()
    }

    /// The owner becomes an organisation unless it was made a user before.
    fn owner(state: &mut State, namespace: &str) -> u64 {
        state.add_user(namespace, None, Kind::Organization).id
    }

    fn set_role(state: &mut State, repo: u64, user: u64, role: Permission) {
        state.repo_mut(repo).collaborators.insert(user, role);
    }

    fn repo_added(_: &mut State, _: u64) {}

    fn move_branch(state: &mut State, repo: u64, branch: &str, sha: &str, by: u64) {
        state.move_branch_as(repo, branch, sha, by, None);
    }

    fn branch_deleted(state: &mut State, repo: u64, branch: &str, before: Option<Sha>, by: u64) {
        state.record(repo, branch, before, None, by, "branch_deletion");
    }

    fn new_pull(state: &State, repo: u64, pull: &PullRecord<()>) -> PullFields {
        let head_repo = pull.head_repo.and_then(|id| state.repos.get(&id));
        let owner = head_repo.map_or("", |r| r.namespace.as_str());
        PullFields {
            base_sha: state.repos[&repo].branches[&pull.base_ref].clone(),
            head_label: format!("{owner}:{}", pull.head_ref),
            open: true,
            merged: None,
            reviews: Vec::new(),
            closed: None,
        }
    }

    fn pull_opened(_: &mut State, _: u64, _: u64) {}

    fn complaints(_: &State) -> Vec<String> {
        Vec::new()
    }

    fn split(path: &str) -> (&str, &str) {
        match path.strip_prefix("/api/v3") {
            Some(below) => ("/api/v3", below),
            None if path == "/api/graphql" => ("/api", "/graphql"),
            None => ("", path),
        }
    }

    fn secret(headers: &HeaderMap) -> Option<Secret> {
        let authorization = header(headers, "authorization")?;
        let (_, text) = authorization.split_once(' ')?;
        let text = text.trim().to_owned();
        Some(Secret {
            text,
            as_job: false,
        })
    }

    fn holder(token: &Token) -> u64 {
        token.user
    }

    /// `/repositories/{id}/…`, which GitHub's own links use, is `/repos/{owner}/{name}/…`.
    fn canonical_path(state: &State, call: &mut Call) -> String {
        if let [first, id, rest @ ..] = call.path.as_slice()
            && let Some(repo) = id.parse::<u64>().ok().and_then(|id| state.repos.get(&id))
            && first == "repositories"
        {
            let mut path = vec![
                "repos".to_owned(),
                repo.namespace.clone(),
                repo.name.clone(),
            ];
            path.extend_from_slice(rest);
            call.path = path;
        }
        format!("/{}", call.path.join("/"))
    }

    fn answer(state: &mut State, call: &mut Call) -> Option<Answer> {
        if call.secret.is_some() && call.who.is_none() {
            Some(Err(Reply::error(401, "Bad credentials")))
        } else if call.path == ["graphql"] {
            Some(Ok(graphql::answer(state, call)))
        } else {
            route::dispatch(state, call)
        }
    }

    fn no_route() -> Reply {
        Reply::error(404, "Not Found")
    }

    fn instead(_: &State, fault: &Fault) -> Option<Reply> {
        faults::instead(fault)
    }

    fn headers(state: &State) -> Vec<(&'static str, String)> {
        let date = state.is_passed.then(|| ("date", http_date(state.time())));
        let limits = vec![
            ("x-ratelimit-limit", "5000".to_owned()),
            ("x-ratelimit-remaining", "4987".to_owned()),
            ("x-ratelimit-used", "13".to_owned()),
            ("x-ratelimit-reset", (epoch() + 3600).to_string()),
            ("x-ratelimit-resource", "core".to_owned()),
            ("x-github-request-id", "FAKE:0001:0002:0003".to_owned()),
        ];
        limits.into_iter().chain(date).collect()
    }
}
