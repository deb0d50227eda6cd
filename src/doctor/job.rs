//! What a job of CI may do.

use super::diagnosis::{Diagnosis, stacks_by_target, targets_of_scope};
use super::facts::JobFacts;
use super::scope::check_scope;
use super::{code_owners, roles, token};
use crate::change::{GroupOrigin, configs_at, group_origin, policy_at, products};
use crate::ci::{CiEvent, DispatchMode, JobEnvironment};
use crate::config::{Config, load_contents};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::forge::{ForgeError, ForgeErrorKind, RepositoryInfo, StoppedWorkflow, TokenPermission};
use crate::guard::{Policy, place_problems};
use crate::model::{CommitSha, RepoPath};
use crate::report::Found;
use crate::workspace::ConfigSelector;

/// Checks the event, the token, the repository, the policy file, the identity and the roles.
pub async fn check_job(diagnosis: &mut Diagnosis, environment: &JobEnvironment) {
    let forge = match environment.repository.connect() {
        Ok(forge) => forge,
        Err(ForgeError {
            kind: ForgeErrorKind::Misconfigured { help },
            message: error,
            ..
        }) => {
            let found = Found::WrongSettings { error, help };
            return diagnosis.fail("job", "forge", &found, Exit::Usage);
        }
        Err(error) => {
            let error = error.to_string();
            let help = environment.repository.profile().connect_help;
            let found = Found::ForgeUnknown { error, help };
            return diagnosis.fail("job", "forge", &found, Exit::Unreachable);
        }
    };
    let mut job = JobFacts {
        environment,
        forge: &*forge,
        about: None,
        pull_request: None,
        fork: Some(false),
    };
    let base = event(diagnosis, &mut job).await;
    job.about = repository(diagnosis, &job).await;
    token::check_token(diagnosis, &job).await;
    let base = base.or_else(|| job.about.as_ref().map(|about| about.tip.clone()));
    let Some(base) = base else {
        return diagnosis.skip("policy", "policy file", &Found::NoCommit);
    };
    let (policy, configs) = match policy_and_configs(diagnosis, &job, &base).await {
        Ok(read) => read,
        Err(error) => {
            let found = unreadable(&job, &error, TokenPermission::ReadContents);
            return diagnosis.fail("policy", "policy file", &found, Exit::Unreachable);
        }
    };
    if let Some(policy) = &policy {
        token::approvers(diagnosis, &job, policy).await;
        token::teams(diagnosis, &job, policy).await;
        environments(diagnosis, &job, policy).await;
    }
    workflows(diagnosis, &job).await;
    let paths: Vec<RepoPath> = configs.iter().map(|config| config.path.clone()).collect();
    code_owners::code_owners(diagnosis, &job, &paths).await;
    if job.about.is_some() {
        let what = "plan status and comments";
        let profile = job.forge.profile();
        let found = Found::PlanStatusForgeable {
            forgers: profile.forgers,
            help: profile.forgery_help,
        };
        diagnosis.skip("repository", what, &found);
    }
    let subject = roles::identity(diagnosis, &job).await;
    if let (Some(policy), Some(subject)) = (&policy, subject) {
        let targets = match &configs[..] {
            [] => targets_of_scope(policy),
            configs => stacks_by_target(configs),
        };
        roles::roles(diagnosis, &job, policy, &targets, &subject).await;
    }
}

/// What happened, and for a pull request the commit that it is compared with: the policy there decides.
async fn event(diagnosis: &mut Diagnosis, job: &mut JobFacts<'_>) -> Option<CommitSha> {
    let number = match &job.environment.event {
        CiEvent::PullRequest { number } => *number,
        CiEvent::MergeGroup { base, head } => {
            let origin = match job.forge.default_branch().await {
                Ok(branch) => group_origin(job.forge, &branch, head).await,
                Err(error) => Err(error),
            };
            job.fork = match origin {
                Ok(GroupOrigin::Own) => Some(false),
                Ok(GroupOrigin::Fork(_)) => Some(true),
                Ok(GroupOrigin::Unknown) | Err(_) => None,
            };
            diagnosis.pass("job", "event", &Found::MergeQueue);
            return Some(base.clone());
        }
        CiEvent::Push { reference, .. } => {
            let reference = reference.clone();
            diagnosis.pass("job", "event", &Found::Push { reference });
            return None;
        }
        CiEvent::Comment {
            number, on_issue, ..
        } => {
            job.pull_request = (!on_issue).then_some(*number);
            let number = *number;
            diagnosis.pass("job", "event", &Found::Comment { number });
            return None;
        }
        CiEvent::Dispatch {
            reference,
            mode: DispatchMode::Apply,
            ..
        } => {
            let reference = reference.clone();
            diagnosis.pass("job", "event", &Found::Push { reference });
            return None;
        }
        CiEvent::Schedule => {
            diagnosis.pass("job", "event", &Found::Schedule);
            return None;
        }
        CiEvent::Dispatch { .. } => {
            diagnosis.pass("job", "event", &Found::StartedByHand);
            return None;
        }
        CiEvent::Idle { name, only_if } => {
            let name = name.clone();
            diagnosis.skip("job", "event", &Found::IdleEvent { name, only_if });
            return None;
        }
        CiEvent::Other(name) => {
            let name = name.clone();
            diagnosis.skip("job", "event", &Found::UnknownEvent { name });
            return None;
        }
    };
    match job.forge.pull_request(number).await {
        Ok(pull) => {
            job.pull_request = Some(number);
            job.fork = Some(pull.fork);
            let is_fork = pull.fork;
            let found = Found::PullRequest { number, is_fork };
            diagnosis.pass("job", "event", &found);
            Some(pull.base)
        }
        Err(error) => {
            job.fork = None;
            let found = unreadable(job, &error, TokenPermission::ReadPullRequests);
            diagnosis.fail("job", "event", &found, Exit::Unreachable);
            None
        }
    }
}

async fn repository(diagnosis: &mut Diagnosis, job: &JobFacts<'_>) -> Option<RepositoryInfo> {
    let forge = job.forge;
    match forge.repository_info().await {
        Ok(about) => {
            let branch = format!("default branch {}", about.branch);
            match about.protected {
                Some(true) => diagnosis.pass("repository", &branch, &Found::Protected),
                Some(false) => {
                    diagnosis.fail("repository", &branch, &Found::NotProtected, Exit::Denied);
                }
                None => diagnosis.skip("repository", &branch, &Found::ProtectionUnproven),
            }
            Some(about)
        }
        Err(error) => {
            let found = unreadable(job, &error, TokenPermission::ReadContents);
            diagnosis.fail("repository", "repository", &found, Exit::Unreachable);
            None
        }
    }
}

/// Whether only the default branch can deploy to each environment of the policy file.
async fn environments(diagnosis: &mut Diagnosis, job: &JobFacts<'_>, policy: &Policy) {
    let Some(about) = &job.about else {
        return;
    };
    for environment in policy.environments.keys() {
        let what = format!("environment {environment}");
        let branch = about.branch.clone();
        match job.forge.is_limited_to(environment, &branch).await {
            Ok(Some(true)) => {
                diagnosis.pass("repository", &what, &Found::EnvironmentLimited { branch });
            }
            Ok(Some(false)) => {
                let help = job.forge.profile().environment_help;
                let found = Found::EnvironmentOpen { branch, help };
                diagnosis.fail("repository", &what, &found, Exit::Denied);
            }
            Ok(None) => {
                let help = job.forge.profile().unknown_environment_help.to_owned();
                let found = Found::EnvironmentUnknown { help };
                diagnosis.skip("repository", &what, &found);
            }
            Err(error) => {
                let reason = error.to_string();
                diagnosis.skip("repository", &what, &Found::Unproven { reason });
            }
        }
    }
}

/// Whether the forge starts provisioner's workflows.
async fn workflows(diagnosis: &mut Diagnosis, job: &JobFacts<'_>) {
    const PART: &str = "repository";
    match job.forge.stopped_workflows().await {
        Ok(None) => {}
        Ok(Some(stopped)) if stopped.is_empty() => {
            diagnosis.pass(PART, "workflows", &Found::WorkflowsStart);
        }
        Ok(Some(stopped)) => {
            let help = job.forge.profile().workflow_help;
            for workflow in stopped {
                let StoppedWorkflow { name, state, .. } = workflow;
                let found = Found::WorkflowStopped { state, help };
                match workflow.is_absent {
                    true => diagnosis.skip(PART, &name, &found),
                    false => diagnosis.fail(PART, &name, &found, Exit::Unreachable),
                }
            }
        }
        Err(error) => {
            let reason = error.to_string();
            diagnosis.skip(PART, "workflows", &Found::Unproven { reason });
        }
    }
}

/// The policy, and the configs that it selects, at a commit.
async fn policy_and_configs(
    diagnosis: &mut Diagnosis,
    job: &JobFacts<'_>,
    at: &CommitSha,
) -> Result<(Option<Policy>, Vec<Config>), ForgeError> {
    let loaded = policy_at(job.forge, at).await?;
    let selector = ConfigSelector::for_policy(&job.environment.configs, &loaded);
    if let Err(problems) = &loaded {
        diagnosis.invalid_policy(problems);
        return Ok((None, Vec::new()));
    }
    let commit = at.short().to_owned();
    diagnosis.pass("policy", "policy file", &Found::PolicyAt { commit });
    let Ok(selector) = selector else {
        diagnosis.skip("policy", "configs", &Found::GlobInvalid);
        return Ok((loaded.ok(), Vec::new()));
    };
    let registry = products(job.forge, at, &job.environment.given).await?;
    let files = configs_at(job.forge, at, &registry, &selector).await?;
    let mut problems: Vec<Diagnostic> = Vec::new();
    let mut configs = Vec::new();
    for (path, file) in &files {
        let config = load_contents(&registry, path, file);
        problems.extend(config.diagnostics);
        // A role for a place that the policy denies would be no remedy.
        let denied = config.config.iter();
        let denied: Vec<Diagnostic> = denied
            .flat_map(|config| place_problems(&loaded, config))
            .collect();
        configs.extend(config.config.filter(|_| denied.is_empty()));
        problems.extend(denied);
    }
    diagnosis.configs(files.len(), &problems);
    let policy = loaded.ok();
    if let Some(policy) = &policy {
        check_scope(diagnosis, policy, &registry, &configs);
    }
    Ok((policy, configs))
}

/// A request without an accepted token says nothing about its permissions.
fn unreadable(job: &JobFacts<'_>, error: &ForgeError, permission: TokenPermission) -> Found {
    let profile = job.forge.profile();
    let text = error.to_string();
    if error.kind == ForgeErrorKind::Expired || !job.environment.repository.has_token() {
        let help = profile.token_help;
        return Found::TokenNotAccepted { error: text, help };
    }
    // Only an answer that withholds something may be about a missing permission.
    let is_withheld = error.is_withheld();
    Found::Unreadable {
        error: text,
        help: is_withheld.then(|| profile.how_to_grant(permission)),
    }
}
