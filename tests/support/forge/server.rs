//! The HTTP side: accepts connections, keeps the journal, injects faults, and passes other requests to the forge's rules.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{HeaderValue, Response};

use super::connection_faults::{ConnectionFault, Cut};
use super::faults::{Fault, take};
use super::journal::Seen;
use super::state::{Rules, State};
use super::wire::{Call, Reply, header, pairs, unescape};

pub type World<F> = Arc<Mutex<State<F>>>;

/// A handler that panicked must not hide its message behind a second panic.
pub fn lock<F: Rules>(world: &World<F>) -> MutexGuard<'_, State<F>> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn app<F: Rules>(world: World<F>) -> Router {
    Router::new().fallback(answer::<F>).with_state(world)
}

async fn answer<F: Rules>(
    Shared(world): Shared<World<F>>,
    ConnectInfo(connection_fault): ConnectInfo<ConnectionFault>,
    request: Request,
) -> Response<HttpBody> {
    let (parts, body) = request.into_parts();
    let (prefix, below) = F::split(parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let call = Call {
        method: parts.method.to_string(),
        path: below
            .split('/')
            .skip(1)
            .map(|s| unescape(s, false))
            .collect(),
        query: pairs(query),
        accept: header(&parts.headers, "accept").unwrap_or_default(),
        body: to_bytes(body, usize::MAX)
            .await
            .map(|b| b.to_vec())
            .unwrap_or_default(),
        base: format!(
            "http://{}{prefix}",
            header(&parts.headers, "host").unwrap_or_default()
        ),
        below: below.to_owned(),
        secret: F::secret(&parts.headers),
        who: None,
    };
    let (response, fault) = serve(&mut lock(&world), call, query);
    match &fault {
        Some(Fault::DropBefore | Fault::DropAfter) => connection_fault.set(Cut::Now),
        Some(Fault::CutBody) => connection_fault.set(Cut::MidBody),
        Some(Fault::Slow(time)) => tokio::time::sleep(*time).await,
        _ => {}
    }
    response
}

fn serve<F: Rules>(
    state: &mut State<F>,
    mut call: Call<F::Token>,
    query: &str,
) -> (Response<HttpBody>, Option<Fault>) {
    let path = F::canonical_path(state, &mut call);
    let secret = call.secret.as_ref().map(|secret| secret.text.clone());
    let token = secret.as_ref().and_then(|text| state.tokens.get(text));
    call.who = token.cloned();
    let fault = take(&mut state.journal.faults, &call.method, &path, query);
    let who = call.who.as_ref();
    let at = state.journal.requests.len();
    let seen = Seen {
        method: call.method.clone(),
        path: path.clone(),
        query: query.to_owned(),
        identity: who.map(|token| state.user(F::holder(token)).login.clone()),
        token: secret,
        accept: Some(call.accept.clone()).filter(|a| !a.is_empty()),
        body: call.body.clone(),
        status: None,
        fault: fault.clone(),
    };
    state.journal.requests.push(seen);
    if let Some(reply) = fault.as_ref().and_then(|fault| F::instead(state, fault)) {
        return (http(state, &reply), fault);
    }
    let answer = F::answer(state, &mut call);
    if let Some(Fault::Passes(seconds)) = &fault {
        F::pass(state, *seconds);
    }
    let reply = match answer {
        Some(Ok(reply) | Err(reply)) => reply,
        None => {
            let line = format!("{} {path}", call.method);
            state.journal.unexpected.push(line);
            F::no_route()
        }
    };
    state.journal.requests[at].status = Some(reply.status);
    let reply = match &fault {
        Some(fault) => fault.alter(reply),
        None => reply,
    };
    (http(state, &reply), fault)
}

fn http<F: Rules>(state: &State<F>, reply: &Reply) -> Response<HttpBody> {
    let media = reply.body.media_type(F::JSON);
    let mut headers = F::headers(state);
    headers.extend(reply.headers.iter().cloned());
    headers.extend(media.map(|m| ("content-type", m.to_owned())));
    let mut response = Response::new(HttpBody::from(reply.body.bytes()));
    *response.status_mut() = reply.status.try_into().expect("a fault has a valid status");
    for (name, value) in headers {
        let value = HeaderValue::from_str(&value).expect("header values are printable");
        response.headers_mut().insert(name, value);
    }
    response
}
