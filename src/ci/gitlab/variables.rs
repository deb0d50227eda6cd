//! The variables of a job: which of them a job needs, and which of them the identity token contradicts.
//!
//! Variables that start a pipeline, such as those of a trigger, replace all others, predefined ones too.
//! <https://docs.gitlab.com/ci/variables/#cicd-variable-precedence>

use anyhow::{Context as _, bail};

use super::sources::{PARENT_SOURCE, SourceKind, pipeline_source};
use crate::forge::gitlab::JobClaims;

/// A job's variables by name. An empty one is unset.
pub trait Variables {
    fn value(&self, name: &str) -> Option<String>;

    fn required(&self, name: &str) -> anyhow::Result<String> {
        self.value(name)
            .with_context(|| format!("{name} is not set"))
    }
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn value(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// What every job needs.
const ALL: [&str; 6] = [
    "CI_PROJECT_DIR",
    "CI_API_V4_URL",
    "CI_PROJECT_ID",
    "CI_PROJECT_PATH",
    "CI_JOB_ID",
    "CI_PIPELINE_SOURCE",
];
const CHECK_USER: &str = "PROVISIONER_CHECK_USER";

/// What the jobs of a pipeline need, by its source. Every job that counts approvals needs the user of the check.
fn needed(variables: &dyn Variables) -> Vec<&'static str> {
    let source = variables.value("CI_PIPELINE_SOURCE").unwrap_or_default();
    let kind = pipeline_source(&source).map(|source| source.kind);
    let more: &[&str] = match kind {
        Some(SourceKind::MergeRequest) => {
            match variables.value("CI_MERGE_REQUEST_EVENT_TYPE").as_deref() {
                Some("merge_train") => &["CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_COMMIT_SHA"],
                _ => &["CI_MERGE_REQUEST_IID"],
            }
        }
        Some(SourceKind::Parent) if variables.value(PARENT_SOURCE).is_none() => &[],
        Some(SourceKind::Push | SourceKind::Parent) => &[
            "CI_DEFAULT_BRANCH",
            "CI_COMMIT_BEFORE_SHA",
            "CI_COMMIT_SHA",
            CHECK_USER,
        ],
        Some(SourceKind::Schedule | SourceKind::Trigger) => &[CHECK_USER],
        Some(SourceKind::Manual) if variables.value("PROVISIONER_MODE").is_some() => &[CHECK_USER],
        Some(SourceKind::Manual) | None => &[],
    };
    let home = (kind == Some(SourceKind::MergeRequest)).then_some("CI_MERGE_REQUEST_PROJECT_ID");
    ALL.into_iter()
        .chain(home)
        .chain(more.iter().copied())
        .collect()
}

/// Reports all missing variables at once, with how to set each.
pub fn require_all(variables: &dyn Variables) -> anyhow::Result<()> {
    let needed = needed(variables).into_iter();
    let missing: Vec<&str> = needed
        .filter(|name| variables.value(name).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let verb = if missing.len() == 1 { "is" } else { "are" };
    let helps = missing.iter().map(|name| match *name {
        CHECK_USER => format!(
            "\n  help: {name}: set the component's input `check-user` to the id of the user whose token is PROVISIONER_CHECK_TOKEN"
        ),
        "CI_PROJECT_DIR" => format!("\n  help: {name}: pass the folder of the job, such as `.`"),
        "CI_API_V4_URL" => {
            format!("\n  help: {name}: set the component's input `server` to the server's address")
        }
        _ => format!("\n  help: {name}: GitLab sets it; pass it on to provisioner, as the component does"),
    });
    bail!(
        "{} {verb} not set{}",
        missing.join(", "),
        helps.collect::<String>()
    )
}

/// Fails if a variable contradicts the identity token, which no variable can change: AWS takes no other token.
pub fn compare_with_claims(variables: &dyn Variables, claims: &JobClaims) -> anyhow::Result<()> {
    let mut compared = vec![
        ("CI_PIPELINE_SOURCE", &claims.pipeline_source),
        ("CI_PIPELINE_ID", &claims.pipeline_id),
        ("CI_JOB_ID", &claims.job_id),
        ("CI_COMMIT_SHA", &claims.sha),
    ];
    if !runs_for_fork(variables, claims) {
        compared.push(("CI_PROJECT_ID", &claims.project_id));
        compared.push(("CI_PROJECT_PATH", &claims.project_path));
    }
    for (name, claim) in compared {
        if let Some(value) = variables.value(name)
            && value != *claim
        {
            bail!(
                "{name} is {value:?}, and the job's identity token says {claim:?}\n  \
                 help: remove the variable {name} from the trigger, the schedule and the project's settings"
            );
        }
    }
    Ok(())
}

/// Whether the project runs the merge request of a fork. GitLab gives the token of a merge request's job the project of the source.
fn runs_for_fork(variables: &dyn Variables, claims: &JobClaims) -> bool {
    let project = variables.value("CI_PROJECT_ID");
    claims.pipeline_source == "merge_request_event"
        && project.as_ref() != Some(&claims.project_id)
        && project == variables.value("CI_MERGE_REQUEST_PROJECT_ID")
}
