//! Git objects in batches, through the GraphQL API. <https://docs.github.com/en/graphql/reference/objects#blob>

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::GitHub;
use crate::forge::ForgeError;
use crate::forge::git::{GitItem, GitMode, is_usable};
use crate::model::CommitSha;

/// Objects of one query. GitHub cuts texts off at half a megabyte, so the answer stays below the limit of the client.
const BATCH: usize = 50;
/// Blobs that GraphQL does not give whole and that are then read one by one: large ones, and those that are not UTF-8.
const MAX_ONE_BY_ONE: usize = 50;

const BLOB: &str = "... on Blob { byteSize isBinary isTruncated text }";
const TREE: &str = "... on Tree { entries { name mode oid } } ... on Commit { tree { entries { name mode oid } } }";

#[derive(Deserialize)]
struct Objects<T> {
    repository: Option<HashMap<String, Option<T>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob {
    byte_size: usize,
    is_binary: Option<bool>,
    is_truncated: bool,
    text: Option<String>,
}

impl Blob {
    /// The contents, if GraphQL gives them byte for byte.
    fn whole(self) -> Option<Vec<u8>> {
        let is_text = self.is_binary != Some(true) && !self.is_truncated;
        let text = self.text.filter(|_| is_text)?;
        let is_whole = text.len() == self.byte_size && !text.contains('\u{fffd}');
        is_whole.then(|| text.into_bytes())
    }
}

/// A tree, or a commit with its tree.
#[derive(Deserialize)]
struct TreeOrCommit {
    entries: Option<Vec<Entry>>,
    tree: Option<Entries>,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    /// The mode as a number: 33188 is 100644 in octal digits.
    mode: u32,
    oid: String,
}

impl GitHub {
    pub(super) async fn blobs_in_batches(
        &self,
        ids: &[String],
    ) -> Result<Vec<Vec<u8>>, ForgeError> {
        let blobs = self.objects::<Blob>("file contents", BLOB, ids).await?;
        let blobs: Vec<Option<Vec<u8>>> = blobs.into_iter().map(Blob::whole).collect();
        let rest = blobs.iter().zip(ids).filter(|(blob, _)| blob.is_none());
        let rest: Vec<String> = rest.map(|(_, id)| id.clone()).collect();
        if rest.len() > MAX_ONE_BY_ONE {
            let count = rest.len();
            let message = format!("{count} files are large or not UTF-8: check the repository out");
            return Err(ForgeError::invalid("file contents", message));
        }
        let mut rest = self.blobs_one_by_one(&rest).await?.into_iter();
        let whole = blobs.into_iter().map(|blob| blob.or_else(|| rest.next()));
        let missing = || ForgeError::invalid("file contents", "a file is missing");
        whole.map(|blob| blob.ok_or_else(missing)).collect()
    }

    pub(super) async fn trees_in_batches(
        &self,
        ids: &[String],
    ) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        let what = "list of files";
        let trees = self.objects::<TreeOrCommit>(what, TREE, ids).await?;
        let each = trees.into_iter().map(|tree| {
            let entries = tree.entries.or(tree.tree.map(|tree| tree.entries));
            let entries = entries.ok_or_else(|| ForgeError::invalid(what, "not a tree"))?;
            let items = entries.into_iter().filter(|entry| is_usable(&entry.name));
            let items = items.map(|entry| GitItem {
                mode: GitMode::parse(&format!("{:o}", entry.mode)),
                name: entry.name,
                id: entry.oid,
            });
            Ok(Arc::new(items.collect()))
        });
        each.collect()
    }

    /// The objects in the order of their ids. An object that does not exist is an error.
    async fn objects<T: DeserializeOwned>(
        &self,
        what: &str,
        fields: &str,
        ids: &[String],
    ) -> Result<Vec<T>, ForgeError> {
        if let Some(id) = ids.iter().find(|id| CommitSha::parse(id).is_err()) {
            return Err(ForgeError::invalid(
                what,
                format!("{id:?} is not the id of an object"),
            ));
        }
        let mut all = Vec::new();
        for ids in ids.chunks(BATCH) {
            let mut query =
                "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {"
                    .to_owned();
            for (index, id) in ids.iter().enumerate() {
                let _ = write!(query, " o{index}: object(oid: \"{id}\") {{ {fields} }}");
            }
            query += " } }";
            let variables = serde_json::json!({ "owner": self.owner, "name": self.name });
            let reply: Objects<T> = self.query(what, &query, variables).await?;
            let repository = reply.repository;
            let mut objects =
                repository.ok_or_else(|| ForgeError::invalid(what, "no repository"))?;
            for (index, id) in ids.iter().enumerate() {
                let object = objects.remove(&format!("o{index}")).flatten();
                let missing = || ForgeError::invalid(what, format!("GitHub has no object {id}"));
                all.push(object.ok_or_else(missing)?);
            }
        }
        Ok(all)
    }
}
