//! The judged change sets, read through AWS's client: the answers are XML, and each page and each nested change set is requested.

use std::collections::BTreeMap;

use provisioner::plan::ResourceVerdict;
use serde_json::{Value, json};

use super::answers::{arn, preview, queries_of_existing_stack};
use super::workdir;
use crate::change_set::judged::{JudgedCase, cases, verdicts};

/// Whether AWS's client reads it without an error or another request: all pages and nested change sets are there and finished.
fn is_complete(pages: &[Value], case: &JudgedCase) -> bool {
    let is_last = |at: usize| at + 1 == pages.len();
    let has_pages = pages.iter().enumerate().all(|(at, page)| {
        page["NextToken"].is_string() != is_last(at) && page["Status"] != "CREATE_IN_PROGRESS"
    });
    has_pages
        && nested_ids(pages).all(|id| {
            let nested = case.nested.get(id);
            nested.is_some_and(|pages| is_complete(pages, case))
        })
}

fn changes(pages: &[Value]) -> impl Iterator<Item = &Value> {
    pages
        .iter()
        .filter_map(|page| page["Changes"].as_array())
        .flatten()
}

fn nested_ids(pages: &[Value]) -> impl Iterator<Item = &str> {
    changes(pages).filter_map(|change| change["ResourceChange"]["ChangeSetId"].as_str())
}

/// The answers after those of the parent, in the order of the requests: the state, then the pages.
fn nested_answers(pages: &[Value], case: &JudgedCase, answers: &mut Vec<Value>) {
    for id in nested_ids(pages) {
        let pages = &case.nested[id];
        answers.push(pages[0].clone());
        answers.extend(pages.iter().cloned());
        nested_answers(pages, case, answers);
    }
}

#[test]
fn the_client_and_the_parser_read_the_same_verdicts() {
    let workdir = workdir();
    workdir.write_config("  versioning: true\n");
    let mut changes_of_all = Vec::new();
    let mut nested = Vec::new();
    let mut expected: BTreeMap<String, ResourceVerdict> = BTreeMap::new();
    for (at, case) in cases().into_iter().enumerate() {
        let has_ids = case.expect.keys().all(|id| !id.contains('#'));
        if !has_ids || !is_complete(&case.pages, &case) {
            continue;
        }
        // One change set holds all cases, so each needs ids of its own.
        let prefix = format!("C{at:03}");
        for mut change in changes(&case.pages).cloned() {
            let id = &mut change["ResourceChange"]["LogicalResourceId"];
            *id = json!(format!("{prefix}{}", id.as_str().unwrap()));
            changes_of_all.push(change);
        }
        nested_answers(&case.pages, &case, &mut nested);
        expected.extend(verdicts(&case.change_set(), &prefix));
    }
    assert!(expected.len() > 230, "{}", expected.len());
    let page = |changes: &[Value], more: Option<&str>| {
        json!({
            "ChangeSetId": arn("changeSet", "provisioner"),
            "Status": "CREATE_COMPLETE",
            "ExecutionStatus": "AVAILABLE",
            "Changes": changes,
            "NextToken": more,
        })
    };
    let (first, second) = changes_of_all.split_at(100);
    let mut answers = vec![
        page(first, Some("2")),
        page(first, Some("2")),
        page(second, None),
    ];
    answers.extend(nested);
    queries_of_existing_stack(&workdir);
    preview(&workdir, json!(answers));
    let shown = workdir.json("show-changes", &[]);
    let mut read: BTreeMap<String, ResourceVerdict> = BTreeMap::new();
    for row in rows(&shown) {
        let assessed: ResourceVerdict = ResourceVerdict {
            verdict: serde_json::from_value(row["verdict"].clone()).unwrap(),
            certain: row["certain"].as_bool().unwrap(),
            reason: row["reason"].as_str().unwrap().to_owned(),
            uncertainty: row["uncertainty"].as_str().map(str::to_owned),
        };
        let id = row["logical_id"].as_str().unwrap().to_owned();
        let assessed = match read.remove(&id) {
            Some(other) => assessed.worse(other),
            None => assessed,
        };
        read.insert(id, assessed);
    }
    for (id, assessed) in &expected {
        assert_eq!(read.get(id), Some(assessed), "{id}");
    }
    assert_eq!(read.len(), expected.len());
}

/// The list `resources`, wherever it stands.
fn rows(document: &Value) -> Vec<&Value> {
    match document {
        Value::Object(members) => match members.get("resources") {
            Some(Value::Array(rows)) => rows.iter().collect(),
            _ => members.values().flat_map(rows).collect(),
        },
        Value::Array(items) => items.iter().flat_map(rows).collect(),
        _ => Vec::new(),
    }
}
