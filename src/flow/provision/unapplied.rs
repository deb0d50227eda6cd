//! Finds the configs of the default branch whose stacks are not as the configs say. It changes nothing.

use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError};
use crate::config::Config;
use crate::guard::{Policy, Updates};
use crate::job::CredentialCache;
use crate::lanes::{Lane, Lanes, work_in_lanes};
use crate::operation::{Desired, OperationError, lacks_folders};
use crate::report::LeftReason;
use crate::stack::{Health, Stack, StackName, owner_tags};

/// What a config's stack lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unapplied {
    /// The stack, or its creation is not finished, or only its folders.
    Unfinished,
    /// Its tags: it is not the program's own yet.
    NotOwned,
    /// The template of the config. When the stack was created or updated last; `None` if that is not known.
    Behind(Option<Timestamp>),
}

/// What a run finds out about a config.
type InspectedConfig = Result<Option<Unapplied>, LeftReason>;

/// The role that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchRole {
    /// The only role that the jobs of an environment have.
    Apply,
    /// The role of a job without an environment. What it finds decides nothing about a stack.
    Plan,
}

pub(super) struct UnappliedSearch<'a> {
    pub policy: &'a Policy,
    pub role: SearchRole,
    pub sessions: &'a CredentialCache,
    /// An earlier step of the job was cancelled, and may have left an operation.
    pub finish_cancelled: bool,
}

impl UnappliedSearch<'_> {
    /// The configs that are not applied, in the order of their paths, each with why a run cannot apply it.
    pub async fn search(
        &self,
        configs: Vec<Config>,
    ) -> Vec<(Config, Result<Unapplied, LeftReason>)> {
        let lanes = Lanes::new(self.policy.concurrency());
        let configs = configs
            .into_iter()
            .map(|config| (Lane::from(&config.target), config));
        let found = work_in_lanes(lanes, self.sessions, configs, async |config: Config| {
            (self.inspect(&config).await, config)
        });
        let found: Vec<(InspectedConfig, Config)> = found.await;
        let unapplied = found
            .into_iter()
            .filter_map(|(found, config)| Some((config, found.transpose()?)));
        let mut unapplied: Vec<(Config, Result<Unapplied, LeftReason>)> = unapplied.collect();
        unapplied.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        unapplied
    }

    async fn inspect(&self, config: &Config) -> InspectedConfig {
        let target = &config.target;
        let apply = self.policy.apply_role(target);
        let apply = apply.ok_or(LeftReason::NoApplyRole)?;
        let role = match self.role {
            SearchRole::Apply => apply,
            SearchRole::Plan => {
                let plan = self.policy.plan_role(target);
                plan.ok_or(LeftReason::NoPlanRole)?
            }
        };
        let session = self.sessions.session(&role, &target.region).await;
        let cloud = session.at(&target.region).await.map_err(unread)?;
        if cloud.caller().account != target.account {
            return Err(LeftReason::OtherAccount);
        }
        let stack = cloud.stack(config.stack()).await.map_err(unread)?;
        let Some(stack) = stack else {
            return Ok(Some(Unapplied::Unfinished));
        };
        match stack.status.health() {
            Health::ReviewInProgress | Health::Deleted => Ok(Some(Unapplied::Unfinished)),
            Health::InProgress => match self.may_continue(&stack) {
                true => Ok(Some(Unapplied::Unfinished)),
                false => Err(LeftReason::InProgress(stack.status.0)),
            },
            Health::Failed if stack.status.is_failed_creation() => Ok(Some(Unapplied::Unfinished)),
            Health::Failed | Health::Unknown => Err(LeftReason::Failed(stack.status.0)),
            Health::Stable if !is_own(config, &stack) => Ok(Some(Unapplied::NotOwned)),
            Health::Stable => self.compare(&cloud, config, &stack).await,
        }
    }

    /// Whether a stack that is being changed is left by a run that ended. The jobs of an environment run one after the other, so that no other
    /// run creates it. A job without an environment runs beside them.
    fn may_continue(&self, stack: &Stack) -> bool {
        let is_alone = self.role == SearchRole::Apply;
        self.finish_cancelled || (is_alone && stack.status.is_creation())
    }

    async fn compare(&self, cloud: &Cloud, config: &Config, stack: &Stack) -> InspectedConfig {
        if self.policy.updates(&config.target.environment) != Updates::Never {
            let deployed = cloud.template(&stack.id).await.map_err(unread)?;
            if !Desired::renders_to(config, &deployed) {
                let last = stack.updated.unwrap_or(stack.created);
                return Ok(Some(Unapplied::Behind(Timestamp::from_second(last).ok())));
            }
        }
        let lacks = lacks_folders(cloud, config, stack).await;
        match lacks.map_err(unfinished)? {
            true => Ok(Some(Unapplied::Unfinished)),
            false => Ok(None),
        }
    }
}

fn is_own(config: &Config, stack: &Stack) -> bool {
    let tags = owner_tags(config.product.name(), &StackName::for_config(config));
    let mut tags = tags.iter();
    tags.all(|(key, value)| stack.tags.get(key) == Some(value))
}

fn unread(error: CloudError) -> LeftReason {
    LeftReason::Unread(error.to_string())
}

fn unfinished(error: OperationError) -> LeftReason {
    match error {
        OperationError::Cloud(error) => unread(error),
        _ => LeftReason::NoFolders,
    }
}
