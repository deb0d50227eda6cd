//! The IAM roles of a repository's jobs: their trust and their permissions.
//!
//! The apply role has the operator's policies of the configs; the plan role has only their reading part. Each product states its
//! permissions once, in its `iam-policy.json.j2`.

mod data_reads;
mod error;
mod iam;
mod pattern;
mod plan_policy;
mod split;
mod statement;
mod subject;
mod template;
mod wide;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::guard::Policy;
use crate::product::{Requirement, Target};

pub use error::RolesError;
pub use plan_policy::OmittedRead;
pub use subject::{Invalid, Issuer, RepositoryId, branch};
pub use template::template;
pub use wide::WideGrant;

use error::PolicyProblem;
use iam::{account_of, document, partition_of};
use plan_policy::PlanReads;
use split::split_to_policy_size;
use statement::Statement;

/// Managed policies that AWS attaches to a role without a raised quota.
pub const MAX_POLICIES: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RolePhase {
    /// Reads, and creates change sets.
    Plan,
    /// Creates, updates and deletes stacks.
    Apply,
}

/// The trusted jobs, and the selection of the policy file's roles.
#[derive(Clone, Debug)]
pub struct RolesRequest {
    /// The repository whose jobs are trusted.
    pub repository: RepositoryId,
    /// The default branch.
    pub branch: String,
    /// The issuer of the jobs' tokens.
    pub issuer: Issuer,
    /// Empty for the configs' accounts.
    pub accounts: Vec<String>,
    /// Empty for all.
    pub environments: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AccountRoles {
    /// 12 digits.
    pub account: String,
    /// ARN of the account's identity provider for the issuer.
    pub provider: String,
    /// Plan roles first.
    pub roles: Vec<Role>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Role {
    /// The jobs that assume it.
    pub phase: RolePhase,
    /// As in the policy file.
    pub arn: String,
    /// Environments whose stacks the role works on.
    pub environments: BTreeSet<String>,
    /// The trust policy.
    pub trust: Value,
    /// A policy that denies, whatever else is attached to the role.
    pub never: Option<Value>,
    /// Grants of the apply role on any resource.
    pub wide: Vec<WideGrant>,
    /// Reads of the operator's policies that the plan role does not have.
    pub omitted: BTreeSet<OmittedRead>,
    /// The permissions, split by AWS's limit on a policy's length.
    pub policies: Vec<Value>,
}

/// The targets of a role.
#[derive(Debug, Default)]
struct RoleUse<'a> {
    environments: BTreeSet<String>,
    regions: BTreeSet<String>,
    configs: Vec<&'a Config>,
}

/// By account, phase and ARN.
type RoleUses<'a> = BTreeMap<(String, RolePhase, String), RoleUse<'a>>;

/// The roles of the policy file that the request selects.
pub fn roles(
    policy: &Policy,
    configs: &[Config],
    request: &RolesRequest,
) -> Result<Vec<AccountRoles>, RolesError> {
    let mut uses = RoleUses::new();
    for environment in policy.environments.keys() {
        if request.environments.is_empty() || request.environments.contains(environment) {
            find(&mut uses, policy, configs, request, environment);
        }
    }
    let mut accounts: Vec<AccountRoles> = Vec::new();
    for ((account, phase, arn), role_use) in uses {
        let provider = request.issuer.provider(&arn, &account);
        let role = role(phase, arn, &role_use, &provider, request)?;
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

/// Adds the roles of an environment: those of each config, and those of accounts without configs, so that they can be prepared.
fn find<'a>(
    uses: &mut RoleUses<'a>,
    policy: &Policy,
    configs: &'a [Config],
    request: &RolesRequest,
    environment: &str,
) {
    let here = |config: &&Config| {
        config.target.environment == environment
            && (request.accounts.is_empty() || request.accounts.contains(&config.target.account))
    };
    let mut accounts: BTreeSet<&str> = BTreeSet::new();
    for config in configs.iter().filter(here) {
        accounts.insert(&config.target.account);
        add(uses, policy, &config.target, Some(config));
    }
    let prepared = match (request.accounts.is_empty(), accounts.is_empty()) {
        (false, _) => &request.accounts[..],
        (true, true) => &policy.accounts[..],
        (true, false) => &[],
    };
    for account in prepared {
        if !accounts.contains(account.as_str()) {
            let target = Target {
                account: account.clone(),
                region: String::new(),
                environment: environment.to_owned(),
            };
            add(uses, policy, &target, None);
        }
    }
}

fn add<'a>(uses: &mut RoleUses<'a>, policy: &Policy, target: &Target, config: Option<&'a Config>) {
    let arns = [
        (RolePhase::Plan, policy.plan_role(target)),
        (RolePhase::Apply, policy.apply_role(target)),
    ];
    for (phase, arn) in arns {
        let Some(arn) = arn else { continue };
        let account = account_of(&arn).to_owned();
        let role_use = uses.entry((account, phase, arn)).or_default();
        role_use.environments.insert(target.environment.clone());
        if let Some(config) = config {
            role_use.regions.insert(config.target.region.clone());
            role_use.configs.push(config);
        }
    }
}

fn role(
    phase: RolePhase,
    arn: String,
    role_use: &RoleUse<'_>,
    provider: &str,
    request: &RolesRequest,
) -> Result<Role, RolesError> {
    let mut statements = Vec::new();
    let mut wide = Vec::new();
    let mut omitted = BTreeSet::new();
    let mut parameters = BTreeSet::new();
    for config in &role_use.configs {
        let own = operator_statements(config)?;
        match phase {
            RolePhase::Plan => {
                let reads = plan_reads(config)?;
                for (statement, _) in own {
                    let (read, left_out) = plan_policy::read_statements(&statement, &reads);
                    statements.extend(read);
                    omitted.extend(left_out);
                }
                let prefixes = reads.permissions.parameters.iter();
                parameters.extend(prefixes.map(|prefix| prefix.as_str().to_owned()));
            }
            RolePhase::Apply => {
                for (statement, grants) in own {
                    statements.push(statement);
                    for grant in grants {
                        grant.add_to(&mut wide);
                    }
                }
            }
        }
    }
    if phase == RolePhase::Plan {
        statements.push(plan_policy::account_wide_reads(&role_use.regions));
    }
    let subjects = match phase {
        RolePhase::Plan => request.repository.plan_subjects(&request.branch),
        RolePhase::Apply => request
            .repository
            .apply_subjects(&role_use.environments, &request.branch),
    };
    let never = (phase == RolePhase::Plan).then(|| {
        plan_policy::deny_writes_and_data(partition_of(&arn), account_of(&arn), &parameters)
    });
    Ok(Role {
        phase,
        arn,
        environments: role_use.environments.clone(),
        trust: subjects.trust(provider, &request.issuer),
        wide,
        omitted,
        never,
        policies: split_to_policy_size(statements)
            .into_iter()
            .map(document)
            .collect(),
    })
}

/// The statements of a config's operator policy, each with its wide grants.
fn operator_statements(config: &Config) -> Result<Vec<(Statement, Vec<WideGrant>)>, RolesError> {
    let product = &config.product;
    let failed = |source| RolesError::product(product.name(), source);
    let text = product
        .render_policy(&config.derived.scope)
        .map_err(failed)?;
    let in_policy = |problems: Vec<PolicyProblem>| RolesError::Policy {
        product: product.name().to_owned(),
        problems,
    };
    let statements = statement::statements(&text)
        .map_err(|unsupported| in_policy(vec![PolicyProblem::Unsupported(unsupported)]))?;
    let mut problems = Vec::new();
    let mut allowed = Vec::new();
    for (place, statement) in statements {
        match wide::wide_grants(&statement, &product.manifest) {
            Ok(grants) => allowed.push((statement, grants)),
            Err(undeclared) => {
                let undeclared = undeclared.into_iter();
                problems.extend(undeclared.map(|(action, resources)| {
                    let place = place.clone();
                    PolicyProblem::Undeclared {
                        place,
                        action,
                        resources,
                    }
                }));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(allowed),
        false => Err(in_policy(problems)),
    }
}

/// What a plan of the config reads beside settings.
fn plan_reads(config: &Config) -> Result<PlanReads<'_>, RolesError> {
    let needs = config
        .product
        .needs(&config.derived.scope)
        .map_err(|source| RolesError::product(config.product.name(), source))?;
    let objects = needs.into_iter().filter_map(|check| match check.needed {
        Requirement::Object { bucket, key } => Some(format!("{bucket}/{key}")),
        _ => None,
    });
    Ok(PlanReads {
        objects: objects.collect(),
        permissions: &config.product.manifest.permissions,
    })
}
