//! Credentials from an identity token. The role is assumed again before its credentials expire.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use secrecy::ExposeSecret as _;

use super::error;
use crate::cloud::{AwsError, CloudError};
use crate::forge::IdentityTokens;

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
        let token = self.identity.token().await;
        let token = token.map_err(|error| {
            CredentialsError::provider_error(CloudError::NoIdentityToken(error))
        })?;
        let assumed = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&self.role)
            .role_session_name(&self.session)
            .web_identity_token(token.expose_secret())
            .send()
            .await;
        let assumed = assumed.map_err(|e| {
            let error = match error::from_sdk("AssumeRoleWithWebIdentity", e) {
                CloudError::Aws(error) => CloudError::Aws(AwsError {
                    role: Some(self.role.clone()),
                    ..error
                }),
                error => error,
            };
            CredentialsError::provider_error(error)
        })?;
        let credentials = assumed
            .credentials
            .ok_or_else(|| CredentialsError::unhandled("AWS sent no credentials"))?;
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
