//! Attacks on evidence: every value of a file is edited in every way that keeps it JSON.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use provisioner::report::{Evidence, Predicate, replay};
use serde_json::{Value, json};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Words that a field may have instead of each other.
const WORDS: &[&[&str]] = &[
    &[
        "skipped",
        "done",
        "awaiting-confirmation",
        "denied",
        "failed",
    ],
    &[
        "inspect",
        "preview",
        "create",
        "resume",
        "update",
        "folders",
        "upload",
        "delete",
        "tear-down",
    ],
    &[
        "provision",
        "delete",
        "tear-down",
        "deploy-folders",
        "upload-template",
    ],
    &["none", "read", "triage", "write", "maintain", "admin"],
    &["approved", "changes-requested", "dismissed"],
    &["person", "bot", "job-bot"],
    &[
        "none",
        "in-place",
        "retained",
        "interrupts",
        "keeps-data",
        "may-destroy",
        "destroys",
    ],
    &["none", "safe", "high", "unknown", "critical"],
    &["title", "command"],
    &[
        "CREATE_COMPLETE",
        "CREATE_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
        "REVIEW_IN_PROGRESS",
        "DELETE_COMPLETE",
    ],
    &[
        "already-deleted",
        "folders-only",
        "open-new-pull-request",
        "allow-update",
    ],
];

/// What a person can still edit who also recomputes the digests: values that no decision of the run depends on. The comment then shows
/// another digest than the one on the pull request. `*` is any key.
pub const BOUND_BY_DIGEST: &[(&str, &str)] = &[
    ("/predicate/run/*", "names the run; the signature proves it"),
    (
        "/predicate/changes",
        "a whole change; its comment stays on the pull request",
    ),
    ("*/change/commit", "the comment shows seven digits"),
    ("*/policy", "a policy that decides the same"),
    ("*/product", "facts that decide the same"),
    ("*/request", "facts that decide the same"),
    (
        "*/decisions/*/at",
        "times in the same order, after the run began",
    ),
    ("*/decisions/*/facts", "facts that decide the same"),
    ("*/decisions", "decisions that allow reading"),
    ("*/template", "the template is not in the file"),
    (
        "*/report/outcomes/*/state",
        "AWS can fail what the guard allowed",
    ),
    ("*/report/outcomes/*/summary", "text"),
    ("*/report/outcomes/*/tables", "text"),
    (
        "*/report/outcomes/*/problems",
        "warnings, and failures at AWS",
    ),
    ("*/report/outcomes/*/next_steps", "text"),
    ("*/report/source", "the run's number"),
    (
        "*/report/environment",
        "a job without an environment has all stacks",
    ),
    ("*/heading", "the comment's first line"),
    ("*/limit", "the comment's length"),
];

/// Panics unless each edit of a file is detected, and each edit with recomputed digests either is detected, or decides nothing and
/// changes the comment. Returns the rows of [`BOUND_BY_DIGEST`] that were needed.
#[track_caller]
pub fn assert_edits_are_detected(evidence: &Value) -> BTreeSet<&'static str> {
    let original = replay(evidence.to_string().as_bytes()).unwrap();
    assert_eq!(original.differences, [""; 0], "{evidence:#}");
    let mut needed = BTreeSet::new();
    let mut accepted = Vec::new();
    let mut edits = 0;
    each_edit(evidence, &mut |place, edit, edited| {
        edits += 1;
        if is_detected(&edited) {
            let Some(sealed) = sealed(&edited).filter(|sealed| sealed != evidence) else {
                return;
            };
            if is_detected(&sealed) {
                return;
            }
            let again = replay(sealed.to_string().as_bytes()).unwrap();
            assert_ne!(again.comments, original.comments, "{place}: {edit}");
            let mut rows = BOUND_BY_DIGEST.iter();
            match rows.find(|(pattern, _)| is_below(place, pattern)) {
                Some((pattern, _)) => {
                    needed.insert(*pattern);
                }
                None => accepted.push(format!("sealed again: {place}: {edit}")),
            }
        } else {
            accepted.push(format!("as is: {place}: {edit}"));
        }
    });
    assert!(edits > 200, "{edits}");
    assert!(accepted.is_empty(), "{edits} edits: {accepted:#?}");
    needed
}

fn is_detected(evidence: &Value) -> bool {
    match replay(evidence.to_string().as_bytes()) {
        Ok(replayed) => !replayed.differences.is_empty(),
        Err(_) => true,
    }
}

/// The file with recomputed subjects and digests; `None` if it is not evidence.
fn sealed(evidence: &Value) -> Option<Value> {
    let Evidence {
        kind,
        predicate_type,
        predicate: Predicate { run, changes, .. },
        ..
    } = serde_json::from_value(evidence.clone()).ok()?;
    let changes = changes.into_iter();
    let changes = changes.map(|sealed| Some(sealed.change.seal(&run).ok()?.0));
    let changes = changes.collect::<Option<Vec<_>>>()?;
    let mut again = Evidence::new(run, changes).ok()?;
    (again.kind, again.predicate_type) = (kind, predicate_type);
    serde_json::to_value(again).ok()
}

/// Whether a place is the pattern's or below it; without a leading `*` exactly its own. A leading `*` is any beginning, another is one key.
fn is_below(place: &str, pattern: &str) -> bool {
    let place: Vec<&str> = place.split('/').collect();
    let (pattern, starts) = match pattern.strip_prefix("*/") {
        Some(rest) => (rest, 0..place.len()),
        None => (pattern, 0..1),
    };
    let pattern: Vec<&str> = pattern.split('/').collect();
    starts.into_iter().any(|start| {
        let rest = &place[start..];
        let mut pairs = pattern.iter().zip(rest);
        let fits = match start {
            0 => rest.len() == pattern.len(),
            _ => rest.len() >= pattern.len(),
        };
        fits && pairs.all(|(a, b)| *a == "*" || a == b)
    })
}

/// Calls `visit` with each place, what was done there, and the edited document.
fn each_edit(document: &Value, visit: &mut impl FnMut(&str, &str, Value)) {
    let mut places = Vec::new();
    add_places(document, String::new(), &mut places);
    for place in places {
        let value = document.pointer(&place).unwrap();
        for (edit, value) in edits(value) {
            let mut edited = document.clone();
            *edited.pointer_mut(&place).unwrap() = value;
            if edited != *document {
                visit(&place, &edit, edited);
            }
        }
        if let Some((parent, key)) = place.rsplit_once('/') {
            let mut edited = document.clone();
            if let Some(Value::Object(parent)) = edited.pointer_mut(parent) {
                parent.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
                visit(&place, "removed", edited);
            }
        }
    }
}

fn add_places(value: &Value, place: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                add_places(value, format!("{place}/{key}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                add_places(value, format!("{place}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(place);
}

fn edits(value: &Value) -> Vec<(String, Value)> {
    let mut edits: Vec<(String, Value)> = Vec::new();
    let mut add = |edit: &str, value: Value| edits.push((edit.to_owned(), value));
    match value {
        Value::Null => {
            for value in [
                json!("0".repeat(64)),
                json!(1),
                json!(true),
                json!([]),
                json!({}),
            ] {
                add("filled", value);
            }
        }
        Value::Bool(value) => {
            add("turned", json!(!value));
            add("null", Value::Null);
        }
        Value::Number(value) => {
            let value = value.as_i64().unwrap();
            for other in [value + 1, 0, -1] {
                add("another number", json!(other));
            }
            add("null", Value::Null);
        }
        Value::String(text) => {
            add("another text", json!(changed(text)));
            add("empty", json!(""));
            add("null", Value::Null);
            if let Ok(time) = text.parse::<Timestamp>() {
                add("an earlier time", json!(time - DAY));
                add("a later time", json!(time + DAY));
            }
            let groups = WORDS.iter().filter(|words| words.contains(&text.as_str()));
            for word in groups.copied().flatten() {
                add(word, json!(word));
            }
        }
        Value::Array(items) => {
            add("empty", json!([]));
            add("null", Value::Null);
            for index in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(index);
                add("dropped", Value::Array(fewer));
                let mut more = items.clone();
                more.insert(index, items[index].clone());
                add("repeated", Value::Array(more));
            }
            let mut reversed = items.clone();
            reversed.reverse();
            add("reversed", Value::Array(reversed));
        }
        Value::Object(fields) => {
            add("empty", json!({}));
            add("null", Value::Null);
            let mut more = fields.clone();
            more.insert("unknown".to_owned(), json!(1));
            add("another field", Value::Object(more));
        }
    }
    edits
}

/// The text with another last letter or digit, so that a number, a time or a digest stays one.
fn changed(text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    match letters
        .iter_mut()
        .rfind(|letter| letter.is_ascii_alphanumeric())
    {
        Some(letter) => {
            *letter = match *letter {
                '9' => '0',
                'f' => 'e',
                'z' => 'y',
                'Z' => 'Y',
                other => char::from_u32(u32::from(other) + 1).unwrap(),
            }
        }
        None => letters.push('x'),
    }
    letters.into_iter().collect()
}
