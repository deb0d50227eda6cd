//! One row: a config with its stack, or a stack without a config.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::fact::{Fact, Unknown};
use crate::config::Config;
use crate::model::{CommitSha, RepoPath};
use crate::stack::{DriftCheck, DriftStatus, Health, Stack, StackName, owner_tags};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EstateRow {
    /// Path of the config; `None` for a stack without a config.
    pub config: Option<RepoPath>,
    /// `None` if the config has errors.
    pub environment: Option<String>,
    /// 12-digit account id; `None` if the config has errors.
    pub account: Option<String>,
    /// `None` if the config has errors.
    pub region: Option<String>,
    /// Of a stack without a config, the product that its tag names. `None` if the config has errors.
    pub product: Option<String>,
    /// `None` for products without tiers, and if the config has errors.
    pub tier: Option<String>,
    /// Name of the stack; `None` if the config has errors.
    pub stack: Option<String>,
    pub state: EstateState,
    /// Status of the stack, such as `UPDATE_COMPLETE`; without a value and reason if the stack does not exist.
    pub status: Fact<String>,
    /// The deployed template, compared with the one that the config renders to.
    pub template: Fact<TemplateState>,
    /// The last drift detection.
    pub drift: Fact<EstateDrift>,
    /// The commit that changed the file, or the defaults of its folder, last.
    pub last_change: Fact<LastChange>,
    /// Numbers of the open pull requests that change the file or the defaults of its folder.
    pub pull_requests: Fact<Vec<u64>>,
}

/// What is most urgent about a row, in the order of urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EstateState {
    /// The stack's last operation failed, and left a stack that needs a repair; or an import failed.
    Failed,
    /// The config was merged, and the stack does not exist or has another template.
    NotApplied,
    /// The last drift detection found differences.
    Drifted,
    /// The stack has provisioner's tags, and no config here.
    WithoutConfig,
    /// A stack of this name exists, and provisioner did not create it.
    NotOwned,
    /// The config has errors.
    Invalid,
    /// An operation is running.
    InProgress,
    /// The stack or its template could not be read.
    Unknown,
    /// The stack has the config's template, and no drift is known.
    Applied,
}

impl EstateState {
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::NotApplied,
        Self::Drifted,
        Self::WithoutConfig,
        Self::NotOwned,
        Self::Invalid,
        Self::InProgress,
        Self::Unknown,
        Self::Applied,
    ];
}

/// The deployed template, compared with the config's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateState {
    /// The config renders to the deployed template.
    Current,
    /// The config renders to another template than the deployed one.
    Behind,
}

/// The last drift detection of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EstateDrift {
    pub status: DriftStatus,
    /// RFC 3339; `None` if never.
    pub checked: Option<String>,
    /// Whether the stack was updated after it.
    pub outdated: bool,
}

/// The last change of a config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LastChange {
    pub commit: CommitSha,
    /// RFC 3339: when the forge merged it, or else the time that the commit names; `None` if unknown.
    pub time: Option<String>,
    /// The merged pull request; without a value and reason if no single pull request brought the commit.
    pub pull_request: Fact<u64>,
    /// Who approved it, as the forge lists them.
    pub approvers: Fact<Vec<String>>,
}

/// What was read about a config.
#[derive(Debug)]
pub struct ConfigFacts<'a> {
    /// The stack of its name. If it does not exist, neither value nor reason.
    pub stack: Fact<&'a Stack>,
    pub template: Fact<TemplateState>,
    pub last_change: Fact<LastChange>,
    pub pull_requests: Fact<Vec<u64>>,
}

/// The row of a valid config.
pub fn row(config: &Config, facts: ConfigFacts<'_>) -> EstateRow {
    let name = StackName::for_config(config);
    // A stack in review holds no resources, and does not exist yet.
    let stack = facts
        .stack
        .value
        .filter(|stack| stack.status.health() != Health::ReviewInProgress);
    let owned = stack.is_none_or(|stack| is_own(config.product.name(), &name, stack));
    let unknown = facts.stack.unknown;
    let template = match (stack, unknown) {
        (Some(_), _) => facts.template,
        (None, Some(reason)) => Fact::unknown(reason),
        (None, None) => Fact::none(),
    };
    EstateRow {
        config: Some(config.path.clone()),
        environment: Some(name.target.environment),
        account: Some(name.target.account),
        region: Some(name.target.region),
        product: Some(config.product.name().to_owned()),
        tier: config.derived.names.get("tier").cloned(),
        stack: Some(name.name),
        state: state(stack, unknown, owned, template.value),
        status: Fact {
            value: stack.map(|stack| stack.status.0.clone()),
            unknown,
        },
        drift: Fact {
            value: stack.map(|stack| drift(&stack.drift)),
            unknown,
        },
        template,
        last_change: facts.last_change,
        pull_requests: facts.pull_requests,
    }
}

/// The row of a config with errors.
pub fn invalid_row(
    path: RepoPath,
    last_change: Fact<LastChange>,
    pull_requests: Fact<Vec<u64>>,
) -> EstateRow {
    EstateRow {
        config: Some(path),
        environment: None,
        account: None,
        region: None,
        product: None,
        tier: None,
        stack: None,
        state: EstateState::Invalid,
        status: Fact::unknown(Unknown::ConfigErrors),
        template: Fact::unknown(Unknown::ConfigErrors),
        drift: Fact::unknown(Unknown::ConfigErrors),
        last_change,
        pull_requests,
    }
}

/// Whether a stack has the tags of the stack that a config of a product asks for.
fn is_own(product: &str, name: &StackName, stack: &Stack) -> bool {
    let tags = owner_tags(product, name);
    let mut tags = tags.iter();
    tags.all(|(key, value)| stack.tags.get(key) == Some(value))
}

fn state(
    stack: Option<&Stack>,
    unknown: Option<Unknown>,
    owned: bool,
    template: Option<TemplateState>,
) -> EstateState {
    let Some(stack) = stack else {
        return match unknown {
            Some(_) => EstateState::Unknown,
            None => EstateState::NotApplied,
        };
    };
    match (stack.status.health(), template) {
        (Health::InProgress, _) => EstateState::InProgress,
        _ if !owned => EstateState::NotOwned,
        (Health::Failed, _) => EstateState::Failed,
        // An import that failed may have left an empty stack.
        _ if stack.status.is_import_rolled_back() => EstateState::Failed,
        (Health::Unknown, _) => EstateState::Unknown,
        (_, Some(TemplateState::Behind)) => EstateState::NotApplied,
        _ if stack.drift.status.is_drift() => EstateState::Drifted,
        (_, Some(TemplateState::Current)) => EstateState::Applied,
        (_, None) => EstateState::Unknown,
    }
}

pub(super) fn drift(check: &DriftCheck) -> EstateDrift {
    EstateDrift {
        status: check.status.clone(),
        checked: check.checked.and_then(time),
        outdated: check.outdated,
    }
}

/// RFC 3339.
fn time(seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok()?;
    Some(time.to_string())
}
