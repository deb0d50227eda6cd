//! The IAM roles of a repository's jobs: their trust and their permissions.
//!
//! The apply role has the operator's policies of the configs; the plan role has only their reading part. Each product states its
//! permissions once, in its `iam-policy.json.j2`.

mod alarms;
mod boundary;
mod coverage;
mod covered;
mod data_reads;
mod error;
mod gap;
mod iam;
mod law;
mod limits;
mod marker;
mod needed;
mod operator;
mod pattern;
mod plan_policy;
mod project;
mod shapes;
mod split;
mod statement;
mod subject;
mod template;
mod trust;
mod trusted;
mod wide;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::guard::{Policy, Scope};
use crate::product::Target;

pub use alarms::operator_policy;
pub use boundary::Boundary;
pub use covered::Laws;
use covered::Targets;
pub use error::{RolesError, ScopeProblem};
pub use gap::refused_policy;
pub use plan_policy::OmittedRead;
pub use project::{APPLY_SOURCES, ProjectId};
pub use subject::{RepositoryId, is_of_cloud};
pub use template::template;
pub use trust::{Invalid, Issuer, branch};
pub use trusted::TrustedRepository;
pub use wide::WideGrant;

use alarms::alarm_reads;
use boundary::boundary_arn;
use iam::{account_of, document, partition_of};
use limits::{deny_beyond_law, deny_without_boundary};
pub use needed::{MissingRight, missing_rights};
pub use operator::{OperatorPolicyProblem, policy_problems};
use operator::{operator_statements, plan_reads};
use plan_policy::PlanReads;
use split::split_to_policy_size;
use statement::Statement;
use trust::trust_policy;

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
    pub repository: TrustedRepository,
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
    /// The most that roles of stacks may do; `null` without a scope, and if no product creates roles.
    pub boundary: Option<Boundary>,
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
    /// A policy that denies, regardless of other attached policies.
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
    targets: Targets,
    /// Empty with a scope.
    configs: Vec<&'a Config>,
    /// ARNs of the plan and apply roles of the same targets.
    ci_roles: BTreeSet<String>,
}

impl RoleUse<'_> {
    fn regions(&self) -> BTreeSet<String> {
        let regions = self.targets.iter().map(|(_, region, _)| region.clone());
        regions.collect()
    }
}

/// By account, phase and ARN.
type RoleUses<'a> = BTreeMap<(String, RolePhase, String), RoleUse<'a>>;

/// The roles of the policy file that the request selects. `laws` are those of the policy's scope; with them the roles do not depend on
/// the configs.
pub fn roles(
    policy: &Policy,
    mut laws: Option<&mut Laws<'_>>,
    configs: &[Config],
    request: &RolesRequest,
) -> Result<Vec<AccountRoles>, RolesError> {
    let mut uses = RoleUses::new();
    for environment in policy.environments.keys() {
        if request.environments.is_empty() || request.environments.contains(environment) {
            match &laws {
                Some(laws) => find_by_law(&mut uses, policy, laws.scope(), request, environment)?,
                None => find(&mut uses, policy, configs, request, environment),
            }
        }
    }
    let mut accounts: Vec<AccountRoles> = Vec::new();
    for account in uses.keys().map(|(account, ..)| account) {
        if accounts.last().is_some_and(|last| last.account == *account) {
            continue;
        }
        let own = || uses.iter().filter(|((of, ..), _)| of == account);
        let boundary = match &mut laws {
            Some(laws) => laws.boundary(
                own().map(|((_, _, arn), role)| (arn, &role.targets)),
                account,
            )?,
            None => None,
        };
        let arn = own().next().map_or("", |((_, _, arn), _)| arn);
        let provider = request.issuer.provider(arn, account);
        let mut roles = Vec::new();
        for ((_, phase, arn), role_use) in own() {
            let mut allowed = match &mut laws {
                Some(laws) => allowed_by_law(*phase, arn, role_use, laws, boundary.as_ref())?,
                None => {
                    let name = policy.permissions_boundary.as_deref();
                    allowed_by_configs(*phase, arn, role_use, name)?
                }
            };
            let mut environments = role_use.environments.iter();
            if environments.any(|environment| policy.has_alarms(environment)) {
                allowed.statements.push(alarm_reads(&role_use.regions()));
            }
            roles.push(role(*phase, arn, role_use, allowed, &provider, request));
        }
        accounts.push(AccountRoles {
            account: account.clone(),
            provider,
            boundary,
            roles,
        });
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
            && policy.allows_account(environment, &config.target.account)
            && (request.accounts.is_empty() || request.accounts.contains(&config.target.account))
    };
    let mut accounts: BTreeSet<&str> = BTreeSet::new();
    for config in configs.iter().filter(here) {
        accounts.insert(&config.target.account);
        add(uses, policy, &config.target, Some(config));
    }
    let prepared = match accounts.is_empty() || !request.accounts.is_empty() {
        true => requested_accounts(policy, request, environment),
        false => Vec::new(),
    };
    for account in prepared {
        if !accounts.contains(account) {
            let target = Target {
                account: account.to_owned(),
                region: String::new(),
                environment: environment.to_owned(),
            };
            add(uses, policy, &target, None);
        }
    }
}

/// The accounts of the request, or else those of the policy file, without those that the file does not allow for the environment.
fn requested_accounts<'a>(
    policy: &'a Policy,
    request: &'a RolesRequest,
    environment: &str,
) -> Vec<&'a str> {
    if request.accounts.is_empty() {
        return policy.listed_accounts(environment);
    }
    let asked = request.accounts.iter().map(String::as_str);
    asked
        .filter(|account| policy.allows_account(environment, account))
        .collect()
}

/// Adds the roles of an environment in each account and region of the scope.
fn find_by_law(
    uses: &mut RoleUses<'_>,
    policy: &Policy,
    scope: &Scope,
    request: &RolesRequest,
    environment: &str,
) -> Result<(), RolesError> {
    let accounts = requested_accounts(policy, request, environment);
    let is_listed = [
        &request.accounts[..],
        &policy.accounts,
        policy.own_accounts(environment),
    ];
    if is_listed.iter().all(|list| list.is_empty()) {
        return Err(RolesError::PolicyFile(ScopeProblem::NoAccounts));
    }
    for account in accounts {
        for region in &scope.regions {
            let target = Target {
                account: account.to_owned(),
                region: region.clone(),
                environment: environment.to_owned(),
            };
            add(uses, policy, &target, None);
        }
    }
    Ok(())
}

fn add<'a>(uses: &mut RoleUses<'a>, policy: &Policy, target: &Target, config: Option<&'a Config>) {
    let arns = [
        (RolePhase::Plan, policy.plan_role(target)),
        (RolePhase::Apply, policy.apply_role(target)),
    ];
    let both: Vec<String> = arns.iter().filter_map(|(_, arn)| arn.clone()).collect();
    for (phase, arn) in arns {
        let Some(arn) = arn else { continue };
        let account = account_of(&arn).to_owned();
        let role_use = uses.entry((account, phase, arn)).or_default();
        role_use.environments.insert(target.environment.clone());
        role_use.ci_roles.extend(both.iter().cloned());
        if !target.region.is_empty() {
            let target = target.clone();
            role_use
                .targets
                .insert((target.account, target.region, target.environment));
        }
        role_use.configs.extend(config);
    }
}

/// What a role is allowed and denied.
#[derive(Default)]
struct Allowed {
    statements: Vec<Statement>,
    wide: Vec<WideGrant>,
    omitted: BTreeSet<OmittedRead>,
    never: Option<Value>,
}

impl Allowed {
    /// Adds the reading part of statements.
    fn add_reads(
        &mut self,
        statements: impl IntoIterator<Item = Statement>,
        reads: &PlanReads<'_>,
    ) {
        for statement in statements {
            let (read, left_out) = plan_policy::read_statements(&statement, reads);
            self.statements.extend(read);
            self.omitted.extend(left_out);
        }
    }

    /// Adds what every plan role has.
    fn finish_plan(&mut self, arn: &str, role_use: &RoleUse<'_>, parameters: &BTreeSet<String>) {
        self.statements
            .push(plan_policy::account_wide_reads(&role_use.regions()));
        let (partition, account) = (partition_of(arn), account_of(arn));
        self.never = Some(plan_policy::deny_writes_and_data(
            partition, account, parameters,
        ));
    }
}

fn allowed_by_configs(
    phase: RolePhase,
    arn: &str,
    role_use: &RoleUse<'_>,
    boundary: Option<&str>,
) -> Result<Allowed, RolesError> {
    let mut allowed = Allowed::default();
    let mut parameters = BTreeSet::new();
    if let (RolePhase::Apply, Some(name)) = (phase, boundary) {
        let boundary = boundary_arn(name, partition_of(arn), account_of(arn));
        allowed.never = Some(deny_without_boundary(&boundary));
    }
    for config in &role_use.configs {
        let own = operator_statements(config)?;
        match phase {
            RolePhase::Plan => {
                let reads = plan_reads(config)?;
                allowed.add_reads(own.into_iter().map(|(statement, _)| statement), &reads);
                parameters.extend(reads.prefixes());
            }
            RolePhase::Apply => {
                for (statement, grants) in own {
                    allowed.statements.push(statement);
                    for grant in grants {
                        grant.add_to(&mut allowed.wide);
                    }
                }
            }
        }
    }
    if phase == RolePhase::Plan {
        allowed.finish_plan(arn, role_use, &parameters);
    }
    Ok(allowed)
}

fn allowed_by_law(
    phase: RolePhase,
    arn: &str,
    role_use: &RoleUse<'_>,
    laws: &mut Laws<'_>,
    boundary: Option<&Boundary>,
) -> Result<Allowed, RolesError> {
    let mut allowed = Allowed::default();
    let mut parameters = BTreeSet::new();
    let mut stacks = BTreeSet::new();
    for law in laws.of(&role_use.targets)? {
        let (product, law) = (&law.product, &law.law);
        stacks.extend(law.stacks.iter().cloned());
        match phase {
            RolePhase::Plan => {
                let reads = PlanReads {
                    objects: law.objects.clone(),
                    permissions: &product.manifest.permissions,
                };
                allowed.add_reads(law.statements.iter().cloned(), &reads);
                parameters.extend(reads.prefixes());
            }
            RolePhase::Apply => {
                allowed.statements.extend(law.statements.iter().cloned());
                for grant in law.wide.iter().cloned() {
                    grant.add_to(&mut allowed.wide);
                }
            }
        }
    }
    match phase {
        RolePhase::Plan => allowed.finish_plan(arn, role_use, &parameters),
        RolePhase::Apply => {
            let boundary = boundary.map(|boundary| boundary.arn.as_str());
            allowed.never = Some(deny_beyond_law(arn, &stacks, &role_use.ci_roles, boundary));
        }
    }
    allowed.statements = law::without_covered(allowed.statements);
    Ok(allowed)
}

fn role(
    phase: RolePhase,
    arn: &str,
    role_use: &RoleUse<'_>,
    allowed: Allowed,
    provider: &str,
    request: &RolesRequest,
) -> Role {
    let (repository, branch, issuer) = (&request.repository, &request.branch, &request.issuer);
    let jobs = match phase {
        RolePhase::Plan => repository.plan_jobs(branch, issuer),
        RolePhase::Apply => repository.apply_jobs(&role_use.environments, branch, issuer),
    };
    let policies: Vec<Value> = split_to_policy_size(allowed.statements)
        .into_iter()
        .map(document)
        .collect();
    Role {
        phase,
        arn: arn.to_owned(),
        environments: role_use.environments.clone(),
        trust: trust_policy(jobs, provider, issuer),
        wide: allowed.wide,
        omitted: allowed.omitted,
        never: allowed.never,
        policies,
    }
}
