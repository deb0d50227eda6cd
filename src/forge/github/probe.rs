//! What a job's token may do, found out without doing it.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::GitHub;
use super::route::segment;
use crate::forge::ForgeError;
use crate::model::CommitSha;

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capability {
    /// It works.
    Yes,
    /// The forge refuses it.
    No(String),
    /// The answer says neither.
    Unproven(String),
}

/// Permissions of a job that the flows need to write with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WritePermission {
    /// Comments on pull requests.
    Comments,
    /// Commit statuses.
    Statuses,
    /// Deployments.
    Deployments,
    /// Issues.
    Issues,
}

/// A repository, as doctor reads it.
#[derive(Clone, Debug)]
pub struct RepositoryInfo {
    /// Its numeric id.
    pub id: u64,
    /// Its owner's.
    pub owner_id: u64,
    /// Its default branch.
    pub branch: String,
    /// Last commit of that.
    pub tip: CommitSha,
    /// Whether the branch is protected; `None` if the token is not told.
    pub protected: Option<bool>,
}

#[derive(Deserialize)]
struct Repository {
    id: u64,
    owner: Owner,
    default_branch: String,
}

#[derive(Deserialize)]
struct Owner {
    id: u64,
}

impl GitHub {
    /// The repository and its default branch, which takes the permission to read contents.
    pub async fn about(&self) -> Result<RepositoryInfo, ForgeError> {
        let repository: Repository = self.get("the repository", &self.root).await?;
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

    /// Whether something may be written.
    ///
    /// What is asked for lacks the field without which, by GitHub's description of its API, there is nothing to make: whoever may write is
    /// told so (422), and whoever may not is refused before (403).
    pub async fn may_write(
        &self,
        writes: WritePermission,
        pull_request: Option<u64>,
    ) -> Capability {
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
        let asked = self.write::<Value>("a permission", Method::POST, &route, &nothing, false);
        match asked.await {
            Ok(_) => {
                Capability::Unproven("GitHub took a request that lacks what it needs".to_owned())
            }
            Err(ForgeError::Refused { status: 422, .. }) => Capability::Yes,
            Err(ForgeError::Refused {
                status: status @ (401 | 403),
                message,
                ..
            }) => Capability::No(format!("{status}: {message}")),
            Err(error) => Capability::Unproven(error.to_string()),
        }
    }

    /// Whether a list may be read, such as `deployments`.
    pub async fn may_read(&self, list: &str) -> Capability {
        let route = format!("{}/{list}?per_page=1", self.root);
        read(self.get::<Value>("a permission", &route).await)
    }

    /// Whether it may be seen who belongs to a team (`organisation/team`), asked about one person.
    pub async fn can_read_team(&self, team: &str, login: &str) -> Capability {
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
            // Somebody who does not belong to it, or a team that the token does not see.
            Err(ForgeError::Refused { status: 404, .. }) => Capability::Unproven(
                "there is no such team, or whoever started the job is not in it".to_owned(),
            ),
            other => read(other),
        }
    }
}

fn read(answer: Result<Value, ForgeError>) -> Capability {
    match answer {
        Ok(_) => Capability::Yes,
        Err(ForgeError::Refused {
            status, message, ..
        }) => Capability::No(format!("{status}: {message}")),
        Err(error) => Capability::Unproven(error.to_string()),
    }
}
