//! Git objects: one by one through the API while they are few, then by one fetch with git, or in batches through the GraphQL API
//! where git or its server does not allow that.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{Method, header};
use serde::Deserialize;

use super::client::{GitHub, RAW, parse};
use super::wire::Tree;
use crate::forge::ForgeError;
use crate::forge::git::{GitItem, GitMode, GitObjects, is_usable};
use crate::model::CommitSha;

/// Maximum number of concurrent requests. GitHub asks clients to keep concurrency low.
pub(super) const CONCURRENCY: usize = 8;

#[async_trait]
impl GitObjects for GitHub {
    async fn roots(&self, commits: &[&CommitSha]) -> Result<Vec<String>, ForgeError> {
        self.contents.add_commits(commits);
        // The tree of a commit is read by the commit's id.
        Ok(commits.iter().map(ToString::to_string).collect())
    }

    async fn trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        let new = self.contents.missing_trees(ids);
        if !new.is_empty() {
            let trees = self.new_trees(&new).await?;
            self.contents.put_trees(&new, &trees);
        }
        self.contents.trees(ids)
    }

    async fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError> {
        let new = self.contents.missing_blobs(ids);
        if !new.is_empty() {
            if self.contents.needs_many(new.len()) {
                return self.many_blobs(ids).await;
            }
            let blobs = self.blobs_one_by_one(&new).await?;
            self.contents.put_blobs(&new, blobs);
        }
        self.contents.blobs(ids)
    }
}

impl GitHub {
    async fn new_trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        if self.contents.needs_many(ids.len()) {
            if let Some(git) = self.contents.fetched().await {
                match git.trees(&self.contents.commits(), ids).await {
                    Ok(trees) => return Ok(trees),
                    Err(error) => self.contents.give_up(&error),
                }
            }
            return self.trees_in_batches(ids).await;
        }
        let requests: Vec<_> = ids.iter().map(|id| self.tree(id)).collect();
        let requests = stream::iter(requests).buffered(CONCURRENCY);
        requests.try_collect().await
    }

    async fn many_blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError> {
        if let Some(git) = self.contents.fetched().await {
            match git.blobs(ids).await {
                Ok(blobs) => return Ok(blobs),
                Err(error) => self.contents.give_up(&error),
            }
        }
        self.blobs_in_batches(ids).await
    }

    async fn tree(&self, id: &str) -> Result<Arc<Vec<GitItem>>, ForgeError> {
        let what = "list of files";
        let route = format!("{}/git/trees/{id}", self.root);
        let tree: Tree = self.get(what, &route).await?;
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
        Ok(Arc::new(items.collect()))
    }

    pub(super) async fn blobs_one_by_one(
        &self,
        ids: &[String],
    ) -> Result<Vec<Vec<u8>>, ForgeError> {
        let requests: Vec<_> = ids.iter().map(|id| self.blob(id)).collect();
        let requests = stream::iter(requests).buffered(CONCURRENCY);
        requests.try_collect().await
    }

    async fn blob(&self, id: &str) -> Result<Vec<u8>, ForgeError> {
        let what = "file contents";
        let route = format!("{}/git/blobs/{id}", self.root);
        let get = self.send(what, Method::GET, &route, None, RAW, true);
        let response = get.await?;
        let kind = response.headers.get(header::CONTENT_TYPE);
        // A server that does not know the raw form answers JSON, which must not be taken for the file.
        let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if !is_json {
            return Ok(response.body);
        }
        let blob: EncodedBlob = parse(what, &response.body)?;
        let digits: String = blob.content.split_ascii_whitespace().collect();
        let bytes = base64::engine::general_purpose::STANDARD.decode(digits);
        bytes.map_err(|error| ForgeError::invalid(what, error))
    }
}

/// A blob as JSON, in base64.
#[derive(Deserialize)]
struct EncodedBlob {
    content: String,
}
