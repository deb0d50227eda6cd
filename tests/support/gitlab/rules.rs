//! What GitLab decides: whose a request is, which routes there are, and what follows from a push.

use std::net::SocketAddr;

use axum::http::HeaderMap;

use super::super::forge::wire::{Secret, header, http_date};
use super::super::forge::{Fault, PullRecord, Rules, Sha};
use super::auth::{AccessLevel, Token, TokenKind, job_may, unauthorized};
use super::state::{
    GitLab, Kind, Member, MergeRequestFields, ProjectFields, Protection, PushLevel, State,
    timestamp,
};
use super::wire::{Answer, Body, Call, Reply, error};
use super::{contract, faults, route};

/// The id of the ghost user.
pub const GHOST: u64 = 1;

impl Rules for GitLab {
    type Token = Token;
    type Repo = ProjectFields;
    type Pull = MergeRequestFields;
    type Role = AccessLevel;
    const ONE_SEQUENCE: bool = false;
    /// GitLab sends JSON without a character set.
    const JSON: &'static str = "application/json";

    fn started(state: &mut State, address: SocketAddr) {
        state.next_id = 1000;
        state.add_user("ghost", Some(GHOST), Kind::User);
        state.web = format!("http://{address}");
    }

    /// One second after the last event, unless a test stopped the clock.
    fn now(state: &mut State) -> String {
        if !state.frozen {
            state.clock += 1;
        }
        timestamp(state.second())
    }

    fn pass(state: &mut State, seconds: u64) {
        state.clock += seconds.cast_signed();
    }

    fn order(state: &mut State) -> u64 {
        state.order += 1;
        1_767_225_600 + state.order
    }

    fn owner(state: &mut State, _: &str) -> u64 {
        state.add_user("root", None, Kind::User).id
    }

    fn set_role(state: &mut State, repo: u64, user: u64, role: AccessLevel) {
        let (level, created) = (role as i64, state.now());
        let members = &mut state.repo_mut(repo).members;
        members.insert(user, Member { level, created });
    }

    /// GitLab's default: maintainers may push and merge.
    /// <https://docs.gitlab.com/user/project/repository/branches/default/#protect-initial-default-branches>
    fn repo_added(state: &mut State, repo: u64) {
        let protection = Protection {
            id: state.id(),
            push: vec![PushLevel::Role(AccessLevel::Maintainer as i64)],
            merge: AccessLevel::Maintainer as i64,
            allow_force_push: false,
            inherited: false,
        };
        let project = state.repo_mut(repo);
        project.merge_method = "merge";
        let branch = project.default_branch.clone();
        project.protections.insert(branch, protection);
    }

    fn move_branch(state: &mut State, repo: u64, branch: &str, sha: &str, by: u64) {
        state.move_branch(repo, branch, sha, by);
    }

    fn branch_deleted(state: &mut State, repo: u64, branch: &str, before: Option<Sha>, by: u64) {
        state.record_push(repo, branch, before.as_deref(), None, by);
    }

    fn new_pull(_: &State, _: u64, _: &PullRecord<()>) -> MergeRequestFields {
        MergeRequestFields {
            state: "opened",
            prepared: None,
            versions: Vec::new(),
            approvals: Vec::new(),
            reviewers: Vec::new(),
            merged: None,
            closed: None,
        }
    }

    fn pull_opened(state: &mut State, repo: u64, number: u64) {
        state.add_version(repo, number);
        let at = state.now();
        state.pull_mut(repo, number).prepared = Some(at);
    }

    fn complaints(state: &State) -> Vec<String> {
        let executed = state.executed.iter();
        let line =
            |e: &super::Executed| format!("executed quick action: /{} by {}", e.command, e.by);
        executed.map(line).collect()
    }

    fn split(path: &str) -> (&str, &str) {
        match path.strip_prefix("/api/v4") {
            Some(below) => ("/api/v4", below),
            None => ("", path),
        }
    }

    /// <https://docs.gitlab.com/api/rest/authentication/>
    fn secret(headers: &HeaderMap) -> Option<Secret> {
        for (name, as_job) in [("private-token", false), ("job-token", true)] {
            if let Some(text) = header(headers, name) {
                return Some(Secret { text, as_job });
            }
        }
        let bearer = header(headers, "authorization")?;
        let text = bearer.strip_prefix("Bearer ")?.trim().to_owned();
        let as_job = text.starts_with("glcbt-");
        Some(Secret { text, as_job })
    }

    fn holder(token: &Token) -> u64 {
        token.user
    }

    fn canonical_path(_: &State, call: &mut Call) -> String {
        call.below.clone()
    }

    fn answer(state: &mut State, call: &mut Call) -> Option<Answer> {
        let segments: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let kind = call.who.as_ref().map(|token| token.kind);
        let is_job = kind == Some(TokenKind::Job);
        // Elsewhere a job's token is no authentication: the request is anonymous.
        let anonymous = is_job && !job_may(&call.method, &segments);
        let mismatch = |secret: &Secret| kind.is_none() || secret.as_job != is_job;
        let refused = call.secret.as_ref().is_some_and(mismatch) && !anonymous;
        call.who = call.who.take().filter(|_| !anonymous);
        let reads = call.method == "GET" || call.method == "HEAD";
        if refused {
            Some(Err(unauthorized()))
        } else if kind == Some(TokenKind::ReadApi) && !reads {
            Some(Err(insufficient_scope()))
        } else {
            let answer = route::dispatch(state, call);
            if let Some(Ok(reply)) = &answer {
                let found = contract::differences(call, reply);
                state.journal.unexpected.extend(found);
            }
            answer
        }
    }

    fn no_route() -> Reply {
        Reply::json(404, serde_json::json!({"error": "404 Not Found"}))
    }

    fn instead(state: &State, fault: &Fault) -> Option<Reply> {
        faults::instead(fault, state.second())
    }

    fn headers(state: &State) -> Vec<(&'static str, String)> {
        vec![
            ("x-request-id", "01FAKE0000000000000000000".to_owned()),
            ("x-runtime", "0.042".to_owned()),
            (
                "cache-control",
                "max-age=0, private, must-revalidate".to_owned(),
            ),
            ("vary", "Origin".to_owned()),
            // The clock of all times in the answers.
            ("date", http_date(state.second())),
        ]
    }
}

fn insufficient_scope() -> Reply {
    let text = "The request requires higher privileges than provided by the access token.";
    let mut reply = error(403, "");
    reply.body = Body::Json(serde_json::json!({
        "error": "insufficient_scope",
        "error_description": text,
        "scope": "api",
    }));
    reply
}
