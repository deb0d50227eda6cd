//! Sends all requests, with retries, limits, and errors that name the request.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use octocrab::Octocrab;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::Access;
use super::classify::{
    classify, classify_empty_graphql, classify_graphql, is_graphql_limit, is_limit,
};
use super::missing::lacks_object;
use super::retry::{Attempt, retry_after};
use crate::config::MAX_BYTES;
use crate::forge::git::Contents;
use crate::forge::recent::Recent;
use crate::forge::{ForgeError, with_causes};
use crate::model::{UserId, WebAddress};
use crate::pacing;

/// Attempts after the first.
const RETRIES: usize = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of a JSON response. A page of a hundred comments of 65,536 characters fits.
const MAX_JSON_BYTES: usize = 32 << 20;
pub(super) const JSON: &str = "application/vnd.github+json";
pub(super) const RAW: &str = "application/vnd.github.raw+json";

/// A repository on GitHub.
#[derive(Debug)]
pub struct GitHub {
    octocrab: Octocrab,
    /// The client of the GraphQL API, which may have another origin.
    graphql_octocrab: Octocrab,
    /// Path of the REST API: empty at github.com, `/api/v3` on an Enterprise server.
    pub(super) prefix: String,
    /// Path of the GraphQL API.
    graphql: String,
    /// `{prefix}/repos/{owner}/{name}`.
    pub(super) root: String,
    pub(super) owner: String,
    pub(super) name: String,
    /// The repository's id, once it is known.
    pub(super) id: OnceCell<u64>,
    /// The token's user, once it is known.
    pub(super) user: OnceCell<Option<UserId>>,
    pub(super) contents: Contents,
    pub(super) recent: Recent,
    /// The page of the job's run, for links.
    pub(super) run: Option<WebAddress>,
}

pub(super) struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    /// The meaning of an error response.
    pub(super) fn into_error(self, what: &str, method: &Method, route: &str) -> ForgeError {
        let Self {
            status,
            headers,
            body,
        } = self;
        let (kind, message) = classify(method, route, status, &headers, &body, now());
        ForgeError::new(what, kind, message)
    }
}

impl GitHub {
    /// Sends no request. Must be called inside a tokio runtime.
    pub fn new(access: &Access) -> Result<Self, ForgeError> {
        let what = "access to GitHub";
        let (owner, name) = access
            .repository
            .split_once('/')
            .filter(|(owner, name)| is_slug(owner) && is_slug(name))
            .ok_or_else(|| {
                ForgeError::invalid(what, format!("{:?} is not owner/name", access.repository))
            })?;
        let url = |text: &str| {
            let uri: Uri = text
                .parse()
                .map_err(|error| ForgeError::invalid(what, format!("{text:?}: {error}")))?;
            let origin = uri
                .scheme_str()
                .zip(uri.authority())
                .map(|(scheme, authority)| format!("{scheme}://{authority}"));
            let origin = origin
                .ok_or_else(|| ForgeError::invalid(what, format!("{text:?} is no address")))?;
            Ok::<_, ForgeError>((origin, uri.path().trim_end_matches('/').to_owned()))
        };
        let (origin, prefix) = url(&access.api_url)?;
        let (graphql_origin, graphql) = url(&access.graphql_url)?;
        // octocrab's own retries are off: they would repeat a comment that GitHub created before the connection broke. The base is
        // an origin without a path, because octocrab would prefix GraphQL routes with the path too.
        let client = |origin: &str| {
            let builder = Octocrab::builder()
                .base_uri(origin)?
                .set_connect_timeout(Some(TIMEOUT))
                .set_read_timeout(Some(TIMEOUT));
            match &access.token {
                Some(token) => builder.personal_token(token.expose_secret()).build(),
                None => builder.build(),
            }
        };
        let client =
            |origin: &str| client(origin).map_err(|error| ForgeError::invalid(what, error));
        let octocrab = client(&origin)?;
        let graphql_octocrab = client(&graphql_origin)?;
        Ok(Self {
            octocrab,
            graphql_octocrab,
            root: format!("{prefix}/repos/{owner}/{name}"),
            prefix,
            graphql,
            owner: owner.to_owned(),
            name: name.to_owned(),
            id: OnceCell::new(),
            user: OnceCell::new(),
            contents: Contents::new(access.git_remote()),
            recent: Recent::new(access.recent.clone()),
            run: access.run.clone(),
        })
    }

    /// The JSON of a route.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
    ) -> Result<T, ForgeError> {
        let response = self
            .send(what, Method::GET, route, None, JSON, true)
            .await?;
        parse(what, &response.body)
    }

    /// Sends a write. `idempotent`: whether repeating it has no further effect.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        what: &str,
        method: Method,
        route: &str,
        body: &Value,
        idempotent: bool,
    ) -> Result<T, ForgeError> {
        let response = self
            .send(what, method, route, Some(body), JSON, idempotent)
            .await?;
        parse(what, &response.body)
    }

    /// A GraphQL query. Queries change nothing, so they may be repeated.
    pub(super) async fn query<T: DeserializeOwned>(
        &self,
        what: &str,
        query: &str,
        variables: Value,
    ) -> Result<T, ForgeError> {
        #[derive(serde::Deserialize)]
        struct GraphQlReply<T> {
            data: Option<T>,
            #[serde(default)]
            errors: Vec<Value>,
        }
        let body = serde_json::json!({ "query": query, "variables": variables });
        let response = self
            .send(what, Method::POST, &self.graphql, Some(&body), JSON, true)
            .await?;
        let reply: GraphQlReply<T> = parse(what, &response.body)?;
        match (reply.data, reply.errors.first()) {
            (Some(data), None) => Ok(data),
            (_, Some(error)) => {
                let (kind, message) = classify_graphql(error, &response.headers, now());
                Err(ForgeError::new(what, kind, message))
            }
            (None, None) => {
                let (kind, message) =
                    classify_empty_graphql(&response.headers, &response.body, now());
                Err(ForgeError::new(what, kind, message))
            }
        }
    }

    /// A successful response.
    pub(super) async fn send(
        &self,
        what: &str,
        method: Method,
        route: &str,
        body: Option<&Value>,
        accept: &str,
        idempotent: bool,
    ) -> Result<Response, ForgeError> {
        let response = self
            .exchange(what, &method, route, body, accept, idempotent)
            .await?;
        match response.status.is_success() {
            true => Ok(response),
            false => Err(response.into_error(what, &method, route)),
        }
    }

    /// The response after retries, with any status. An error means that no response arrived.
    pub(super) async fn exchange(
        &self,
        what: &str,
        method: &Method,
        route: &str,
        body: Option<&Value>,
        accept: &str,
        idempotent: bool,
    ) -> Result<Response, ForgeError> {
        let most = if accept == RAW {
            MAX_BYTES + 1
        } else {
            MAX_JSON_BYTES
        };
        let backoffs = ExponentialBuilder::new()
            .with_min_delay(FIRST_BACKOFF)
            .with_max_times(RETRIES)
            .with_jitter();
        let mut backoffs = backoffs.build();
        let mut pauses = self.recent.pauses(what);
        let below = route.strip_prefix(&self.root).unwrap_or_default();
        loop {
            let outcome = self
                .attempt(method.clone(), route, body, accept, most)
                .await;
            match &outcome {
                Ok(response) => log::debug!("{method} {route}: {}", response.status.as_u16()),
                Err(error) => log::debug!("{method} {route}: {error}"),
            }
            if let Ok(response) = &outcome {
                self.recent.read_time(&response.headers);
                if lacks_object(method, below, response.status) && pauses.wait().await {
                    continue;
                }
            }
            let answer = match &outcome {
                Ok(response) if self.is_limited(route, response) => {
                    Attempt::Limited(&response.headers, now())
                }
                Ok(response) => Attempt::Response(response.status),
                Err(_) => Attempt::Broken,
            };
            let pause = backoffs
                .next()
                .and_then(|backoff| retry_after(&answer, idempotent, backoff));
            let Some(pause) = pause else {
                return outcome.map_err(|message| ForgeError::unreachable(what, message));
            };
            if pause > Duration::from_secs(5) {
                log::info!(
                    "{what}: GitHub's rate limit; waiting {} seconds",
                    pause.as_secs()
                );
            }
            tokio::time::sleep(pacing::pause(pause)).await;
        }
    }

    fn is_limited(&self, route: &str, response: &Response) -> bool {
        match route == self.graphql && response.status.is_success() {
            true => is_graphql_limit(&response.headers, &response.body),
            false => is_limit(response.status, &response.headers, &response.body),
        }
    }

    async fn attempt(
        &self,
        method: Method,
        route: &str,
        body: Option<&Value>,
        accept: &str,
        most: usize,
    ) -> Result<Response, String> {
        let uri: Uri = route
            .parse()
            .map_err(|error| format!("{route:?}: {error}"))?;
        let builder = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, accept);
        let client = match route == self.graphql {
            true => &self.graphql_octocrab,
            false => &self.octocrab,
        };
        let request = client
            .build_request(builder, body)
            .map_err(|error| error.to_string())?;
        let answer = async {
            let response = client
                .execute(request)
                .await
                .map_err(|error| with_causes(&error))?;
            let (parts, mut body) = response.into_parts();
            let mut bytes = Vec::new();
            while let Some(frame) = body.frame().await {
                if let Ok(data) = frame.map_err(|error| with_causes(&error))?.into_data() {
                    bytes.extend_from_slice(&data);
                }
                if bytes.len() > most {
                    bytes.truncate(most);
                    break;
                }
            }
            Ok(Response {
                status: parts.status,
                headers: parts.headers,
                body: bytes,
            })
        };
        tokio::time::timeout(TIMEOUT, answer)
            .await
            .map_err(|_| format!("no answer in {} seconds", TIMEOUT.as_secs()))?
    }
}

fn is_slug(part: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !part.is_empty() && part.bytes().all(allowed) && !matches!(part, "." | "..")
}

pub(super) fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, ForgeError> {
    serde_json::from_slice(body).map_err(|error| {
        let text = match (body.trim_ascii_start(), error_text(body)) {
            ([], _) => "an empty answer".to_owned(),
            ([b'<', ..], _) => "HTML instead of JSON, perhaps from a proxy".to_owned(),
            (_, Some(text)) => format!("an error text in a successful answer: {text}"),
            (_, None) => format!("the answer is not as documented: {error}"),
        };
        ForgeError::unreachable(what, text)
    })
}

/// The text of a body that is an error. Its status can be 200.
fn error_text(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body.get("message")?.as_str()?.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "GitHub gives the end of a rate limit as a time of day"
)]
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
