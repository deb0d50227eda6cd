//! The identity of a job. GitLab mints the token when the job starts; it cannot be renewed.
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>

use crate::roles::APPLY_SOURCES;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::clock::now;
use crate::forge::{ForgeError, ForgeErrorKind, IdentityTokens};

const WHAT: &str = "the job's identity token";

/// A job's token.
#[derive(Debug)]
pub struct JobIdentity {
    pub token: SecretString,
}

/// What a job's token says. The signature is not verified: GitLab gave the token to this job, and AWS verifies it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct JobClaims {
    /// The server that issued it, such as `https://gitlab.example`. AWS trusts no other.
    pub iss: String,
    pub sub: String,
    pub project_id: String,
    #[serde(rename = "ref")]
    pub reference: String,
    pub ref_type: String,
    pub ref_protected: String,
    pub project_path: String,
    pub pipeline_source: String,
    pub pipeline_id: String,
    pub job_id: String,
    /// The commit of the pipeline.
    pub sha: String,
    /// When it expires, in seconds since 1970.
    pub exp: u64,
}

impl JobClaims {
    /// `None` if the text is not a JWT.
    pub fn parse(token: &SecretString) -> Option<Self> {
        let payload = token.expose_secret().split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    /// Whether this server issued the token. A variable of a pipeline can name another server, whose answers would be taken for facts.
    pub fn are_of_server(&self, server: &str) -> bool {
        let place = |url: &str| {
            let (_, place) = url.split_once("://")?;
            Some(place.trim_end_matches('/').to_ascii_lowercase())
        };
        place(&self.iss).is_some_and(|issuer| place(server) == Some(issuer))
    }

    /// Whether the pipeline is of a source that apply roles trust. AWS compares the source for gitlab.com only.
    pub fn are_of_applying_pipeline(&self) -> bool {
        self.iss != "https://gitlab.com" || APPLY_SOURCES.contains(&self.pipeline_source.as_str())
    }

    /// Whether only pipelines of this branch get such a token: its subject names the branch, and the branch is protected.
    pub fn are_of_branch(&self, path: &str, project: u64, branch: &str) -> bool {
        let subject = format!("project_path:{path}:ref_type:branch:ref:{branch}");
        let rest = self.sub.strip_prefix(&subject);
        let known = ["", ":ref_protected:true", ":environment_protected:true"];
        rest.is_some_and(|rest| known.contains(&rest))
            && self.project_id == project.to_string()
            && self.reference == branch
            && self.ref_type == "branch"
            && self.ref_protected == "true"
    }
}

#[async_trait]
impl IdentityTokens for JobIdentity {
    async fn token(&self) -> Result<SecretString, ForgeError> {
        let claims = JobClaims::parse(&self.token)
            .ok_or_else(|| ForgeError::invalid(WHAT, "PROVISIONER_ID_TOKEN is not a token"))?;
        match claims.exp > now() {
            true => Ok(self.token.clone()),
            false => Err(ForgeError::new(
                WHAT,
                ForgeErrorKind::Expired,
                "it has expired: set `timeout:` of the job, which GitLab uses as the token's lifetime",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_an_identity_that_other_branches_get() {
        let good = JobClaims {
            iss: "https://gitlab.example".to_owned(),
            sub: "project_path:acme/infra:ref_type:branch:ref:main".to_owned(),
            project_id: "7".to_owned(),
            reference: "main".to_owned(),
            ref_type: "branch".to_owned(),
            ref_protected: "true".to_owned(),
            ..JobClaims::default()
        };
        let is_limited = |claims: &JobClaims| claims.are_of_branch("acme/infra", 7, "main");
        assert!(is_limited(&good));
        type Edit = fn(&mut JobClaims);
        let edits: [Edit; 8] = [
            |claims| claims.sub = "project_path:acme/infra:ref_type:tag:ref:main".to_owned(),
            |claims| claims.sub.push_str("-x"),
            |claims| claims.sub = claims.sub.replace("acme", "evil"),
            |claims| claims.sub.push_str(":environment_protected:false"),
            |claims| claims.project_id = "8".to_owned(),
            |claims| claims.reference = "other".to_owned(),
            |claims| claims.ref_type = "tag".to_owned(),
            |claims| claims.ref_protected = "false".to_owned(),
        ];
        for edit in edits {
            let mut claims = good.clone();
            edit(&mut claims);
            assert!(!is_limited(&claims), "{claims:?}");
        }
        assert!(good.are_of_server("https://gitlab.example"));
        assert!(good.are_of_server("https://GitLab.example/"));
        for other in [
            "https://gitlab.example.evil",
            "https://evil/gitlab.example",
            "gitlab.example",
            "",
        ] {
            assert!(!good.are_of_server(other), "{other}");
        }
        let mut protected = good;
        protected.sub.push_str(":environment_protected:true");
        assert!(is_limited(&protected));
    }
}
