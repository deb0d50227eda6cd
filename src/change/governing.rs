//! The files that decide what a config asks for its stack.

use std::collections::{BTreeMap, BTreeSet};

use super::products::product_files;
use crate::config::{Config, LOCK_FILE, defaults_of};
use crate::entries::{ENTRY_FILES, EntryKind, all_entries};
use crate::forge::{FileAt, ForgeError, Source};
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

/// The configs that entries name, by the file of the entries. A file with errors asks for nothing.
async fn entered_configs(
    source: &dyn Source,
    at: &CommitSha,
) -> Result<Vec<(RepoPath, BTreeSet<RepoPath>)>, ForgeError> {
    let mut entered = Vec::new();
    for file in ENTRY_FILES {
        let path = RepoPath::typed(file.path);
        let read = [FileAt {
            commit: at,
            path: &path,
        }];
        let contents = source.read(&read).await?.into_iter().next().flatten();
        let entries = contents.and_then(|contents| all_entries(file, &contents).ok());
        let entries = entries.unwrap_or_default().into_iter().map(|new| new.entry);
        let of_merges = entries
            .filter(|entry| !matches!(entry.kind, EntryKind::Replace))
            .map(|entry| entry.config);
        entered.push((path, of_merges.collect()));
    }
    Ok(entered)
}
