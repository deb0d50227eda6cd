//! Attacks by a comment's text: only plain commands in the forge's current text are executed.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::*;

/// Jobs of both kinds for a comment whose event has another text.
fn jobs(world: &World, pull: &Pull, comment: &Comment, claimed: &str) -> [Job; 2] {
    let mut event = pull.comment_event("created", comment.id);
    event["comment"]["body"] = json!(claimed);
    [INSPECT, APPLY].map(|issuer| world.job("issue_comment", &event, issuer))
}

/// Vector 10: the event names a deletion, the comment only asks for help.
#[test]
fn attack_an_event_that_says_more_than_the_comment() {
    let (world, pull) = World::with_merge();
    let comment = world.comment(&world.carol, "/provisioner explain not-merged");
    let path = world.workdir.path();
    let claimed = format!(
        "/provisioner tear-down {path} --force --confirm 0123456789abcdef\n/provisioner prep-master"
    );
    for job in jobs(&world, &pull, &comment, &claimed) {
        assert_eq!(job.run().status, 0);
    }
    // A text that differs from the event's was edited since: it is ignored.
    world.github.expect_writes(&[]);
    world.assert_no_aws_access();
}

/// Vector 10: the event is harmless, the comment has a command. Only the comment counts, and a harmless event causes no inspection.
#[test]
fn attack_an_event_that_says_less_than_the_comment() {
    let (world, pull) = World::with_merge();
    let comment = world.comment(&world.carol, "/provisioner prep-master");
    for job in jobs(&world, &pull, &comment, "thanks") {
        world.github.clear_journal();
        assert_eq!(job.run().status, 0);
        assert_eq!(world.github.requests().len(), 0);
    }
    // A text that differs from the event's was edited since: it is ignored.
    let [inspect, _] = jobs(&world, &pull, &comment, "/provisioner help");
    assert_eq!(inspect.run().status, 0);
    world.github.expect_writes(&[]);
    world.assert_no_aws_access();
}

/// Vector 10: an approved harmless comment is edited into a command.
#[test]
fn attack_an_edited_comment() {
    let (world, pull) = World::with_merge();
    for (before, after) in [
        ("looks good", "/provisioner prep-master"),
        ("/provisioner help", "/provisioner prep-master"),
    ] {
        let comment = world.comment(&world.carol, before);
        world.repo.edit_comment(comment.id, after);
        for job in jobs(&world, &pull, &comment, after) {
            assert_eq!(job.run().status, 0);
        }
        world.github.expect_writes(&[]);
        world.assert_no_aws_access();
    }
}

/// Vector 10: the event names a comment on another pull request.
#[test]
fn attack_a_comment_from_elsewhere() {
    let (world, pull) = World::with_merge();
    world.repo.branch("other", &world.repo.head("main"));
    world.repo.commit("other").write("x", "x").push();
    let other = world
        .repo
        .pull("other")
        .author(&world.mallory)
        .number(8)
        .open();
    let comment = world
        .repo
        .comment(8, &world.carol, "/provisioner prep-master");
    let mut event = other.comment_event("created", comment.id);
    event["issue"]["number"] = json!(pull.number);
    for issuer in [INSPECT, APPLY] {
        assert_eq!(world.job("issue_comment", &event, issuer).run().status, 0);
    }
    world.github.expect_writes(&[]);
    world.assert_no_aws_access();
}

/// Vector 11: a quoted command is not executed.
#[test]
fn attack_a_quoted_command() {
    let (world, pull) = World::with_merge();
    let command = "/provisioner prep-master";
    for text in [
        format!("> {command}"),
        format!("```\n{command}\n```"),
        format!("~~~\n{command}\n~~~"),
        format!("<!--\n{command}\n-->"),
        format!("<details>\n\n{command}\n\n</details>"),
        format!("<blockquote>\n\n{command}\n\n</blockquote>"),
        format!("    {command}"),
        format!("- {command}"),
        format!("1. {command}"),
        format!("# {command}"),
        format!("`{command}`"),
        format!("do not comment {command}"),
        format!("[{command}](https://example.org)"),
        format!("| a |\n|---|\n| {command} |"),
        format!("x\n{command}\n==="),
    ] {
        let comment = world.comment(&world.carol, &text);
        let run = world.inspect_job(&pull, &comment).run();
        assert_eq!(run.status, 0, "{text}: {}", run.stderr);
        assert!(run.outputs["environments"].is_null(), "{text}");
        world.github.expect_writes(&[]);
    }
    world.assert_no_aws_access();
}

/// Vectors 11 and 12: homoglyphs, invisible characters, shell syntax, paths out of the repository.
#[test]
fn attack_unknown_arguments() {
    let (world, pull) = World::with_merge();
    let path = world.workdir.path();
    let lines = [
        "/provisioner prep\u{2010}master".to_owned(),
        "/provisioner pr\u{435}p-master".to_owned(),
        format!("/provisioner prep-master {path}\u{200b}"),
        "/provisioner prep-master ../../etc/passwd".to_owned(),
        "/provisioner prep-master /etc/passwd".to_owned(),
        "/provisioner prep-master s3/configs/../../x.yaml".to_owned(),
        "/provisioner prep-master $(id)".to_owned(),
        "/provisioner prep-master x;id".to_owned(),
        "/provisioner deploy-solution --solution ../x".to_owned(),
        "/provisioner deploy-solution --solution @acme/admins".to_owned(),
    ];
    let text = lines.join("\n\n");
    let inspected = world.inspect(&pull, &world.carol, &text);
    inspected.assert_exit(2);
    world.github.expect_writes(ANSWER_WRITES);
    assert_eq!(inspected.environments(), "[]");
    insta::assert_snapshot!("unknown_words", world.reply());
    assert_eq!(world.apply_job(&pull, &inspected.comment).run().status, 0);
    world.github.expect_writes(&[]);
    world.assert_no_aws_access();
}

/// Vector 14: a config that the pull request does not change.
#[test]
fn attack_a_config_that_was_not_reviewed_here() {
    let world = World::new(&policy(""));
    let other = "s3/configs/acme-prod-9999-us-west-2-s3.yaml";
    let text = world.workdir.read(&world.workdir.path());
    world.repo.commit("main").write(other, &text).push();
    let pull = world.proposed(VERSIONED);
    world.approved_and_merged(&pull);
    for text in [
        format!("/provisioner prep-master {other}"),
        format!("/provisioner tear-down {other} --force --confirm 0123456789abcdef"),
        format!("/provisioner show-changes {other}"),
        format!("/provisioner test-deploy {other}"),
    ] {
        let inspected = world.inspect(&pull, &world.carol, &text);
        inspected.assert_exit(2);
        let writes = world.github.take_writes();
        assert!(writes.len() <= 4, "{writes:#?}");
        assert_eq!(inspected.environments(), "[]");
        assert!(
            world
                .last_reply()
                .contains("is not a config that this pull request changes")
        );
        let run = world.apply_job(&pull, &inspected.comment).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        world.github.expect_writes(&[]);
    }
    world.assert_no_aws_access();
}

/// Vectors 6, 11 and 31: a stranger's comment causes no request to AWS or to an issuer.
#[test]
fn attack_comments_of_strangers() {
    let (world, pull) = World::with_merge();
    let path = world.workdir.path();
    let words = prop_oneof![
        Just("/provisioner".to_owned()),
        Just("prep-master".to_owned()),
        Just("tear-down".to_owned()),
        Just("show-changes".to_owned()),
        Just("test-deploy".to_owned()),
        Just("validate-config".to_owned()),
        Just("help".to_owned()),
        Just(path),
        Just("--force".to_owned()),
        Just("--confirm 0123456789abcdef".to_owned()),
        Just("\n".to_owned()),
        "[ -~]{0,12}",
        "\\PC{0,6}",
    ];
    let line = prop::collection::vec(words, 0..8).prop_map(|words| words.join(" "));
    let text = prop::collection::vec(line, 1..4).prop_map(|lines| {
        format!(
            "/provisioner prep-master\n{}",
            lines.join("\n/provisioner ")
        )
    });
    let config = Config {
        cases: 8,
        failure_persistence: None,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&text, |text| {
        let comment = world.comment(&world.mallory, &text);
        for job in [
            world.inspect_job(&pull, &comment),
            world.apply_job(&pull, &comment),
        ] {
            let run = job.run();
            prop_assert_eq!(run.status, 0, "{}", run.stderr);
            prop_assert!(run.outputs["environments"].is_null());
            prop_assert_eq!(run.summary, "");
        }
        prop_assert!(world.github.take_writes().is_empty());
        prop_assert_eq!((world.tokens(INSPECT), world.tokens(APPLY)), (0, 0));
        Ok(())
    });
    tried.unwrap();
    world.assert_no_aws_access();
}
