//! The operator's policy: `.provisioner.yaml` at the top of the repository. Every key but the version is optional.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::config::validate;
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::product::{Schema, Target};

/// The file's name.
pub const FILE: &str = ".provisioner.yaml";

/// JSON Schema of the file.
pub const SCHEMA: &str = include_str!("../../templates/policy.schema.json");

/// What a file that says nothing says.
const EMPTY: &str = "version: 1\n";

/// Parsed, with defaults applied.
#[derive(Clone, Debug, Deserialize)]
pub struct Policy {
    /// Globs of the files that are configs.
    pub configs: Vec<String>,
    defaults: Defaults,
    /// Environments by name; where there are any, no other is allowed.
    pub environments: IndexMap<String, EnvironmentPolicy>,
    /// Accounts in which stacks may be; empty for any.
    pub accounts: Vec<String>,
    /// Values that may be shown.
    pub values: ValuesPolicy,
}

#[derive(Clone, Debug, Deserialize)]
struct Defaults {
    approvals: u8,
    updates: Updates,
    deletes: Deletes,
    concurrency: usize,
}

/// What one environment says differently.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvironmentPolicy {
    approvals: Option<u8>,
    updates: Option<Updates>,
    deletes: Option<Deletes>,
    /// `@user` or `@organisation/team`; empty for everybody with write permission.
    pub approvers: Vec<String>,
    /// Roles that CI assumes.
    pub roles: EnvironmentRoles,
}

/// ARNs with places for the config's account, region and environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnvironmentRoles {
    /// Reads, and makes change sets.
    pub plan: Option<String>,
    /// Runs them.
    pub apply: Option<String>,
}

/// Values that may be shown.
#[derive(Clone, Debug, Deserialize)]
pub struct ValuesPolicy {
    /// Config keys.
    pub show: Vec<String>,
}

/// Which changes of stacks that exist are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Updates {
    /// None.
    Never,
    /// Those that neither replace, interrupt nor lose anything.
    InPlace,
    /// All that were reviewed.
    Reviewed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Deletes {
    Guarded,
    Never,
}

impl Policy {
    /// Approvals that a change of this environment needs.
    pub fn approvals(&self, environment: &str) -> u8 {
        let own = self.environments.get(environment);
        own.and_then(|own| own.approvals)
            .unwrap_or(self.defaults.approvals)
    }

    /// Which changes of this environment's stacks are applied.
    pub fn updates(&self, environment: &str) -> Updates {
        let own = self.environments.get(environment);
        own.and_then(|own| own.updates)
            .unwrap_or(self.defaults.updates)
    }

    /// Whether this environment's stacks are deleted at all.
    pub fn deletes(&self, environment: &str) -> bool {
        let own = self.environments.get(environment);
        own.and_then(|own| own.deletes)
            .unwrap_or(self.defaults.deletes)
            == Deletes::Guarded
    }

    /// Whose approvals count in this environment: `@user` or `@organisation/team`; empty for everybody who may push.
    pub fn approvers(&self, environment: &str) -> &[String] {
        let own = self.environments.get(environment);
        own.map_or(&[], |own| &own.approvers)
    }

    /// Every team whose members' approvals count somewhere, as `organisation/team`.
    pub fn teams(&self) -> Vec<String> {
        let listed = self.environments.values().flat_map(|own| &own.approvers);
        let teams = listed.filter_map(|listed| listed.strip_prefix('@'));
        let teams = teams.filter(|name| name.contains('/')).map(str::to_owned);
        let unique: std::collections::BTreeSet<String> = teams.collect();
        unique.into_iter().collect()
    }

    /// The role that looks at stacks of a place, if the policy names one.
    pub fn plan_role(&self, target: &Target) -> Option<String> {
        let own = self.environments.get(&target.environment)?;
        own.roles.plan.as_deref().map(|role| filled(role, target))
    }

    /// The role that changes stacks of a place, if the policy names one.
    pub fn apply_role(&self, target: &Target) -> Option<String> {
        let own = self.environments.get(&target.environment)?;
        own.roles.apply.as_deref().map(|role| filled(role, target))
    }

    /// Stacks that are worked on at the same time.
    pub fn concurrency(&self) -> usize {
        self.defaults.concurrency
    }
}

/// A role's ARN, with the config's own words in their places.
fn filled(role: &str, target: &Target) -> String {
    role.replace("{account_id}", &target.account)
        .replace("{region}", &target.region)
        .replace("{environment}", &target.environment)
}

/// Reads a policy; `None` is a repository without one. All problems are told.
pub fn read(path: &RepoPath, bytes: Option<&[u8]>) -> Result<Policy, Vec<Diagnostic>> {
    static COMPILED: LazyLock<Result<Schema, String>> =
        LazyLock::new(|| Schema::compile(SCHEMA).map_err(|error| format!("{error:#}")));
    let invalid = |message: String| vec![Diagnostic::error("policy-invalid", path, message)];
    let schema = COMPILED.as_ref().map_err(|error| invalid(error.clone()))?;
    let bytes = bytes.unwrap_or(EMPTY.as_bytes());
    let values = validate(schema, "a policy", path, bytes)?;
    serde_json::from_value(values).map_err(|error| invalid(error.to_string()))
}
