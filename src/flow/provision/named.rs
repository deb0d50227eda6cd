//! Provisions configs that a person names once more.

use jiff::Timestamp;

use super::merge::{provision_range, require_default_branch};
use crate::apply::Run;
use crate::change::{
    MergeReader, MergedRange, NewestMerge, governing_files, last_merge_of, named_paths, policy_at,
    valid_configs,
};
use crate::job::{Job, JobError, JobResult};
use crate::model::RepoPath;
use crate::workspace::ConfigSelector;

/// Maximum number of configs that a person names. Each costs the requests of a pull request.
const MAX_NAMED: usize = 20;

/// Provisions the merges that brought configs last, as their own runs did. The guard decides by the facts, the approvals and the policies
/// of now. `reference` is a claim: it ends the job, and satisfies no rule.
pub async fn provision_again(job: &Job, reference: &str, names: &[String]) -> JobResult {
    let branch = job.forge.default_branch().await?;
    require_default_branch(&branch, reference)?;
    let usage = |message: String| JobError::Usage(anyhow::anyhow!(message));
    if names.len() > MAX_NAMED {
        let text = format!(
            "{} configs are more than the {MAX_NAMED} of a run",
            names.len()
        );
        return Err(usage(text));
    }
    let tip = &branch.tip;
    let source = job.source(&[tip]);
    let policy = policy_at(source, tip).await?;
    let selection =
        ConfigSelector::for_policy(&job.environment.configs, &policy).map_err(JobError::Usage)?;
    let paths = source.list(tip, &selection).await?;
    let paths = named_paths(&paths, names).map_err(JobError::Usage)?;
    let (mut configs, _) = valid_configs(job, source, tip, &policy, &[]).await?;
    configs.retain(|config| paths.contains(&config.path));
    let files = governing_files(source, tip, &configs).await?;
    let mut merges: Vec<(MergedRange, Vec<RepoPath>)> = Vec::new();
    let mut add = |range: MergedRange, path: RepoPath| match merges
        .iter_mut()
        .find(|(known, _)| *known == range)
    {
        Some((_, named)) => named.push(path),
        None => merges.push((range, vec![path])),
    };
    let mut reader = MergeReader::new(usize::MAX);
    for path in paths {
        let own = last_merge_of(&*job.forge, tip, &path).await?;
        let config = configs.iter().find(|config| config.path == path);
        let root = config.and_then(|config| config.product.source.root.as_ref());
        let of_product = match (root, files.get(&path)) {
            (Some(root), Some(files)) => {
                let root = format!("{root}/");
                let files = files.iter().filter(|file| file.as_str().starts_with(&root));
                let files: Vec<RepoPath> = files.cloned().collect();
                reader.newest(&*job.forge, tip, &files).await?
            }
            _ => NewestMerge::None,
        };
        // A product that a later merge changed: that one brought what the stack lacks.
        match of_product {
            NewestMerge::Found { range, merged_at }
                if merged_at > merged_at_of(job, &own).await? =>
            {
                add(range, path);
            }
            _ => add(own, path),
        }
    }
    let own = job.forge.current_user().await?;
    let mut run = Run::new(job, own).named();
    for (index, (range, named)) in merges.iter().enumerate() {
        let done = provision_range(job, &mut run, &branch, range, index == 0, None).await;
        let failure = match done {
            Ok(changed) => named
                .iter()
                .find(|path| !changed.contains(path))
                .map(|path| usage(format!("the merge does not change {path}, or a newer merge changed it again: run the job of the newer one again, or edit the config by a pull request"))),
            Err(failure) => Some(failure),
        };
        if let Some(failure) = failure {
            run.record_failure(range, &failure);
        }
    }
    run.finish()
}

/// When the forge merged the pull request of a range.
async fn merged_at_of(job: &Job, range: &MergedRange) -> Result<Option<Timestamp>, JobError> {
    let Some(number) = range.number else {
        return Ok(None);
    };
    Ok(job.forge.request(number, &[]).await?.merged_at)
}
