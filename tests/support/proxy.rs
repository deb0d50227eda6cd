//! What stands between the program and AWS: it knows what is asked, keeps a journal, and goes wrong as the test says.
//!
//! One request at a time is sent on, in the order of arrival, so that "the third mutation" is the same one in every run.

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

use super::github::connection_faults::{Cut, Fuse, FusedListener};

pub use call::Asked;
pub use fault::{Fault, Rule, Side};

/// Longer than any answer takes; a test that waits for so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A reverse proxy on loopback. It ends when it is dropped.
pub struct Gate {
    address: SocketAddr,
    shared: Arc<Shared>,
    held: Receiver<Asked>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    upstream: String,
    client: Client<HttpConnector, Body>,
    /// Whoever has it is being sent on.
    turn: tokio::sync::Mutex<()>,
    held: Sender<Asked>,
    /// Says to a request that is held whether it goes on.
    goes_on: watch::Sender<Option<bool>>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// How long every request is on its way.
    way: Duration,
    rules: Vec<Rule>,
    hold: Option<(usize, Side)>,
    mutations: usize,
    journal: Vec<Asked>,
    /// Requests that arrived before the gate was opened anew are nobody's any more.
    age: usize,
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// Stands before the server at `upstream`.
    #[track_caller]
    pub fn before(upstream: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (tell, held) = channel();
        // Kept connections that the emulator closes would look like faults.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build_http();
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            client,
            turn: tokio::sync::Mutex::default(),
            held: tell,
            goes_on: watch::Sender::new(None),
            book: Mutex::default(),
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
                let service = app.into_make_service_with_connect_info::<Fuse>();
                let server = axum::serve(FusedListener(listener), service).into_future();
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

    /// The first rule that fits a request decides what becomes of it.
    pub fn rule(&self, rule: Rule) {
        self.shared.book().rules.push(rule);
    }

    /// Every request is on its way for so long; any number of them at the same time.
    pub fn slow(&self, way: Duration) {
        self.shared.book().way = way;
    }

    /// Holds the mutation of this number, counted from 0, before it is sent on or before its answer goes back.
    pub fn hold(&self, number: usize, side: Side) {
        self.shared.goes_on.send_replace(None);
        self.shared.book().hold = Some((number, side));
    }

    /// Waits until a request is held.
    #[track_caller]
    pub fn held(&self) -> Asked {
        self.held
            .recv_timeout(PATIENCE)
            .expect("the mutation to hold is asked for")
    }

    /// Lets the request that is held go on, or cuts its connection.
    pub fn release(&self, goes_on: bool) {
        self.shared.goes_on.send_replace(Some(goes_on));
    }

    /// From now on everything passes, except what arrived before.
    pub fn clear(&self) {
        let mut book = self.shared.book();
        *book = Book {
            age: book.age + 1,
            ..Book::default()
        };
    }

    /// How often each rule did something, in the order of the rules.
    pub fn fired(&self) -> Vec<usize> {
        self.shared
            .book()
            .rules
            .iter()
            .map(|rule| rule.fired)
            .collect()
    }

    /// What was asked since the beginning, or since the gate was cleared.
    pub fn journal(&self) -> Vec<Asked> {
        self.shared.book().journal.clone()
    }

    /// Mutations that AWS carried out.
    pub fn mutations(&self) -> Vec<Asked> {
        let journal = self.journal().into_iter();
        journal
            .filter(|asked| asked.mutates() && asked.succeeded())
            .collect()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.goes_on.send_replace(Some(false));
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(
    State(gate): State<Arc<Shared>>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    request: Request,
) -> Response<Body> {
    let age = gate.book().age;
    let (parts, body) = request.into_parts();
    let cut = || {
        fuse.set(Cut::Now);
        Response::new(Body::empty())
    };
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return cut();
    };
    let asked = Asked::of(&parts, &body);
    let way = gate.book().way;
    if !way.is_zero() {
        tokio::time::sleep(way).await;
    }
    let _turn = gate.turn.lock().await;
    let (at, fault, hold) = {
        let mut book = gate.book();
        if book.age != age {
            return cut();
        }
        let number = book.mutations;
        book.mutations += usize::from(asked.mutates());
        let hold = book
            .hold
            .filter(|(wanted, _)| asked.mutates() && *wanted == number);
        let fault = fault::choose(&mut book.rules, &asked);
        book.journal.push(asked.clone());
        (book.journal.len() - 1, fault, hold.map(|(_, side)| side))
    };
    let silence = std::future::pending::<Response<Body>>;
    if hold == Some(Side::Before) && !held(&gate, &asked).await {
        return cut();
    }
    match &fault {
        Some(Fault::Drop(Side::Before)) => return cut(),
        Some(Fault::Silent(Side::Before)) => {
            drop(_turn);
            return silence().await;
        }
        Some(fault) => {
            if let Some(answer) = fault.instead(&asked) {
                return answer;
            }
        }
        None => {}
    }
    let Ok((head, body)) = forward(&gate, parts, body).await else {
        return cut();
    };
    {
        let mut book = gate.book();
        if book.age != age {
            return cut();
        }
        book.journal[at].status = Some(head.status.as_u16());
    }
    if hold == Some(Side::After) && !held(&gate, &asked).await {
        return cut();
    }
    match fault {
        Some(Fault::Drop(Side::After)) => cut(),
        Some(Fault::Silent(Side::After)) => {
            drop(_turn);
            silence().await
        }
        Some(Fault::Says(texts)) => fault::reworded(head, &body, &texts),
        _ => Response::from_parts(head, Body::from(body)),
    }
}

/// Tells the test, and waits for its word.
async fn held(gate: &Shared, asked: &Asked) -> bool {
    let mut goes_on = gate.goes_on.subscribe();
    let _ = gate.held.send(asked.clone());
    let said = goes_on.wait_for(Option::is_some).await;
    said.is_ok_and(|said| *said == Some(true))
}

async fn forward(
    gate: &Shared,
    mut parts: request::Parts,
    body: Bytes,
) -> anyhow::Result<(axum::http::response::Parts, Bytes)> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = format!("{}{path}", gate.upstream).parse()?;
    // The emulator's own name, by which it knows where a bucket's name would stand.
    parts.headers.remove(header::HOST);
    parts.headers.remove(header::CONNECTION);
    let request = Request::from_parts(parts, Body::from(body));
    let (mut head, body) = gate.client.request(request).await?.into_parts();
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.remove(header::CONNECTION);
    let body = to_bytes(Body::new(body), usize::MAX).await?;
    Ok((head, body))
}

/// How often each operation was asked for, by name.
pub fn counted(journal: &[Asked]) -> Vec<(String, usize)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for asked in journal {
        *counts.entry(&asked.operation).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(operation, count)| (operation.to_owned(), count))
        .collect();
    counts.sort();
    counts
}
