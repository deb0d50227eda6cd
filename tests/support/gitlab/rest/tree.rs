//! Trees and the contents of files.

use serde_json::{Value, json};

use super::super::auth::{code, not_found};
use super::super::state::State;
use super::super::wire::{Answer, Body, Call, Reply, keyset, paged};
use crate::support::forge::objects::{DIRECTORY, Entry, SUBMODULE};

/// <https://docs.gitlab.com/api/repositories/#list-all-repository-trees-in-a-project>
pub fn list(state: &State, call: &Call, id: &str) -> Answer {
    let project = code(state, call, id)?;
    let name = call.param("ref").unwrap_or(&project.default_branch);
    let commit = state
        .resolve(project, name)
        .ok_or_else(|| not_found("Tree"))?;
    let path = call.param("path").unwrap_or_default().trim_matches('/');
    // A path that does not exist is an error since 17.7.
    let root =
        folder(state, &commit.tree, path).ok_or_else(|| not_found("invalid revision or path"))?;
    let prefix = if path.is_empty() {
        String::new()
    } else {
        format!("{path}/")
    };
    let mut all = Vec::new();
    let recursive = call.flag("recursive");
    walk(state, root, &prefix, recursive, &mut all);
    if !recursive {
        // Folders stand first.
        all.sort_by_key(|entry| entry["type"] != "tree");
    }
    match call.param("pagination") {
        Some("keyset") => keyset(call, all, |entry| {
            // Opaque to clients.
            let path = entry["path"].as_str().unwrap_or_default();
            crate::support::forge::objects::sha1_hex(path.as_bytes())
        }),
        _ => paged(call, all),
    }
}

fn folder<'a>(state: &'a State, root: &str, path: &str) -> Option<&'a [Entry]> {
    let mut entries = state.objects.tree(root)?;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        let entry = entries
            .iter()
            .find(|e| e.name == name && e.mode == DIRECTORY)?;
        entries = state.objects.tree(&entry.sha)?;
    }
    Some(entries)
}

fn walk(state: &State, entries: &[Entry], prefix: &str, recursive: bool, all: &mut Vec<Value>) {
    for Entry { name, mode, sha } in entries {
        let path = format!("{prefix}{name}");
        let kind = match *mode {
            DIRECTORY => "tree",
            SUBMODULE => "commit",
            _ => "blob",
        };
        all.push(json!({"id": sha, "name": name, "type": kind, "path": path, "mode": mode}));
        let below = state
            .objects
            .tree(sha)
            .filter(|_| recursive && kind == "tree");
        if let Some(below) = below {
            walk(state, below, &format!("{path}/"), recursive, all);
        }
    }
}

/// <https://docs.gitlab.com/api/repositories/#retrieve-raw-blob-content>
pub fn blob(state: &State, call: &Call, id: &str, sha: &str) -> Answer {
    code(state, call, id)?;
    let content = state.objects.blob(sha).ok_or_else(|| not_found("Blob"))?;
    Ok(raw(content.to_vec()))
}

/// <https://docs.gitlab.com/api/repository_files/#retrieve-a-raw-file-from-a-repository>
pub fn file(state: &State, call: &Call, id: &str, path: &str) -> Answer {
    let project = code(state, call, id)?;
    let name = call.param("ref").unwrap_or("HEAD");
    let commit = state
        .resolve(project, name)
        .ok_or_else(|| not_found("Commit"))?;
    let leaf = commit.files.get(path).ok_or_else(|| not_found("File"))?;
    let content = state
        .objects
        .blob(&leaf.sha)
        .ok_or_else(|| not_found("File"))?;
    Ok(raw(content.to_vec()).header("x-gitlab-blob-id", &leaf.sha))
}

fn raw(content: Vec<u8>) -> Reply {
    let body = Body::Bytes(content, "application/octet-stream");
    Reply {
        status: 200,
        headers: Vec::new(),
        body,
    }
}
