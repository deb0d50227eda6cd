//! The HTTP side: accepts connections, keeps the journal, injects faults, and passes other requests to the routes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{HeaderValue, Response};

use super::connection_faults::{ConnectionFault, Cut};
use super::faults::{self, Fault};
use super::journal::Seen;
use super::state::State;
use super::wire::{Call, Reply, epoch, unescape};
use super::{graphql, route};

pub type World = Arc<Mutex<State>>;

/// A handler that panicked must not hide its message behind a second panic.
pub fn lock(world: &World) -> MutexGuard<'_, State> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn app(world: World) -> Router {
    Router::new().fallback(answer).with_state(world)
}

async fn answer(
    Shared(world): Shared<World>,
    ConnectInfo(connection_fault): ConnectInfo<ConnectionFault>,
    request: Request,
) -> Response<HttpBody> {
    let (parts, body) = request.into_parts();
    let header = |name: &str| {
        let value = parts.headers.get(name).and_then(|v| v.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let raw = parts.uri.path();
    let (prefix, path) = match raw.strip_prefix("/api/v3") {
        Some(path) => ("/api/v3", path),
        None if raw == "/api/graphql" => ("/api", "/graphql"),
        None => ("", raw),
    };
    let authorization = header("authorization");
    let secret = authorization
        .split_once(' ')
        .map(|(_, secret)| secret.trim().to_owned());
    let mut call = Call {
        method: parts.method.to_string(),
        path: path
            .split('/')
            .skip(1)
            .map(|s| unescape(s, false))
            .collect(),
        query: pairs(parts.uri.query().unwrap_or_default()),
        accept: header("accept"),
        body: to_bytes(body, usize::MAX)
            .await
            .map(|b| b.to_vec())
            .unwrap_or_default(),
        base: format!("http://{}{prefix}", header("host")),
        who: None,
    };
    let (reply, fault) = {
        let mut state = lock(&world);
        let query = parts.uri.query().unwrap_or_default();
        serve(&mut state, &mut call, secret, query)
    };
    match &fault {
        Some(Fault::DropBefore | Fault::DropAfter) => connection_fault.set(Cut::Now),
        Some(Fault::CutBody) => connection_fault.set(Cut::MidBody),
        Some(Fault::Slow(time)) => tokio::time::sleep(*time).await,
        _ => {}
    }
    http(&reply)
}

fn serve(
    state: &mut State,
    call: &mut Call,
    secret: Option<String>,
    query: &str,
) -> (Reply, Option<Fault>) {
    by_name(state, call);
    call.who = secret
        .as_ref()
        .and_then(|secret| state.tokens.get(secret))
        .cloned();
    let path = format!("/{}", call.path.join("/"));
    let fault = faults::take(&mut state.faults, &call.method, &path, query);
    let instead = fault.as_ref().and_then(Fault::instead);
    let login = call
        .who
        .as_ref()
        .map(|token| state.user(token.user).login.clone());
    let at = state.journal.len();
    state.journal.push(Seen {
        method: call.method.clone(),
        path: path.clone(),
        query: query.to_owned(),
        identity: login,
        token: secret.clone(),
        accept: Some(call.accept.clone()).filter(|a| !a.is_empty()),
        body: call.body.clone(),
        status: None,
        fault: fault.clone(),
    });
    if let Some(reply) = instead {
        return (reply, fault);
    }
    let reply = if secret.is_some() && call.who.is_none() {
        Reply::error(401, "Bad credentials")
    } else if call.path == ["graphql"] {
        graphql::answer(state, call)
    } else {
        match route::dispatch(state, call) {
            Some(Ok(reply) | Err(reply)) => reply,
            None => {
                state.unexpected.push(format!("{} {path}", call.method));
                Reply::error(404, "Not Found")
            }
        }
    };
    state.journal[at].status = Some(reply.status);
    let reply = match &fault {
        Some(fault) => fault.alter(reply),
        None => reply,
    };
    (reply, fault)
}

/// `/repositories/{id}/…`, which GitHub's own links use, is `/repos/{owner}/{name}/…`.
fn by_name(state: &State, call: &mut Call) {
    let [first, id, rest @ ..] = call.path.as_slice() else {
        return;
    };
    let repo = id.parse::<u64>().ok().and_then(|id| state.repos.get(&id));
    if let ("repositories", Some(repo)) = (first.as_str(), repo) {
        let mut path = vec![
            "repos".to_owned(),
            repo.owner_login.clone(),
            repo.name.clone(),
        ];
        path.extend_from_slice(rest);
        call.path = path;
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(key, value)| (unescape(key, true), unescape(value, true)))
        .collect()
}

fn http(reply: &Reply) -> Response<HttpBody> {
    let mut headers = vec![
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", "4987".to_owned()),
        ("x-ratelimit-used", "13".to_owned()),
        ("x-ratelimit-reset", (epoch() + 3600).to_string()),
        ("x-ratelimit-resource", "core".to_owned()),
        ("x-github-request-id", "FAKE:0001:0002:0003".to_owned()),
    ];
    headers.retain(|(name, _)| reply.headers.iter().all(|(own, _)| own != name));
    headers.extend(reply.headers.iter().cloned());
    headers.extend(
        reply
            .body
            .media_type()
            .map(|m| ("content-type", m.to_owned())),
    );
    let mut response = Response::new(HttpBody::from(reply.body.bytes()));
    *response.status_mut() = reply.status.try_into().expect("a fault has a valid status");
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).expect("header values are printable");
        response.headers_mut().insert(name, value);
    }
    response
}
