//! The kinds of AWS's errors, and what a user reads about each.

use serde_json::{Value, json};

use super::answers::{change_set, created_change_set, queries_of_existing_stack};
use super::workdir;
use crate::support::replay::refused;

fn with_status(status: u16, mut answer: Value) -> Value {
    answer["Error"]["Status"] = json!(status);
    answer
}

#[test]
fn the_code_of_an_error_decides_and_its_message_does_not() {
    // The message of each names another kind.
    for (answer, status, code, told) in [
        (
            refused("Throttling", "AccessDenied: rate exceeded"),
            31,
            "aws-unreachable",
            "rate limit: Throttling",
        ),
        (
            refused("ExpiredToken", "AccessDenied: the token is expired"),
            31,
            "aws-credentials",
            "credentials expired or not accepted: ExpiredToken",
        ),
        (
            with_status(503, refused("ServiceUnavailable", "AccessDenied")),
            31,
            "aws-unreachable",
            "ServiceUnavailable: AccessDenied (after several attempts)",
        ),
        (
            with_status(403, refused("AccessDenied", "Throttling: ExpiredToken")),
            30,
            "aws-refused",
            "AWS DescribeStacks: AccessDenied: Throttling",
        ),
        (
            refused("ValidationError", "AccessDenied: ExpiredToken"),
            30,
            "aws-refused",
            "AWS DescribeStacks: ValidationError: AccessDenied",
        ),
        (
            with_status(403, refused("NewCode", "Stack [s3] does not exist")),
            30,
            "aws-refused",
            "AWS DescribeStacks: NewCode: Stack",
        ),
    ] {
        let workdir = workdir();
        workdir.aws.on("DescribeStacks", answer);
        let failed = workdir.try_action("show-changes", &[]);
        assert_eq!(failed.status, status, "{}", failed.stdout);
        for text in [code, told] {
            assert!(failed.stdout.contains(text), "{text}: {}", failed.stdout);
        }
        let denied = failed.stdout.contains("trust policy");
        assert!(!denied, "{}", failed.stdout);
    }
}

/// C1: the reader of a refusal learns how to renew the role of that environment.
#[test]
fn a_missing_permission_names_the_command_for_the_role() {
    let workdir = workdir();
    let denied = with_status(403, refused("AccessDenied", "not authorized"));
    workdir.aws.on("DescribeStacks", denied);
    let failed = workdir.try_action("show-changes", &[]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    let path = workdir.path();
    for text in [
        "`provisioner roles --repository OWNER@ID/NAME@ID --account 123456789012`",
        &format!("`provisioner create-policy {path}`"),
    ] {
        assert!(failed.stdout.contains(text), "{text}: {}", failed.stdout);
    }
}

#[test]
fn the_text_of_another_error_is_not_a_missing_stack() {
    let message = "Parameters: [Stack with id s3 does not exist] do not exist in the template";
    let workdir = workdir();
    workdir
        .aws
        .on("DescribeStacks", refused("ValidationError", message));
    let failed = workdir.try_action("show-changes", &[]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    assert!(failed.stdout.contains("aws-refused"), "{}", failed.stdout);
}

#[test]
fn expired_credentials_fail_a_preview_whose_details_could_not_be_read() {
    let workdir = workdir();
    queries_of_existing_stack(&workdir);
    created_change_set(&workdir, change_set("CREATE_COMPLETE", ""));
    workdir
        .aws
        .on("DescribeEvents", refused("ExpiredToken", "expired"))
        .on("DeleteChangeSet", json!({}));
    let failed = workdir.try_action("show-changes", &[]);
    assert_eq!(failed.status, 31, "{}", failed.stdout);
    assert!(
        failed.stdout.contains("aws-credentials"),
        "{}",
        failed.stdout
    );
}

/// The SDK takes the code for throttling, and would repeat the request.
#[test]
fn a_quota_is_not_retried_and_the_help_says_what_to_do() {
    let workdir = workdir();
    let reached = "Stack quota of 2000 has been reached";
    queries_of_existing_stack(&workdir);
    let refusal = refused("LimitExceededException", reached);
    workdir.aws.on("CreateChangeSet", refusal);
    let failed = workdir.try_action("show-changes", &[]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    for text in [
        "aws-refused",
        reached,
        "raise it in AWS Service Quotas, or delete what is not needed",
    ] {
        assert!(failed.stdout.contains(text), "{text}: {}", failed.stdout);
    }
    assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 1);
}
