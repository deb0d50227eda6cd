//! What started a pipeline. <https://docs.gitlab.com/ci/variables/predefined_variables/>, <https://docs.gitlab.com/ci/triggers/>,
//! <https://docs.gitlab.com/user/project/integrations/webhook_events/>
//!
//! All of it is claims: a person who starts a pipeline by a trigger can overwrite every variable.

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::sources::{PARENT_SOURCE, SourceKind, pipeline_source};
use super::variables::Variables;
use crate::ci::event::{CiEvent, DispatchMode, scheduled};
use crate::model::CommitSha;

const MODE: &str = "PROVISIONER_MODE";
const ENVIRONMENT: &str = "PROVISIONER_ENVIRONMENT";

/// Reads the event from the variables. `payload` is the content of `TRIGGER_PAYLOAD`, the file with the webhook that started the
/// pipeline.
pub fn parse_event(variables: &dyn Variables, payload: Option<&str>) -> anyhow::Result<CiEvent> {
    let name = variables.required("CI_PIPELINE_SOURCE")?;
    let Some(source) = pipeline_source(&name) else {
        return Ok(CiEvent::Other(name));
    };
    let event = match source.kind {
        SourceKind::MergeRequest => merge_request(variables)?,
        SourceKind::Push => push(variables)?,
        SourceKind::Schedule => Some(schedule(variables)?),
        SourceKind::Trigger => payload.map(comment).transpose()?.flatten(),
        SourceKind::Manual => manual(variables)?,
        SourceKind::Parent => child(variables)?,
    };
    Ok(match (event, source.only_if) {
        (Some(event), _) => event,
        (None, Some(only_if)) => CiEvent::Idle { name, only_if },
        (None, None) => CiEvent::Other(name),
    })
}

fn merge_request(variables: &dyn Variables) -> anyhow::Result<Option<CiEvent>> {
    // A fork's pipeline runs in the fork, where the number means another merge request.
    let home = variables.required("CI_MERGE_REQUEST_PROJECT_ID")?;
    if home != variables.required("CI_PROJECT_ID")? {
        return Ok(None);
    }
    if variables.value("CI_MERGE_REQUEST_EVENT_TYPE").as_deref() == Some("merge_train") {
        return Ok(Some(CiEvent::MergeGroup {
            base: commit(variables, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA")?,
            head: commit(variables, "CI_COMMIT_SHA")?,
        }));
    }
    Ok(Some(CiEvent::PullRequest {
        number: number(variables, "CI_MERGE_REQUEST_IID")?,
    }))
}

fn push(variables: &dyn Variables) -> anyhow::Result<Option<CiEvent>> {
    let branch = variables.value("CI_COMMIT_BRANCH");
    let default = variables.required("CI_DEFAULT_BRANCH")?;
    // Tags have no CI_COMMIT_BRANCH.
    let Some(branch) = branch.filter(|branch| *branch == default) else {
        return Ok(None);
    };
    let before = variables.required("CI_COMMIT_BEFORE_SHA")?;
    // Zeros in the first pipeline of a branch.
    let is_none = before.bytes().all(|byte| byte == b'0');
    Ok(Some(CiEvent::Push {
        finds: variables.value(MODE).as_deref() == Some("find"),
        reference: format!("refs/heads/{branch}"),
        before: (!is_none).then(|| CommitSha::parse(&before)).transpose()?,
        after: Some(commit(variables, "CI_COMMIT_SHA")?),
    }))
}

fn mode(variables: &dyn Variables) -> anyhow::Result<Option<DispatchMode>> {
    DispatchMode::parse(MODE, &variables.value(MODE).unwrap_or_default())
}

fn schedule(variables: &dyn Variables) -> anyhow::Result<CiEvent> {
    scheduled_as(mode(variables)?, variables)
}

fn scheduled_as(mode: Option<DispatchMode>, variables: &dyn Variables) -> anyhow::Result<CiEvent> {
    let environment = variables.value(ENVIRONMENT);
    let reference = variables.value("CI_COMMIT_BRANCH");
    let reference = reference.map(|branch| format!("refs/heads/{branch}"));
    scheduled(mode, environment.as_deref(), reference)
}

/// A job of the pipeline that a job which finds environments wrote: what the parent pipeline was started for, in one environment.
fn child(variables: &dyn Variables) -> anyhow::Result<Option<CiEvent>> {
    if variables.value(ENVIRONMENT).is_none() {
        return Ok(None);
    }
    match variables.value(PARENT_SOURCE).as_deref() {
        Some("push") => push(variables),
        Some("schedule") => scheduled_as(Some(DispatchMode::Apply), variables).map(Some),
        _ => Ok(None),
    }
}

/// A person's pipeline. Without the mode it is for other jobs.
fn manual(variables: &dyn Variables) -> anyhow::Result<Option<CiEvent>> {
    let Some(mode) = mode(variables)? else {
        return Ok(None);
    };
    if mode == DispatchMode::Find {
        // AWS and the guard would take what it starts for the job of a push or a schedule.
        bail!("{MODE}: expected `look` or `apply`: \"find\"");
    }
    let branch = variables.value("CI_COMMIT_BRANCH");
    let reference = match branch {
        Some(branch) => format!("refs/heads/{branch}"),
        None => format!("refs/tags/{}", variables.required("CI_COMMIT_TAG")?),
    };
    let paths = variables.value("PROVISIONER_PATHS").unwrap_or_default();
    Ok(Some(CiEvent::Dispatch {
        reference,
        mode,
        configs: paths
            .split([',', '\n'])
            .map(str::trim)
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect(),
    }))
}

#[derive(Deserialize)]
struct HookKind {
    object_kind: String,
}

#[derive(Deserialize)]
struct NoteHook {
    object_attributes: NotePayload,
    merge_request: Option<Noted>,
    issue: Option<Noted>,
    project: Option<NotedProject>,
}

#[derive(Deserialize)]
struct NotePayload {
    id: u64,
    note: Option<String>,
    noteable_type: String,
    /// `create` or `update`.
    action: Option<String>,
    /// Whether GitLab wrote it.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct Noted {
    iid: u64,
}

#[derive(Deserialize)]
struct NotedProject {
    /// 0: private, 10: internal, 20: public.
    visibility_level: Option<u8>,
}

fn comment(payload: &str) -> anyhow::Result<Option<CiEvent>> {
    let wrong = "TRIGGER_PAYLOAD is not the payload of a webhook";
    let hook: HookKind = serde_json::from_str(payload).context(wrong)?;
    if hook.object_kind != "note" {
        return Ok(None);
    }
    let hook: NoteHook = serde_json::from_str(payload).context(wrong)?;
    let note = hook.object_attributes;
    let (noted, on_issue) = match note.noteable_type.as_str() {
        "MergeRequest" => (hook.merge_request, false),
        "Issue" => (hook.issue, true),
        _ => return Ok(None),
    };
    let Some(noted) = noted else {
        return Ok(None);
    };
    let visibility = hook.project.and_then(|project| project.visibility_level);
    Ok(Some(CiEvent::Comment {
        id: note.id,
        number: noted.iid,
        on_issue,
        is_new: note.action.as_deref() == Some("create") && !note.system,
        // An internal project is open to every user of the server.
        public: visibility != Some(0),
        body: note.note.unwrap_or_default(),
    }))
}

fn commit(variables: &dyn Variables, name: &str) -> anyhow::Result<CommitSha> {
    CommitSha::parse(&variables.required(name)?).with_context(|| name.to_owned())
}

fn number(variables: &dyn Variables, name: &str) -> anyhow::Result<u64> {
    let text = variables.required(name)?;
    text.parse()
        .with_context(|| format!("{name}: expected a number: {text:?}"))
}
