//! Reads the facts of all rows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::history::{ConfigFiles, last_changes, open_pull_requests};
use super::stacks::{StackAccess, compare_templates, list_stacks, stack_of};
use crate::config::Config;
use crate::estate::{
    ConfigFacts, DriftRotation, Estate, EstateRow, Fact, PlaceStacks, Unknown, invalid_row, row,
    stacks_without_config,
};
use crate::forge::{Forge, ForgeError, Source};
use crate::guard::Policy;
use crate::model::{CommitSha, RepoPath};
use crate::stack::StackName;

pub struct EstateInput<'a> {
    pub repository: Option<String>,
    /// Where to read the repository's history.
    pub source: &'a dyn Source,
    /// `None` outside of a job.
    pub forge: Option<&'a dyn Forge>,
    pub commit: &'a CommitSha,
    /// The valid configs.
    pub configs: &'a [Config],
    /// The configs with errors.
    pub invalid: &'a [RepoPath],
    /// Whether these are all configs of the commit. A part of them does not tell which stacks have no config.
    pub is_whole: bool,
    pub access: StackAccess<'a>,
    /// Stacks in accounts that it does not allow are not read.
    pub policy: &'a Policy,
    /// Whether deployed templates are current, as far as the run compared them before.
    pub current: &'a BTreeMap<RepoPath, bool>,
    /// Queries at the same time in each account and region.
    pub concurrency: usize,
    pub now: Timestamp,
    /// How drift scans take turns; `None` outside of a scan of all stacks.
    pub rotation: Option<DriftRotation>,
}

/// The estate, and the stacks of each place that was read.
pub async fn read_estate(input: &EstateInput<'_>) -> Result<(Estate, PlaceStacks), ForgeError> {
    let (source, commit) = (input.source, input.commit);
    let paths = input.configs.iter().map(|config| &config.path);
    let paths: Vec<RepoPath> = paths.chain(input.invalid).cloned().collect();
    let files = ConfigFiles::read(source, commit, &paths).await?;
    let (mut changes, mut problems) =
        last_changes(source, input.forge, commit, &paths, &files).await;
    let (mut pulls, more) = open_pull_requests(input.forge, &paths, &files).await;
    problems.extend(more);
    let (access, concurrency) = (input.access, input.concurrency);
    let is_allowed = |config: &Config| {
        let target = &config.target;
        let policy = input.policy;
        policy.allows_account(&target.environment, &target.account)
    };
    let allowed = input.configs.iter().filter(|config| is_allowed(config));
    let allowed: Vec<&Config> = allowed.collect();
    let (places, more) = list_stacks(access, &allowed, concurrency).await;
    problems.extend(more);
    let (mut templates, more) =
        compare_templates(access, &allowed, &places, input.current, concurrency).await;
    problems.extend(more);
    let mut history = |path: &RepoPath| {
        let missing = || Fact::unknown(Unknown::HistoryNotRead);
        let pulls = pulls.remove(path);
        (
            changes.remove(path).unwrap_or_else(missing),
            pulls.unwrap_or(Fact::unknown(Unknown::ForgeNotQueried)),
        )
    };
    let mut rows: Vec<EstateRow> = Vec::new();
    for config in input.configs {
        let (last_change, pull_requests) = history(&config.path);
        let facts = ConfigFacts {
            stack: match is_allowed(config) {
                true => stack_of(config, &places),
                false => Fact::unknown(Unknown::AccountNotAllowed),
            },
            template: templates.remove(&config.path).unwrap_or_else(Fact::none),
            last_change,
            pull_requests,
        };
        rows.push(row(config, facts));
    }
    for path in input.invalid {
        let (last_change, pull_requests) = history(path);
        rows.push(invalid_row(path.clone(), last_change, pull_requests));
    }
    if input.is_whole {
        let names = input.configs.iter().map(StackName::for_config);
        let names: Vec<StackName> = names.collect();
        let is_complete = input.invalid.is_empty();
        rows.extend(stacks_without_config(&places, &names, is_complete));
    }
    let repository = input.repository.clone();
    let time = input.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let estate = Estate::new(repository, commit.clone(), time, rows, problems);
    let rotation = input.rotation.clone();
    Ok((Estate { rotation, ..estate }, places))
}
