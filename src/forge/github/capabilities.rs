//! Tests what a job's token may do, without a change.

use async_trait::async_trait;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::GitHub;
use super::client::JSON;
use crate::forge::route::segment;
use crate::forge::{
    Capabilities, Capability, Claims, ForgeError, ForgeErrorKind, JobSubject, ReadPermission,
    RepositoryInfo, WritePermission,
};
use crate::model::CommitSha;

const WHAT: &str = "a permission";

#[derive(Deserialize)]
struct RepositoryIds {
    id: u64,
    owner: Owner,
    default_branch: String,
}

#[derive(Deserialize)]
struct Owner {
    id: u64,
}

#[async_trait]
impl Capabilities for GitHub {
    async fn repository_info(&self) -> Result<RepositoryInfo, ForgeError> {
        let repository: RepositoryIds = self.get("the repository", &self.root).await?;
        let branch = repository.default_branch;
        let (tip, protected) = self.branch(&branch).await?;
        Ok(RepositoryInfo {
            id: repository.id,
            owner_id: repository.owner.id,
            branch,
            tip,
            protected,
        })
    }

    /// Sends a request without its required field. GitHub checks the permission first: it refuses a token without the permission (403), and
    /// reports the missing field to a token with it (422).
    async fn may_write(&self, writes: WritePermission, pull_request: Option<u64>) -> Capability {
        let route = match (writes, pull_request) {
            (WritePermission::Comments, Some(number)) => format!("/issues/{number}/comments"),
            (WritePermission::Comments, None) => {
                return Capability::Unproven("this job is about no pull request".to_owned());
            }
            (WritePermission::Statuses, _) => format!("/statuses/{}", "0".repeat(40)),
            (WritePermission::Deployments, _) => "/deployments".to_owned(),
            (WritePermission::Issues, _) => "/issues".to_owned(),
        };
        let route = format!("{}{route}", self.root);
        let nothing = json!({});
        let asked = self.exchange(WHAT, &Method::POST, &route, Some(&nothing), JSON, false);
        let response = match asked.await {
            Ok(response) => response,
            Err(error) => return Capability::Unproven(error.to_string()),
        };
        match response.status {
            // Only the missing field proves the permission: other invalid requests, such as one for a locked conversation, do not.
            StatusCode::UNPROCESSABLE_ENTITY => Capability::Yes,
            status if status.is_success() => {
                Capability::Unproven("GitHub took a request that lacks what it needs".to_owned())
            }
            _ => refused(response.into_error(WHAT, &Method::POST, &route)),
        }
    }

    async fn may_read(&self, what: ReadPermission, at: &CommitSha) -> Capability {
        let list = match what {
            ReadPermission::Statuses => format!("commits/{at}/statuses"),
            ReadPermission::Deployments => "deployments".to_owned(),
        };
        let route = format!("{}/{list}?per_page=1", self.root);
        read(self.get::<Value>(WHAT, &route).await)
    }

    async fn requires_code_owners(&self, branch: &str) -> Result<Option<bool>, ForgeError> {
        self.code_owner_rule(branch).await
    }

    async fn can_read_team(&self, team: &str, login: &str) -> Capability {
        let parts = team.split_once('/').and_then(|(organisation, team)| {
            Some((segment(organisation)?, segment(team)?, segment(login)?))
        });
        let Some((organisation, team, login)) = parts else {
            return Capability::Unproven("it is not organisation/team".to_owned());
        };
        let route = format!(
            "{}/orgs/{organisation}/teams/{team}/memberships/{login}",
            self.prefix
        );
        match self.get::<Value>("a team", &route).await {
            // The user does not belong to the team, or the token may not see the team.
            Err(error) if error.is_not_found() => Capability::Unproven(
                "there is no such team, or the user who started the job is not in it".to_owned(),
            ),
            other => read(other),
        }
    }

    /// <https://docs.github.com/en/actions/reference/security/oidc>
    fn job_subject(&self, claims: &Claims, repository: Option<&RepositoryInfo>) -> JobSubject {
        let slug = format!("{}/{}", self.owner, self.name);
        let ids = repository.map(|repository| {
            let RepositoryInfo { id, owner_id, .. } = repository;
            format!("{}@{owner_id}/{}@{id}", self.owner, self.name)
        });
        let begins = |form: &String| claims.sub.starts_with(&format!("repo:{form}:"));
        let environment = claims.sub.split_once(":environment:");
        JobSubject {
            is_trusted_to_apply: false,
            is_trusted_form: begins(&slug) || ids.as_ref().is_some_and(begins),
            environment: environment.map(|(_, environment)| environment.to_owned()),
            repository: ids.unwrap_or(slug),
        }
    }
}

fn read(answer: Result<Value, ForgeError>) -> Capability {
    match answer {
        Ok(_) => Capability::Yes,
        Err(error) => refused(error),
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
