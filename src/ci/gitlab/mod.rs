//! GitLab CI: variables, the webhook's file, reports and artifacts.
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>

mod child;
mod event;
mod folder;
mod output;
mod section;
mod sources;
mod variables;

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::environment::{
    JobEnvironment, JobRun, Workplace, git_variables, is_blank, required, time_limit, variable,
};
use super::system::CiSystem;
use crate::forge::IdentityTokens;
use crate::forge::git::{GitAccess, GitPlace};
use crate::forge::gitlab::{JobClaims, JobIdentity, JobPipeline, ProjectAccess};
use crate::model::{CommitSha, UserId, WebAddress};
use crate::report::with_merge_requests;

pub use child::{ChildInput, FILE as CHILD_PIPELINE, IDLE as IDLE_PIPELINE, child_pipeline};
pub use event::parse_event;
pub use folder::{FOLDER, append, make as make_folder};
pub use output::{alerts, dotenv, link_report, write_findings};
pub use section::section;
pub use sources::PIPELINE_SOURCES;
pub use variables::{Variables, compare_with_claims, require_all};

/// The largest payload that is read. A note has at most a million characters.
const MAX_PAYLOAD_BYTES: u64 = 8 << 20;

pub(super) const SYSTEM: CiSystem = CiSystem {
    name: "GitLab CI",
    marker: "GITLAB_CI",
    actor_variable: "GITLAB_USER_LOGIN",
    words: with_merge_requests,
    read,
    write_outputs: output::write_outputs,
    write_summary: output::write_summary,
    write_counts: output::write_counts,
    write_links: output::write_links,
    start_jobs: child::write,
    annotations: output::annotations,
    alerts,
};

/// Reads the job's environment, and creates the folder of its files.
fn read() -> anyhow::Result<JobEnvironment> {
    if let Some(path) = variable("PROVISIONER_SARIF_FILE") {
        bail!(
            "PROVISIONER_SARIF_FILE is set: {path:?}; unset it: the file is an artifact in {FOLDER}"
        );
    }
    // The folder comes first: it gets the summary, which says what is missing.
    if let Some(checkout) = variable("CI_PROJECT_DIR") {
        let out = folder::make(Path::new(&checkout))?;
        output::OUT.get_or_init(|| out);
    }
    require_all(&variable)?;
    if is_blank(OsStr::new("PROVISIONER_ENVIRONMENT")) {
        bail!(
            "PROVISIONER_ENVIRONMENT is empty\n  \
             help: remove the variable PROVISIONER_ENVIRONMENT from the trigger, the schedule and the project's settings"
        );
    }
    let checkout = PathBuf::from(required("CI_PROJECT_DIR")?);
    let out = output::OUT.get().cloned().unwrap_or_default();
    let token = variable("PROVISIONER_ID_TOKEN").map(SecretString::from);
    let claims = token.as_ref().and_then(JobClaims::parse);
    if let Some(claims) = &claims {
        compare_with_claims(&variable, claims)?;
    }
    let event = parse_event(&variable, payload()?.as_deref())?;
    let url = variable("CI_JOB_URL").and_then(|url| WebAddress::parse(&url));
    let access = ProjectAccess {
        api_url: required("CI_API_V4_URL")?,
        project: number("CI_PROJECT_ID")?,
        path: required("CI_PROJECT_PATH")?,
        token: variable("PROVISIONER_TOKEN").map(SecretString::from),
        token_name: match variable("CI_PIPELINE_SOURCE").as_deref() {
            Some("merge_request_event") => "PROVISIONER_CHECK_TOKEN",
            _ => "PROVISIONER_APPLY_TOKEN",
        },
        git: variable("CI_SERVER_URL").map(|server_url| GitAccess {
            server_url,
            place: GitPlace {
                scratch: env::temp_dir(),
                variables: git_variables(),
            },
        }),
        run: url.clone(),
        pipeline: pipeline()?,
        claims,
        check_user: match variable("PROVISIONER_CHECK_USER") {
            Some(_) => Some(UserId(number("PROVISIONER_CHECK_USER")?)),
            None => None,
        },
        since: variable("CI_PIPELINE_CREATED_AT").and_then(|time| time.parse().ok()),
    };
    let issuer = token.map(|token| Arc::new(JobIdentity { token }) as Arc<dyn IdentityTokens>);
    // A job that is run again is another job.
    let run = JobRun {
        url,
        id: required("CI_JOB_ID")?,
        attempt: "1".to_owned(),
    };
    let place = Workplace {
        scratch: out,
        checkout: Some(checkout),
    };
    let environment = JobEnvironment::new(event, Arc::new(access), issuer, run, place)?;
    Ok(JobEnvironment {
        time_limit: environment.time_limit.or_else(left_of_job),
        ..environment
    })
}

/// The time of the job without what its preparation took, such as the pull of the image.
fn left_of_job() -> Option<Duration> {
    let limit = time_limit("CI_JOB_TIMEOUT", 1)?;
    let started: Option<Timestamp> =
        variable("CI_JOB_STARTED_AT").and_then(|time| time.parse().ok());
    let spent = started.map(|started| Timestamp::now().duration_since(started));
    Some(left(limit, spent))
}

/// `spent`: since the start of the job, by two clocks.
fn left(limit: Duration, spent: Option<SignedDuration>) -> Duration {
    let spent = spent.and_then(|spent| Duration::try_from(spent).ok());
    // A job past its time would have ended: then the two clocks differ.
    let spent = spent.filter(|spent| *spent < limit);
    limit.saturating_sub(spent.unwrap_or_default())
}

/// The webhook that started the pipeline. GitLab gives it as a file.
fn payload() -> anyhow::Result<Option<String>> {
    let Some(path) = variable("TRIGGER_PAYLOAD") else {
        return Ok(None);
    };
    let wrong = || format!("TRIGGER_PAYLOAD: {path}");
    if !fs::metadata(&path).with_context(wrong)?.is_file() {
        bail!("TRIGGER_PAYLOAD: {path} is no file");
    }
    let mut text = String::new();
    let file = File::open(&path).with_context(wrong)?;
    file.take(MAX_PAYLOAD_BYTES + 1)
        .read_to_string(&mut text)
        .with_context(wrong)?;
    if text.len() as u64 > MAX_PAYLOAD_BYTES {
        bail!("TRIGGER_PAYLOAD: {path} is larger than the {MAX_PAYLOAD_BYTES} bytes that are read");
    }
    Ok(Some(text))
}

fn pipeline() -> anyhow::Result<Option<JobPipeline>> {
    let reference =
        variable("CI_MERGE_REQUEST_REF_PATH").or_else(|| variable("CI_COMMIT_REF_NAME"));
    let Some(reference) = reference else {
        return Ok(None);
    };
    Ok(Some(JobPipeline {
        id: number("CI_PIPELINE_ID")?,
        commit: CommitSha::parse(&required("CI_COMMIT_SHA")?)?,
        reference,
    }))
}

fn number(name: &str) -> anyhow::Result<u64> {
    let text = required(name)?;
    text.parse()
        .with_context(|| format!("{name}: expected a number: {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_preparation_of_a_job_took_is_not_left() {
        let limit = Duration::from_mins(60);
        for (spent, minutes) in [
            (None, 60),
            (Some(4), 56),
            (Some(59), 1),
            // The clocks differ.
            (Some(-3), 60),
            (Some(60), 60),
            (Some(9_000), 60),
        ] {
            let left = left(limit, spent.map(SignedDuration::from_mins));
            assert_eq!(left, Duration::from_mins(minutes), "{spent:?}");
        }
    }
}
