//! Deployments: one environment for each stack, below that of the config.
//! <https://docs.gitlab.com/api/deployments/>, <https://docs.gitlab.com/api/environments/>

use async_trait::async_trait;
use http::Method;
use serde_json::json;

use super::client::GitLab;
use super::wire;
use crate::forge::route::encoded;
use crate::forge::{Deployment, DeploymentState, Deployments, ForgeError, Upsert};
use crate::model::UserId;

/// Newest deployments of an environment that are searched.
const RECENT: usize = 20;

#[async_trait]
impl Deployments for GitLab {
    async fn put_deployment(
        &self,
        own: UserId,
        deployment: &Deployment,
    ) -> Result<Upsert, ForgeError> {
        let what = format!("deployment {}", deployment.task);
        let environment = environment_name(deployment);
        let page = format!("{}/-/environments", self.page);
        let status = match deployment.state {
            // GitLab has no deployment that waits for a person outside of protected environments.
            DeploymentState::Pending => return Ok(Upsert::Unchanged(page)),
            DeploymentState::Inactive => return self.stop(&what, &environment, page).await,
            DeploymentState::InProgress => "running",
            DeploymentState::Success => "success",
            DeploymentState::Failure => "failed",
        };
        let root = format!("{}/deployments", self.root);
        let list = format!(
            "{root}?environment={}&order_by=id&sort=desc&per_page={RECENT}",
            encoded(&environment)
        );
        let known: Vec<wire::StackDeployment> = self.get(&what, &list).await?;
        let is_ours = |known: &&wire::StackDeployment| {
            let by = known.user.as_ref();
            known.sha == deployment.commit.as_str() && by.is_some_and(|by| UserId(by.id) == own)
        };
        let ours = known.iter().find(is_ours);
        match ours {
            Some(ours) if ours.status == status => return Ok(Upsert::Unchanged(page)),
            Some(ours) if ours.status == "running" => {
                let route = format!("{root}/{}", ours.id);
                let json = json!({ "status": status });
                self.write::<wire::StackDeployment>(&what, Method::PUT, &route, &json, true)
                    .await?;
                return Ok(Upsert::Updated(page));
            }
            // A deployment that ended keeps its status.
            _ => {}
        }
        let json = json!({
            "environment": environment,
            "sha": deployment.commit,
            "ref": self.default_branch_name().await?,
            "tag": false,
            "status": status,
        });
        self.write::<wire::StackDeployment>(&what, Method::POST, &root, &json, false)
            .await?;
        Ok(Upsert::Created(page))
    }
}

impl GitLab {
    async fn stop(&self, what: &str, name: &str, page: String) -> Result<Upsert, ForgeError> {
        let route = format!("{}/environments?name={}", self.root, encoded(name));
        let found: Vec<wire::StackEnvironment> = self.get(what, &route).await?;
        let found = found.into_iter().find(|found| found.name == name);
        let Some(found) = found.filter(|found| found.state.as_deref() != Some("stopped")) else {
            return Ok(Upsert::Unchanged(page));
        };
        let route = format!("{}/environments/{}/stop", self.root, found.id);
        self.write::<wire::StackEnvironment>(what, Method::POST, &route, &json!({}), true)
            .await?;
        Ok(Upsert::Updated(page))
    }
}

/// `ENVIRONMENT/ACCOUNT/REGION/STACK`: GitLab shows the part before the first slash as a folder.
fn environment_name(deployment: &Deployment) -> String {
    let stack = deployment.task.trim_start_matches("provisioner:");
    format!("{}/{stack}", deployment.environment)
}
