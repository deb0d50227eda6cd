//! The job's identity, and the roles that it can and cannot assume by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagnosis::{Diagnosis, StacksByTarget};
use super::facts::JobFacts;
use crate::cloud::{CancellationToken, Cloud, CloudError, Session};
use crate::exit::Exit;
use crate::forge::{Claims, IdentityTokens, JobSubject};
use crate::guard::Policy;
use crate::product::Target;
use crate::text::pluralize;

const AUDIENCE: &str = "sts.amazonaws.com";
/// What AWS's logs show of it.
const SESSION: &str = "provisioner-doctor";
/// Stacks of one role that are asked about.
const MAX_STACKS: usize = 50;

/// Whether there is an identity token, and what it says. Never asked for on behalf of a fork.
pub async fn identity(diagnosis: &mut Diagnosis, job: &JobFacts<'_>) -> Option<JobSubject> {
    const PART: &str = "identity";
    if job.fork {
        diagnosis.skip(
            PART,
            "identity token",
            "not asked for: the pull request comes from a fork",
        );
        return None;
    }
    let Some(issuer) = &job.environment.issuer else {
        let help = "grant the job id-token: write";
        diagnosis.fail(
            PART,
            "identity token",
            "none is issued to this job",
            help,
            Exit::Unreachable,
        );
        return None;
    };
    let token = match issuer.token().await {
        Ok(token) => token,
        Err(error) => {
            let help = "try again; GitHub's status page says whether its issuer works";
            diagnosis.fail(
                PART,
                "identity token",
                error.to_string(),
                help,
                Exit::Unreachable,
            );
            return None;
        }
    };
    let Some(claims) = Claims::parse(&token) else {
        let help = "an issuer of another kind than GitHub's is not supported";
        diagnosis.fail(
            PART,
            "identity token",
            "it has no claims that can be read",
            help,
            Exit::Unreachable,
        );
        return None;
    };
    diagnosis.pass(PART, "iss", claims.iss.clone());
    match claims.aud == AUDIENCE {
        true => diagnosis.pass(PART, "aud", claims.aud.clone()),
        false => {
            let help = "the roles trust no other audience than sts.amazonaws.com";
            diagnosis.fail(PART, "aud", claims.aud.clone(), help, Exit::Unreachable);
        }
    }
    let subject = job.forge.job_subject(&claims, job.about.as_ref());
    match subject.is_trusted_form {
        true => diagnosis.pass(PART, "sub", claims.sub.clone()),
        false => {
            let help = format!(
                "the subject is customised; the roles that `provisioner roles --repository {}` writes do not trust it",
                subject.repository
            );
            diagnosis.fail(PART, "sub", claims.sub.clone(), &help, Exit::Unreachable);
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
            None => diagnosis.skip(
                "plan role",
                environment,
                "the policy file names none: AWS is not asked in checks",
            ),
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
            None => diagnosis.skip(
                "apply role",
                environment,
                "the policy file names none: nothing is provisioned",
            ),
        }
    }
    for ((role, region, account), stacks) in &plan {
        let what = format!("{role} in {region}");
        let session = Session::federated(
            role,
            SESSION,
            Arc::clone(&identity),
            region,
            CancellationToken::never(),
        );
        // A job of an environment has a subject of its own, which the plan role does not trust.
        match session.await.at(region).await {
            Ok(cloud) => {
                if check_account(diagnosis, "plan role", &what, &cloud, account) {
                    prove_read_only(diagnosis, &what, &cloud, stacks).await;
                }
            }
            Err(error) if subject.environment.is_some() && is_refusal(&error) => {
                diagnosis.pass(
                    "plan role",
                    &what,
                    "not for jobs of an environment, which the apply role is for",
                );
            }
            Err(error) => {
                let help = "`provisioner roles` writes the role and whom it trusts; compare with the subject above";
                diagnosis.fail(
                    "plan role",
                    &what,
                    error.to_string(),
                    help,
                    Exit::Unreachable,
                );
            }
        }
    }
    for ((role, account), (region, environments)) in &apply {
        let own = subject.environment.as_ref();
        let own = own.is_some_and(|own| environments.contains(own));
        let session = Session::federated(
            role,
            SESSION,
            Arc::clone(&identity),
            region,
            CancellationToken::never(),
        );
        match (session.await.at(region).await, own) {
            (Ok(cloud), true) => {
                check_account(diagnosis, "apply role", role, &cloud, account);
            }
            (Ok(_), false) => {
                let help = "let it trust the subjects of its environments alone, as `provisioner roles` writes it";
                diagnosis.fail(
                    "apply role",
                    role,
                    "this job can assume it, and is none of its environment",
                    help,
                    Exit::Denied,
                );
            }
            (Err(error), false) if is_refusal(&error) => {
                diagnosis.pass("apply role", role, "refused to this job, as it should be");
            }
            (Err(error), false) => {
                diagnosis.skip("apply role", role, format!("not proven: {error}"))
            }
            (Err(error), true) => {
                let help = "`provisioner roles` writes the role and whom it trusts; compare with the subject above";
                diagnosis.fail(
                    "apply role",
                    role,
                    error.to_string(),
                    help,
                    Exit::Unreachable,
                );
            }
        }
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
        true => diagnosis.pass(part, what, format!("can be assumed, in account {account}")),
        false => {
            let found = format!(
                "it is in account {}, and the configs are in {account}",
                caller.account
            );
            let help = "write {account_id} in the role's ARN";
            diagnosis.fail(part, what, found, help, Exit::Denied);
        }
    }
    right
}

/// Whether a role that looks cannot run change sets: of no stack that it is about, and of none whose name nobody has.
async fn prove_read_only(diagnosis: &mut Diagnosis, role: &str, cloud: &Cloud, stacks: &[String]) {
    let what = format!("{role} cannot run change sets");
    let nobodys = format!("provisioner-doctor-{:016x}", fastrand::u64(..));
    let mut refused = 0;
    for stack in stacks.iter().take(MAX_STACKS).chain([&nobodys]) {
        match cloud.may_execute(stack).await {
            Ok(false) => refused += 1,
            Ok(true) => {
                let found = format!("it may run change sets of {stack}");
                let help = "take cloudformation:ExecuteChangeSet away from it: every pull request has this role";
                return diagnosis.fail("plan role", &what, found, help, Exit::Denied);
            }
            Err(error) => {
                return diagnosis.skip("plan role", &what, format!("not proven: {error}"));
            }
        }
    }
    let found = format!(
        "AWS refuses it, asked about {}",
        pluralize(refused, "stack name")
    );
    diagnosis.pass("plan role", &what, found);
    // AWS has no request that tells a right to delete from its use.
    let what = format!("{role} cannot delete stacks");
    let found = "not proven, since to ask is to do it; the role that `provisioner roles` writes is denied it";
    diagnosis.skip("plan role", &what, found);
}

/// Whether AWS said no, rather than nothing.
fn is_refusal(error: &CloudError) -> bool {
    matches!(error, CloudError::Credentials(message) if message.contains("AccessDenied"))
}
