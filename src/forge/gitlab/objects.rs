//! Git objects: through the API while they are few, then by one fetch with git.
//! <https://docs.gitlab.com/api/repositories/#list-repository-tree>

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;

use super::classify::classify;
use super::client::GitLab;
use super::clock::now;
use super::wire::TreeItem;
use crate::config::MAX_BYTES;
use crate::forge::ForgeError;
use crate::forge::git::{GitItem, GitMode, GitObjects, is_usable};
use crate::forge::route::encoded;
use crate::model::CommitSha;

/// Maximum number of concurrent requests.
pub(super) const CONCURRENCY: usize = 8;
/// Pages of one folder: 100,000 entries.
const MAX_PAGES: usize = 1_000;
const WHAT: &str = "list of files";

#[async_trait]
impl GitObjects for GitLab {
    async fn roots(&self, commits: &[&CommitSha]) -> Result<Vec<String>, ForgeError> {
        self.contents.add_commits(commits);
        for commit in commits {
            let place = ((*commit).clone(), String::new());
            self.places.add(commit.to_string(), place);
        }
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
        if self.contents.needs_many(new.len())
            && let Some(git) = self.contents.fetched().await
        {
            match git.blobs(ids).await {
                Ok(blobs) => return Ok(blobs),
                Err(error) => self.contents.give_up(&error),
            }
        }
        let requests: Vec<_> = new.iter().map(|id| self.blob(id)).collect();
        let requests = stream::iter(requests).buffered(CONCURRENCY);
        let read: Vec<Vec<u8>> = requests.try_collect().await?;
        self.contents.put_blobs(&new, read);
        self.contents.blobs(ids)
    }
}

impl GitLab {
    async fn new_trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        if self.contents.needs_many(ids.len())
            && let Some(git) = self.contents.fetched().await
        {
            match git.trees(&self.contents.commits(), ids).await {
                Ok(trees) => {
                    for (id, tree) in ids.iter().zip(&trees) {
                        self.add_places(id, tree);
                    }
                    return Ok(trees);
                }
                Err(error) => self.contents.give_up(&error),
            }
        }
        let requests: Vec<_> = ids.iter().map(|id| self.tree(id)).collect();
        let requests = stream::iter(requests).buffered(CONCURRENCY);
        requests.try_collect().await
    }

    async fn tree(&self, id: &str) -> Result<Arc<Vec<GitItem>>, ForgeError> {
        let place = self.places.get(id);
        let (commit, path) =
            place.ok_or_else(|| ForgeError::invalid(WHAT, format!("no tree {id}")))?;
        let route = format!(
            "{}/repository/tree?ref={commit}&path={}&pagination=keyset",
            self.root,
            encoded(&path)
        );
        let listed = self.get_all::<TreeItem>(WHAT, &route, MAX_PAGES).await?;
        // An answer about another folder would be taken for this one.
        let prefix = match path.is_empty() {
            true => String::new(),
            false => format!("{path}/"),
        };
        if let Some(other) = listed
            .iter()
            .find(|item| item.path != format!("{prefix}{}", item.name))
        {
            let message = format!("the folder {path:?} lists {:?}", other.path);
            return Err(ForgeError::invalid(WHAT, message));
        }
        let items = listed.into_iter().filter(|item| is_usable(&item.name));
        let items = items.map(|item| GitItem {
            mode: GitMode::parse(&item.mode),
            name: item.name,
            id: item.id,
        });
        let items: Arc<Vec<GitItem>> = Arc::new(items.collect());
        self.add_places(id, &items);
        Ok(items)
    }

    /// Remembers where the folders of a listed tree are.
    fn add_places(&self, id: &str, items: &[GitItem]) {
        let Some((commit, path)) = self.places.get(id) else {
            return;
        };
        for item in items {
            let path = match path.is_empty() {
                true => item.name.clone(),
                false => format!("{path}/{}", item.name),
            };
            self.places.add(item.id.clone(), (commit.clone(), path));
        }
    }

    /// <https://docs.gitlab.com/api/repositories/#retrieve-raw-blob-content-from-a-repository>
    async fn blob(&self, id: &str) -> Result<Vec<u8>, ForgeError> {
        let what = "file contents";
        let route = format!("{}/repository/blobs/{id}/raw", self.root);
        let limits = (true, MAX_BYTES + 1);
        let response = self
            .exchange(what, &Method::GET, &route, None, limits)
            .await?;
        match response.status.is_success() {
            true => Ok(response.body),
            false => {
                let (kind, message) =
                    classify(response.status, &response.headers, &response.body, now());
                Err(ForgeError::new(what, kind, message))
            }
        }
    }
}
