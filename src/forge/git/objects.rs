//! Reads git objects by their ids.

use std::sync::Arc;

use async_trait::async_trait;

use super::GitItem;
use crate::forge::ForgeError;
use crate::model::CommitSha;

/// Reads git objects in batches. An object that does not exist is an error.
#[async_trait]
pub trait GitObjects: Send + Sync {
    /// Ids by which `trees` reads the root folders of commits, in their order.
    async fn roots(&self, commits: &[&CommitSha]) -> Result<Vec<String>, ForgeError>;

    /// The items of trees, in the order of the ids.
    async fn trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError>;

    /// The contents of blobs, in the order of the ids. May truncate contents that are larger than a config may be.
    async fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError>;
}
