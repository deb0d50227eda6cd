//! GitHub Actions: variables, the event file, output variables, job summary.
//! <https://docs.github.com/en/actions/reference/variables-reference>

mod annotation;

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::environment::{JobEnvironment, JobRun, Workplace, git_variables, required, variable};
use super::event::{CiEvent, DispatchMode, scheduled};
use super::fit::fit_bytes;
use super::system::CiSystem;
use crate::forge::IdentityTokens;
use crate::forge::git::{GitAccess, GitPlace};
use crate::forge::github::{Access, ActionsIdentity, RecentChange};
use crate::model::{CommitSha, Digest, WebAddress};

pub use annotation::{alerts, annotations};

/// The largest event that is read. GitHub caps webhook payloads at 25 MB.
const MAX_EVENT_BYTES: u64 = 32 << 20;

pub(super) const SYSTEM: CiSystem = CiSystem {
    name: "GitHub Actions",
    marker: "GITHUB_ACTIONS",
    actor_variable: "GITHUB_ACTOR",
    words: |text| text.into(),
    read,
    write_outputs,
    write_summary,
    write_counts: |_| Ok(()),
    write_links: |_| Ok(()),
    // The workflow reads the output `environments`.
    start_jobs: |_, _| Ok(()),
    annotations,
    alerts,
};

/// The runner drops a larger summary of a step.
const SUMMARY_BYTES: usize = 1 << 20;

/// Reads the job's environment.
pub fn read() -> anyhow::Result<JobEnvironment> {
    let path = required("GITHUB_EVENT_PATH")?;
    let size = fs::metadata(&path)
        .with_context(|| format!("event file {path}"))?
        .len();
    if size > MAX_EVENT_BYTES {
        bail!("event file {path}: {size} bytes are more than any event has");
    }
    let payload = fs::read_to_string(&path).with_context(|| format!("event file {path}"))?;
    let mode = variable("PROVISIONER_MODE").unwrap_or_default();
    let mode = DispatchMode::parse("input `mode`", &mode)?;
    let event = match parse_event(&required("GITHUB_EVENT_NAME")?, &payload, mode)? {
        // The payload of a schedule names no branch.
        CiEvent::Schedule => {
            let environment = variable("PROVISIONER_ENVIRONMENT");
            scheduled(mode, environment.as_deref(), variable("GITHUB_REF"))?
        }
        event => event,
    };
    let api_url = variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
    let graphql_url =
        variable("GITHUB_GRAPHQL_URL").unwrap_or_else(|| format!("{api_url}/graphql"));
    let scratch = variable("RUNNER_TEMP").map_or_else(env::temp_dir, PathBuf::from);
    let run = run();
    let access = Access {
        api_url,
        graphql_url,
        repository: required("GITHUB_REPOSITORY")?,
        token: variable("GITHUB_TOKEN").map(SecretString::from),
        git: variable("GITHUB_SERVER_URL").map(|server_url| GitAccess {
            server_url,
            place: GitPlace {
                scratch: scratch.clone(),
                variables: git_variables(),
            },
        }),
        recent: recent_change(&payload),
        run: run.url.clone(),
    };
    let issuer = variable("ACTIONS_ID_TOKEN_REQUEST_URL")
        .zip(variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
        .map(|(url, token)| {
            let token = SecretString::from(token);
            Arc::new(ActionsIdentity { url, token }) as Arc<dyn IdentityTokens>
        });
    JobEnvironment::new(
        event,
        Arc::new(access),
        issuer,
        run,
        Workplace {
            scratch,
            checkout: variable("GITHUB_WORKSPACE").map(PathBuf::from),
        },
    )
}

fn run() -> JobRun {
    let id = variable("GITHUB_RUN_ID").unwrap_or_default();
    let attempt = variable("GITHUB_RUN_ATTEMPT").unwrap_or_default();
    let place = variable("GITHUB_SERVER_URL").zip(variable("GITHUB_REPOSITORY"));
    let place = place.filter(|_| !id.is_empty());
    let url = place.map(|(server, repository)| format!("{server}/{repository}/actions/runs/{id}"));
    JobRun {
        url: url.and_then(|url| WebAddress::parse(&url)),
        id,
        attempt,
    }
}

fn write_outputs(outputs: &[(&'static str, String)]) -> io::Result<()> {
    let entries = outputs.iter();
    let text: String = entries
        .map(|(name, value)| output_entry(name, value))
        .collect();
    append("GITHUB_OUTPUT", &text)
}

/// A step that appends twice stays within the limit too.
fn write_summary(markdown: &str) -> io::Result<()> {
    let name = "GITHUB_STEP_SUMMARY";
    let written = variable(name).and_then(|path| fs::metadata(path).ok());
    let written = written.map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    append(
        name,
        &fit_bytes(markdown, SUMMARY_BYTES.saturating_sub(written)),
    )
}

/// Appends to the file that a variable names.
fn append(variable_name: &str, text: &str) -> io::Result<()> {
    let Some(path) = variable(variable_name) else {
        return Ok(());
    };
    let mut file = fs::File::options().create(true).append(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// One output variable. The value may hold line breaks; the delimiter is derived from the value, so the value cannot contain it.
pub fn output_entry(name: &str, value: &str) -> String {
    let delimiter = format!("end-{}", Digest::sha256(format!("{name}={value}")));
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

#[derive(Deserialize)]
struct PullRequestPayload {
    pull_request: PullRequestRef,
}

#[derive(Deserialize)]
struct PullRequestRef {
    number: u64,
}

#[derive(Deserialize)]
struct MergeGroupPayload {
    merge_group: Group,
}

#[derive(Deserialize)]
struct Group {
    base_sha: String,
    head_sha: String,
}

#[derive(Deserialize)]
struct PushPayload {
    #[serde(rename = "ref")]
    reference: String,
    before: String,
    after: String,
}

#[derive(Deserialize)]
struct DispatchPayload {
    #[serde(rename = "ref")]
    reference: String,
    /// Null if the workflow declares no inputs.
    inputs: Option<DispatchInputs>,
}

/// The inputs that the example workflows declare. GitHub sends each as text.
#[derive(Default, Deserialize)]
#[serde(default)]
struct DispatchInputs {
    mode: String,
    configs: String,
}

#[derive(Deserialize)]
struct CommentPayload {
    action: String,
    issue: IssuePayload,
    comment: CommentBody,
    repository: Option<RepositoryPayload>,
}

#[derive(Deserialize)]
struct RepositoryPayload {
    private: bool,
}

#[derive(Deserialize)]
struct IssuePayload {
    number: u64,
    pull_request: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct CommentBody {
    id: u64,
    body: Option<String>,
}

/// `None` for forty zeros, which events have in place of a commit.
fn commit(text: &str) -> anyhow::Result<Option<CommitSha>> {
    let is_none = text.bytes().all(|byte| byte == b'0');
    Ok((!is_none).then(|| CommitSha::parse(text)).transpose()?)
}

/// Reads a webhook payload by the name of its event. `own`: the mode that the workflow gives the job.
pub fn parse_event(
    name: &str,
    payload: &str,
    own: Option<DispatchMode>,
) -> anyhow::Result<CiEvent> {
    match name {
        // `pull_request_target` is not supported: its token can write and it runs for forks too. provisioner executes nothing of
        // the head, but a workflow with that event has more rights than the check needs.
        "pull_request" => {
            let payload: PullRequestPayload = read_payload(name, payload)?;
            Ok(CiEvent::PullRequest {
                number: payload.pull_request.number,
            })
        }
        "merge_group" => {
            let MergeGroupPayload { merge_group } = read_payload(name, payload)?;
            let base = CommitSha::parse(&merge_group.base_sha)?;
            Ok(CiEvent::MergeGroup {
                base,
                head: CommitSha::parse(&merge_group.head_sha)?,
            })
        }
        "push" => {
            let payload: PushPayload = read_payload(name, payload)?;
            Ok(CiEvent::Push {
                finds: own == Some(DispatchMode::Find),
                before: commit(&payload.before)?,
                after: commit(&payload.after)?,
                reference: payload.reference,
            })
        }
        "issue_comment" => {
            let payload: CommentPayload = read_payload(name, payload)?;
            Ok(CiEvent::Comment {
                id: payload.comment.id,
                number: payload.issue.number,
                is_new: payload.action == "created",
                on_issue: payload.issue.pull_request.is_none(),
                public: payload
                    .repository
                    .is_some_and(|repository| !repository.private),
                body: payload.comment.body.unwrap_or_default(),
            })
        }
        "schedule" => Ok(CiEvent::Schedule),
        "workflow_dispatch" => {
            let payload: DispatchPayload = read_payload(name, payload)?;
            let inputs = payload.inputs.unwrap_or_default();
            let mode = DispatchMode::parse("input `mode`", &inputs.mode)?;
            if let (Some(mode), Some(own)) = (mode, own)
                && mode != own
            {
                bail!(
                    "input `mode`: the job is for another mode: {:?}",
                    inputs.mode
                );
            }
            Ok(CiEvent::Dispatch {
                reference: payload.reference,
                mode: mode.or(own).unwrap_or(DispatchMode::Look),
                configs: inputs
                    .configs
                    .split([',', '\n'])
                    .map(str::trim)
                    .filter(|config| !config.is_empty())
                    .map(str::to_owned)
                    .collect(),
            })
        }
        other => Ok(CiEvent::Other(other.to_owned())),
    }
}

/// Where payloads have the times of changes, by GitHub's clock.
const TIMES: &[&str] = &[
    "/repository/pushed_at",
    "/pull_request/updated_at",
    "/pull_request/head/repo/pushed_at",
    "/issue/pull_request/merged_at",
];

/// The newest change that a payload knows. No commit's date is read: the commit's creator chooses it.
pub fn recent_change(payload: &str) -> Option<RecentChange> {
    let payload: Value = serde_json::from_str(payload).ok()?;
    let times = TIMES.iter().filter_map(|pointer| {
        let time = payload.pointer(pointer)?;
        // A push has this time as a number.
        match time.as_i64() {
            Some(seconds) => Timestamp::from_second(seconds).ok(),
            None => time.as_str()?.parse().ok(),
        }
    });
    let replaced = payload.get("before").and_then(Value::as_str);
    Some(RecentChange {
        at: times.max()?,
        replaced: replaced.and_then(|before| commit(before).ok().flatten()),
    })
}

fn read_payload<'a, T: Deserialize<'a>>(name: &str, payload: &'a str) -> anyhow::Result<T> {
    serde_json::from_str(payload)
        .with_context(|| format!("the payload is not that of a `{name}` event"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_server_time_of_a_payload_counts() {
        let sha = "1111111111111111111111111111111111111111";
        let zeros = "0".repeat(40);
        let read = |payload: String| recent_change(&payload);
        let at = |time: &str, replaced: Option<&str>| {
            let at = time.parse().unwrap();
            let replaced = replaced.map(|sha| CommitSha::parse(sha).unwrap());
            Some(RecentChange { at, replaced })
        };
        for (payload, expected) in [
            (
                format!(r#"{{"before":"{sha}","repository":{{"pushed_at":1767225602}}}}"#),
                at("2026-01-01T00:00:02Z", Some(sha)),
            ),
            (
                format!(r#"{{"before":"{zeros}","repository":{{"pushed_at":1767225602}}}}"#),
                at("2026-01-01T00:00:02Z", None),
            ),
            (
                r#"{"repository":{"pushed_at":"2026-01-01T00:00:02Z"},"pull_request":{"updated_at":"2026-01-01T00:00:05Z"}}"#.to_owned(),
                at("2026-01-01T00:00:05Z", None),
            ),
            (
                r#"{"head_commit":{"timestamp":"2026-01-01T00:00:05Z"}}"#.to_owned(),
                None,
            ),
            ("no JSON".to_owned(), None),
        ] {
            assert_eq!(read(payload.clone()), expected, "{payload}");
        }
    }

    #[test]
    fn a_dispatch_detects_drift_unless_its_mode_is_apply() {
        let event = |inputs: &str| {
            let payload = format!(r#"{{"ref":"refs/heads/main","inputs":{inputs}}}"#);
            parse_event("workflow_dispatch", &payload, None)
        };
        let dispatch = |mode, configs: &[&str]| CiEvent::Dispatch {
            reference: "refs/heads/main".to_owned(),
            mode,
            configs: configs.iter().map(|&config| config.to_owned()).collect(),
        };
        let look = dispatch(DispatchMode::Look, &[]);
        for inputs in [
            "null",
            "{}",
            r#"{"mode":""}"#,
            r#"{"mode":"look","more":"x"}"#,
        ] {
            assert_eq!(event(inputs).unwrap(), look, "{inputs}");
        }
        let apply = r#"{"mode":"apply","configs":"a.yaml, s3/configs/b.yaml\n\n"}"#;
        let named = ["a.yaml", "s3/configs/b.yaml"];
        assert_eq!(event(apply).unwrap(), dispatch(DispatchMode::Apply, &named));
        for wrong in [
            r#"{"mode":"Apply"}"#,
            r#"{"mode":"apply-all"}"#,
            r#"{"mode":true}"#,
        ] {
            assert!(event(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn attack_a_value_cannot_end_its_entry() {
        let value = "x\nEOF\nother<<y\n";
        let text = output_entry("digest", value);
        let delimiter = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("digest<<")
            .unwrap();
        assert!(!value.contains(delimiter) && text.ends_with(&format!("\n{delimiter}\n")));
    }
}
