//! Sends all requests, with retries, limits, and errors that name the request.

use std::collections::HashMap;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::classify::{classify, limit_wait};
use super::clock::now;
use super::{JobClaims, JobPipeline, ProjectAccess};
use crate::forge::git::Contents;
use crate::forge::recent::Recent;
use crate::forge::{ForgeError, ForgeErrorKind, with_causes};
use crate::guard::AccountKind;
use crate::model::{UserId, WebAddress};
use crate::pacing;

/// Attempts after the first.
const RETRIES: usize = 4;
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum size of a response. Notes have up to 1,000,000 characters, and a page of them must fit.
pub(super) const MAX_JSON_BYTES: usize = 128 << 20;
/// Items of a page, the most that GitLab gives.
pub(super) const PAGE: usize = 100;
/// How GitLab's answer about a project begins that the token's user may not see.
const HIDDEN_PROJECT: &str = "404 Project Not Found";
/// GitLab's place for a token. A header that begins with `Authorization` would also go through, but is not for access tokens.
const TOKEN_HEADER: &str = "private-token";

/// A project on GitLab.
#[derive(Debug)]
pub struct GitLab {
    http: reqwest::Client,
    token: Option<SecretString>,
    token_name: &'static str,
    api_url: String,
    /// Route of the project: `/projects/ID`.
    pub(super) root: String,
    pub(super) project: u64,
    pub(super) path: String,
    /// The page of the project.
    pub(super) page: String,
    /// The token's user, once it is known.
    pub(super) user: OnceCell<Option<UserId>>,
    /// The kinds of accounts by id. A person never becomes a bot.
    pub(super) kinds: tokio::sync::Mutex<HashMap<u64, AccountKind>>,
    pub(super) contents: Contents,
    /// Where listed trees are: GitLab lists a folder by its path.
    pub(super) places: super::places::Places,
    pub(super) recent: Recent,
    pub(super) run: Option<WebAddress>,
    pub(super) pipeline: Option<JobPipeline>,
    pub(super) claims: Option<JobClaims>,
    pub(super) check_user: Option<UserId>,
}

pub(super) struct ApiResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl GitLab {
    /// Sends no request.
    pub fn new(access: &ProjectAccess) -> Result<Self, ForgeError> {
        let what = "access to GitLab";
        let help = "set the component's input `server` to the server's address";
        let wrong = |message: String| ForgeError::misconfigured(what, message, help);
        let api_url = access.api_url.trim_end_matches('/').to_owned();
        let is_web = api_url.starts_with("https://") || api_url.starts_with("http://");
        let server = api_url
            .strip_suffix("/api/v4")
            .filter(|_| is_web)
            .ok_or_else(|| wrong(format!("{api_url:?} is not SERVER/api/v4")))?;
        if let Some(claims) = &access.claims
            && !claims.are_of_server(server)
        {
            return Err(wrong(format!(
                "CI_API_V4_URL names {server}, and the job's identity token is of {:?}",
                claims.iss
            )));
        }
        // No redirect is followed: it would take the token along.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .user_agent(concat!("provisioner/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ForgeError::invalid(what, with_causes(&error.without_url())))?;
        Ok(Self {
            http,
            token: access.token.clone(),
            token_name: access.token_name,
            root: format!("/projects/{}", access.project),
            project: access.project,
            page: format!("{server}/{}", access.path),
            path: access.path.clone(),
            api_url,
            user: OnceCell::new(),
            kinds: tokio::sync::Mutex::default(),
            contents: Contents::new(access.git_remote()),
            places: super::places::Places::default(),
            recent: Recent::new(access.recent_change()),
            run: access.run.clone(),
            pipeline: access.pipeline.clone(),
            claims: access.claims.clone(),
            check_user: access.check_user,
        })
    }

    /// The JSON of a route.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
    ) -> Result<T, ForgeError> {
        let response = self.send(what, Method::GET, route, None, true).await?;
        parse(what, &response.body)
    }

    /// All items of a list. A page may have fewer items than asked for, although more follow: only the header says so.
    /// <https://docs.gitlab.com/api/rest/#pagination>
    pub(super) async fn get_all<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        most_pages: usize,
    ) -> Result<Vec<T>, ForgeError> {
        self.get_until(what, route, most_pages, |_| false).await
    }

    /// The items of a list up to the page after which they are enough.
    pub(super) async fn get_until<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        most_pages: usize,
        are_enough: impl Fn(&[T]) -> bool,
    ) -> Result<Vec<T>, ForgeError> {
        let separator = if route.contains('?') { '&' } else { '?' };
        let base = format!("{route}{separator}per_page={PAGE}");
        let mut next = Some(format!("{base}&page=1"));
        let mut all = Vec::new();
        for _ in 0..most_pages {
            let Some(page) = next.take() else {
                return Ok(all);
            };
            let response = self.send(what, Method::GET, &page, None, true).await?;
            let items: Vec<T> = parse(what, &response.body)?;
            all.extend(items);
            if are_enough(&all) {
                return Ok(all);
            }
            next = self.next_page(what, &base, &response.headers)?;
        }
        match next {
            None => Ok(all),
            Some(_) => Err(ForgeError::invalid(
                what,
                format!("more than {most_pages} pages"),
            )),
        }
    }

    /// The route of the next page, by its number or by its keyset.
    fn next_page(
        &self,
        what: &str,
        base: &str,
        headers: &HeaderMap,
    ) -> Result<Option<String>, ForgeError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match text("x-next-page") {
            Some(page) if !page.is_empty() => {
                let page: u64 = page
                    .parse()
                    .map_err(|_| ForgeError::invalid(what, "the next page has no number"))?;
                return Ok(Some(format!("{base}&page={page}")));
            }
            _ => {}
        }
        let links = text(header::LINK.as_str()).unwrap_or_default();
        let Some(next) = links.split(',').find(|link| link.contains("rel=\"next\"")) else {
            return Ok(None);
        };
        let address = next
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        // The address is GitLab's own; a proxy may show another host, so that only the route counts.
        let route = address.and_then(|(address, _)| address.split_once("/api/v4"));
        let route = route.map(|(_, route)| route.to_owned());
        let is_ours =
            |route: &String| route.starts_with(&self.root) || route.starts_with("/groups/");
        route
            .filter(is_ours)
            .map(Some)
            .ok_or_else(|| ForgeError::invalid(what, "the next page has a foreign address"))
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
            .send(what, method, route, Some(body), idempotent)
            .await?;
        parse(what, &response.body)
    }

    /// A successful response.
    pub(super) async fn send(
        &self,
        what: &str,
        method: Method,
        route: &str,
        body: Option<&Value>,
        idempotent: bool,
    ) -> Result<ApiResponse, ForgeError> {
        let response = self
            .exchange(what, &method, route, body, (idempotent, MAX_JSON_BYTES))
            .await?;
        match response.status.is_success() {
            true => Ok(response),
            false => {
                let (kind, message) =
                    classify(response.status, &response.headers, &response.body, now());
                Err(match self.is_about_token(route, &kind, &message) {
                    true => self.token_error(what, kind, &message),
                    false => ForgeError::new(what, kind, message),
                })
            }
        }
    }

    /// Whether GitLab does not know the token, or hides this project from its user. It then answers as if the project did not exist.
    /// <https://docs.gitlab.com/api/rest/troubleshooting/#status-codes>
    fn is_about_token(&self, route: &str, kind: &ForgeErrorKind, message: &str) -> bool {
        let below = route.strip_prefix(&self.root);
        let is_ours = below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        match kind {
            ForgeErrorKind::Expired => true,
            ForgeErrorKind::NotFound => is_ours && hides_project(message),
            _ => false,
        }
    }

    fn token_error(&self, what: &str, kind: ForgeErrorKind, message: &str) -> ForgeError {
        let name = self.token_name;
        let message = format!(
            "{message}; set the CI/CD variable {name} to an access token of a Developer with the scope `api`"
        );
        ForgeError::new(what, kind, message)
    }

    /// The response after retries, with any status. An error means that no response arrived. `most`: bytes that are read of it.
    pub(super) async fn exchange(
        &self,
        what: &str,
        method: &Method,
        route: &str,
        body: Option<&Value>,
        (idempotent, most): (bool, usize),
    ) -> Result<ApiResponse, ForgeError> {
        if self.token.is_none() {
            return Err(self.token_error(
                what,
                ForgeErrorKind::Expired,
                &format!("{} is empty", self.token_name),
            ));
        }
        let backoffs = ExponentialBuilder::new()
            .with_min_delay(FIRST_BACKOFF)
            .with_max_times(RETRIES)
            .with_jitter();
        let mut backoffs = backoffs.build();
        loop {
            let outcome = self.attempt(method.clone(), route, body, most).await;
            match &outcome {
                Ok(response) => log::debug!("{method} {route}: {}", response.status.as_u16()),
                Err(error) => log::debug!("{method} {route}: {error}"),
            }
            let mut pause = backoffs.next();
            match &outcome {
                Ok(response) => {
                    self.recent.read_time(&response.headers);
                    let wait = limit_wait(response.status, &response.headers, now());
                    let repeats = response.status.is_server_error() && idempotent;
                    pause = match wait {
                        Some(wait) => pause.and(wait),
                        None => pause.filter(|_| repeats),
                    };
                }
                Err(_) => pause = pause.filter(|_| idempotent),
            }
            let Some(pause) = pause else {
                return outcome.map_err(|message| ForgeError::unreachable(what, message));
            };
            if pause > Duration::from_secs(5) {
                log::info!(
                    "{what}: GitLab's rate limit; waiting {} seconds",
                    pause.as_secs()
                );
            }
            tokio::time::sleep(pacing::pause(pause)).await;
        }
    }

    async fn attempt(
        &self,
        method: Method,
        route: &str,
        body: Option<&Value>,
        most: usize,
    ) -> Result<ApiResponse, String> {
        let mut request = self
            .http
            .request(method, format!("{}{route}", self.api_url))
            .header(header::ACCEPT, "application/json");
        if let Some(token) = &self.token {
            let mut value = HeaderValue::from_str(token.expose_secret())
                .map_err(|_| "the token has characters that no token has".to_owned())?;
            value.set_sensitive(true);
            request = request.header(TOKEN_HEADER, value);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let unreachable = |error: reqwest::Error| {
            let error = with_causes(&error.without_url());
            format!("cannot reach {}: {error}", self.api_url)
        };
        let mut response = request.send().await.map_err(unreachable)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > most {
                bytes.truncate(most);
                break;
            }
        }
        Ok(ApiResponse {
            status: response.status(),
            headers: response.headers().clone(),
            body: bytes,
        })
    }
}

/// Whether a message says that the token's user may not see the project.
pub(super) fn hides_project(message: &str) -> bool {
    message.starts_with(HIDDEN_PROJECT)
}

pub(super) fn parse<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, ForgeError> {
    serde_json::from_slice(body).map_err(|error| {
        let text = match body.trim_ascii_start() {
            [] => "an empty answer".to_owned(),
            [b'<', ..] => "HTML instead of JSON, perhaps from a proxy".to_owned(),
            _ => format!("the answer is not as documented: {error}"),
        };
        ForgeError::unreachable(what, text)
    })
}
