//! What the token may do, found out without a change.

use async_trait::async_trait;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::classify::classify;
use super::client::{GitLab, MAX_JSON_BYTES};
use super::clock::now;
use crate::forge::route::encoded;
use crate::forge::{
    Capabilities, Capability, Claims, ForgeError, ForgeErrorKind, JobSubject, ReadPermission,
    RepositoryInfo, WritePermission,
};
use crate::model::CommitSha;

const WHAT: &str = "permission";

#[async_trait]
impl Capabilities for GitLab {
    async fn repository_info(&self) -> Result<RepositoryInfo, ForgeError> {
        let project = self.project().await?;
        let missing = |field| ForgeError::invalid("project", format!("the answer has no {field}"));
        let branch = project
            .default_branch
            .ok_or_else(|| missing("default_branch"))?;
        let owner = project.namespace.ok_or_else(|| missing("namespace"))?;
        Ok(RepositoryInfo {
            id: self.project,
            owner_id: owner.id,
            tip: self.tip(&branch).await?,
            protected: self.is_protected(&branch).await?,
            branch,
        })
    }

    async fn may_read(&self, what: ReadPermission, at: &CommitSha) -> Capability {
        let list = match what {
            ReadPermission::Statuses => format!("repository/commits/{at}/statuses"),
            ReadPermission::Deployments => "deployments".to_owned(),
        };
        let route = format!("{}/{list}?per_page=1", self.root);
        match self.get::<Value>(WHAT, &route).await {
            Ok(_) => Capability::Yes,
            Err(error) => refused(error),
        }
    }

    /// Sends a request without its required fields. GitLab validates fields before it checks permissions in some routes, so that only a
    /// refusal proves something.
    async fn may_write(&self, writes: WritePermission, pull_request: Option<u64>) -> Capability {
        let route = match (writes, pull_request) {
            (WritePermission::Comments, Some(number)) => {
                format!("/merge_requests/{number}/notes")
            }
            (WritePermission::Comments, None) => {
                return Capability::Unproven("this job is about no merge request".to_owned());
            }
            (WritePermission::Statuses, _) => format!("/statuses/{}", "0".repeat(40)),
            (WritePermission::Deployments, _) => "/deployments".to_owned(),
            (WritePermission::Issues, _) => "/issues".to_owned(),
        };
        let route = format!("{}{route}", self.root);
        let nothing = json!({});
        let limits = (false, MAX_JSON_BYTES);
        let asked = self.exchange(WHAT, &Method::POST, &route, Some(&nothing), limits);
        let response = match asked.await {
            Ok(response) => response,
            Err(error) => return Capability::Unproven(error.to_string()),
        };
        if response.status == StatusCode::BAD_REQUEST || response.status.is_success() {
            return Capability::Unproven(
                "GitLab checks the fields of a request before the permission".to_owned(),
            );
        }
        let (kind, message) = classify(response.status, &response.headers, &response.body, now());
        refused(ForgeError::new(WHAT, kind, message))
    }

    async fn requires_code_owners(&self, branch: &str) -> Result<Option<bool>, ForgeError> {
        self.needs_code_owners(branch).await
    }

    async fn can_read_team(&self, team: &str, login: &str) -> Capability {
        let route = format!(
            "/groups/{}/members/all?query={}",
            encoded(team),
            encoded(login)
        );
        match self.get::<Vec<Value>>("a group", &route).await {
            Ok(_) => Capability::Yes,
            Err(error) if error.is_not_found() => Capability::Unproven(
                "there is no such group, or the token may not see it".to_owned(),
            ),
            Err(error) => refused(error),
        }
    }

    fn job_subject(&self, claims: &Claims, repository: Option<&RepositoryInfo>) -> JobSubject {
        let prefix = format!("project_path:{}:ref_type:", self.path);
        JobSubject {
            is_trusted_form: claims.sub.starts_with(&prefix),
            environment: None,
            is_trusted_to_apply: self.claims.as_ref().zip(repository).is_some_and(
                |(claims, repository)| {
                    claims.are_of_branch(&self.path, self.project, &repository.branch)
                        && claims.are_of_applying_pipeline()
                },
            ),
            repository: self.path.clone(),
        }
    }
}

/// A limit, a token that is not accepted, or a server error proves nothing.
fn refused(error: ForgeError) -> Capability {
    match error.kind {
        ForgeErrorKind::NotAllowed { .. } | ForgeErrorKind::NotFound => {
            Capability::No(error.message)
        }
        ForgeErrorKind::Limited { .. }
        | ForgeErrorKind::Expired
        | ForgeErrorKind::Unreachable
        | ForgeErrorKind::Invalid
        | ForgeErrorKind::Misconfigured { .. } => Capability::Unproven(error.to_string()),
    }
}
