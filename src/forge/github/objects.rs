//! Git objects through the API, one request each.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::client::GitHub;
use super::wire::Tree;
use crate::forge::ForgeError;
use crate::forge::git::{GitItem, GitMode, GitObjects, is_usable};
use crate::model::CommitSha;

/// Maximum number of concurrent requests. GitHub asks clients to keep concurrency low.
pub(super) const CONCURRENCY: usize = 8;

#[async_trait]
impl GitObjects for GitHub {
    async fn roots(&self, commits: &[&CommitSha]) -> Result<Vec<String>, ForgeError> {
        // GitHub reads the tree of a commit by the commit's id.
        Ok(commits.iter().map(ToString::to_string).collect())
    }

    async fn trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        let requests: Vec<_> = ids.iter().map(|id| self.tree(id)).collect();
        stream::iter(requests)
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }

    async fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError> {
        let requests: Vec<_> = ids.iter().map(|id| self.blob(id)).collect();
        stream::iter(requests)
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }
}

impl GitHub {
    async fn tree(&self, id: &str) -> Result<Arc<Vec<GitItem>>, ForgeError> {
        if let Some(items) = self.trees.get(id) {
            return Ok(items);
        }
        let what = "list of files";
        let tree: Tree = self
            .get(what, &format!("{}/git/trees/{id}", self.root))
            .await?;
        if tree.truncated {
            let message = format!("the folder with tree {id} has more entries than GitHub lists");
            return Err(ForgeError::invalid(what, message));
        }
        let items = tree.tree.into_iter().filter(|entry| is_usable(&entry.path));
        let items = items.map(|entry| GitItem {
            mode: GitMode::parse(&entry.mode),
            name: entry.path,
            id: entry.sha,
        });
        let items = Arc::new(items.collect());
        self.trees.put(id, &items);
        Ok(items)
    }

    async fn blob(&self, id: &str) -> Result<Vec<u8>, ForgeError> {
        let route = format!("{}/git/blobs/{id}", self.root);
        self.get_raw("file contents", &route).await
    }
}
