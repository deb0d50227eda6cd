//! Reads configs together with the defaults of their folders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::config::{ConfigContents, defaults_of};
use crate::forge::{FileAt, ForgeError, Source};
use crate::model::{CommitSha, FileContents, RepoPath};

/// The configs at commits, in their order; `None` for a config that does not exist. Reads each folder's defaults once for each
/// commit.
pub(super) async fn read_configs(
    source: &dyn Source,
    configs: &[FileAt<'_>],
) -> Result<Vec<Option<ConfigContents>>, ForgeError> {
    let folder = |config: &FileAt<'_>| (config.commit.clone(), defaults_of(config.path));
    let folders: BTreeSet<(CommitSha, RepoPath)> = configs.iter().map(folder).collect();
    let places = folders.iter().map(|(commit, path)| FileAt { commit, path });
    let files: Vec<FileAt<'_>> = configs.iter().copied().chain(places).collect();
    let mut contents = source.read(&files).await?;
    let defaults = contents.split_off(configs.len().min(contents.len()));
    let defaults = defaults.into_iter().map(|file| file.map(Arc::new));
    let defaults: BTreeMap<&(CommitSha, RepoPath), Option<Arc<FileContents>>> =
        folders.iter().zip(defaults).collect();
    let configs = configs.iter().zip(contents).map(|(config, file)| {
        Some(ConfigContents {
            file: file?,
            defaults: defaults.get(&folder(config)).cloned().flatten(),
        })
    });
    Ok(configs.collect())
}
