//! A proxy between the program and AWS: it identifies operations, keeps a journal, and injects faults.
//!
//! It forwards one request at a time, in the order of arrival, so that "the third mutation" is the same in every run.

mod call;
mod fault;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Response, header, request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{oneshot, watch};

use super::forge::connection_faults::{ConnectionFault, Cut, FaultyListener};

pub use call::ApiCall;
pub use fault::{Fault, Rule, Side};

/// Longer than any answer takes; a test that waits this long has failed.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A reverse proxy on loopback. It ends when it is dropped.
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    held: Receiver<ApiCall>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: String,
    client: Client<HttpConnector, Body>,
    /// Held by the request that is being forwarded.
    turn: tokio::sync::Mutex<()>,
    held: Sender<ApiCall>,
    /// Tells a held request whether to continue.
    continues: watch::Sender<Option<bool>>,
    state: Mutex<ProxyState>,
}

/// The request that is held.
#[derive(Clone)]
enum Held {
    /// The mutation of this number, counted from 0.
    Mutation(usize),
    /// The next request of this operation.
    Operation(String),
}

#[derive(Default)]
struct ProxyState {
    /// Added to the time of every request.
    latency: Duration,
    rules: Vec<Rule>,
    hold: Option<(Held, Side)>,
    mutations: usize,
    journal: Vec<ApiCall>,
    /// Requests that arrived before the proxy was cleared are cut.
    generation: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, ProxyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultProxy {
    /// A proxy of the server at `upstream`.
    #[track_caller]
    pub fn in_front_of(upstream: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (sender, held) = channel();
        // Kept connections that the emulator closes would look like faults.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build_http();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            client,
            turn: tokio::sync::Mutex::default(),
            held: sender,
            continues: watch::Sender::new(None),
            state: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let app = Router::new().fallback(answer).with_state(served);
                let service = app.into_make_service_with_connect_info::<ConnectionFault>();
                let server = axum::serve(FaultyListener(listener), service).into_future();
                tokio::select! {
                    _ = server => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            shared,
            held,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a rule. The first rule that matches a request applies.
    pub fn rule(&self, rule: Rule) {
        self.shared.state().rules.push(rule);
    }

    /// Delays every request by this time, without limiting their number.
    pub fn slow(&self, latency: Duration) {
        self.shared.state().latency = latency;
    }

    /// Holds the mutation of this number, counted from 0, before it is forwarded or before its answer is returned.
    pub fn hold(&self, number: usize, side: Side) {
        self.shared.continues.send_replace(None);
        self.shared.state().hold = Some((Held::Mutation(number), side));
    }

    /// Holds the next request of this operation, once.
    pub fn hold_operation(&self, operation: &str, side: Side) {
        self.shared.continues.send_replace(None);
        self.shared.state().hold = Some((Held::Operation(operation.to_owned()), side));
    }

    /// Waits until a request is held.
    #[track_caller]
    pub fn held(&self) -> ApiCall {
        self.held
            .recv_timeout(TIMEOUT)
            .expect("the request to hold is asked for")
    }

    /// Lets the held request continue, or cuts its connection.
    pub fn release(&self, continues: bool) {
        self.shared.continues.send_replace(Some(continues));
    }

    /// From now on all requests pass, except those that arrived before.
    pub fn clear(&self) {
        let mut state = self.shared.state();
        *state = ProxyState {
            generation: state.generation + 1,
            ..ProxyState::default()
        };
    }

    /// How often each rule applied, in the order of the rules.
    pub fn fired(&self) -> Vec<usize> {
        self.shared
            .state()
            .rules
            .iter()
            .map(|rule| rule.fired)
            .collect()
    }

    /// The requests since the start, or since the proxy was cleared.
    pub fn journal(&self) -> Vec<ApiCall> {
        self.shared.state().journal.clone()
    }

    /// Mutations that AWS executed.
    pub fn mutations(&self) -> Vec<ApiCall> {
        let journal = self.journal().into_iter();
        journal
            .filter(|call| call.mutates() && call.succeeded())
            .collect()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.continues.send_replace(Some(false));
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(
    State(proxy): State<Arc<Shared>>,
    ConnectInfo(connection_fault): ConnectInfo<ConnectionFault>,
    request: Request,
) -> Response<Body> {
    let generation = proxy.state().generation;
    let (parts, body) = request.into_parts();
    let cut = || {
        connection_fault.set(Cut::Now);
        Response::new(Body::empty())
    };
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return cut();
    };
    let call = ApiCall::parse(&parts, &body);
    let latency = proxy.state().latency;
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let _turn = proxy.turn.lock().await;
    let (at, fault, hold) = {
        let mut state = proxy.state();
        if state.generation != generation {
            return cut();
        }
        let number = state.mutations;
        state.mutations += usize::from(call.mutates());
        let hold = state.hold.take_if(|(wanted, _)| match wanted {
            Held::Mutation(wanted) => call.mutates() && *wanted == number,
            Held::Operation(wanted) => *wanted == call.operation,
        });
        let fault = fault::choose(&mut state.rules, &call);
        state.journal.push(call.clone());
        (state.journal.len() - 1, fault, hold.map(|(_, side)| side))
    };
    let silence = std::future::pending::<Response<Body>>;
    if hold == Some(Side::Before) && !held(&proxy, &call).await {
        return cut();
    }
    match &fault {
        Some(Fault::Drop(Side::Before)) => return cut(),
        Some(Fault::Silent(Side::Before)) => {
            drop(_turn);
            return silence().await;
        }
        Some(fault) => {
            if let Some(answer) = fault.instead(&call) {
                return answer;
            }
        }
        None => {}
    }
    let Ok((head, body)) = forward(&proxy, parts, body).await else {
        return cut();
    };
    {
        let mut state = proxy.state();
        if state.generation != generation {
            return cut();
        }
        state.journal[at].status = Some(head.status.as_u16());
    }
    if hold == Some(Side::After) && !held(&proxy, &call).await {
        return cut();
    }
    match fault {
        Some(Fault::Drop(Side::After)) => cut(),
        Some(Fault::Silent(Side::After)) => {
            drop(_turn);
            silence().await
        }
        Some(Fault::Rewrites(texts)) => fault::reworded(head, &body, &texts),
        _ => Response::from_parts(head, Body::from(body)),
    }
}

/// Reports the held request to the test, and waits for its decision.
async fn held(proxy: &Shared, call: &ApiCall) -> bool {
    let mut continues = proxy.continues.subscribe();
    let _ = proxy.held.send(call.clone());
    let said = continues.wait_for(Option::is_some).await;
    said.is_ok_and(|said| *said == Some(true))
}

async fn forward(
    proxy: &Shared,
    mut parts: request::Parts,
    body: Bytes,
) -> anyhow::Result<(axum::http::response::Parts, Bytes)> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = format!("{}{path}", proxy.upstream).parse()?;
    // The emulator's own host name, from which it derives a bucket's name.
    parts.headers.remove(header::HOST);
    parts.headers.remove(header::CONNECTION);
    let request = Request::from_parts(parts, Body::from(body));
    let (mut head, body) = proxy.client.request(request).await?.into_parts();
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.remove(header::CONNECTION);
    let body = to_bytes(Body::new(body), usize::MAX).await?;
    Ok((head, body))
}

/// Number of requests of each operation, by name.
pub fn counted(journal: &[ApiCall]) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for call in journal {
        *counts.entry(&call.operation).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(operation, count)| (operation.to_owned(), count))
        .collect();
    counts.sort();
    counts
}
