//! What the operator's policy of one config allows.

use super::error::{PolicyProblem, RolesError};
use super::plan_policy::PlanReads;
use super::statement::{self, Place, Statement};
use super::wide::{self, WideGrant};
use crate::config::Config;
use crate::product::Requirement;

/// The statements of a config's operator policy, each with its wide grants.
pub(super) fn operator_statements(
    config: &Config,
) -> Result<Vec<(Statement, Vec<WideGrant>)>, RolesError> {
    let mut problems = Vec::new();
    let mut allowed = Vec::new();
    for (place, statement) in written_statements(config)? {
        match wide::wide_grants(&statement, &config.product.manifest) {
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
        false => Err(in_policy(config, problems)),
    }
}

/// A problem of a config's operator policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorPolicyProblem {
    /// The `Sid` of its statement.
    pub sid: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// How to correct it.
    pub help: Option<String>,
    /// Further wide grants of the same statement.
    pub more: Option<usize>,
}

/// What the roles of CI refuse of a config's operator policy.
pub fn policy_problems(config: &Config) -> Vec<OperatorPolicyProblem> {
    match operator_statements(config) {
        Ok(_) => Vec::new(),
        Err(RolesError::Policy { problems, .. }) => {
            let mut reported: Vec<OperatorPolicyProblem> = Vec::new();
            for problem in problems {
                let sid = problem.sid().map(str::to_owned);
                let is_wide = matches!(problem, PolicyProblem::Undeclared { .. });
                // One statement often has several wide grants.
                let known = reported
                    .last_mut()
                    .filter(|last| is_wide && last.more.is_some() && last.sid == sid);
                match known {
                    Some(known) => known.more = known.more.map(|more| more + 1),
                    None => reported.push(OperatorPolicyProblem {
                        sid,
                        reason: problem.reason(),
                        help: Some(problem.help()),
                        more: is_wide.then_some(0),
                    }),
                }
            }
            reported
        }
        Err(other) => vec![OperatorPolicyProblem {
            sid: None,
            reason: other.reason(),
            help: other.help(),
            more: None,
        }],
    }
}

/// The statements of a config's operator policy, each with its place.
pub(super) fn written_statements(config: &Config) -> Result<Vec<(Place, Statement)>, RolesError> {
    reject_wildcards(config)?;
    let product = &config.product;
    let text = product
        .render_policy(&config.derived.scope)
        .map_err(|source| RolesError::product(product.name(), source))?;
    statement::statements(&text)
        .map_err(|unsupported| in_policy(config, vec![PolicyProblem::Unsupported(unsupported)]))
}

fn in_policy(config: &Config, problems: Vec<PolicyProblem>) -> RolesError {
    RolesError::Policy {
        product: config.product.name().to_owned(),
        problems,
    }
}

/// What a plan of the config reads beside settings.
pub(super) fn plan_reads(config: &Config) -> Result<PlanReads<'_>, RolesError> {
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

/// A config chooses no patterns: a name with a wildcard would allow more than the config's own resources.
fn reject_wildcards(config: &Config) -> Result<(), RolesError> {
    let values = config.product.policy_keys().iter().filter_map(|key| {
        let mut parts = key.split('.');
        parts
            .try_fold(&*config.values, |value, part| value.get(part))?
            .as_str()
    });
    let names = config.derived.names.values().map(String::as_str);
    let is_pattern = |text: &&str| text.contains(['*', '?']) || text.contains("${");
    match values.chain(names).find(is_pattern) {
        Some(value) => Err(RolesError::Wildcard {
            path: config.path.to_string(),
            value: value.to_owned(),
        }),
        None => Ok(()),
    }
}
