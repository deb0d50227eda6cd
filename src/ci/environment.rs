//! The variables of a GitHub Actions job.
//! <https://docs.github.com/en/actions/reference/variables-reference>

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use secrecy::SecretString;

use super::event::CiEvent;
use crate::forge::github::{Access, ActionsIdentity, GitHub};
use crate::forge::{Forge, ForgeError};
use crate::product::RunInput;

/// The largest event that is read. GitHub caps webhook payloads at 25 MB.
const MAX_EVENT_BYTES: u64 = 32 << 20;

/// What the job was started with.
#[derive(Debug)]
pub struct JobEnvironment {
    /// What happened. A claim: it selects what to fetch.
    pub event: CiEvent,
    /// Repository and token.
    pub access: Access,
    /// What issues identity tokens to this job; none without the permission `id-token: write`.
    pub issuer: Option<Arc<ActionsIdentity>>,
    /// The checkout, if there is one.
    pub workspace: Option<PathBuf>,
    /// Globs of configs; empty means the default ones.
    pub configs: Vec<String>,
    /// The environment that the job is for, where it is for one: only stacks of it are changed.
    pub environment: Option<String>,
    /// What the workflow says for all configs.
    pub given: RunInput,
    pub comment: bool,
    /// Where the SARIF file goes.
    pub sarif: PathBuf,
    /// Where the JSON report goes.
    pub report: PathBuf,
    /// Where review reports go.
    pub reports: PathBuf,
    /// Where the evidence of what was done goes.
    pub evidence: PathBuf,
    /// The run, for AWS's logs and the evidence: `owner/name`, run id and attempt.
    pub run: JobRun,
}

/// A run of a workflow. Claims, for people to find it by.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct JobRun {
    /// Where people see it.
    pub url: String,
    pub id: String,
    /// The how many-th attempt it is.
    pub attempt: String,
}

impl JobEnvironment {
    /// Reads the job's environment.
    pub fn read() -> anyhow::Result<Self> {
        if variable("GITHUB_ACTIONS").as_deref() != Some("true") {
            bail!(
                "this is no GitHub Actions job (GITHUB_ACTIONS is not `true`); `provisioner check` works on a laptop"
            );
        }
        let path = required("GITHUB_EVENT_PATH")?;
        let size = fs::metadata(&path)
            .with_context(|| format!("event file {path}"))?
            .len();
        if size > MAX_EVENT_BYTES {
            bail!("event file {path}: {size} bytes are more than any event has");
        }
        let payload = fs::read_to_string(&path).with_context(|| format!("event file {path}"))?;
        let event = CiEvent::parse(&required("GITHUB_EVENT_NAME")?, &payload)?;
        let api_url =
            variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
        let graphql_url =
            variable("GITHUB_GRAPHQL_URL").unwrap_or_else(|| format!("{api_url}/graphql"));
        let token = variable("GITHUB_TOKEN").map(SecretString::from);
        let access = Access {
            api_url,
            graphql_url,
            repository: required("GITHUB_REPOSITORY")?,
            token,
        };
        let scratch = variable("RUNNER_TEMP").map_or_else(env::temp_dir, PathBuf::from);
        let workspace = variable("GITHUB_WORKSPACE")
            .map(PathBuf::from)
            .filter(|folder| folder.join(".git").exists());
        let issuer = variable("ACTIONS_ID_TOKEN_REQUEST_URL")
            .zip(variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
            .map(|(url, token)| ActionsIdentity {
                url,
                token: SecretString::from(token),
            });
        Ok(Self {
            event,
            access,
            issuer: issuer.map(Arc::new),
            workspace,
            configs: lines("PROVISIONER_CONFIGS"),
            environment: variable("PROVISIONER_ENVIRONMENT"),
            given: RunInput {
                tier: variable("PROVISIONER_TIER"),
                ..RunInput::default()
            },
            comment: variable("PROVISIONER_COMMENT").as_deref() != Some("false"),
            sarif: variable("PROVISIONER_SARIF_FILE")
                .map_or_else(|| scratch.join("provisioner.sarif"), PathBuf::from),
            report: scratch.join("provisioner-report.json"),
            reports: scratch.join("provisioner-reports"),
            evidence: scratch.join("provisioner-evidence.json"),
            run: run(),
        })
    }
}

impl JobEnvironment {
    /// The repository on its forge. Must be called inside a tokio runtime.
    pub fn open_forge(&self) -> Result<Box<dyn Forge>, ForgeError> {
        Ok(Box::new(GitHub::new(&self.access)?))
    }
}

fn run() -> JobRun {
    let id = variable("GITHUB_RUN_ID").unwrap_or_default();
    let attempt = variable("GITHUB_RUN_ATTEMPT").unwrap_or_default();
    let place = variable("GITHUB_SERVER_URL").zip(variable("GITHUB_REPOSITORY"));
    let url = place.map(|(server, repository)| format!("{server}/{repository}/actions/runs/{id}"));
    JobRun {
        url: url.filter(|_| !id.is_empty()).unwrap_or_default(),
        id,
        attempt,
    }
}

/// A variable that is set and not empty: composite actions pass absent inputs as empty ones.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Whether a variable is set, and empty.
pub fn is_blank(name: &OsStr) -> bool {
    env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
}

fn required(name: &str) -> anyhow::Result<String> {
    variable(name).with_context(|| format!("{name} is not set"))
}

fn lines(name: &str) -> Vec<String> {
    let text = variable(name).unwrap_or_default();
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}
