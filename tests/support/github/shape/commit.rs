//! Commits and the files they change.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::objects::{Change, Commit, Leaf};
use super::super::state::State;
use super::super::wire::escape;
use super::{WEB, node_id, user};

pub fn parents(base: &str, name: &str, commit: &Commit) -> Vec<Value> {
    let one = |sha: &String| {
        json!({
            "sha": sha,
            "url": format!("{base}/repos/{name}/commits/{sha}"),
            "html_url": format!("{WEB}/{name}/commit/{sha}"),
        })
    };
    commit.parents.iter().map(one).collect()
}

fn signature(state: &State, commit: &Commit) -> Value {
    let login = &state.user(commit.author).login;
    let email = format!("{}+{login}@users.noreply.github.com", commit.author);
    json!({"name": login, "email": email, "date": commit.at})
}

const UNSIGNED: &str = "unsigned";

fn verification() -> Value {
    json!({
        "verified": false,
        "reason": UNSIGNED,
        "signature": null,
        "payload": null,
        "verified_at": null,
    })
}

/// The repository API's commit.
pub fn commit(state: &State, base: &str, name: &str, commit: &Commit) -> Value {
    let sha = &commit.sha;
    let url = format!("{base}/repos/{name}/commits/{sha}");
    let author = user(base, state.user(commit.author));
    json!({
        "sha": sha,
        "node_id": node_id("Commit", sha),
        "commit": {
            "author": signature(state, commit),
            "committer": signature(state, commit),
            "message": commit.message,
            "tree": {
                "sha": commit.tree,
                "url": format!("{base}/repos/{name}/git/trees/{}", commit.tree),
            },
            "url": format!("{base}/repos/{name}/git/commits/{sha}"),
            "comment_count": 0,
            "verification": verification(),
        },
        "url": url,
        "html_url": format!("{WEB}/{name}/commit/{sha}"),
        "comments_url": format!("{url}/comments"),
        "author": author,
        "committer": author,
        "parents": parents(base, name, commit),
    })
}

/// The git database API's commit.
pub fn git_commit(state: &State, base: &str, name: &str, commit: &Commit) -> Value {
    let sha = &commit.sha;
    json!({
        "sha": sha,
        "node_id": node_id("Commit", sha),
        "url": format!("{base}/repos/{name}/git/commits/{sha}"),
        "html_url": format!("{WEB}/{name}/commit/{sha}"),
        "author": signature(state, commit),
        "committer": signature(state, commit),
        "tree": {
            "sha": commit.tree,
            "url": format!("{base}/repos/{name}/git/trees/{}", commit.tree),
        },
        "message": commit.message,
        "parents": parents(base, name, commit),
        "verification": verification(),
    })
}

/// One file of a pull request or comparison.
pub fn file_change(state: &State, base: &str, name: &str, at: &str, change: &Change) -> Value {
    let old = lines(state, change.old.as_ref());
    let new = lines(state, change.new.as_ref());
    let same = change.old == change.new;
    let count = |side: &Option<Vec<String>>| side.as_ref().map_or(0, Vec::len);
    let (deletions, additions) = if same {
        (0, 0)
    } else {
        (count(&old), count(&new))
    };
    let path = escape(&change.path);
    let sha = change
        .new
        .as_ref()
        .or(change.old.as_ref())
        .map(|leaf| leaf.sha.clone());
    let mut entry = json!({
        "sha": sha,
        "filename": change.path,
        "status": change.how.rest(),
        "additions": additions,
        "deletions": deletions,
        "changes": additions + deletions,
        "blob_url": format!("{WEB}/{name}/blob/{at}/{path}"),
        "raw_url": format!("{WEB}/{name}/raw/{at}/{path}"),
        "contents_url": format!("{base}/repos/{name}/contents/{path}?ref={at}"),
    });
    // GitHub omits the patch of binary and untouched files too.
    if let (Some(old), Some(new), false) = (old, new, same) {
        entry["patch"] = json!(patch(&old, &new));
    }
    if let Some(previous) = &change.previous {
        entry["previous_filename"] = json!(previous);
    }
    entry
}

/// `None` for binary content.
fn lines(state: &State, leaf: Option<&Leaf>) -> Option<Vec<String>> {
    let Some(leaf) = leaf else {
        return Some(Vec::new());
    };
    let content = state.objects.blob(&leaf.sha)?;
    let text = std::str::from_utf8(&content)
        .ok()
        .filter(|text| !text.contains('\0'))?;
    Some(text.lines().map(str::to_owned).collect())
}

/// A valid patch, not a short one: removes all old lines and adds all new ones.
fn patch(old: &[String], new: &[String]) -> String {
    let range = |side: &[String]| match side.len() {
        0 => "0,0".to_owned(),
        n => format!("1,{n}"),
    };
    let mut text = format!("@@ -{} +{} @@", range(old), range(new));
    for line in old {
        let _ = write!(text, "\n-{line}");
    }
    for line in new {
        let _ = write!(text, "\n+{line}");
    }
    text
}
