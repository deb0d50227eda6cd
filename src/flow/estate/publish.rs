//! The estate of a job: the page and the document as files, the summary and the issues.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::issues::sync_issues;
use super::read::{EstateInput, read_estate};
use super::stacks::StackAccess;
use crate::ci::{self, JobOutputs, summary};
use crate::config::Config;
use crate::estate::DriftRotation;
use crate::exit::Exit;
use crate::forge::DefaultBranch;
use crate::guard::Policy;
use crate::job::{CredentialCache, Job, JobError};
use crate::model::RepoPath;
use crate::report::{Alert, RunEvent, estate_events, estate_markdown, estate_page, json_text};
use crate::workspace::write_file;

/// What a scan of the default branch knows already.
pub struct ScannedEstate<'a> {
    pub branch: &'a DefaultBranch,
    pub policy: &'a Policy,
    pub sessions: &'a CredentialCache,
    /// All valid configs.
    pub configs: &'a [Config],
    /// The configs with errors.
    pub invalid: &'a [RepoPath],
    /// Whether deployed templates are current, by config.
    pub current: BTreeMap<RepoPath, bool>,
    /// How scans take turns with the stacks.
    pub rotation: DriftRotation,
}

/// Writes the page and the document. Returns alerts, the exit code if an issue was not written, and the events.
pub async fn publish(
    job: &Job,
    scanned: &ScannedEstate<'_>,
) -> Result<(Vec<Alert>, Option<Exit>, Vec<RunEvent>), JobError> {
    let now = job.forge.server_time().unwrap_or_else(ci::now);
    let tip = &scanned.branch.tip;
    let input = EstateInput {
        repository: Some(job.environment.repository.repository().to_owned()),
        source: job.source(&[tip]),
        forge: Some(&*job.forge),
        commit: tip,
        configs: scanned.configs,
        invalid: scanned.invalid,
        is_whole: true,
        access: StackAccess::Roles {
            policy: scanned.policy,
            sessions: scanned.sessions,
        },
        policy: scanned.policy,
        current: &scanned.current,
        concurrency: scanned.policy.concurrency(),
        now,
        rotation: Some(scanned.rotation.clone()),
    };
    let (estate, places) = read_estate(&input).await?;
    for problem in &estate.problems {
        log::warn!("estate: {}: {}", problem.what, problem.reason);
    }
    let synced = match job.forge.current_user().await {
        Ok(Some(own)) => sync_issues(&*job.forge, own, &estate, &places, now).await,
        // The scan reports that no issue is written.
        Ok(None) | Err(_) => super::issues::SyncedIssues::default(),
    };
    let environment = &job.environment;
    let write = || -> anyhow::Result<()> {
        let page = estate_page(&estate, &ci::worded("pull request"))?;
        write_file(&environment.estate_page, &page).context("estate page")?;
        write_file(&environment.estate_file, &json_text(&estate)?).context("estate document")?;
        let mut outputs = JobOutputs::default();
        outputs.set("estate-page", environment.estate_page.display());
        outputs.set("estate-file", environment.estate_file.display());
        outputs.write().context("step outputs")?;
        let limit = job.forge.profile().summary_chars;
        summary(&estate_markdown(&estate, synced.left, limit)).context("job summary")
    };
    write().map_err(JobError::Internal)?;
    let alerts = synced.unwritten.iter().map(|issue| match &issue.config {
        Some(config) => Alert::for_config(config, "the issue is not written", &issue.reason),
        None => Alert::new("no issue is written", &issue.reason),
    });
    let exit = (!synced.unwritten.is_empty()).then_some(Exit::Unreachable);
    Ok((alerts.collect(), exit, estate_events(&estate)))
}
