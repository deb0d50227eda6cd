//! Reads tables that are compiled in.

use anyhow::anyhow;
use serde::de::DeserializeOwned;

use crate::config::{Tags, parse};
use crate::model::RepoPath;

/// By the parser of configs, which takes a fraction of the time of serde's.
pub(super) fn read_table<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    let path = RepoPath::typed("table.yaml");
    let tree = parse(&path, text.as_bytes(), Tags::Refuse);
    let tree = tree.map_err(|problems| anyhow!("{problems:?}"))?;
    Ok(serde_json::from_value(tree.to_json())?)
}
