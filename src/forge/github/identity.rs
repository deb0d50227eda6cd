//! Identity tokens of a job (OpenID Connect).
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use http_body_util::BodyExt as _;
use octocrab::Octocrab;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::classify::classify;
use super::client::now;
use crate::forge::{ForgeError, IdentityTokens};

/// The token's audience. AWS accepts no other.
const AUDIENCE: &str = "sts.amazonaws.com";
const TIMEOUT: Duration = Duration::from_secs(30);
const WHAT: &str = "the job's identity token";

/// The endpoint for identity tokens. A job with the permission `id-token: write` has it.
#[derive(Debug)]
pub struct ActionsIdentity {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: SecretString,
}

#[derive(Deserialize)]
struct Issued {
    value: String,
}

#[async_trait]
impl IdentityTokens for ActionsIdentity {
    async fn token(&self) -> Result<SecretString, ForgeError> {
        let failed = |reason: String| ForgeError::unreachable(WHAT, reason);
        let (origin, route) =
            split(&self.url).ok_or_else(|| ForgeError::invalid(WHAT, "no address"))?;
        let separator = if route.contains('?') { '&' } else { '?' };
        let route = format!("{route}{separator}audience={AUDIENCE}");
        // The request's own token is for this address only: no redirect is followed, and errors do not contain it.
        let client = Octocrab::builder()
            .base_uri(origin)
            .and_then(|builder| {
                builder
                    .set_connect_timeout(Some(TIMEOUT))
                    .set_read_timeout(Some(TIMEOUT))
                    .personal_token(self.token.expose_secret())
                    .build()
            })
            .map_err(|error| failed(error.to_string()))?;
        let response = client._get(route).await;
        let response = response.map_err(|error| failed(error.to_string()))?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| failed(error.to_string()))?.to_bytes();
        if !status.is_success() {
            let (kind, message) = classify(&Method::GET, "", status, &headers, &body, now());
            let message = format!("the issuer answers: {message}");
            return Err(ForgeError::new(WHAT, kind, message));
        }
        let issued: Issued = serde_json::from_slice(&body)
            .map_err(|_| failed("the issuer's answer holds no token".into()))?;
        Ok(SecretString::from(issued.value))
    }
}

fn split(url: &str) -> Option<(String, String)> {
    let uri: http::Uri = url.parse().ok()?;
    let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
    Some((origin, uri.path_and_query()?.to_string()))
}
