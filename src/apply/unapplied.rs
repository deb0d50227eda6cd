//! Finds the configs of the default branch whose stacks are not as the configs say. It changes nothing.

use jiff::Timestamp;

use crate::cloud::{Cloud, CloudError};
use crate::config::Config;
use crate::guard::{Policy, Updates};
use crate::job::CredentialCache;
use crate::lanes::{Lane, Lanes, work_in_lanes};
use crate::model::RepoPath;
use crate::operation::{Desired, OperationError, lacks_folders};
use crate::report::{LeftReason, NewerEffect, NewerMerge};
use crate::stack::{Health, Stack, StackName, owner_tags};

/// What a config's stack lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unapplied {
    /// The stack, or its creation is not finished, or only its folders.
    Unfinished,
    /// Its tags: it is not the program's own yet.
    NotOwned,
    /// The template of the config.
    Behind {
        /// When the stack was created or updated last; `None` if that is not known.
        changed: Option<Timestamp>,
        /// Whether its last update was rolled back.
        rolled_back: bool,
    },
}

impl Unapplied {
    /// Whether the stack's last update was rolled back.
    pub fn is_rolled_back(self) -> bool {
        matches!(
            self,
            Self::Behind {
                rolled_back: true,
                ..
            }
        )
    }
}

/// What a run finds out about a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectedConfig {
    /// The stack is as the config says.
    Applied,
    /// The same, and the stack's last update was rolled back: a newer merge may have restored the template.
    Restored,
    /// The policy allows no updates, so the template was not compared.
    NotCompared,
    /// The policy allows no updates, and the stack has another template.
    NotUpdated,
    Unapplied(Unapplied),
    /// A later merge changed it again, and the stack has no template of the two.
    Superseded {
        newer: NewerMerge,
        rolled_back: bool,
    },
    /// A run cannot apply it.
    Left(LeftReason),
}

/// The role that reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchRole {
    /// The only role that the jobs of an environment have.
    Apply,
    /// The role of a job without an environment. What it finds decides nothing about a stack.
    Plan,
}

/// A config of a merge that a later one changed again, or may have.
pub struct SupersededConfig {
    pub merged: Config,
    /// As it was before the merge.
    pub before: Option<Config>,
    /// At the tip of the default branch, if it still names the same stack.
    pub now: Option<Config>,
    /// As commits in between had it.
    pub later: Vec<Config>,
    /// What the tip made of it.
    pub newer: NewerMerge,
    pub merged_at: Option<Timestamp>,
}

impl SupersededConfig {
    /// What the tip of the default branch made of a config. `now`: the config there; `removed`: whether the tip lacks it.
    pub fn effect(before: Option<&Config>, now: Option<&Config>, removed: bool) -> NewerEffect {
        let restores = |now: &Config| {
            let before = before.and_then(|before| Desired::new(before).ok());
            before.is_some_and(|before| Desired::renders_to(now, &before.sent))
        };
        match now {
            None if removed => NewerEffect::Removed,
            Some(now) if restores(now) => NewerEffect::Reverted,
            _ => NewerEffect::Changed,
        }
    }
}

pub struct UnappliedSearch<'a> {
    pub policy: &'a Policy,
    pub role: SearchRole,
    pub sessions: &'a CredentialCache,
    /// An earlier step of the job was cancelled, and may have left an operation.
    pub finish_cancelled: bool,
    /// Whether to compare templates although the policy allows no updates.
    pub compares_all: bool,
}

impl UnappliedSearch<'_> {
    /// What was found out about the stacks of configs that a later merge changed again.
    pub async fn search_superseded(
        &self,
        configs: Vec<SupersededConfig>,
    ) -> Vec<(RepoPath, InspectedConfig)> {
        let lanes = Lanes::new(self.policy.concurrency());
        let configs = configs
            .into_iter()
            .map(|config| (Lane::from(&config.merged.target), config));
        let found = work_in_lanes(
            lanes,
            self.sessions,
            configs,
            async |config: SupersededConfig| {
                let found = self.inspect_superseded(&config).await;
                let found = found.unwrap_or_else(InspectedConfig::Left);
                (config.merged.path, found)
            },
        );
        found.await
    }

    /// Whether a stack has the template of a merge, or that of a later one which was applied. A later merge that restores the template
    /// which the stack has anyway was not.
    async fn inspect_superseded(
        &self,
        config: &SupersededConfig,
    ) -> Result<InspectedConfig, LeftReason> {
        let merged = &config.merged;
        let cloud = self.cloud(merged).await?;
        let stack = cloud.stack(merged.stack()).await.map_err(unread)?;
        let Some(stack) =
            stack.filter(|stack| stack.status.health() == Health::Stable && is_own(merged, stack))
        else {
            return Ok(InspectedConfig::Superseded {
                newer: config.newer.clone(),
                rolled_back: false,
            });
        };
        let deployed = cloud.template(&stack.id).await.map_err(unread)?;
        let has = |config: Option<&Config>| {
            config.is_some_and(|config| Desired::renders_to(config, &deployed))
        };
        let changed = Timestamp::from_second(stack.updated.unwrap_or(stack.created)).ok();
        let rolled_back = stack.status.is_rolled_back();
        // An unknown time proves nothing.
        let is_later = changed > config.merged_at && config.merged_at.is_some() && !rolled_back;
        let mut newer = config.later.iter().chain(&config.now);
        let is_new = newer.any(|newer| has(Some(newer))) && !has(config.before.as_ref());
        Ok(match has(Some(merged)) || is_later && is_new {
            true => InspectedConfig::Applied,
            false => InspectedConfig::Superseded {
                newer: config.newer.clone(),
                rolled_back,
            },
        })
    }

    /// The configs with what was found out, in the order of their paths.
    pub async fn search(&self, configs: Vec<Config>) -> Vec<(Config, InspectedConfig)> {
        let lanes = Lanes::new(self.policy.concurrency());
        let configs = configs
            .into_iter()
            .map(|config| (Lane::from(&config.target), config));
        let found = work_in_lanes(lanes, self.sessions, configs, async |config: Config| {
            let found = self.inspect(&config).await;
            (config, found.unwrap_or_else(InspectedConfig::Left))
        });
        let mut found: Vec<(Config, InspectedConfig)> = found.await;
        found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        found
    }

    async fn inspect(&self, config: &Config) -> Result<InspectedConfig, LeftReason> {
        let cloud = self.cloud(config).await?;
        let stack = cloud.stack(config.stack()).await.map_err(unread)?;
        let absent = Ok(InspectedConfig::Unapplied(Unapplied::Unfinished));
        let Some(stack) = stack else {
            return absent;
        };
        match stack.status.health() {
            Health::ReviewInProgress | Health::Deleted => absent,
            Health::InProgress => match self.may_continue(&stack) {
                true => absent,
                false => Err(LeftReason::InProgress(stack.status.0)),
            },
            Health::Failed if stack.status.is_failed_creation() => absent,
            Health::Failed | Health::Unknown => Err(LeftReason::Failed(stack.status.0)),
            Health::Stable if !is_own(config, &stack) => {
                Ok(InspectedConfig::Unapplied(Unapplied::NotOwned))
            }
            Health::Stable => self.compare(&cloud, config, &stack).await,
        }
    }

    /// The account and region of a config.
    async fn cloud(&self, config: &Config) -> Result<Cloud, LeftReason> {
        let target = &config.target;
        let apply = self.policy.apply_role(target);
        let apply = apply.ok_or(LeftReason::NoApplyRole)?;
        if !self
            .policy
            .allows_account(&target.environment, &target.account)
        {
            return Err(LeftReason::AccountNotAllowed);
        }
        let role = match self.role {
            SearchRole::Apply => apply,
            SearchRole::Plan => {
                let plan = self.policy.plan_role(target);
                plan.ok_or(LeftReason::NoPlanRole)?
            }
        };
        let session = self.sessions.session(&role, &target.region).await;
        let cloud = session.at(&target.region).await.map_err(unread)?;
        match cloud.caller().account == target.account {
            true => Ok(cloud),
            false => Err(LeftReason::OtherAccount),
        }
    }

    /// Whether a stack that is being changed is left by a run that ended. The jobs of an environment run one after the other, so that no other
    /// run creates it. A job without an environment runs beside them.
    fn may_continue(&self, stack: &Stack) -> bool {
        let is_alone = self.role == SearchRole::Apply;
        self.finish_cancelled || (is_alone && stack.status.is_creation())
    }

    async fn compare(
        &self,
        cloud: &Cloud,
        config: &Config,
        stack: &Stack,
    ) -> Result<InspectedConfig, LeftReason> {
        let environment = &config.target.environment;
        let updates = self.policy.updates(environment) != Updates::Never;
        // The others of a merge may wait for this one.
        let is_compared = updates || self.compares_all || self.policy.limits_rollout(environment);
        if is_compared {
            let deployed = cloud.template(&stack.id).await.map_err(unread)?;
            if !Desired::renders_to(config, &deployed) {
                if !updates {
                    return Ok(InspectedConfig::NotUpdated);
                }
                let last = stack.updated.unwrap_or(stack.created);
                return Ok(InspectedConfig::Unapplied(Unapplied::Behind {
                    changed: Timestamp::from_second(last).ok(),
                    rolled_back: stack.status.is_rolled_back(),
                }));
            }
        }
        let lacks = lacks_folders(cloud, config, stack).await;
        Ok(match (lacks.map_err(unfinished)?, is_compared) {
            (true, _) => InspectedConfig::Unapplied(Unapplied::Unfinished),
            (false, true) if stack.status.is_rolled_back() => InspectedConfig::Restored,
            (false, true) => InspectedConfig::Applied,
            (false, false) => InspectedConfig::NotCompared,
        })
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
