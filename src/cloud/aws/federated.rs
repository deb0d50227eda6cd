//! Credentials from an identity token. The role is assumed again before its credentials expire.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use secrecy::ExposeSecret as _;

use super::classify::Situation;
use super::error;
use crate::cloud::{AwsError, CloudError};
use crate::forge::IdentityTokens;
use crate::pacing;

/// Attempts to assume a role while STS cannot verify tokens, each with a new token.
const ATTEMPTS: u32 = 4;
/// Each attempt doubles the pause.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Assumes a role with a new token each time. A token from the job's start would expire during a long run.
#[derive(Debug)]
pub struct WebIdentityProvider {
    role: String,
    session: String,
    identity: Arc<dyn IdentityTokens>,
    sts: aws_sdk_sts::Client,
}

impl WebIdentityProvider {
    /// `session`: role session name, which CloudTrail shows: at most 64 letters, digits and `=,.@-`.
    pub fn new(
        role: &str,
        session: &str,
        identity: Arc<dyn IdentityTokens>,
        sts: aws_sdk_sts::Client,
    ) -> Self {
        Self {
            role: role.to_owned(),
            session: session.to_owned(),
            identity,
            sts,
        }
    }

    async fn assume(&self) -> Result {
        let mut attempt = 1;
        let assumed = loop {
            match self.attempt().await {
                Err(error) if attempt < ATTEMPTS && error.describes(Situation::KeyUnavailable) => {
                    let pause = FIRST_PAUSE * 2_u32.pow(attempt - 1);
                    log::warn!("{error}; the job tries again with a new identity token");
                    tokio::time::sleep(pacing::pause(pause)).await;
                    attempt += 1;
                }
                assumed => break assumed,
            }
        };
        assumed.map_err(CredentialsError::provider_error)
    }

    /// One attempt with a new token.
    async fn attempt(&self) -> std::result::Result<Credentials, CloudError> {
        let token = self.identity.token().await;
        let token = token.map_err(CloudError::NoIdentityToken)?;
        let assumed = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&self.role)
            .role_session_name(&self.session)
            .web_identity_token(token.expose_secret())
            .send()
            .await;
        let of_role = |error| match error {
            CloudError::Aws(error) => CloudError::Aws(AwsError {
                role: Some(self.role.clone()),
                ..error
            }),
            error => error,
        };
        let assumed =
            assumed.map_err(|e| of_role(error::from_sdk("AssumeRoleWithWebIdentity", e)))?;
        let credentials = assumed
            .credentials
            .ok_or_else(|| CloudError::NoCredentials("AWS sent none".to_owned()))?;
        let expiry = SystemTime::try_from(credentials.expiration).ok();
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            expiry,
            "AssumeRoleWithWebIdentity",
        ))
    }
}

impl ProvideCredentials for WebIdentityProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
