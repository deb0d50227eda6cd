//! Pipeline schedules, and deployments that wait for approvals.
//! <https://docs.gitlab.com/api/pipeline_schedules/>, <https://docs.gitlab.com/ci/environments/deployment_approvals/>

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::client::GitLab;
use super::wire;
use crate::forge::{ForgeError, StoppedWorkflow, Workflows};

const MAX_PAGES: usize = 5;

/// The last words of the descriptions that `provisioner init` and the documentation write. GitLab shows a schedule's variables only to its
/// owner and to Maintainers, so nothing else says what a schedule is for.
const OWN: [&str; 2] = ["drift", "apply"];

/// How the names of the component's jobs go on after their prefix, if the jobs have an environment.
const JOBS: [&str; 2] = ["-provision", "-command-apply"];

#[async_trait]
impl Workflows for GitLab {
    async fn environments_in_review(&self, branch: &str) -> Result<BTreeSet<String>, ForgeError> {
        let route = format!("{}/deployments?status=blocked", self.root);
        let what = "deployments that wait";
        let blocked: Vec<wire::BlockedDeployment> =
            match self.get_all(what, &route, MAX_PAGES).await {
                Ok(blocked) => blocked,
                Err(error) if error.is_withheld() => return Ok(BTreeSet::new()),
                Err(error) => return Err(error),
            };
        let ours = blocked.into_iter().filter(|one| {
            let job = one.deployable.as_ref().and_then(|job| job.name.as_deref());
            let is_job = job.is_some_and(|name| JOBS.iter().any(|own| name.contains(own)));
            is_job && one.reference == branch
        });
        let environments = ours.filter_map(|one| one.environment);
        Ok(environments.map(|environment| environment.name).collect())
    }

    async fn stopped_workflows(&self) -> Result<Option<Vec<StoppedWorkflow>>, ForgeError> {
        let route = format!("{}/pipeline_schedules", self.root);
        let schedules: Vec<wire::PipelineSchedule> =
            match self.get_all("schedules", &route, MAX_PAGES).await {
                Ok(schedules) => schedules,
                Err(error) if error.is_withheld() => return Ok(None),
                Err(error) => return Err(error),
            };
        let branch = self.default_branch_name().await?;
        let mut stopped = Vec::new();
        for kind in OWN {
            let of_kind = schedules.iter().filter(|schedule| {
                schedule.description.split_whitespace().next_back() == Some(kind)
            });
            let mut states = Vec::new();
            for schedule in of_kind {
                let state = self.why_stopped(schedule, &branch).await?;
                states.push((schedule.description.clone(), state));
            }
            // One schedule of a kind is enough.
            if states.iter().any(|(_, state)| state.is_none()) {
                continue;
            }
            if states.is_empty() {
                stopped.push(StoppedWorkflow {
                    name: format!("schedule {kind}"),
                    state: format!("no schedule whose description ends with `{kind}`"),
                    is_absent: true,
                });
            }
            let states = states.into_iter();
            stopped.extend(states.filter_map(|(name, state)| {
                Some(StoppedWorkflow {
                    name: format!("schedule {name}"),
                    state: state?,
                    is_absent: false,
                })
            }));
        }
        Ok(Some(stopped))
    }
}

impl GitLab {
    /// Why GitLab starts no pipeline of the default branch by the schedule. `None` if nothing speaks against it.
    async fn why_stopped(
        &self,
        schedule: &wire::PipelineSchedule,
        branch: &str,
    ) -> Result<Option<String>, ForgeError> {
        let reference = schedule.reference.as_str();
        let reference = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        if reference != branch {
            return Ok(Some(format!("it runs on `{reference}`, not on `{branch}`")));
        }
        if !schedule.active {
            return Ok(Some("inactive".to_owned()));
        }
        let Some(owner) = &schedule.owner else {
            return Ok(Some("it has no owner".to_owned()));
        };
        let login = &owner.username;
        if owner
            .state
            .as_deref()
            .is_some_and(|state| state != "active")
        {
            return Ok(Some(format!("its owner `{login}` is not active")));
        }
        let what = format!("role of {login}");
        let route = format!("{}/members/all/{}", self.root, owner.id);
        let level = match self.get::<wire::Member>(&what, &route).await {
            Ok(member)
                if member
                    .state
                    .as_deref()
                    .is_none_or(|state| state == "active") =>
            {
                member.access_level
            }
            Ok(_) => 0,
            Err(error) if error.is_not_found() => 0,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        if level == 0 {
            return Ok(Some(format!("its owner `{login}` is no member")));
        }
        let Some(rules) = self.protection_rules(branch).await? else {
            return Ok(None);
        };
        let levels: Vec<&wire::PushLevel> = rules
            .iter()
            .flat_map(|rule| rule.merge_access_levels.iter().flatten())
            .collect();
        let may_merge = |rule: &&wire::PushLevel| match (rule.user_id, rule.group_id) {
            (Some(user), _) => user == owner.id,
            // Who is in the group is not read.
            (None, Some(_)) => true,
            (None, None) => rule
                .access_level
                .is_some_and(|least| least > 0 && level >= least),
        };
        let is_stopped = !levels.is_empty() && !levels.iter().any(may_merge);
        Ok(is_stopped.then(|| format!("its owner `{login}` may not merge into `{branch}`")))
    }
}
