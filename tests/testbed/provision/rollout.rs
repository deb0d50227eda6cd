//! The order of the stacks of a merge, and what does not begin.

use super::many::Many;
use super::*;
use crate::support::proxy::{Fault, Rule};

pub(super) fn notes<const N: usize>(more: [&str; N]) -> [String; N] {
    more.map(str::to_owned)
}

/// AWS refuses the first stack.
fn refuse_once(many: &Many) {
    refuse(many, 1);
}

pub(super) fn refuse(many: &Many, times: usize) {
    let refused = Fault::Error(400, "ValidationError", "refused".to_owned());
    let rule = Rule::new(refused).for_operation("CreateChangeSet");
    many.proxy.rule(rule.times(times));
}

/// The scheduled run of the environment.
pub(super) fn pending(many: &Many) -> crate::support::job::JobOutput {
    let event = many.world.repo.schedule_event("17 * * * *");
    let job = many.world.job("schedule", &event, 1);
    job.with("PROVISIONER_MODE", "apply")
        .with("GITHUB_REF", "refs/heads/main")
        .with("AWS_ENDPOINT_URL", &many.proxy.url())
        .run()
}

/// The stacks whose creation was requested, in this order.
fn created(many: &Many) -> Vec<String> {
    let calls = many.proxy.journal().into_iter();
    let created = calls.filter(|call| call.operation == "CreateChangeSet" && call.succeeded());
    created.map(|call| call.resource).collect()
}

pub(super) fn assert_all_created(many: &Many, count: usize) {
    let run = many.job().run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(many.complete(), count);
    many.world.github.take_writes();
}

#[test]
fn a_stack_follows_the_one_that_it_needs() {
    let needs = "  needs: n001-note-stack\n";
    let many = Many::with("", &notes([needs, "  needs: n002-note-stack\n", "", ""]));
    assert_all_created(&many, 4);
    let executed = many.proxy.journal().into_iter();
    let executed = executed.filter(|call| call.operation == "ExecuteChangeSet");
    let statuses: Vec<Option<u16>> = executed.map(|call| call.status).collect();
    assert_eq!(statuses, [Some(200); 4]);
    assert_eq!(created(&many).len(), 4);
}

#[test]
fn attack_the_others_begin_although_the_first_failed() {
    let many = Many::with("    first: 1\n", &notes(["", "", ""]));
    refuse_once(&many);
    let job = many.job();
    let run = job.run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    assert_eq!(codes_of(&run.summary).last().unwrap(), "not-started");
    let (_, report, status) = super::evidence::replayed(&job, &run.evidence);
    assert_eq!(status, 0, "{report}");
    assert_eq!(created(&many), [""; 0]);
    assert_eq!(many.complete(), 0);
    let counted = "provisioner: 3 configs, 0 done, 0 waiting, 0 denied, 1 failed, 2 not started";
    assert!(run.stderr.contains(counted), "{}", run.stderr);
    assert_eq!(run.outputs["remaining"], "2");
    insta::assert_snapshot!("first_failed", many.world.report(7));
    assert_all_created(&many, 3);
}

/// Three runs fail, so that no run tries the first one again.
#[test]
fn attack_the_others_begin_after_the_first_is_given_up() {
    let many = Many::with("    first: 1\n", &notes(["", "", ""]));
    refuse(&many, 9);
    assert_eq!(many.job().run().status, 30);
    for _ in 0..2 {
        assert_eq!(pending(&many).status, 30);
    }
    many.proxy.clear();
    let comment = many.world.report(7);
    let run = pending(&many);
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(many.complete(), 0, "{}", run.summary);
    assert!(comment.contains("1 config failed · 2 configs not started"));
    assert_eq!(many.world.report(7), comment);
    // Until something changes, no job starts for it.
    let (found, summary) = many.world.found(&many.world.find_job(), 0);
    assert_eq!(found, serde_json::json!([]), "{summary}");
    assert!(summary.contains("nothing changed since"), "{summary}");
    // A person applies it again.
    assert_all_created(&many, 3);
}

/// Everybody with write permission may edit the comment, but not in the name of the program.
#[test]
fn attack_an_edited_record_gives_up_the_first() {
    let many = Many::with("    first: 1\n", &notes(["", "", ""]));
    refuse(&many, 1);
    assert_eq!(many.job().run().status, 30);
    let comments = many.world.repo.comments(7);
    let mut own = comments.iter().filter(|it| it.body.contains("=1 -->"));
    let own = own.next().expect("the comment counts a failure");
    let edited = own.body.replacen("=1 -->", "=3 -->", 1);
    many.world.repo.edit_comment(own.id, &edited);
    let run = pending(&many);
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert!(
        run.stderr.contains("somebody else edited it"),
        "{}",
        run.stderr
    );
    assert_eq!(many.complete(), 3, "{}", run.summary);
    many.world.github.take_writes();
}

/// A newer merge, which nobody approved, changes the one that goes first.
#[test]
fn attack_a_later_merge_takes_the_first_out_of_the_way() {
    let many = Many::with(
        "    first: ['notes/n000-note.yaml']\n",
        &notes(["", "", ""]),
    );
    let account = many.world.workdir.aws.account.clone();
    let text = format!(
        "note:\n  name: n000\n  account: \"{account}\"\n  region: {}\n  text: later\n",
        crate::support::emulator::REGION
    );
    let later = many
        .world
        .another(8, |commit| commit.write("notes/n000-note.yaml", &text));
    many.world.merged(&later);
    let run = many.job().run();
    assert_eq!(run.status, 30, "{}\n{}", run.stderr, run.summary);
    assert_eq!(many.complete(), 0);
    let run = pending(&many);
    assert_eq!(many.complete(), 0, "{}\n{}", run.stderr, run.summary);
    many.world.github.take_writes();
}

/// Each run would allow as many failures again.
#[test]
fn attack_failures_of_earlier_runs_are_forgotten() {
    let rest = "    max-failures: 0\ndefaults:\n  concurrency: 1\n";
    let many = Many::with(rest, &notes(["", "", ""]));
    refuse(&many, 9);
    assert_eq!(many.job().run().status, 30);
    for _ in 0..2 {
        assert_eq!(pending(&many).status, 30);
    }
    many.proxy.clear();
    let run = pending(&many);
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(many.complete(), 0, "{}", run.summary);
    assert_all_created(&many, 3);
}

/// One push brings two merges. The first one fails.
#[test]
fn attack_a_change_in_two_merges_fails_more_than_the_policy_allows() {
    let rest = "    max-failures: 0\ndefaults:\n  concurrency: 1\n";
    let many = Many::with(rest, &notes([""]));
    let account = many.world.workdir.aws.account.clone();
    let text = format!(
        "note:\n  name: n001\n  account: \"{account}\"\n  region: {}\n",
        crate::support::emulator::REGION
    );
    let second = many
        .world
        .another(8, |commit| commit.write("notes/n001-note.yaml", &text));
    many.world.approved_and_merged(&second);
    refuse(&many, 1);
    let run = many.job().run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    assert_eq!(many.complete(), 0, "{}", run.summary);
    assert!(run.summary.contains("1 stack of `prod` failed"));
    // The next run begins anew with each merge.
    let run = pending(&many);
    assert_eq!(many.complete(), 2, "{}\n{}", run.stderr, run.summary);
    many.world.github.take_writes();
}

/// The merge's own run only previews what it removes, so that a person can confirm it.
#[test]
fn a_failed_first_stack_hides_no_deletion() {
    let many = Many::with("    first: 1\n    max-failures: 0\n", &notes([""]));
    assert_all_created(&many, 1);
    let account = many.world.workdir.aws.account.clone();
    let text = format!(
        "note:\n  name: n001\n  account: \"{account}\"\n  region: {}\n",
        crate::support::emulator::REGION
    );
    let second = many.world.another(8, |commit| {
        let commit = commit.write("notes/n001-note.yaml", &text);
        commit.remove("notes/n000-note.yaml")
    });
    let before = many.world.approved_and_merged(&second);
    refuse(&many, 1);
    let job = many.world.push(&before);
    let run = job.with("AWS_ENDPOINT_URL", &many.proxy.url()).run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    let comment = many.world.report(8);
    assert!(comment.contains("--force --confirm"), "{comment}");
    many.world.github.take_writes();
}

#[test]
fn what_the_first_one_needs_goes_before_it() {
    let needs = "  needs: n002-note-stack\n";
    let many = Many::with("    first: 1\n", &notes([needs, "", ""]));
    assert_all_created(&many, 3);
}

#[test]
fn attack_a_stack_is_created_without_the_one_that_it_needs() {
    let needs = "  needs: n001-note-stack\n";
    let many = Many::with("", &notes([needs, ""]));
    refuse_once(&many);
    let run = many.job().run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    assert_eq!(many.complete(), 0);
    let why = "it needs the stack of `notes/n001-note.yaml`, which is not done";
    assert!(run.summary.contains(why), "{}", run.summary);
    assert_all_created(&many, 2);
}

#[test]
fn attack_more_failures_than_the_policy_allows() {
    let rest = "    max-failures: 0\ndefaults:\n  concurrency: 1\n";
    let many = Many::with(rest, &notes(["", "", ""]));
    refuse_once(&many);
    let run = many.job().run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    assert_eq!(many.complete(), 0);
    let why = "1 stack of `prod` failed, in this run or before, and the policy's `max-failures` allows fewer";
    assert_eq!(run.summary.matches(why).count(), 2, "{}", run.summary);
    assert_all_created(&many, 3);
}

#[test]
fn nothing_begins_that_the_job_cannot_end() {
    let many = Many::with("", &notes(["", ""]));
    let job = many.job().with("PROVISIONER_TIMEOUT_MINUTES", "7");
    // Of the seven minutes, the download took three.
    let job = job.with("PROVISIONER_SPENT_SECONDS", "180");
    let run = job.run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    assert_eq!(created(&many), [""; 0]);
    insta::assert_snapshot!("no_time", many.world.report(7));
    for wrong in ["abc", "3h", "-3", "1.5", "0"] {
        let run = many.job().with("PROVISIONER_TIMEOUT_MINUTES", wrong).run();
        assert_eq!(run.status, 2, "{wrong}: {}", run.stderr);
    }
    assert_eq!(created(&many), [""; 0]);
    let long = many.job().with("PROVISIONER_TIMEOUT_MINUTES", "60").run();
    assert_eq!(long.status, 0, "{}", long.stderr);
    assert_eq!(many.complete(), 2);
    many.world.github.take_writes();
}

/// Two jobs share the environment. Each does its accounts, and writes its own comment.
#[test]
fn a_job_works_on_its_accounts() {
    let many = Many::with("", &notes(["", ""]));
    let account = many.world.workdir.aws.account.clone();
    let other = many
        .job()
        .with("PROVISIONER_ACCOUNTS", "999999999999")
        .run();
    assert_eq!(other.status, 0, "{}", other.stderr);
    assert_eq!(many.complete(), 0);
    let wrong = many.job().with("PROVISIONER_ACCOUNTS", "prod").run();
    assert_eq!(wrong.status, 2, "{}", wrong.stderr);
    assert_eq!(many.complete(), 0);
    let own = format!("{}*", &account[..3]);
    let run = many.job().with("PROVISIONER_ACCOUNTS", &own).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(many.complete(), 2);
    let title = format!("## Provisioner: `prod`, accounts `{own}`");
    assert!(
        many.world.report(7).contains(&title),
        "{}",
        many.world.report(7)
    );
    many.world.github.take_writes();
}
