//! The operator's policy: `.provisioner.yaml` at the top of the repository. Only `version` is required.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::calendar::{ClosedReason, ClosedTime, Freeze, Window, closed};
use super::policy_accounts::account_problems;
use super::policy_numbers::number_problems;
use super::policy_rollback::{alarm_places, rollback_problems};
use super::policy_times::time_problems;
use super::rollout::{FirstStacks, SampleSize};
use crate::config::{newer_version, validate};
use crate::diagnostic::{Code, Diagnostic, Location};
use crate::model::{FileContents, RepoPath, UserId};
use crate::product::{Partition, Schema, Target};
use crate::stack::RollbackTriggers;

pub const FILE: &str = ".provisioner.yaml";

pub const SCHEMA: &str = include_str!("../../templates/policy.schema.json");

/// The version of the file's format.
const FORMAT: u64 = 1;

/// Approvals that a change needs if the policy before it does not load.
const MIN_REPAIR_APPROVALS: u8 = 2;

/// The policy of a repository without a policy file.
const EMPTY: &str = "version: 1\n";

/// The parsed policy file, defaults applied.
#[derive(Clone, Debug, Deserialize)]
pub struct Policy {
    /// The policy file; `None` for the defaults of a repository without one.
    #[serde(skip)]
    pub file: Option<RepoPath>,
    /// Where the file writes its alarms, by ARN.
    #[serde(skip)]
    alarm_places: BTreeMap<String, Location>,
    /// Globs of config files; empty for the built-in globs.
    #[serde(default)]
    pub configs: Vec<String>,
    defaults: Defaults,
    /// By name. If it is not empty, no other environment is allowed.
    pub environments: IndexMap<String, EnvironmentPolicy>,
    /// Allowed accounts; empty for any.
    pub accounts: Vec<String>,
    /// Owners of bots, as `@user#id`, by the id of the bot.
    bots: BTreeMap<String, String>,
    /// Name of the permissions boundary that every role of a stack must have.
    pub permissions_boundary: Option<String>,
    /// `None`: the roles of CI list the stacks of the configs.
    pub scope: Option<Scope>,
    pub values: ValuesPolicy,
}

/// The names that stacks and resources may have, which the roles of CI follow. Accounts and environments are those of the policy.
#[derive(Clone, Debug, Deserialize)]
pub struct Scope {
    /// Names of products.
    pub products: Vec<String>,
    pub regions: Vec<String>,
    /// Allowed values by config key, such as `client.company_prefix`.
    pub names: BTreeMap<String, Vec<String>>,
    /// Name of the permissions boundary that roles of stacks must have.
    pub boundary: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Defaults {
    approvals: u8,
    updates: Updates,
    deletes: Deletes,
    concurrency: usize,
    #[serde(default)]
    windows: Vec<Window>,
    #[serde(default)]
    freeze: Vec<Freeze>,
    first: Option<FirstStacks>,
    #[serde(rename = "max-failures")]
    max_failures: Option<usize>,
    sample: Option<SampleSize>,
    rollback: Option<RollbackTriggers>,
}

/// Overrides for one environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvironmentPolicy {
    /// Accounts of its stacks; empty for all that the policy allows.
    accounts: Vec<String>,
    approvals: Option<u8>,
    updates: Option<Updates>,
    deletes: Option<Deletes>,
    windows: Option<Vec<Window>>,
    freeze: Option<Vec<Freeze>>,
    first: Option<FirstStacks>,
    #[serde(rename = "max-failures")]
    max_failures: Option<usize>,
    sample: Option<SampleSize>,
    rollback: Option<RollbackTriggers>,
    /// `@user`, `@user#id` or `@organisation/team`; empty for everybody with write permission.
    pub approvers: Vec<String>,
    pub roles: EnvironmentRoles,
}

/// ARNs with placeholders for the config's account, region and environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvironmentRoles {
    /// Reads, and creates change sets.
    pub plan: Option<String>,
    /// Creates, updates and deletes stacks.
    pub apply: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ValuesPolicy {
    /// Config keys whose values are not redacted.
    pub show: Vec<String>,
}

/// Which updates of existing stacks are allowed, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Updates {
    Never,
    /// Updates that replace or interrupt nothing and lose no data, by the change set and by the product's declared impact.
    InPlace,
    /// All reviewed updates.
    Reviewed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Deletes {
    Guarded,
    Never,
}

impl Policy {
    /// The number of approvals that a change needs.
    pub fn approvals(&self, environment: &str) -> u8 {
        let own = self.environments.get(environment);
        own.and_then(|own| own.approvals)
            .unwrap_or(self.defaults.approvals)
    }

    pub fn updates(&self, environment: &str) -> Updates {
        let own = self.environments.get(environment);
        own.and_then(|own| own.updates)
            .unwrap_or(self.defaults.updates)
    }

    /// Whether stacks may be deleted.
    pub fn deletes(&self, environment: &str) -> bool {
        let own = self.environments.get(environment);
        own.and_then(|own| own.deletes)
            .unwrap_or(self.defaults.deletes)
            == Deletes::Guarded
    }

    /// When stacks may change; empty for always.
    pub(super) fn windows(&self, environment: &str) -> &[Window] {
        let own = self.environments.get(environment);
        let own = own.and_then(|own| own.windows.as_deref());
        own.unwrap_or(&self.defaults.windows)
    }

    /// When no stack may change.
    pub(super) fn freezes(&self, environment: &str) -> &[Freeze] {
        let own = self.environments.get(environment);
        let own = own.and_then(|own| own.freeze.as_deref());
        own.unwrap_or(&self.defaults.freeze)
    }

    /// The stacks of a change that go first.
    pub(super) fn first(&self, environment: &str) -> Option<&FirstStacks> {
        let own = self.environments.get(environment);
        let first = own.and_then(|own| own.first.as_ref());
        let first = first.or(self.defaults.first.as_ref());
        first.filter(|first| !first.is_empty())
    }

    /// How many stacks may fail before no other one begins; `None` for any number.
    pub fn max_failures(&self, environment: &str) -> Option<usize> {
        let own = self.environments.get(environment);
        own.and_then(|own| own.max_failures)
            .or(self.defaults.max_failures)
    }

    /// Whether stacks of an environment may have to wait for others of the same change.
    pub fn limits_rollout(&self, environment: &str) -> bool {
        self.first(environment).is_some() || self.max_failures(environment).is_some()
    }

    /// The change sets that a check creates for each group of configs with the same change; `None` for all.
    pub(super) fn sample(&self, environment: &str) -> Option<usize> {
        let own = self.environments.get(environment);
        match own.and_then(|own| own.sample).or(self.defaults.sample)? {
            SampleSize::Count(count) => Some(count),
            SampleSize::All(_) => None,
        }
    }

    /// The alarms of a target's creations and updates, with their placeholders replaced; `None` if the policy names none.
    pub(super) fn rollback(&self, target: &Target) -> Option<RollbackTriggers> {
        let mut triggers = self.rollback_of(&target.environment)?.clone();
        let alarms = triggers.alarms.iter_mut();
        for alarm in alarms.chain(&mut triggers.composite_alarms) {
            *alarm = filled(alarm, target);
        }
        Some(triggers)
    }

    /// The first alarm of a target's operations that is in another account or region, with the place where the file writes it.
    pub(super) fn foreign_alarm(&self, target: &Target) -> Option<(String, Option<&Location>)> {
        let written = self.rollback_of(&target.environment)?;
        let mut alarms = written.all().map(|alarm| (alarm, filled(alarm, target)));
        let partition = Partition::of_region(&target.region).map(|partition| &*partition.name);
        let (written, alarm) = alarms.find(|(_, alarm)| {
            let parts: Vec<&str> = alarm.split(':').collect();
            parts.get(1).copied() != partition
                || parts.get(3) != Some(&target.region.as_str())
                || parts.get(4) != Some(&target.account.as_str())
        })?;
        Some((alarm, self.alarm_places.get(written)))
    }

    /// Whether operations in an environment name alarms.
    pub fn has_alarms(&self, environment: &str) -> bool {
        let triggers = self.rollback_of(environment);
        triggers.is_some_and(|triggers| triggers.count() > 0)
    }

    /// The alarms of an environment as the file writes them.
    pub(super) fn rollback_of(&self, environment: &str) -> Option<&RollbackTriggers> {
        let own = self.environments.get(environment);
        own.and_then(|own| own.rollback.as_ref())
            .or(self.defaults.rollback.as_ref())
    }

    /// Whether the time decides whether stacks may change.
    pub(super) fn has_times(&self, environment: &str) -> bool {
        !self.windows(environment).is_empty() || !self.freezes(environment).is_empty()
    }

    /// Why no stack of an environment may change at a time.
    pub(super) fn closed(&self, environment: &str, now: Timestamp) -> Option<ClosedTime> {
        closed(self.windows(environment), self.freezes(environment), now)
    }

    /// Whose approvals count: `@user`, `@user#id` or `@organisation/team`; empty for everybody with write permission.
    pub fn approvers(&self, environment: &str) -> &[String] {
        let own = self.environments.get(environment);
        own.map_or(&[], |own| &own.approvers)
    }

    /// The person who answers for a bot.
    pub fn bot_owner(&self, bot: UserId) -> Option<UserId> {
        let (_, id) = self.bots.get(&bot.0.to_string())?.split_once('#')?;
        id.parse().ok().map(UserId)
    }

    /// The owner of a bot as the file writes it; `bot` is its id.
    pub(super) fn owner_of_bot(&self, bot: &str) -> Option<&str> {
        self.bots.get(bot).map(String::as_str)
    }

    /// The `plan` or `apply` role of an environment, with its placeholders.
    pub(super) fn role_of(&self, environment: &str, role: &str) -> Option<&str> {
        let roles = &self.environments.get(environment)?.roles;
        match role {
            "plan" => roles.plan.as_deref(),
            _ => roles.apply.as_deref(),
        }
    }

    /// All users that `approvers` lists, as `login` or `login#id`.
    pub fn listed_users(&self) -> BTreeSet<&str> {
        let listed = self.environments.values().flat_map(|own| &own.approvers);
        let names = listed.filter_map(|listed| listed.strip_prefix('@'));
        names.filter(|name| !name.contains('/')).collect()
    }

    /// All teams that `approvers` lists, as `organisation/team`.
    pub fn teams(&self) -> Vec<String> {
        let listed = self.environments.values().flat_map(|own| &own.approvers);
        let teams = listed.filter_map(|listed| listed.strip_prefix('@'));
        let teams = teams.filter(|name| name.contains('/')).map(str::to_owned);
        let unique: BTreeSet<String> = teams.collect();
        unique.into_iter().collect()
    }

    /// Why no stack of an environment may change at a time, and when that ends; `None` if the environment is open. `now`: by the forge's
    /// clock, `None` if it is not known.
    pub fn closed_time(&self, environment: &str, now: Option<Timestamp>) -> Option<ClosedTime> {
        if !self.has_times(environment) {
            return None;
        }
        let Some(now) = now else {
            let why = ClosedReason::UnknownTime;
            return Some(ClosedTime { why, opens: None });
        };
        self.closed(environment, now)
    }

    /// The ARN of the role that reads stacks of a target; `None` if the policy names none.
    pub fn plan_role(&self, target: &Target) -> Option<String> {
        let own = self.environments.get(&target.environment)?;
        own.roles.plan.as_deref().map(|role| filled(role, target))
    }

    /// The ARN of the role that changes stacks of a target; `None` if the policy names none.
    pub fn apply_role(&self, target: &Target) -> Option<String> {
        let own = self.environments.get(&target.environment)?;
        own.roles.apply.as_deref().map(|role| filled(role, target))
    }

    /// The environments that have an apply role.
    pub(super) fn applied_environments(&self) -> impl Iterator<Item = &str> {
        let all = self.environments.iter();
        all.filter(|(_, own)| own.roles.apply.is_some())
            .map(|(name, _)| name.as_str())
    }

    /// The policy that decides alone if the one before the change does not load: at least two approvals, and no deletions.
    pub(super) fn strictest(&self) -> Self {
        let mut strict = self.clone();
        let of_defaults = &mut strict.defaults;
        of_defaults.approvals = of_defaults.approvals.max(MIN_REPAIR_APPROVALS);
        of_defaults.deletes = Deletes::Never;
        for own in strict.environments.values_mut() {
            own.approvals = own.approvals.map(|own| own.max(MIN_REPAIR_APPROVALS));
            own.deletes = Some(Deletes::Never);
        }
        strict
    }

    /// Whether stacks of an environment may be in an account. Both lists limit it, and an empty list limits nothing.
    pub fn allows_account(&self, environment: &str, account: &str) -> bool {
        [&self.accounts[..], self.own_accounts(environment)]
            .into_iter()
            .all(|listed| listed.is_empty() || listed.iter().any(|known| known == account))
    }

    /// The accounts that an environment lists for itself.
    pub fn own_accounts(&self, environment: &str) -> &[String] {
        let own = self.environments.get(environment);
        own.map_or(&[], |own| &own.accounts)
    }

    /// The accounts that the file lists and allows for an environment.
    pub fn listed_accounts(&self, environment: &str) -> Vec<&str> {
        let listed = match self.own_accounts(environment) {
            [] => &self.accounts[..],
            own => own,
        };
        let listed = listed.iter().map(String::as_str);
        listed
            .filter(|account| self.allows_account(environment, account))
            .collect()
    }

    /// The number of stacks that are changed at the same time in each account and region.
    pub fn concurrency(&self) -> usize {
        self.defaults.concurrency
    }
}

/// A role's ARN with its placeholders replaced.
fn filled(arn: &str, target: &Target) -> String {
    let partition = Partition::of_region(&target.region);
    arn.replace("{partition}", partition.map_or("aws", |known| &known.name))
        .replace("{account_id}", &target.account)
        .replace("{region}", &target.region)
        .replace("{environment}", &target.environment)
}

/// Reads the policy file of a commit or a work tree; `None` represents a repository without one.
pub fn read_file(path: &RepoPath, file: Option<&FileContents>) -> Result<Policy, Vec<Diagnostic>> {
    let values = read_values(path, file)?;
    let bytes = match file {
        Some(FileContents::Regular(bytes)) => Some(&**bytes),
        Some(FileContents::NotRegular(_)) | None => None,
    };
    policy(path, bytes, values)
}

fn policy(path: &RepoPath, bytes: Option<&[u8]>, values: Value) -> Result<Policy, Vec<Diagnostic>> {
    let policy = serde_json::from_value(values);
    let mut policy: Policy = policy.map_err(|error| invalid(path, error.to_string()))?;
    policy.file = bytes.is_some().then(|| path.clone());
    policy.alarm_places = bytes.map_or_else(BTreeMap::new, |bytes| alarm_places(path, bytes));
    Ok(policy)
}

/// The values of a policy file, with the defaults of the schema.
pub(super) fn read_values(
    path: &RepoPath,
    file: Option<&FileContents>,
) -> Result<Value, Vec<Diagnostic>> {
    match file {
        Some(FileContents::NotRegular(found)) => {
            Err(vec![Diagnostic::not_a_regular_file(path, *found)])
        }
        Some(FileContents::Regular(bytes)) => values(path, Some(bytes)),
        None => values(path, None),
    }
}

/// Parses a policy; `None` represents a repository without a policy file. Returns all problems.
pub fn read(path: &RepoPath, bytes: Option<&[u8]>) -> Result<Policy, Vec<Diagnostic>> {
    policy(path, bytes, values(path, bytes)?)
}

fn values(path: &RepoPath, bytes: Option<&[u8]>) -> Result<Value, Vec<Diagnostic>> {
    static COMPILED: LazyLock<Result<Schema, String>> =
        LazyLock::new(|| Schema::compile(SCHEMA).map_err(|error| format!("{error:#}")));
    let schema = COMPILED
        .as_ref()
        .map_err(|error| invalid(path, error.clone()))?;
    let bytes = bytes.unwrap_or(EMPTY.as_bytes());
    if let Some(problem) = newer_version(path, bytes, FORMAT) {
        return Err(vec![problem]);
    }
    let values = validate(schema, "a policy", path, bytes)?;
    let mut problems = time_problems(path, bytes, &values);
    problems.extend(rollback_problems(path, bytes, &values));
    problems.extend(number_problems(path, bytes));
    problems.extend(account_problems(path, bytes));
    match problems.is_empty() {
        true => Ok(values),
        false => Err(problems),
    }
}

fn invalid(path: &RepoPath, message: String) -> Vec<Diagnostic> {
    vec![Diagnostic::error(Code::PolicyInvalid, path, message)]
}
