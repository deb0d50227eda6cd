//! Identity tokens of a job (OpenID Connect).

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::ForgeError;

/// Proves to a cloud which job this is.
#[async_trait]
pub trait IdentityTokens: Send + Sync + std::fmt::Debug {
    /// A new token. Tokens live for minutes: request one for each use.
    async fn token(&self) -> Result<SecretString, ForgeError>;
}

/// A token's claims. The signature is not verified: claims are for people to read, and decide nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
}

impl Claims {
    /// Reads a token's claims; `None` if it is not a JWT with these claims.
    pub fn parse(token: &SecretString) -> Option<Self> {
        let payload = token.expose_secret().split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&payload).ok()
    }
}
