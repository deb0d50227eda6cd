//! An AWS that replays a script, for behavior that the emulator lacks. The answers of an operation come in order, and the last one
//! repeats. Requests are recorded.
//!
//! Answers are data in the names of the API's model. They travel as the API sends them: CloudFormation and STS as awsQuery XML, EC2 as
//! its own form of that,
//! SSM and Cloud Control as awsJson, S3 as REST-XML.

mod wire;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub use wire::{Protocol, RecordedRequest};

/// The account of all scripts.
pub const ACCOUNT: &str = "123456789012";

/// The AWS of one test. Fails the test for a request that the script does not have, and for answers that were never requested.
pub struct Replay {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Script {
    answers: BTreeMap<String, Answers>,
    asked: Vec<RecordedRequest>,
    complaints: Vec<String>,
    /// Whether answers may stay unused.
    lenient: bool,
}

/// The remaining answers of one operation, or the last one.
#[derive(Default)]
struct Answers {
    left: VecDeque<Value>,
    /// Whether the last answer was given.
    spent: bool,
}

impl Answers {
    fn add(&mut self, more: Vec<Value>) {
        if std::mem::take(&mut self.spent) && !more.is_empty() {
            self.left.clear();
        }
        self.left.extend(more);
    }

    fn next(&mut self) -> Option<Value> {
        if self.left.len() > 1 {
            return self.left.pop_front();
        }
        self.spent = true;
        self.left.front().cloned()
    }
}

/// Mutations carry a token, so that AWS executes a repeated request once.
const TOKENS: &[(&str, &str)] = &[
    ("CreateChangeSet", "ClientToken"),
    ("ExecuteChangeSet", "ClientRequestToken"),
    ("DeleteStack", "ClientRequestToken"),
    ("ContinueUpdateRollback", "ClientRequestToken"),
];

impl Replay {
    /// Answers the caller's identity only.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(Script::default()));
        let (stop, stopped) = oneshot::channel();
        let app = Router::new().fallback(answer).with_state(script.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
                let serving = axum::serve(listener, app);
                tokio::select! {
                    _ = serving => {}
                    _ = stopped => {}
                }
            });
        });
        let replay = Self {
            address,
            script,
            stop: Some(stop),
            thread: Some(thread),
        };
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/tester");
        replay.on("GetCallerIdentity", json!({"Account": ACCOUNT, "Arn": arn}));
        // No former stack of the name was deleted.
        replay.on_optional("ListStacks", json!({"StackSummaries": []}));
        // No resource has drifted.
        replay.on_optional(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": []}),
        );
        // Nothing has the names of new resources, not even the stack itself.
        replay.on_optional("ListStackResources", json!({"StackResourceSummaries": []}));
        replay.on_optional("GetParameters", json!({"Parameters": []}));
        replay.on_optional(
            "GetResource",
            refused("ResourceNotFoundException", "it does not exist"),
        );
        replay.on_optional("HeadBucket", not_found());
        replay.on_optional("GetBucketPolicy", refused("NoSuchBucketPolicy", "none"));
        replay.on_optional(
            "DetectStackResourceDrift",
            refused(
                "ValidationError",
                "its type does not support drift detection",
            ),
        );
        replay
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds one answer, or a list of them.
    pub fn on(&self, operation: &str, answers: Value) -> &Self {
        let answers = match answers {
            Value::Array(answers) => answers,
            answer => vec![answer],
        };
        let mut script = lock(&self.script);
        let queue = script.answers.entry(operation.to_owned()).or_default();
        queue.add(answers);
        drop(script);
        self
    }

    /// Replaces the answers of an operation.
    pub fn set(&self, operation: &str, answers: Value) -> &Self {
        lock(&self.script).answers.remove(operation);
        self.on(operation, answers)
    }

    /// No answer has to be requested: an attack may end before it reaches AWS.
    pub fn allow_unused(&self) {
        lock(&self.script).lenient = true;
    }

    /// Adds an answer that need not be requested.
    pub fn on_optional(&self, operation: &str, answer: Value) -> &Self {
        let mut script = lock(&self.script);
        let queue = script.answers.entry(operation.to_owned()).or_default();
        queue.left.push_back(answer);
        queue.spent = true;
        drop(script);
        self
    }

    /// The requests of an operation, in order.
    pub fn requests_of(&self, operation: &str) -> Vec<RecordedRequest> {
        let script = lock(&self.script);
        let asked = script.asked.iter();
        asked
            .filter(|asked| asked.operation == operation)
            .cloned()
            .collect()
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if std::thread::panicking() {
            return;
        }
        let script = lock(&self.script);
        let complaints = &script.complaints;
        assert!(complaints.is_empty(), "{complaints:?}");
        let left = script.answers.iter();
        let left: Vec<&String> = left
            .filter(|(_, answers)| !answers.spent && !script.lenient)
            .map(|(operation, _)| operation)
            .collect();
        assert!(left.is_empty(), "scripted, and not asked: {left:?}");
    }
}

/// A handler that panicked must not hide its message behind a second panic.
fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A refusal of CloudFormation.
pub fn refused(code: &str, message: &str) -> Value {
    json!({"Error": {"Code": code, "Message": message}})
}

/// S3's answer to HEAD for a missing object.
pub fn not_found() -> Value {
    json!({"Error": {"Status": 404}})
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (protocol, asked) = Protocol::read(&parts, &body);
    let mut script = lock(&script);
    let operation = asked.operation.clone();
    for (_, token) in TOKENS.iter().filter(|(name, _)| *name == operation) {
        if !asked.has(token) {
            script
                .complaints
                .push(format!("{operation} has no {token}"));
        }
    }
    if asked.has("DisableValidation") {
        script
            .complaints
            .push(format!("{operation} disables validation"));
    }
    // A script can have answers for the resources of one service, such as `GetResource AWS::EC2`.
    let service = asked.has("TypeName").then(|| asked.get("TypeName"));
    let service = service.and_then(|kind| kind.rsplit_once("::"));
    let of_service = service.map(|(service, _)| format!("{operation} {service}"));
    let of_service = of_service.filter(|key| script.answers.contains_key(key));
    let key = of_service.unwrap_or_else(|| operation.clone());
    script.asked.push(asked);
    let answer = script.answers.get_mut(&key).and_then(Answers::next);
    let answer = answer.unwrap_or_else(|| {
        script
            .complaints
            .push(format!("{operation} is not scripted"));
        refused("NotScripted", &format!("{operation} is not scripted"))
    });
    protocol.write(&operation, &answer)
}
