//! Environments of jobs: which branches can deploy to them.

use serde::Deserialize;

use super::client::GitHub;
use crate::forge::ForgeError;
use crate::forge::route::segment;

#[derive(Deserialize)]
struct Environment {
    /// `None` if every branch can deploy.
    deployment_branch_policy: Option<BranchPolicy>,
}

#[derive(Deserialize)]
struct BranchPolicy {
    protected_branches: bool,
    custom_branch_policies: bool,
}

#[derive(Deserialize)]
struct BranchPolicies {
    total_count: u64,
    branch_policies: Vec<NamedPolicy>,
}

#[derive(Deserialize)]
struct NamedPolicy {
    name: Option<String>,
    /// `branch` or `tag`.
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl GitHub {
    /// Whether `branch` is the only branch, and no tag, that can deploy to an environment. `None` if the token lacks `actions: read`, or
    /// if the environment does not exist.
    ///
    /// "Protected branches only" does not count: a user who manages rules can protect another branch.
    /// <https://docs.github.com/en/rest/deployments/branch-policies>
    pub(super) async fn environment_is_limited(
        &self,
        environment: &str,
        branch: &str,
    ) -> Result<Option<bool>, ForgeError> {
        let what = format!("environment {environment:?}");
        let name = segment(environment)
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be an environment's name"))?;
        let route = format!("{}/environments/{name}", self.root);
        let settings: Environment = match self.get(&what, &route).await {
            Ok(settings) => settings,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_custom = settings
            .deployment_branch_policy
            .is_some_and(|policy| policy.custom_branch_policies && !policy.protected_branches);
        if !is_custom {
            return Ok(Some(false));
        }
        let what = format!("deployment branches of {what}");
        // The count is of all pages, so that a second page cannot hold a policy that is not seen.
        let route = format!("{route}/deployment-branch-policies?per_page=100");
        match self.get::<BranchPolicies>(&what, &route).await {
            Ok(policies) => Ok(Some(match policies.branch_policies.as_slice() {
                [only] => {
                    policies.total_count == 1
                        && only.kind.as_deref() == Some("branch")
                        && only.name.as_deref() == Some(branch)
                }
                _ => false,
            })),
            Err(error) if error.is_not_allowed() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
