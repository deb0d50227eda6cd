//! What an identity token says of its job.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// Claims of a token. Nobody's signature was looked at: they are for people to read, and decide nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Which job it is for.
    pub sub: String,
    /// Who is to take it.
    pub aud: String,
}

impl Claims {
    /// Reads a token; `None` if it is none.
    pub fn parse(token: &SecretString) -> Option<Self> {
        let payload = token.expose_secret().split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// The environment that the job says it works on.
    pub fn environment(&self) -> Option<&str> {
        let (_, environment) = self.sub.split_once(":environment:")?;
        Some(environment)
    }
}
