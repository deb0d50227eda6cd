//! Contents and trees at fixed commits, through the API. Nothing of a pull request is checked out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::client::GitHub;
use super::wire::{Tree, TreeEntry};
use crate::forge::{ChangeKind, ChangedFile, ForgeError, Source};
use crate::model::{CommitSha, RepoPath};

/// Maximum number of concurrent requests. GitHub asks clients to keep concurrency low.
pub(super) const CONCURRENCY: usize = 8;

#[async_trait]
impl Source for GitHub {
    async fn changed_files(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<ChangedFile>, ForgeError> {
        let mut removed = Vec::new();
        let mut added = Vec::new();
        let mut files = Vec::new();
        // Only folders whose object differs are read. So the work grows with the change and not with the repository, and no listing
        // is truncated.
        let mut folders = vec![(
            String::new(),
            Some(base.to_string()),
            Some(head.to_string()),
        )];
        while let Some((folder, old, new)) = folders.pop() {
            let (old, new) = (self.entries(old).await?, self.entries(new).await?);
            let names = old
                .keys()
                .chain(new.keys().filter(|name| !old.contains_key(*name)));
            for name in names {
                let (before, after) = (old.get(name), new.get(name));
                if before == after {
                    continue;
                }
                let path = if folder.is_empty() {
                    name.clone()
                } else {
                    format!("{folder}/{name}")
                };
                let sub = |entry: Option<&TreeEntry>| {
                    entry
                        .filter(|entry| entry.kind == "tree")
                        .map(|entry| entry.sha.clone())
                };
                let blob = |entry: Option<&TreeEntry>| {
                    entry
                        .filter(|entry| entry.kind == "blob")
                        .map(|entry| entry.sha.clone())
                };
                let (old_tree, new_tree) = (sub(before), sub(after));
                let (old_blob, new_blob) = (blob(before), blob(after));
                if old_tree.is_some() || new_tree.is_some() {
                    folders.push((path.clone(), old_tree, new_tree));
                }
                let path = RepoPath::parse(&path)
                    .map_err(|error| ForgeError::invalid("changed files", error))?;
                match (old_blob, new_blob) {
                    (Some(_), Some(_)) => files.push(ChangedFile {
                        path,
                        kind: ChangeKind::Modified,
                    }),
                    (Some(sha), None) => removed.push((path, sha)),
                    (None, Some(sha)) => added.push((path, sha)),
                    (None, None) => {}
                }
            }
        }
        // A file with equal contents at another path was renamed. A renamed and edited file is a removal and an addition.
        for (path, sha) in added {
            match removed.iter().position(|(_, other)| *other == sha) {
                Some(at) => {
                    let (from, _) = removed.swap_remove(at);
                    files.push(ChangedFile {
                        path,
                        kind: ChangeKind::Renamed { from },
                    });
                }
                None => files.push(ChangedFile {
                    path,
                    kind: ChangeKind::Added,
                }),
            }
        }
        files.extend(removed.into_iter().map(|(path, _)| ChangedFile {
            path,
            kind: ChangeKind::Removed,
        }));
        files.sort();
        Ok(files)
    }

    async fn read(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<Vec<Option<Vec<u8>>>, ForgeError> {
        let requests = paths.iter().map(|path| async move {
            let route = format!("{}/contents/{}?ref={at}", self.root, path.percent_encoded());
            self.get_raw(&format!("contents of {path}"), &route).await
        });
        // Collected first: a borrowed closure inside the stream would not be `Send` for every lifetime.
        let requests: Vec<_> = requests.collect();
        stream::iter(requests)
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }

    async fn list(&self, at: &CommitSha, folder: &str) -> Result<Vec<RepoPath>, ForgeError> {
        let mut sha = at.to_string();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            let entries = self.entries(Some(sha)).await?;
            match entries.get(part).filter(|entry| entry.kind == "tree") {
                Some(entry) => sha = entry.sha.clone(),
                None => return Ok(Vec::new()),
            }
        }
        let what = format!("files below {folder}");
        let tree: Tree = self
            .get(&what, &format!("{}/git/trees/{sha}?recursive=1", self.root))
            .await?;
        if tree.truncated {
            return Err(ForgeError::invalid(
                &what,
                "there are more than GitHub lists",
            ));
        }
        let blobs = tree.tree.into_iter().filter(|entry| entry.kind == "blob");
        let paths = blobs
            .map(|entry| {
                RepoPath::parse(format!("{folder}/{}", entry.path).trim_start_matches('/'))
            })
            .collect::<Result<_, _>>();
        paths.map_err(|error| ForgeError::invalid(&what, error))
    }
}

impl GitHub {
    /// The entries of one tree by name; empty if the tree does not exist.
    async fn entries(
        &self,
        sha: Option<String>,
    ) -> Result<BTreeMap<String, TreeEntry>, ForgeError> {
        let Some(sha) = sha else {
            return Ok(BTreeMap::new());
        };
        let tree: Tree = self
            .get("tree", &format!("{}/git/trees/{sha}", self.root))
            .await?;
        if tree.truncated {
            return Err(ForgeError::invalid(
                "tree",
                "a folder has more entries than GitHub lists",
            ));
        }
        Ok(tree
            .tree
            .into_iter()
            .map(|entry| (entry.path.clone(), entry))
            .collect())
    }
}
