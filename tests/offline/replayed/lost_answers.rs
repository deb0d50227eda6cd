//! AWS's answers that are lost, late, or never come.

use serde_json::json;

use super::answers::{change_set, events, first_events, preview, queries_of_existing_stack, stack};
use super::continue_rollback::{continued, failed};
use super::deletion::{empty, previewed_stack, without_imports};
use super::ml::ml;
use super::workdir;
use crate::support::replay::refused;

/// The first attempt started the deletion, and its answer was lost.
#[test]
fn a_deletion_whose_answer_was_lost_is_awaited() {
    let workdir = ml();
    let there = previewed_stack(&workdir, 1, &without_imports(), &empty());
    let rows = [
        ("", "CREATE_COMPLETE", ""),
        ("", "DELETE_IN_PROGRESS", "User Initiated"),
    ];
    let events = events(&workdir, &rows);
    let known = refused("TokenAlreadyExistsException", "the token exists");
    workdir
        .aws
        .on("DeleteStack", known)
        .on(
            "DescribeStacks",
            json!([there, stack(&workdir, "DELETE_COMPLETE")]),
        )
        .on("DescribeStackEvents", first_events(&events, 1));
    let deleted = workdir.try_action("delete-product", &["--force"]);
    assert_eq!(deleted.status, 0, "{}", deleted.stdout);
}

#[test]
fn an_operation_without_events_does_not_wait_for_ever() {
    let workdir = workdir();
    failed(&workdir);
    continued(&workdir, "UPDATE_ROLLBACK_FAILED");
    let events = events(&workdir, &[("", "UPDATE_ROLLBACK_FAILED", "")]);
    workdir
        .aws
        .set("DescribeStackEvents", first_events(&events, 1));
    let ended = workdir.try_action("continue-rollback", &["--force"]);
    assert_eq!(ended.status, 31, "{}", ended.stdout);
    let why = "CloudFormation accepted the operation and reports no event of it";
    assert!(ended.stdout.contains(why), "{}", ended.stdout);
}

#[test]
fn a_change_set_that_is_not_known_at_once_is_awaited() {
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    let unknown = refused("ChangeSetNotFound", "the change set does not exist");
    let none = "The submitted information didn't contain changes.";
    preview(&workdir, json!([unknown, change_set("FAILED", none)]));
    let shown = workdir.try_action("show-changes", &[]);
    assert_eq!(shown.status, 0, "{}", shown.stdout);
}
