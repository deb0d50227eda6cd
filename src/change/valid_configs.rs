//! The valid configs of a commit.

use super::inputs::configs_at;
use super::products::products;
use super::selection::{named_paths, require_matches};
use crate::config::{Config, ConfigContents, load_contents};
use crate::forge::Source;
use crate::guard::LoadedPolicy;
use crate::job::{Job, JobError};
use crate::model::{CommitSha, RepoPath};
use crate::product::Registry;
use crate::workspace::ConfigSelector;

/// The valid configs of a commit, and the paths of those with errors. `names`: paths or file names of configs; empty means all.
pub async fn valid_configs(
    job: &Job,
    source: &dyn Source,
    tip: &CommitSha,
    policy: &LoadedPolicy,
    names: &[String],
) -> Result<(Vec<Config>, Vec<RepoPath>), JobError> {
    let globs = &job.environment.configs;
    let selection = ConfigSelector::for_policy(globs, policy).map_err(JobError::Usage)?;
    require_matches(source, &[tip], globs, &selection).await?;
    let registry = products(source, tip, &job.environment.given).await?;
    let mut files = configs_at(source, tip, &registry, &selection).await?;
    if !names.is_empty() {
        let paths: Vec<RepoPath> = files.iter().map(|(path, _)| path.clone()).collect();
        let named = named_paths(&paths, names).map_err(JobError::Usage)?;
        files.retain(|(path, _)| named.contains(path));
    }
    Ok(load_valid(&registry, &files))
}

/// The valid configs of files, and the paths of those with errors.
pub fn load_valid(
    registry: &Registry,
    files: &[(RepoPath, ConfigContents)],
) -> (Vec<Config>, Vec<RepoPath>) {
    let mut configs = Vec::new();
    let mut invalid = Vec::new();
    for (path, file) in files {
        match load_contents(registry, path, file).config {
            Some(config) => configs.push(config),
            None => invalid.push(path.clone()),
        }
    }
    (configs, invalid)
}
