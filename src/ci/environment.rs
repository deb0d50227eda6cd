//! What started a job, in neutral words, and the variables that all CI systems share.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::accounts::JobAccounts;
use super::event::CiEvent;
use crate::forge::{Connect, IdentityTokens};
use crate::model::WebAddress;
use crate::product::{RunInput, Target};

#[derive(Debug)]
pub struct JobEnvironment {
    /// The event. A claim: it selects what to fetch.
    pub event: CiEvent,
    /// Opens the repository on its forge.
    pub repository: Arc<dyn Connect>,
    /// `None` if the job may not request identity tokens.
    pub issuer: Option<Arc<dyn IdentityTokens>>,
    /// The checkout, if there is one.
    pub workspace: Option<PathBuf>,
    /// Globs of configs; empty means the default ones.
    pub configs: Vec<String>,
    /// The environment of the job, if it has one: the job changes only stacks of this environment.
    pub environment: Option<String>,
    /// The job changes only stacks of these accounts.
    pub accounts: JobAccounts,
    /// The accounts of each job that a job which finds environments starts in one of them.
    pub groups: Vec<JobAccounts>,
    /// The workflow's settings for all configs.
    pub given: RunInput,
    pub comment: bool,
    /// An earlier step of the job was cancelled: the program finishes what that step left, and starts nothing new.
    pub finish_cancelled: bool,
    /// What is left at the start of the program, until the forge ends the job; `None` if it is not known.
    pub time_limit: Option<Duration>,
    /// Path of the SARIF file.
    pub sarif: PathBuf,
    /// Path of the JSON report.
    pub report: PathBuf,
    /// Folder of review reports.
    pub reports: PathBuf,
    /// Path of the estate's page.
    pub estate_page: PathBuf,
    /// Path of the estate's document.
    pub estate_file: PathBuf,
    /// Path of the evidence file.
    pub evidence: PathBuf,
    /// Path of the file of events.
    pub events: PathBuf,
    /// The run, for AWS's logs and the evidence: `owner/name`, run id and attempt.
    pub run: JobRun,
}

/// A run of a workflow. Its fields are claims, by which people find the run.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct JobRun {
    /// The page of the run.
    pub url: Option<WebAddress>,
    pub id: String,
    /// Attempt number, from 1.
    pub attempt: String,
}

impl JobRun {
    /// Id and attempt, such as `17.1`; `None` if the run has no id.
    pub fn name(&self) -> Option<String> {
        (!self.id.is_empty()).then(|| format!("{}.{}", self.id, self.attempt))
    }
}

/// Folders of a job.
pub struct Workplace {
    /// Folder for files that later steps read.
    pub scratch: PathBuf,
    /// Folder of the checkout, if the job has one.
    pub checkout: Option<PathBuf>,
}

impl JobEnvironment {
    /// Adds the values of the `PROVISIONER_…` variables.
    pub fn new(
        event: CiEvent,
        repository: Arc<dyn Connect>,
        issuer: Option<Arc<dyn IdentityTokens>>,
        run: JobRun,
        Workplace { scratch, checkout }: Workplace,
    ) -> anyhow::Result<Self> {
        let accounts = variable("PROVISIONER_ACCOUNTS").unwrap_or_default();
        let finish_cancelled = variable("PROVISIONER_FINISH_CANCELLED").as_deref() == Some("true");
        let groups = accounts.lines().filter(|line| !line.trim().is_empty());
        let groups: Vec<JobAccounts> = groups.map(JobAccounts::parse).collect::<Result<_, _>>()?;
        Ok(Self {
            accounts: JobAccounts::parse(&accounts)?,
            groups: match groups.is_empty() {
                true => vec![JobAccounts::default()],
                false => groups,
            },
            event,
            repository,
            issuer,
            workspace: checkout.filter(|folder| folder.join(".git").exists()),
            configs: lines("PROVISIONER_CONFIGS"),
            environment: variable("PROVISIONER_ENVIRONMENT"),
            given: RunInput {
                tier: variable("PROVISIONER_TIER"),
                ..RunInput::default()
            },
            comment: variable("PROVISIONER_COMMENT").as_deref() != Some("false"),
            finish_cancelled,
            time_limit: match given_minutes("PROVISIONER_TIMEOUT_MINUTES")? {
                Some(limit) => {
                    let spent = time_limit("PROVISIONER_SPENT_SECONDS", 1);
                    Some(limit.saturating_sub(spent.unwrap_or_default()))
                }
                None => None,
            },
            sarif: variable("PROVISIONER_SARIF_FILE")
                .map_or_else(|| scratch.join("provisioner.sarif"), PathBuf::from),
            report: scratch.join("provisioner-report.json"),
            reports: scratch.join("provisioner-reports"),
            estate_page: scratch.join("provisioner-estate.html"),
            estate_file: scratch.join("provisioner-estate.json"),
            evidence: scratch.join(match finish_cancelled {
                true => "provisioner-cancelled-evidence.json",
                false => "provisioner-evidence.json",
            }),
            events: scratch.join(match finish_cancelled {
                true => "provisioner-cancelled-events.jsonl",
                false => "provisioner-events.jsonl",
            }),
            run,
        })
    }

    /// Whether the job works on the stacks of a target: those of its environment and its accounts.
    pub fn covers(&self, target: &Target) -> bool {
        let own = self.environment.as_deref();
        own.is_none_or(|own| own == target.environment) && self.accounts.contains(&target.account)
    }

    /// The environment and the accounts; empty for a job of all stacks.
    pub fn scope(&self) -> String {
        scope_of(self.environment.as_deref(), &self.accounts)
    }
}

/// The scope of a job of an environment and accounts.
pub fn scope_of(environment: Option<&str>, accounts: &JobAccounts) -> String {
    let own = environment.map(str::to_owned).into_iter();
    let own: Vec<String> = own.chain(accounts.patterns()).collect();
    own.join(" ")
}

/// A time that a person gives. A wrong one would end the job in the middle of an operation.
fn given_minutes(name: &str) -> anyhow::Result<Option<Duration>> {
    let limit = time_limit(name, 60).filter(|limit| !limit.is_zero());
    match (variable(name), limit) {
        (Some(value), None) => anyhow::bail!(
            "{name}, the input `timeout-minutes`, is not a whole number of minutes: {value:?}"
        ),
        (_, limit) => Ok(limit),
    }
}

/// A time that a variable gives; `unit`: in seconds.
pub fn time_limit(name: &str, unit: u64) -> Option<Duration> {
    let count: u64 = variable(name)?.trim().parse().ok()?;
    Some(Duration::from_secs(count.saturating_mul(unit)))
}

/// The value of a variable; `None` if it is unset or empty, because composite actions pass absent inputs as empty ones.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Whether a variable is set to an empty value.
pub fn is_blank(name: &OsStr) -> bool {
    env::var_os(name).is_some_and(|value| value.to_string_lossy().trim().is_empty())
}

/// The job's variables that git may get: where programs are, and how to reach and trust a server.
pub fn git_variables() -> Vec<(OsString, OsString)> {
    let names = [
        "PATH",
        "SYSTEMROOT",
        "http_proxy",
        "https_proxy",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
        "no_proxy",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "CURL_CA_BUNDLE",
    ];
    let variables = names.map(|name| Some((name.into(), env::var_os(name)?)));
    variables.into_iter().flatten().collect()
}

pub fn required(name: &str) -> anyhow::Result<String> {
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
