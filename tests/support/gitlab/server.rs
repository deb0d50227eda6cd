//! The HTTP side: accepts connections, keeps the journal, injects faults, and passes other requests to the routes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Response};

use super::super::github::connection_faults::{ConnectionFault, Cut};
use super::super::github::faults::take;
use super::super::github::wire::unescape;
use super::super::github::{Fault, journal::Seen};
use super::auth::{TokenKind, job_may, unauthorized};
use super::state::{State, http_date};
use super::wire::{Call, Reply, error};
use super::{faults, route};

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
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let below = path.strip_prefix("/api/v4").unwrap_or(path);
    let host = header(&parts.headers, "host").unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    let call = Call {
        method: parts.method.to_string(),
        path: below
            .split('/')
            .skip(1)
            .map(|s| unescape(s, false))
            .collect(),
        query: pairs(query),
        body: to_bytes(body, usize::MAX)
            .await
            .map(|b| b.to_vec())
            .unwrap_or_default(),
        url: format!("http://{host}{path}{mark}{query}"),
        who: None,
    };
    let (reply, fault) = {
        let mut state = lock(&world);
        serve(&mut state, call, &parts.headers, below, query)
    };
    match &fault {
        Some(Fault::DropBefore | Fault::DropAfter) => connection_fault.set(Cut::Now),
        Some(Fault::CutBody) => connection_fault.set(Cut::MidBody),
        Some(Fault::Slow(time)) => tokio::time::sleep(*time).await,
        _ => {}
    }
    http(&reply)
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned)
}

/// The token, and whether it came as a job's. <https://docs.gitlab.com/api/rest/authentication/>
fn secret(headers: &HeaderMap) -> Option<(String, bool)> {
    if let Some(token) = header(headers, "private-token") {
        return Some((token, false));
    }
    if let Some(token) = header(headers, "job-token") {
        return Some((token, true));
    }
    let bearer = header(headers, "authorization")?;
    let token = bearer.strip_prefix("Bearer ")?.trim().to_owned();
    let is_job = token.starts_with("glcbt-");
    Some((token, is_job))
}

fn serve(
    state: &mut State,
    mut call: Call,
    headers: &HeaderMap,
    path: &str,
    query: &str,
) -> (Reply, Option<Fault>) {
    let secret = secret(headers);
    let known = secret
        .as_ref()
        .and_then(|(text, _)| state.tokens.get(text))
        .cloned();
    let fault = take(&mut state.faults, &call.method, path, query);
    let at = state.journal.len();
    state.journal.push(Seen {
        method: call.method.clone(),
        path: path.to_owned(),
        query: query.to_owned(),
        identity: known
            .as_ref()
            .map(|token| state.user(token.user).login.clone()),
        token: secret.as_ref().map(|(text, _)| text.clone()),
        accept: header(headers, "accept"),
        body: call.body.clone(),
        status: None,
        fault: fault.clone(),
    });
    if let Some(reply) = fault
        .as_ref()
        .and_then(|fault| faults::instead(fault, state.second()))
    {
        return (reply, fault);
    }
    let segments: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let as_job = secret.as_ref().is_some_and(|(_, job)| *job);
    let is_job = known
        .as_ref()
        .is_some_and(|token| token.kind == TokenKind::Job);
    let mut refused = secret.is_some() && (known.is_none() || as_job != is_job);
    // Elsewhere a job's token is no authentication: the request is anonymous.
    let anonymous = is_job && !job_may(&call.method, &segments);
    refused &= !anonymous;
    call.who = known.filter(|_| !anonymous);
    let reads = call
        .who
        .as_ref()
        .is_some_and(|token| token.kind == TokenKind::ReadApi);
    let reply = if refused {
        unauthorized()
    } else if reads && !matches!(call.method.as_str(), "GET" | "HEAD") {
        insufficient_scope()
    } else {
        match route::dispatch(state, &call) {
            Some(Ok(reply) | Err(reply)) => reply,
            None => {
                state.unexpected.push(format!("{} {path}", call.method));
                Reply::json(404, serde_json::json!({"error": "404 Not Found"}))
            }
        }
    };
    // The clock of all times in the answers.
    let reply = reply.header("date", http_date(state.second()));
    state.journal[at].status = Some(reply.status);
    let reply = match &fault {
        Some(fault) => fault.alter(reply),
        None => reply,
    };
    (reply, fault)
}

fn insufficient_scope() -> Reply {
    let text = "The request requires higher privileges than provided by the access token.";
    let mut reply = error(403, "");
    reply.body = super::wire::Body::Json(serde_json::json!({
        "error": "insufficient_scope",
        "error_description": text,
        "scope": "api",
    }));
    reply
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
        ("x-request-id", "01FAKE0000000000000000000".to_owned()),
        ("x-runtime", "0.042".to_owned()),
        (
            "cache-control",
            "max-age=0, private, must-revalidate".to_owned(),
        ),
        ("vary", "Origin".to_owned()),
    ];
    headers.extend(reply.headers.iter().cloned());
    // GitLab sends JSON without a character set.
    let media = reply.body.media_type().map(|media| match media {
        "application/json; charset=utf-8" => "application/json",
        other => other,
    });
    headers.extend(media.map(|m| ("content-type", m.to_owned())));
    let mut response = Response::new(HttpBody::from(reply.body.bytes()));
    *response.status_mut() = reply.status.try_into().expect("a fault has a valid status");
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).expect("header values are printable");
        response.headers_mut().insert(name, value);
    }
    response
}
