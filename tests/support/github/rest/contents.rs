//! Files and directories by path.

use serde_json::{Value, json};

use super::super::auth::{not_found, readable};
use super::super::objects::{Commit, Leaf, SUBMODULE, SYMLINK};
use super::super::shape::WEB;
use super::super::state::State;
use super::super::wire::{Answer, Body, Call, Reply, escape};
use super::Named;
use super::git::{base64_lines, too_large};

pub fn get(state: &State, call: &Call, (owner, name): Named, path: &str) -> Answer {
    let repo = readable(state, call, owner, name)?;
    let reference = call
        .param("ref")
        .filter(|r| !r.is_empty())
        .unwrap_or(&repo.default_branch);
    let no_ref = || Reply::error(404, &format!("No commit found for the ref {reference}"));
    let commit = state.resolve(repo, reference).ok_or_else(no_ref)?;
    let path = path.trim_matches('/');
    let place = Place {
        base: &call.base,
        name: &repo.full_name(),
        reference,
    };
    let Some(leaf) = commit.files.get(path) else {
        return directory(state, &place, commit, path);
    };
    match leaf.mode {
        SUBMODULE => Reply::ok(place.entry(state, path, "submodule", leaf)),
        SYMLINK => symlink(state, call, &place, commit, path, leaf),
        _ => file(state, call, &place, path, leaf),
    }
}

/// The list of an entry, for its addresses.
struct Place<'a> {
    base: &'a str,
    name: &'a str,
    reference: &'a str,
}

impl Place<'_> {
    fn entry(&self, state: &State, path: &str, kind: &str, leaf: &Leaf) -> Value {
        let Place {
            base,
            name,
            reference,
        } = self;
        let repo = format!("{base}/repos/{name}");
        let url = format!("{repo}/contents/{}?ref={}", escape(path), escape(reference));
        let object = if kind == "dir" { "trees" } else { "blobs" };
        let git = format!("{repo}/git/{object}/{}", leaf.sha);
        let view = if kind == "dir" { "tree" } else { "blob" };
        let html = format!("{WEB}/{name}/{view}/{}/{}", escape(reference), escape(path));
        let raw = "https://raw.githubusercontent.com";
        let download = format!("{raw}/{name}/{}/{}", escape(reference), escape(path));
        json!({
            "name": path.rsplit('/').next(),
            "path": path,
            "sha": leaf.sha,
            "size": state.objects.blob(&leaf.sha).map_or(0, |b| b.len()),
            "url": url,
            "html_url": html,
            "git_url": git,
            "download_url": if kind == "file" { Some(download) } else { None },
            "type": kind,
            "_links": {"self": url, "git": git, "html": html},
        })
    }
}

fn file(state: &State, call: &Call, place: &Place, path: &str, leaf: &Leaf) -> Answer {
    let content = state.objects.blob(&leaf.sha).ok_or_else(not_found)?;
    if content.len() > state.limits.contents_max {
        return Err(too_large());
    }
    if call.wants_raw() {
        let body = Body::Bytes(
            content.to_vec(),
            "application/vnd.github.raw+json; charset=utf-8",
        );
        return Ok(Reply {
            status: 200,
            headers: Vec::new(),
            body,
        });
    }
    let mut entry = place.entry(state, path, "file", leaf);
    let inline = content.len() <= state.limits.contents_inline;
    entry["content"] = json!(if inline {
        base64_lines(&content)
    } else {
        String::new()
    });
    entry["encoding"] = json!(if inline { "base64" } else { "none" });
    Reply::ok(entry)
}

/// A link to a file of the repository answers as that file; any other link as itself.
fn symlink(
    state: &State,
    call: &Call,
    place: &Place,
    commit: &Commit,
    path: &str,
    leaf: &Leaf,
) -> Answer {
    let content = state.objects.blob(&leaf.sha).ok_or_else(not_found)?;
    let target = String::from_utf8_lossy(&content).into_owned();
    let found = resolve_link(path, &target).and_then(|to| commit.files.get(&to));
    if let Some(real) = found.filter(|real| real.mode != SYMLINK && real.mode != SUBMODULE) {
        return file(state, call, place, path, real);
    }
    let mut entry = place.entry(state, path, "symlink", leaf);
    entry["target"] = json!(target);
    Reply::ok(entry)
}

/// `None` for a target outside of the repository.
fn resolve_link(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" if target.starts_with('/') => return None,
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

fn directory(state: &State, place: &Place, commit: &Commit, path: &str) -> Answer {
    let mut tree = state.objects.tree(&commit.tree).ok_or_else(not_found)?;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let inner = tree.iter().find(|e| e.name == part).ok_or_else(not_found)?;
        tree = state.objects.tree(&inner.sha).ok_or_else(not_found)?;
    }
    let entry = |e: &super::super::objects::Entry| {
        let kind = match e.mode {
            super::super::objects::DIRECTORY => "dir",
            // Listings call a submodule a file, for compatibility.
            SYMLINK => "symlink",
            _ => "file",
        };
        let full = if path.is_empty() {
            e.name.clone()
        } else {
            format!("{path}/{}", e.name)
        };
        place.entry(
            state,
            &full,
            kind,
            &Leaf {
                mode: e.mode,
                sha: e.sha.clone(),
            },
        )
    };
    Reply::ok(
        tree.iter()
            .take(state.limits.directory_entries)
            .map(entry)
            .collect(),
    )
}
