//! The order of the stacks of a merge, and what does not begin.

use super::many::Many;
use super::*;
use crate::support::proxy::{Fault, Rule};

fn notes<const N: usize>(more: [&str; N]) -> [String; N] {
    more.map(str::to_owned)
}

/// AWS refuses the first stack.
fn refuse_once(many: &Many) {
    let refused = Fault::Error(400, "ValidationError", "refused".to_owned());
    many.proxy
        .rule(Rule::new(refused).for_operation("CreateChangeSet").times(1));
}

/// The stacks whose creation was requested, in this order.
fn created(many: &Many) -> Vec<String> {
    let calls = many.proxy.journal().into_iter();
    let created = calls.filter(|call| call.operation == "CreateChangeSet" && call.succeeded());
    created.map(|call| call.resource).collect()
}

fn assert_all_created(many: &Many, count: usize) {
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
    let why = "1 stack of `prod` failed, and the policy's `max-failures` allows fewer";
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
