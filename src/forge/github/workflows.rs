//! Workflows: their states, and the jobs that wait for reviewers of an environment.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Deserialize;

use super::client::GitHub;
use super::paging::PAGE;
use crate::forge::route::encoded;
use crate::forge::{ForgeError, StoppedWorkflow, Workflows};

/// How the paths of the workflows begin that `provisioner init` writes. Jobs of others, and their states, are not provisioner's.
const OWN: &str = ".github/workflows/provisioner-";
/// Waiting runs that are read. A run that is left out costs one more review.
const MAX_RUNS: usize = 20;

#[derive(Deserialize)]
struct WorkflowList {
    workflows: Vec<Workflow>,
}

#[derive(Deserialize)]
struct Workflow {
    path: String,
    /// `active`, `disabled_inactivity`, `disabled_manually` or another word.
    state: String,
}

#[derive(Deserialize)]
struct RunList {
    workflow_runs: Vec<WaitingRun>,
}

#[derive(Deserialize)]
struct WaitingRun {
    id: u64,
    path: String,
}

#[derive(Deserialize)]
struct PendingDeployment {
    environment: NamedEnvironment,
}

#[derive(Deserialize)]
struct NamedEnvironment {
    name: Option<String>,
}

#[async_trait]
impl Workflows for GitHub {
    /// <https://docs.github.com/en/rest/actions/workflow-runs>
    async fn environments_in_review(&self, branch: &str) -> Result<BTreeSet<String>, ForgeError> {
        let what = "waiting runs";
        let branch = encoded(branch);
        let route = format!(
            "{}/actions/runs?status=waiting&branch={branch}&per_page={PAGE}",
            self.root
        );
        let runs: RunList = match self.get(what, &route).await {
            Ok(runs) => runs,
            Err(error) if error.is_withheld() => return Ok(BTreeSet::new()),
            Err(error) => return Err(error),
        };
        let runs = runs.workflow_runs.into_iter();
        let runs = runs.filter(|run| run.path.starts_with(OWN)).take(MAX_RUNS);
        let mut environments = BTreeSet::new();
        for run in runs {
            let route = format!("{}/actions/runs/{}/pending_deployments", self.root, run.id);
            let pending: Vec<PendingDeployment> = self.get(what, &route).await?;
            let names = pending.into_iter().filter_map(|one| one.environment.name);
            environments.extend(names);
        }
        Ok(environments)
    }

    /// <https://docs.github.com/en/rest/actions/workflows>
    async fn stopped_workflows(&self) -> Result<Option<Vec<StoppedWorkflow>>, ForgeError> {
        let route = format!("{}/actions/workflows?per_page={PAGE}", self.root);
        let list: WorkflowList = match self.get("workflows", &route).await {
            Ok(list) => list,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        // GitHub keeps a workflow whose file was deleted.
        let own = list
            .workflows
            .into_iter()
            .filter(|workflow| workflow.path.starts_with(OWN) && workflow.state != "deleted");
        let own: Vec<Workflow> = own.collect();
        if own.is_empty() {
            return Ok(None);
        }
        let stopped = own
            .into_iter()
            .filter(|workflow| workflow.state != "active");
        let stopped = stopped.map(|workflow| StoppedWorkflow {
            name: workflow.path,
            state: format!("switched off: {}", workflow.state),
            is_absent: false,
        });
        Ok(Some(stopped.collect()))
    }
}
