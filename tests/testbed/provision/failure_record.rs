//! `max-failures` counts the failures of earlier runs by the comment on the merge. Without that record nothing begins.

use super::kills::{Place, kill};
use super::many::Many;
use super::rollout::{assert_all_created, notes, pending, refuse};
use crate::support::emulator::REGION;
use crate::support::proxy::{Fault, Rule, Side};

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

/// A merge that changes the notes of these numbers.
fn merge(many: &Many, number: u64, notes: &[usize], more: &str) -> String {
    let account = many.world.workdir.aws.account.clone();
    let pull = many.world.another(number, |commit| {
        notes.iter().fold(commit, |commit, at| {
            let text = format!(
                "note:\n  name: n{at:03}\n  account: \"{account}\"\n  region: {REGION}\n{more}"
            );
            commit.write(&format!("notes/n{at:03}-note.yaml"), text)
        })
    });
    many.world.approved_and_merged(&pull)
}

/// AWS shows that the update of another merge was rolled back.
#[test]
fn attack_a_rolled_back_stack_of_another_merge_is_forgotten() {
    let many = Many::with("    updates: in-place\n    max-failures: 0\n", &notes([""]));
    assert_all_created(&many, 1);
    merge(&many, 8, &[0], "  text: other\n");
    let before = merge(&many, 9, &[1], "");
    let status = ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];
    let rolled_back = Rule::new(Fault::rewrites([status]));
    many.proxy.rule(rolled_back.for_operation("DescribeStacks"));
    let push = || many.world.push(&before);
    let job = push().with("AWS_ENDPOINT_URL", &many.proxy.url());
    let run = job.run();
    assert_eq!(run.status, 30, "{}\n{}", run.stderr, run.summary);
    let why = "Of other merges: `notes/n000-note.yaml`";
    assert!(run.summary.contains(why), "{}", run.summary);
    assert_eq!(many.complete(), 1);
    // AWS does not answer: that is no fact.
    many.proxy.clear();
    let refused = Fault::Error(400, "AccessDenied", "not today".to_owned());
    let rule = Rule::new(refused).for_operation("GetTemplate");
    many.proxy.rule(rule);
    let run = push().with("AWS_ENDPOINT_URL", &many.proxy.url()).run();
    assert_eq!(run.status, 31, "{}\n{}", run.stderr, run.summary);
    let why = "Of `notes/n000-note.yaml` it is not known: ";
    assert!(run.summary.contains(why), "{}", run.summary);
    assert_eq!(many.complete(), 1);
    many.world.github.take_writes();
}

/// What waits for another merge starts no job until that one is applied, and then it does.
#[test]
fn a_held_merge_is_found_once_the_failed_one_is_applied() {
    let many = Many::with(LIMITED, &notes([""]));
    merge(&many, 8, &[1], "");
    refuse(&many, 9);
    assert_eq!(many.job().run().status, 30);
    for _ in 0..4 {
        pending(&many);
    }
    many.proxy.clear();
    let find = || many.world.found(&many.world.find_job(), 0);
    let (found, summary) = find();
    assert_eq!(found, serde_json::json!([]), "{summary}");
    assert_eq!(many.complete(), 0);
    let inputs = serde_json::json!({"mode": "apply", "configs": "notes/n000-note.yaml"});
    let carol = &many.world.carol;
    let event = many
        .world
        .repo
        .workflow_dispatch_event("main", &inputs, carol);
    let run = many.world.job("workflow_dispatch", &event, 1).run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(many.complete(), 1);
    let (found, summary) = find();
    assert_eq!(found, serde_json::json!(["prod"]), "{summary}");
    let run = pending(&many);
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(many.complete(), 2);
    let (found, summary) = find();
    assert_eq!(found, serde_json::json!([]), "{summary}");
    many.world.github.take_writes();
}

/// A merge that nobody approved. Its job runs.
fn denied(many: &Many, number: u64, text: &str) {
    let account = many.world.workdir.aws.account.clone();
    let text = format!("note:\n  name: n000\n  account: \"{account}\"\n  region: {REGION}\n{text}");
    let pull = many
        .world
        .another(number, |commit| commit.write("notes/n000-note.yaml", text));
    let before = many.world.merged(&pull);
    let run = many.world.push(&before).run();
    assert_eq!(run.status, 20, "{}\n{}", run.stderr, run.summary);
}

/// A creation that failed leaves no stack. Merges that nobody approved change its config.
#[test]
fn attack_a_denied_newer_merge_hides_a_failed_creation() {
    let many = Many::with("    max-failures: 0\n", &notes([""]));
    refuse(&many, 1);
    assert_eq!(many.job().run().status, 30);
    for (note, number) in [(1, 8), (2, 9)] {
        denied(&many, number, &format!("  text: of {number}\n"));
        let before = merge(&many, number + 10, &[note], "");
        let run = many.world.push(&before).run();
        assert_eq!(run.status, 30, "{}\n{}", run.stderr, run.summary);
        let why = "Of other merges: `notes/n000-note.yaml`";
        assert!(run.summary.contains(why), "{}", run.summary);
        pending(&many);
        assert_eq!(many.complete(), 0);
    }
    many.world.github.take_writes();
}

/// The stack is as the default branch says, because its update was rolled back and a merge that nobody approved restored the config.
#[test]
fn attack_a_denied_revert_releases_the_others() {
    let many = Many::with("    updates: in-place\n    max-failures: 0\n", &notes([""]));
    assert_all_created(&many, 1);
    merge(&many, 8, &[0], "  text: other\n");
    denied(&many, 9, "");
    let before = merge(&many, 10, &[1], "");
    let status = ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];
    let rolled_back = Rule::new(Fault::rewrites([status]));
    many.proxy.rule(rolled_back.for_operation("DescribeStacks"));
    let run = many
        .world
        .push(&before)
        .with("AWS_ENDPOINT_URL", &many.proxy.url())
        .run();
    assert_eq!(run.status, 30, "{}\n{}", run.stderr, run.summary);
    let why = "Of other merges: `notes/n000-note.yaml`";
    assert!(run.summary.contains(why), "{}", run.summary);
    assert_eq!(many.complete(), 1);
    many.world.github.take_writes();
}

/// A merge of a product is applied by hand by the name of one of its configs.
#[test]
fn a_merge_of_a_product_is_applied_by_hand() {
    let many = Many::with("    updates: in-place\n    max-failures: 0\n", &notes([""]));
    assert_all_created(&many, 1);
    let pull = many.world.another(8, |commit| {
        let path = ".provisioner/products/note/stack.yaml.j2";
        commit.write(path, super::many::STACK.replace("'hello'", "'others'"))
    });
    many.world.approved_and_merged(&pull);
    let inputs = serde_json::json!({"mode": "apply", "configs": "notes/n000-note.yaml"});
    let carol = &many.world.carol;
    let repo = &many.world.repo;
    let event = repo.workflow_dispatch_event("main", &inputs, carol);
    let run = many.world.job("workflow_dispatch", &event, 1).run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    let updated = many.world.workdir.aws.stack_names();
    let updated = updated
        .iter()
        .any(|(_, status)| status == "UPDATE_COMPLETE");
    assert!(updated, "{}", run.summary);
    many.world.github.take_writes();
}
