//! `max-failures` counts the failures of earlier runs by the comment on the merge. Without that record nothing begins.

use super::kills::{Place, kill};
use super::many::Many;
use super::rollout::{assert_all_created, notes, pending, refuse};
use crate::support::proxy::Side;

const LIMITED: &str = "    max-failures: 0\ndefaults:\n  concurrency: 1\n";

/// The first of three stacks failed.
fn failed() -> Many {
    let many = Many::with(LIMITED, &notes(["", "", ""]));
    refuse(&many, 1);
    assert_eq!(many.job().run().status, 30);
    many
}

/// Scheduled runs begin nothing, and say why. A person applies the merge again.
#[track_caller]
fn assert_held(many: &Many, why: &str) {
    let run = pending(many);
    assert_eq!(run.status, 30, "{}\n{}", run.stderr, run.summary);
    assert!(run.summary.contains(why), "{}", run.summary);
    let help = "run the merge's job again, or start a run by hand with `configs` or `PROVISIONER_PATHS`: notes/n000-note.yaml";
    assert!(run.summary.contains(help), "{}", run.summary);
    for _ in 0..2 {
        let run = pending(many);
        assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
        assert_eq!(many.complete(), 0, "{}", run.summary);
    }
    // Until something changes, no job starts for it.
    let (found, summary) = many.world.found(&many.world.find_job(), 0);
    assert_eq!(found, serde_json::json!([]), "{summary}");
    assert_all_created(many, 3);
}

/// Everybody with write permission may edit the comment. The next run of the program edits it too, and does not sign what was there.
#[test]
fn attack_an_edited_record_forgets_failures() {
    let many = failed();
    let comments = many.world.repo.comments(7);
    let mut own = comments.iter().filter(|it| it.body.contains("=1 -->"));
    let own = own.next().expect("the comment counts a failure");
    let edited = format!("{} ", own.body.replacen("=1 -->", "=0 -->", 1));
    many.world.repo.edit_comment(own.id, &edited);
    assert_held(&many, "somebody edited the comment");
}

#[test]
fn attack_a_killed_run_forgets_failures() {
    let many = Many::with(LIMITED, &notes(["", "", ""]));
    kill(&many, &many.job(), Place::Aws(1, Side::Before));
    let began = many.world.report(7);
    assert!(began.contains("A run works on this merge."), "{began}");
    assert_held(&many, "an earlier run did not end");
}

/// A job without comments has no record of earlier runs.
#[test]
fn attack_runs_without_comments_forget_failures() {
    let many = Many::with(LIMITED, &notes(["", "", ""]));
    refuse(&many, 1);
    let silent = |job: crate::support::job::Job| job.with("PROVISIONER_COMMENT", "false").run();
    assert_eq!(silent(many.job()).status, 30);
    let event = many.world.repo.schedule_event("17 * * * *");
    for _ in 0..2 {
        let job = many.world.job("schedule", &event, 1);
        let run = silent(
            job.with("PROVISIONER_MODE", "apply")
                .with("GITHUB_REF", "refs/heads/main")
                .with("AWS_ENDPOINT_URL", &many.proxy.url()),
        );
        assert_eq!(run.status, 30, "{}\n{}", run.stderr, run.summary);
        let why = "the job writes no comment that counts failures";
        assert!(run.summary.contains(why), "{}", run.summary);
        assert_eq!(many.complete(), 0);
    }
    assert_all_created(&many, 3);
}
