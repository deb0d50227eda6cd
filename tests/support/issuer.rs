//! Issues identity tokens to a job. The tokens have GitHub's claims and no real signature: the emulator checks them against a
//! role's trust policy, and does not check the signature.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The job's credential at the issuer.
const BEARER: &str = "runner-bearer-Zk3Qx9Lw2Vb7";

/// An issuer for one job.
pub struct Issuer {
    /// `127.0.0.1:PORT`, also the issuer's name unless it has another.
    pub address: String,
    issued: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone)]
struct IssuerState {
    address: String,
    claims: Value,
    issued: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    /// The subject of the job's tokens, such as `repo:acme/infra:pull_request`.
    pub fn new(subject: &str) -> Self {
        Self::with_claims(json!({"sub": subject}))
    }

    /// The tokens have these claims too. `iss` names a server that is not on loopback.
    pub fn with_claims(claims: Value) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        listener.set_nonblocking(true).expect("a socket");
        let issued = Arc::default();
        let state = IssuerState {
            address: address.clone(),
            claims,
            issued: Arc::clone(&issued),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let app = Router::new().route("/token", get(answer)).with_state(state);
                tokio::select! {
                    served = axum::serve(listener, app) => served.expect("a server"),
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            issued,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The variables of a job with `id-token: write`.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        let url = format!("http://{}/token?api-version=2.0", self.address);
        [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", BEARER.to_owned()),
        ]
    }

    /// A token of another job, for AWS.
    pub fn token(&self, subject: &str) -> String {
        let claims = json!({"sub": subject});
        signed(&all_claims(
            &self.address,
            &claims,
            Some("sts.amazonaws.com"),
        ))
    }

    /// A token with further claims, as GitLab mints it when a job starts.
    pub fn job_token(&self, claims: &Value) -> String {
        let token = signed(&all_claims(
            &self.address,
            claims,
            Some("sts.amazonaws.com"),
        ));
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.push(token.clone());
        token
    }

    /// All issued tokens.
    pub fn issued(&self) -> Vec<String> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.clone()
    }

    /// Everything that must not be shown.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.issued();
        secrets.push(BEARER.to_owned());
        secrets
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(
    State(state): State<IssuerState>,
    Query(query): Query<std::collections::HashMap<String, String>>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let shown = headers
        .get("authorization")
        .and_then(|shown| shown.to_str().ok());
    if shown != Some(&format!("Bearer {BEARER}")) {
        return (
            StatusCode::UNAUTHORIZED,
            Json(json!({"message": "who is that?"})),
        );
    }
    let audience = query.get("audience").map(String::as_str);
    let token = signed(&all_claims(&state.address, &state.claims, audience));
    let mut issued = state.issued.lock().unwrap_or_else(PoisonError::into_inner);
    issued.push(token.clone());
    (StatusCode::OK, Json(json!({"count": 1, "value": token})))
}

/// The usual claims, replaced and completed by those of the job.
fn all_claims(address: &str, claims: &Value, audience: Option<&str>) -> Value {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    let mut all = json!({
        "iss": format!("https://{address}"),
        "sub": "",
        "aud": audience,
        "iat": now,
        "exp": now + 300,
    });
    let own = claims.as_object().expect("claims").clone();
    all.as_object_mut().expect("claims").extend(own);
    all
}

fn signed(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(&json!({"alg": "RS256", "kid": "k"}));
    format!(
        "{head}.{}.{}",
        part(claims),
        URL_SAFE_NO_PAD.encode("signature")
    )
}
