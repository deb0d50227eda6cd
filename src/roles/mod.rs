//! The IAM roles of a repository's jobs: whom they trust, and what they may do.
//!
//! The plan role is what the operator's policies of the configs allow, without what changes anything; the apply role is all of it.
//! Nothing is listed twice: what a product needs is said once, in its `iam-policy.json.j2`.

mod plan_policy;
mod split;
mod subject;
mod template;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Config;
use crate::guard::Policy;
use crate::product::{ProductError, Target};

pub use subject::{Invalid, Issuer, RepositoryId, branch};
pub use template::template;

use split::{Statement, split_to_policy_size};

/// Managed policies that AWS attaches to a role, unless the account's quota says otherwise.
pub const MAX_POLICIES: usize = 10;

/// What a role is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Looks, and makes change sets.
    Plan,
    /// Runs them.
    Apply,
}

/// Whose jobs, and which of the policy's roles.
#[derive(Clone, Debug)]
pub struct RolesRequest {
    /// The repository whose jobs are trusted.
    pub repository: RepositoryId,
    /// Its default branch.
    pub branch: String,
    /// Who issues the jobs' tokens.
    pub issuer: Issuer,
    /// Accounts; empty for those of the configs.
    pub accounts: Vec<String>,
    /// Environments; empty for all.
    pub environments: Vec<String>,
}

/// The roles of one account.
#[derive(Clone, Debug, Serialize)]
pub struct AccountRoles {
    /// 12 digits.
    pub account: String,
    /// ARN of the account's identity provider for the issuer.
    pub provider: String,
    /// Plan roles first.
    pub roles: Vec<Role>,
}

/// A role.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    /// What it is for.
    pub phase: Phase,
    /// Its ARN, as the policy file has it.
    pub arn: String,
    /// Environments whose stacks it works on.
    pub environments: BTreeSet<String>,
    /// Who may assume it.
    pub trust: Value,
    /// What it must never be allowed, whatever else is attached to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never: Option<Value>,
    /// What it may do, in as many documents as AWS's limit of their length asks for.
    pub policies: Vec<Value>,
}

/// Where a role works.
#[derive(Debug, Default)]
struct RoleUse<'a> {
    environments: BTreeSet<String>,
    regions: BTreeSet<String>,
    configs: Vec<&'a Config>,
}

/// Places by account, phase and ARN.
type RoleUses<'a> = BTreeMap<(String, Phase, String), RoleUse<'a>>;

/// All roles that the policy file names for what was asked.
pub fn roles(
    policy: &Policy,
    configs: &[Config],
    asked: &RolesRequest,
) -> Result<Vec<AccountRoles>, ProductError> {
    let mut places = RoleUses::new();
    for environment in policy.environments.keys() {
        if asked.environments.is_empty() || asked.environments.contains(environment) {
            find(&mut places, policy, configs, asked, environment);
        }
    }
    let mut accounts: Vec<AccountRoles> = Vec::new();
    for ((account, phase, arn), place) in places {
        let provider = asked.issuer.provider(&arn, &account);
        let role = role(phase, arn, &place, &provider, asked)?;
        match accounts.last_mut().filter(|last| last.account == account) {
            Some(last) => last.roles.push(role),
            None => accounts.push(AccountRoles {
                account,
                provider,
                roles: vec![role],
            }),
        }
    }
    Ok(accounts)
}

/// Adds the roles of an environment: for each config, and for accounts that have none yet, so that they can be prepared.
fn find<'a>(
    places: &mut RoleUses<'a>,
    policy: &Policy,
    configs: &'a [Config],
    asked: &RolesRequest,
    environment: &str,
) {
    let here = |config: &&Config| {
        config.target.environment == environment
            && (asked.accounts.is_empty() || asked.accounts.contains(&config.target.account))
    };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for config in configs.iter().filter(here) {
        found.insert(&config.target.account);
        add(places, policy, &config.target, Some(config));
    }
    let prepared = match (asked.accounts.is_empty(), found.is_empty()) {
        (false, _) => &asked.accounts[..],
        (true, true) => &policy.accounts[..],
        (true, false) => &[],
    };
    for account in prepared {
        if !found.contains(account.as_str()) {
            let target = Target {
                account: account.clone(),
                region: String::new(),
                environment: environment.to_owned(),
            };
            add(places, policy, &target, None);
        }
    }
}

fn add<'a>(
    places: &mut RoleUses<'a>,
    policy: &Policy,
    target: &Target,
    config: Option<&'a Config>,
) {
    let named = [
        (Phase::Plan, policy.plan_role(target)),
        (Phase::Apply, policy.apply_role(target)),
    ];
    for (phase, arn) in named {
        let Some(arn) = arn else { continue };
        let account = account_of(&arn).to_owned();
        let place = places.entry((account, phase, arn)).or_default();
        place.environments.insert(target.environment.clone());
        if let Some(config) = config {
            place.regions.insert(config.target.region.clone());
            place.configs.push(config);
        }
    }
}

fn role(
    phase: Phase,
    arn: String,
    place: &RoleUse<'_>,
    provider: &str,
    asked: &RolesRequest,
) -> Result<Role, ProductError> {
    let mut statements = Vec::new();
    for config in &place.configs {
        let text = config.product.render_policy(&config.derived.scope)?;
        statements.extend(Statement::all(&text));
    }
    if phase == Phase::Plan {
        statements = statements
            .iter()
            .filter_map(plan_policy::read_statements)
            .collect();
        statements.push(plan_policy::account_wide_reads(&place.regions));
    }
    let subjects = match phase {
        Phase::Plan => asked.repository.plan_subjects(&asked.branch),
        Phase::Apply => asked.repository.apply_subjects(&place.environments),
    };
    Ok(Role {
        phase,
        arn,
        environments: place.environments.clone(),
        trust: subjects.trust(provider, &asked.issuer),
        never: (phase == Phase::Plan).then(plan_policy::deny_writes),
        policies: split_to_policy_size(statements)
            .into_iter()
            .map(document)
            .collect(),
    })
}

/// A policy of these statements.
fn document(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The account that an ARN names.
fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// The partition that an ARN names.
fn partition_of(arn: &str) -> &str {
    arn.split(':').nth(1).unwrap_or("aws")
}
