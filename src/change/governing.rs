//! The files that decide what a config asks for its stack.

use std::collections::{BTreeMap, BTreeSet};

use super::entries::entries_by_file;
use super::products::product_files;
use crate::config::{Config, LOCK_FILE, defaults_of};
use crate::entries::EntryKind;
use crate::forge::{ForgeError, Source};
use crate::model::{CommitSha, RepoPath};

/// The files of each config at a commit: its own, the defaults of its folder, the lock, those of a product of the repository, and the entries
/// that need no comment. A file may be absent: the change that removed it counts too.
pub async fn governing_files(
    source: &dyn Source,
    at: &CommitSha,
    configs: &[Config],
) -> Result<BTreeMap<RepoPath, Vec<RepoPath>>, ForgeError> {
    let roots = configs.iter().map(|config| &config.product.source.root);
    let own = match roots.flatten().next() {
        Some(_) => product_files(source, at).await?,
        None => Vec::new(),
    };
    let entries = entered_configs(source, at).await?;
    let files = configs.iter().map(|config| {
        let path = &config.path;
        let mut files = vec![path.clone(), defaults_of(path), RepoPath::typed(LOCK_FILE)];
        if let Some(root) = &config.product.source.root {
            let files_of_product = own.iter().filter(|file| file.folder() == root.as_str());
            files.extend(files_of_product.cloned());
        }
        let entered = entries.iter().filter(|(_, configs)| configs.contains(path));
        files.extend(entered.map(|(file, _)| file.clone()));
        (path.clone(), files)
    });
    Ok(files.collect())
}

/// The configs that entries name, by the file of the entries. An entry that needs a comment asks for nothing.
async fn entered_configs(
    source: &dyn Source,
    at: &CommitSha,
) -> Result<Vec<(RepoPath, BTreeSet<RepoPath>)>, ForgeError> {
    let files = entries_by_file(source, at).await?.into_iter();
    let entered = files.map(|(file, entries)| {
        let of_merges = entries
            .into_iter()
            .filter(|entry| !matches!(entry.kind, EntryKind::Replace))
            .map(|entry| entry.config);
        (file, of_merges.collect())
    });
    Ok(entered.collect())
}
