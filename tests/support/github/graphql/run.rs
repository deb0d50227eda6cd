//! The types that provisioner queries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::super::auth::{readable, signed_in};
use super::super::objects::Entry;
use super::super::shape::{WEB, node_id};
use super::super::state::{PullData, RepoData, State, User};
use super::super::wire::Call;
use super::{Field, Refusal};

type Outcome = Result<Value, Refusal>;

pub fn root(state: &State, call: &Call, field: &Field) -> Outcome {
    match field.name.as_str() {
        "viewer" => {
            let token = signed_in(call).map_err(|_| Refusal::new("not signed in"))?;
            scalars("User", field, &user(state.user(token.user)))
        }
        "repository" => {
            let text = |key: &str| {
                field
                    .arguments
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or("")
            };
            let (owner, name) = (text("owner"), text("name"));
            let found = readable(state, call, owner, name).map_err(|_| {
                let message = "Could not resolve to a Repository with the name";
                Refusal::typed("NOT_FOUND", format!("{message} '{owner}/{name}'."))
            })?;
            repository(state, field, found)
        }
        "node" => node(state, field),
        "rateLimit" => {
            let limit = json!({"limit": 5000, "cost": 1, "remaining": 4999, "used": 1});
            scalars("RateLimit", field, &limit)
        }
        _ => Err(undefined("Query", field)),
    }
}

fn user(user: &User) -> Value {
    let id = node_id("User", user.id);
    json!({"login": user.login, "databaseId": user.id, "id": id, "__typename": user.kind.name()})
}

/// A comment by its id.
fn node(state: &State, field: &Field) -> Outcome {
    let id = field.arguments.get("id").and_then(Value::as_str);
    let mut comments = state.repos.values().flat_map(|repo| repo.comments.values());
    let comment = comments.find(|it| Some(node_id("IssueComment", it.id).as_str()) == id);
    let fragment = |field: &Field, kind: &str| -> Option<usize> {
        let name = format!("... on {kind}");
        field.fields.iter().position(|field| field.name == name)
    };
    let (Some(comment), Some(at)) = (comment, fragment(field, "IssueComment")) else {
        return Ok(Value::Null);
    };
    object(&field.fields[at], |inner| match inner.name.as_str() {
        "lastEditedAt" => Ok(json!(comment.editor.map(|_| &comment.updated))),
        "editor" => {
            let editor = comment.editor.map(|id| state.user(id));
            let shown = editor.and_then(|editor| {
                let at = fragment(inner, editor.kind.name())?;
                Some(scalars("Actor", &inner.fields[at], &user(editor)))
            });
            shown.unwrap_or(Ok(Value::Null))
        }
        _ => Err(undefined("IssueComment", inner)),
    })
}

fn repository(state: &State, field: &Field, repo: &RepoData) -> Outcome {
    object(field, |inner| match inner.name.as_str() {
        "pullRequests" => {
            let wanted = strings(inner.arguments.get("states"));
            let base = inner.arguments.get("baseRefName").and_then(Value::as_str);
            let is_wanted = |pull: &&PullData| {
                (wanted.is_empty() || wanted.contains(&standing(pull)))
                    && base.is_none_or(|base| base == pull.base_ref)
            };
            let mut found: Vec<&PullData> = repo.pulls.values().filter(is_wanted).collect();
            if inner
                .arguments
                .get("orderBy")
                .is_some_and(|order| order["direction"] == "DESC")
            {
                found.reverse();
            }
            let total = found.len();
            connection(
                "PullRequestConnection",
                inner,
                &found,
                total,
                |field, pull| pull_request(state, field, repo, pull),
            )
        }
        "pullRequest" => {
            let number = inner
                .arguments
                .get("number")
                .and_then(Value::as_u64)
                .unwrap_or(0);
            let pull = repo.pulls.get(&number).ok_or_else(|| {
                let message = "Could not resolve to a PullRequest with the number of";
                Refusal::typed("NOT_FOUND", format!("{message} {number}."))
            })?;
            pull_request(state, inner, repo, pull)
        }
        "object" => git_object(state, inner, repo),
        _ => {
            let plain = json!({
                "__typename": "Repository",
                "id": node_id("Repository", repo.id),
                "databaseId": repo.id,
                "name": repo.name,
                "nameWithOwner": repo.full_name(),
                "isPrivate": repo.private,
                "isFork": repo.parent.is_some(),
                "defaultBranchRef": {"name": repo.default_branch},
            });
            one("Repository", inner, &plain)
        }
    })
}

/// An object by its id. Answers the fields of the fragment for its type.
fn git_object(state: &State, field: &Field, repo: &RepoData) -> Outcome {
    let oid = field.arguments.get("oid").and_then(Value::as_str);
    let oid = oid.ok_or_else(|| Refusal::new("the fake finds objects by oid only"))?;
    let fragment = |kind: &str| {
        let name = format!("... on {kind}");
        field.fields.iter().find(|field| field.name == name)
    };
    let commit = state
        .objects
        .commit(oid)
        .filter(|found| found.network == repo.network);
    let (kind, plain) = if let Some(blob) = state.objects.blob(oid) {
        let text = std::str::from_utf8(&blob)
            .ok()
            .filter(|text| !text.contains('\0'));
        let cut = text.map(|text| &text[..text.len().min(state.limits.graphql_text)]);
        let blob = json!({
            "byteSize": blob.len(),
            "isBinary": text.is_none(),
            "isTruncated": text.is_some_and(|text| text.len() > state.limits.graphql_text),
            "text": cut,
        });
        ("Blob", blob)
    } else if let Some(entries) = state.objects.tree(oid) {
        ("Tree", json!({ "entries": tree_entries(entries) }))
    } else if let Some(tree) = commit.and_then(|commit| state.objects.tree(&commit.tree)) {
        (
            "Commit",
            json!({ "tree": { "entries": tree_entries(tree) } }),
        )
    } else {
        return Ok(Value::Null);
    };
    match fragment(kind) {
        Some(fragment) => nested(kind, fragment, &plain),
        None => Ok(json!({})),
    }
}

fn tree_entries(entries: &[Entry]) -> Vec<Value> {
    let entry = |entry: &Entry| {
        let mode = u32::from_str_radix(entry.mode, 8).expect("modes are octal");
        json!({"name": entry.name, "mode": mode, "oid": entry.sha})
    };
    entries.iter().map(entry).collect()
}

/// Like `scalars`, through lists and objects.
fn nested(kind: &str, field: &Field, source: &Value) -> Outcome {
    match source {
        Value::Array(list) => list.iter().map(|item| nested(kind, field, item)).collect(),
        Value::Object(_) => object(field, |inner| match source.get(&inner.name) {
            Some(value) if inner.fields.is_empty() => Ok(value.clone()),
            Some(value) => nested(&inner.name, inner, value),
            None => Err(undefined(kind, inner)),
        }),
        value => Ok(value.clone()),
    }
}

fn pull_request(state: &State, field: &Field, repo: &RepoData, pull: &PullData) -> Outcome {
    object(field, |inner| match inner.name.as_str() {
        "files" => {
            let changes = state.pull_changes(repo, pull);
            let total = changes.len();
            let listed = &changes[..total.min(state.limits.pull_files)];
            connection(
                "PullRequestChangedFileConnection",
                inner,
                listed,
                total,
                |field, change| {
                    let leaf = json!({
                        "__typename": "PullRequestChangedFile",
                        "path": change.path,
                        "changeType": change.how.graphql(),
                    });
                    scalars("PullRequestChangedFile", field, &leaf)
                },
            )
        }
        "headRepository" => match pull.head_repo.and_then(|id| state.repos.get(&id)) {
            Some(head) => repository(state, inner, head),
            None => Ok(Value::Null),
        },
        _ => {
            let plain = json!({
                "__typename": "PullRequest",
                "id": node_id("PullRequest", pull.id),
                "fullDatabaseId": pull.id.to_string(),
                "number": pull.number,
                "title": pull.title,
                "url": format!("{WEB}/{}/pull/{}", repo.full_name(), pull.number),
                "state": standing(pull),
                "isDraft": pull.draft,
                "merged": pull.merged.is_some(),
                "baseRefName": pull.base_ref,
                "baseRefOid": pull.base_sha,
                "headRefName": pull.head_ref,
                "headRefOid": pull.head_sha,
                "isCrossRepository": pull.head_repo != Some(repo.id),
                "changedFiles": state.pull_changes(repo, pull).len(),
                "createdAt": pull.created,
                "updatedAt": pull.updated,
                "author": {"login": state.user(pull.author).login},
            });
            one("PullRequest", inner, &plain)
        }
    })
}

fn standing(pull: &PullData) -> String {
    match (&pull.merged, pull.open) {
        (Some(_), _) => "MERGED".to_owned(),
        (None, true) => "OPEN".to_owned(),
        (None, false) => "CLOSED".to_owned(),
    }
}

/// A single enum value means a list of one.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(list)) => list.iter().flat_map(|v| strings(Some(v))).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn object(field: &Field, mut resolve: impl FnMut(&Field) -> Outcome) -> Outcome {
    let mut all = Map::new();
    for inner in &field.fields {
        all.insert(inner.key.clone(), resolve(inner)?);
    }
    Ok(Value::Object(all))
}

fn scalars(kind: &str, field: &Field, source: &Value) -> Outcome {
    object(field, |inner| one(kind, inner, source))
}

fn one(kind: &str, field: &Field, source: &Value) -> Outcome {
    match source.get(&field.name) {
        Some(value @ Value::Object(_)) => scalars(&field.name, field, value),
        Some(value) => Ok(value.clone()),
        None => Err(undefined(kind, field)),
    }
}

fn undefined(kind: &str, field: &Field) -> Refusal {
    let name = &field.name;
    Refusal(json!({
        "message": format!("Field '{name}' doesn't exist on type '{kind}'"),
        "extensions": {"code": "undefinedField", "typeName": kind, "fieldName": name},
    }))
}

fn connection<T>(
    kind: &str,
    field: &Field,
    all: &[T],
    total: usize,
    node: impl Fn(&Field, &T) -> Outcome,
) -> Outcome {
    let name = &field.name;
    let Some(first) = field.arguments.get("first").and_then(Value::as_u64) else {
        let message = "You must provide a `first` or `last` value to properly paginate the";
        let kind = "MISSING_PAGINATION_BOUNDARIES";
        return Err(Refusal::typed(
            kind,
            format!("{message} `{name}` connection."),
        ));
    };
    if first > 100 {
        let asked = format!("Requesting {first} records on the `{name}` connection");
        let message = format!("{asked} exceeds the `first` limit of 100 records.");
        return Err(Refusal::typed("EXCESSIVE_PAGINATION", message));
    }
    let start = match field.arguments.get("after") {
        None | Some(Value::Null) => 0,
        Some(cursor) => position(cursor).ok_or_else(|| {
            Refusal::new(format!("{cursor} does not appear to be a valid cursor."))
        })?,
    };
    let end = all
        .len()
        .min(start.saturating_add(usize::try_from(first).unwrap_or(100)));
    let shown = &all[start.min(end)..end];
    object(field, |inner| match inner.name.as_str() {
        "totalCount" => Ok(json!(total)),
        "nodes" => shown.iter().map(|item| node(inner, item)).collect(),
        "pageInfo" => {
            let info = json!({
                "hasNextPage": end < all.len(),
                "hasPreviousPage": start > 0,
                "startCursor": (!shown.is_empty()).then(|| cursor(start + 1)),
                "endCursor": (!shown.is_empty()).then(|| cursor(end)),
            });
            scalars("PageInfo", inner, &info)
        }
        _ => Err(undefined(kind, inner)),
    })
}

fn cursor(at: usize) -> String {
    STANDARD.encode(format!("cursor:v2:{at}"))
}

fn position(cursor: &Value) -> Option<usize> {
    let text = STANDARD.decode(cursor.as_str()?).ok()?;
    std::str::from_utf8(&text)
        .ok()?
        .strip_prefix("cursor:v2:")?
        .parse()
        .ok()
}
