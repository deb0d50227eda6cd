//! The job's identity, and the roles that it can and cannot assume by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagnosis::{Diagnosis, StacksByTarget};
use super::facts::JobFacts;
use crate::ci::CiEvent;
use crate::cloud::{CancellationToken, Cloud, CloudError, Session};
use crate::exit::Exit;
use crate::forge::{Claims, IdentityTokens, JobSubject};
use crate::guard::Policy;
use crate::product::Target;
use crate::report::Found;

const AUDIENCE: &str = "sts.amazonaws.com";
/// What AWS's logs show of it.
const SESSION: &str = "provisioner-doctor";
/// Stacks of one role that are asked about.
const MAX_STACKS: usize = 50;

/// Whether there is an identity token, and what it says. Never requested for a change that may come from a fork.
pub async fn identity(diagnosis: &mut Diagnosis, job: &JobFacts<'_>) -> Option<JobSubject> {
    const PART: &str = "identity";
    if job.fork != Some(false) {
        let is_group = matches!(job.environment.event, CiEvent::MergeGroup { .. });
        diagnosis.skip(
            PART,
            "identity token",
            &Found::NoTokenForFork {
                is_group,
                is_known: job.fork.is_some(),
            },
        );
        return None;
    }
    let profile = job.forge.profile();
    let Some(issuer) = &job.environment.issuer else {
        let help = profile.identity_help;
        let found = Found::NoIdentityToken { help };
        diagnosis.fail(PART, "identity token", &found, Exit::Unreachable);
        return None;
    };
    let token = match issuer.token().await {
        Ok(token) => token,
        Err(error) => {
            let error = error.to_string();
            let help = profile.issuer_help;
            let found = Found::IssuerFailed { error, help };
            diagnosis.fail(PART, "identity token", &found, Exit::Unreachable);
            return None;
        }
    };
    let Some(claims) = Claims::parse(&token) else {
        let forge = profile.name;
        let found = Found::ClaimsUnreadable { forge };
        diagnosis.fail(PART, "identity token", &found, Exit::Unreachable);
        return None;
    };
    let claim = |value: &String| Found::Claim {
        value: value.clone(),
    };
    diagnosis.pass(PART, "iss", &claim(&claims.iss));
    match claims.aud == AUDIENCE {
        true => diagnosis.pass(PART, "aud", &claim(&claims.aud)),
        false => {
            let value = claims.aud.clone();
            diagnosis.fail(
                PART,
                "aud",
                &Found::OtherAudience { value },
                Exit::Unreachable,
            );
        }
    }
    let subject = job.forge.job_subject(&claims, job.about.as_ref());
    match subject.is_trusted_form {
        true => diagnosis.pass(PART, "sub", &claim(&claims.sub)),
        false => {
            let found = Found::OtherSubject {
                value: claims.sub.clone(),
                repository: subject.repository.clone(),
            };
            diagnosis.fail(PART, "sub", &found, Exit::Unreachable);
        }
    }
    Some(subject)
}

/// Whether each plan role can be assumed and cannot change anything, and whether only jobs of its environment assume an apply role.
pub async fn roles(
    diagnosis: &mut Diagnosis,
    job: &JobFacts<'_>,
    policy: &Policy,
    places: &StacksByTarget,
    subject: &JobSubject,
) {
    let Some(issuer) = &job.environment.issuer else {
        return;
    };
    let identity: Arc<dyn IdentityTokens> = issuer.clone();
    let mut plan: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    let mut apply: BTreeMap<(String, String), (String, Vec<String>)> = BTreeMap::new();
    for ((environment, account, region), stacks) in places {
        let target = Target {
            account: account.clone(),
            region: region.clone(),
            environment: environment.clone(),
        };
        match policy.plan_role(&target) {
            Some(role) => {
                let key = (role, region.clone(), account.clone());
                plan.entry(key).or_default().extend(stacks.iter().cloned());
            }
            None => diagnosis.skip("plan role", environment, &Found::NoPlanRole),
        }
        match policy.apply_role(&target) {
            Some(role) => {
                let (_, environments) = apply
                    .entry((role, account.clone()))
                    .or_insert((region.clone(), Vec::new()));
                if !environments.contains(environment) {
                    environments.push(environment.clone());
                }
            }
            None => diagnosis.skip("apply role", environment, &Found::NoApplyRole),
        }
    }
    for ((role, region, account), stacks) in &plan {
        let what = format!("{role} in {region}");
        let session = Session::federated(
            role,
            SESSION,
            Arc::clone(&identity),
            region,
            (CancellationToken::new(), Arc::default()),
        );
        // A job of an environment has a subject of its own, which the plan role does not trust.
        match session.await.at(region).await {
            Ok(cloud) => {
                if check_account(diagnosis, "plan role", &what, &cloud, account) {
                    prove_read_only(diagnosis, &what, &cloud, stacks).await;
                }
            }
            Err(error) if subject.environment.is_some() && error.is_role_denied() => {
                diagnosis.pass("plan role", &what, &Found::PlanRoleOfEnvironment);
            }
            Err(error) => {
                diagnosis.fail(
                    "plan role",
                    &what,
                    &not_assumed(job, &error),
                    Exit::Unreachable,
                );
            }
        }
    }
    for ((role, account), (region, environments)) in &apply {
        let own = subject.environment.as_ref();
        let own = own.is_some_and(|own| environments.contains(own)) || subject.is_trusted_to_apply;
        let session = Session::federated(
            role,
            SESSION,
            Arc::clone(&identity),
            region,
            (CancellationToken::new(), Arc::default()),
        );
        match (session.await.at(region).await, own) {
            (Ok(cloud), true) => {
                check_account(diagnosis, "apply role", role, &cloud, account);
            }
            (Ok(_), false) => {
                diagnosis.fail("apply role", role, &Found::ForeignApplyRole, Exit::Denied);
            }
            (Err(error), false) if error.is_role_denied() => {
                diagnosis.pass("apply role", role, &Found::ApplyRoleRefused);
            }
            (Err(error), false) => {
                let reason = error.to_string();
                diagnosis.skip("apply role", role, &Found::Unproven { reason });
            }
            (Err(error), true) => {
                diagnosis.fail(
                    "apply role",
                    role,
                    &not_assumed(job, &error),
                    Exit::Unreachable,
                );
            }
        }
    }
}

/// Why a role was not assumed. Only AWS's refusal is about the role.
fn not_assumed(job: &JobFacts<'_>, error: &CloudError) -> Found {
    let text = error.to_string();
    match error {
        CloudError::NoIdentityToken(error) => Found::IssuerFailed {
            error: error.to_string(),
            help: job.forge.profile().issuer_help,
        },
        CloudError::Aws(error) if error.is_refusal() => Found::RoleNotAssumed { error: text },
        _ => Found::AwsFailed { error: text },
    }
}

/// Whether a role is in the account that the configs name.
fn check_account(
    diagnosis: &mut Diagnosis,
    part: &'static str,
    what: &str,
    cloud: &Cloud,
    account: &str,
) -> bool {
    let caller = cloud.caller();
    let right = caller.account == account;
    match right {
        true => {
            let account = account.to_owned();
            diagnosis.pass(part, what, &Found::Assumed { account });
        }
        false => {
            let found = Found::OtherAccount {
                found: caller.account.clone(),
                configured: account.to_owned(),
            };
            diagnosis.fail(part, what, &found, Exit::Denied);
        }
    }
    right
}

/// Whether a plan role cannot execute change sets, neither of its own stacks nor of a stack with an unused name.
async fn prove_read_only(diagnosis: &mut Diagnosis, role: &str, cloud: &Cloud, stacks: &[String]) {
    let what = format!("{role} cannot run change sets");
    let nobodys = format!("provisioner-doctor-{:016x}", fastrand::u64(..));
    let mut refused = 0;
    for stack in stacks.iter().take(MAX_STACKS).chain([&nobodys]) {
        match cloud.may_execute(stack).await {
            Ok(false) => refused += 1,
            Ok(true) => {
                let stack = stack.clone();
                let found = Found::RunsChangeSets { stack };
                return diagnosis.fail("plan role", &what, &found, Exit::Denied);
            }
            Err(error) => {
                let reason = error.to_string();
                return diagnosis.skip("plan role", &what, &Found::Unproven { reason });
            }
        }
    }
    let found = Found::ChangeSetsRefused { stacks: refused };
    diagnosis.pass("plan role", &what, &found);
    // AWS has no request that proves a right to delete without deleting.
    let what = format!("{role} cannot delete stacks");
    diagnosis.skip("plan role", &what, &Found::DeletionUnproven);
}
