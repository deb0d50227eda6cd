//! A job of GitHub Actions.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::diagnosis::{Diagnosis, stacks_by_target};
use super::facts::JobFacts;
use super::{roles, token};
use crate::change::policy_at;
use crate::ci::{CiEvent, JobEnvironment};
use crate::config::{Config, load};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::forge::{Forge, ForgeError, RepositoryInfo};
use crate::guard::Policy;
use crate::model::CommitSha;
use crate::product::Registry;

/// Looks at the event, the token, the repository, the policy file, the identity and the roles.
pub async fn check_job(diagnosis: &mut Diagnosis, environment: &JobEnvironment) {
    let forge = match environment.open_forge() {
        Ok(forge) => forge,
        Err(error) => {
            let help = "GITHUB_API_URL and GITHUB_REPOSITORY are set by the runner";
            return diagnosis.fail("job", "GitHub", error.to_string(), help, Exit::Unreachable);
        }
    };
    let mut job = JobFacts {
        environment,
        forge: &*forge,
        about: None,
        pull_request: None,
        fork: false,
    };
    let base = event(diagnosis, &mut job).await;
    job.about = repository(diagnosis, &*forge).await;
    token::check_token(diagnosis, &job).await;
    let base = base.or_else(|| job.about.as_ref().map(|about| about.tip.clone()));
    let Some(base) = base else {
        return diagnosis.skip(
            "policy",
            "policy file",
            "not read: no commit is known to read it at",
        );
    };
    let (policy, configs) = match policy_and_configs(diagnosis, &*forge, &base).await {
        Ok(read) => read,
        Err(error) => {
            let help = "grant the job contents: read";
            return diagnosis.fail(
                "policy",
                "policy file",
                error.to_string(),
                help,
                Exit::Unreachable,
            );
        }
    };
    if let Some(policy) = &policy {
        token::teams(diagnosis, &job, policy).await;
    }
    let subject = roles::identity(diagnosis, &job).await;
    if let (Some(policy), Some(subject)) = (&policy, subject) {
        roles::roles(
            diagnosis,
            &job,
            policy,
            &stacks_by_target(&configs),
            &subject,
        )
        .await;
    }
}

/// What happened, and for a pull request the commit that it is compared with: the policy there decides.
async fn event(diagnosis: &mut Diagnosis, job: &mut JobFacts<'_>) -> Option<CommitSha> {
    let number = match &job.environment.event {
        CiEvent::PullRequest { number } => *number,
        CiEvent::MergeGroup { base, .. } => {
            diagnosis.pass("job", "event", "a merge queue asks");
            return Some(base.clone());
        }
        CiEvent::Push { reference, .. } => {
            diagnosis.pass("job", "event", format!("push to {reference}"));
            return None;
        }
        CiEvent::Comment { number, .. } => {
            job.pull_request = Some(*number);
            diagnosis.pass("job", "event", format!("comment on {number}"));
            return None;
        }
        CiEvent::Schedule => {
            diagnosis.pass("job", "event", "schedule");
            return None;
        }
        CiEvent::Other(name) => {
            diagnosis.skip(
                "job",
                "event",
                format!("{name}, on which `provisioner ci` does nothing"),
            );
            return None;
        }
    };
    match job.forge.pull_request(number).await {
        Ok(pull) => {
            job.pull_request = Some(number);
            job.fork = pull.fork;
            let from = match pull.fork {
                true => "from a fork: no identity token is asked for, and nothing is written",
                false => "from this repository",
            };
            diagnosis.pass("job", "event", format!("pull request {number} {from}"));
            Some(pull.base)
        }
        Err(error) => {
            // Whoever is not known to be no fork counts as one.
            job.fork = true;
            let help = "grant the job pull-requests: read";
            diagnosis.fail("job", "event", error.to_string(), help, Exit::Unreachable);
            None
        }
    }
}

async fn repository(diagnosis: &mut Diagnosis, forge: &dyn Forge) -> Option<RepositoryInfo> {
    match forge.repository_info().await {
        Ok(about) => {
            let branch = format!("default branch {}", about.branch);
            match about.protected {
                Some(true) => diagnosis.pass("repository", &branch, "protected"),
                Some(false) => {
                    let help = "protect it: what is merged into a branch that anybody can push to is not provisioned";
                    diagnosis.fail("repository", &branch, "not protected", help, Exit::Denied);
                }
                None => diagnosis.skip(
                    "repository",
                    &branch,
                    "not proven: whether it is protected is not summary_text to this token",
                ),
            }
            Some(about)
        }
        Err(error) => {
            let help = "grant the job contents: read";
            diagnosis.fail(
                "repository",
                "repository",
                error.to_string(),
                help,
                Exit::Unreachable,
            );
            None
        }
    }
}

/// The policy, and the configs that it selects, as they stand at a commit.
async fn policy_and_configs(
    diagnosis: &mut Diagnosis,
    forge: &dyn Forge,
    at: &CommitSha,
) -> Result<(Option<Policy>, Vec<Config>), ForgeError> {
    let policy = match policy_at(forge, at).await? {
        Ok(policy) => policy,
        Err(problems) => {
            diagnosis.invalid_policy(&problems);
            return Ok((None, Vec::new()));
        }
    };
    diagnosis.pass("policy", "policy file", format!("loads, at {}", at.short()));
    let Some(globs) = compiled(&policy.configs) else {
        diagnosis.skip(
            "policy",
            "configs",
            "not read: a glob of the policy file is none",
        );
        return Ok((Some(policy), Vec::new()));
    };
    let paths = forge.list(at, "").await?.into_iter();
    let paths: Vec<_> = paths.filter(|path| globs.is_match(path.as_str())).collect();
    let bytes = forge.read(at, &paths).await?;
    let registry = Registry::built_in();
    let mut problems: Vec<Diagnostic> = Vec::new();
    let mut configs = Vec::new();
    for (path, bytes) in paths.iter().zip(bytes) {
        let loaded = load(&registry, path, &bytes.unwrap_or_default());
        problems.extend(loaded.diagnostics);
        configs.extend(loaded.config);
    }
    diagnosis.configs(paths.len(), &problems);
    Ok((Some(policy), configs))
}

fn compiled(globs: &[String]) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(
            GlobBuilder::new(glob)
                .literal_separator(true)
                .build()
                .ok()?,
        );
    }
    set.build().ok()
}
