//! An entry that a later merge removed asks for nothing, and another entry for the same config takes its place.

use super::adoption::{Existing, TEAM};
use super::import::Loose;
use super::replace::Replaces as _;
use super::*;

const ENTRIES: &str = ".provisioner/adoptions.yaml";
const REPLACEMENTS: &str = ".provisioner/replacements.yaml";
const EMPTY: &str = "version: 1\n";

/// A job that starts again later, with the event that it had.
trait Later: ForgeWorld {
    fn prepared(&self, before: &str) -> Box<dyn FnOnce() -> Run>;
}

impl Later for World {
    fn prepared(&self, before: &str) -> Box<dyn FnOnce() -> Run> {
        let job = self.push(before);
        Box::new(move || job.run().into())
    }
}

impl Later for GitLabWorld {
    fn prepared(&self, before: &str) -> Box<dyn FnOnce() -> Run> {
        let job = self.push_job(before);
        Box::new(move || crate::gitlab::world::run(job).into())
    }
}

#[track_caller]
fn assert_superseded(run: &Run, mutations: &[String]) {
    assert_eq!(mutations, [""; 0], "{}", run.summary);
    assert_eq!(run.codes(), ["superseded"], "{}", run.summary);
}

/// Pull request 8 removes the entry of pull request 7, which was merged and did not run.
fn attack_an_entry_that_a_later_merge_removed<W: Later>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let pull = existing.proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.prepared(&before);
    let second = world.another(8, |commit| commit.write(ENTRIES, EMPTY));
    insta::assert_snapshot!("entry_removed", world.comment(8, "check"));
    let later = world.approved_and_merged(&second);
    existing.proxy.clear();
    world.run_push(&later).assert_exit(0);
    let line = format!("/provisioner adopt {}", world.workdir().path());
    let (run, _) = world.command(&pull, "alice", &line);
    assert_superseded(&run, &existing.mutations());
    // The job of the first merge, and both merges in one push.
    for run in [job(), world.run_push(&before)] {
        assert_eq!(existing.mutations(), [""; 0], "{}", run.summary);
        assert!(
            run.summary.contains("or its entry again"),
            "{}",
            run.summary
        );
    }
    world.fake().take_writes();
    // Another pull request asks for it again.
    let entries = existing.entries("adopt", &existing.id());
    let third = world.another(9, |commit| commit.write(ENTRIES, &entries));
    let again = world.approved_and_merged(&third);
    existing.assert_adopted(&again);
}

fn attack_an_import_that_a_later_merge_removed<W: ForgeWorld>() {
    let loose = Loose::<W>::new("");
    let world = &loose.world;
    let pull = loose.proposed();
    let before = world.approved_and_merged(&pull);
    let second = world.another(8, |commit| commit.write(ENTRIES, EMPTY));
    world.approved_and_merged(&second);
    loose.proxy.clear();
    let line = format!("/provisioner import {}", world.workdir().path());
    let (run, _) = world.command(&pull, "alice", &line);
    assert_superseded(&run, &loose.mutations());
    let run = world.run_push(&before);
    assert_eq!(loose.mutations(), [""; 0], "{}", run.summary);
    loose.assert_untouched();
    world.fake().take_writes();
}

fn attack_a_replacement_that_a_later_merge_removed<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let pull = world.replacement(7, &first);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    let line = world.posted_replacement(7);
    world.fake().take_writes();
    let second = world.another(8, |commit| commit.write(REPLACEMENTS, EMPTY));
    let check = world.comment(8, "check");
    assert!(check.contains("removes entries: `replace` of"), "{check}");
    world.approved_and_merged(&second);
    let (run, _) = world.command(&pull, "carol", &line);
    assert_eq!(run.codes(), ["superseded"], "{}", run.summary);
    world.fake().take_writes();
    assert_eq!(world.stack_id(), first);
}

/// Adopted, un-adopted, and the config is there again: in three pushes, and the first job starts again.
fn attack_an_adoption_after_the_unadoption<W: Later>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let (path, text) = (world.workdir().path(), world.text());
    let pull = existing.proposed();
    let before = world.approved_and_merged(&pull);
    let job = world.prepared(&before);
    existing.assert_adopted(&before);
    let unadopt = existing.entries("unadopt", &existing.id());
    let entries = existing.entries("adopt", &existing.id()) + unadopt.trim_start_matches(EMPTY);
    let second = world.another(8, |commit| commit.remove(&path).write(ENTRIES, &entries));
    let later = world.approved_and_merged(&second);
    world.run_push(&later).assert_exit(0);
    assert_eq!(existing.tags().len(), 1);
    let third = world.another(9, |commit| commit.write(&path, &text));
    world.approved_and_merged(&third);
    existing.proxy.clear();
    // The job of the first merge, and all merges in one push.
    for run in [job(), world.run_push(&before)] {
        assert_eq!(existing.mutations(), [""; 0], "{}", run.summary);
    }
    assert_eq!(existing.tags().len(), 1);
    world.fake().take_writes();
}

/// provisioner's stack and its bucket were deleted, and somebody else has a bucket of this name now.
fn attack_a_creation_takes_a_bucket_of_the_same_name<W: ForgeWorld>() {
    let mut world = W::new(&policy(""));
    world.workdir_mut().write_config(CONFIG);
    scene::with_stack(world.workdir());
    let workdir = world.workdir();
    let aws = &workdir.aws;
    let stack = aws.stacks().delete_stack().stack_name(workdir.stack());
    aws.wait(stack.send()).unwrap();
    let bucket = aws.objects().delete_bucket().bucket(&workdir.name);
    aws.wait(bucket.send()).unwrap();
    workdir.create_bucket();
    workdir.put_object();
    let (path, text) = (workdir.path(), world.text());
    let pull = world.another(7, |commit| commit.write(&path, text));
    let check = world.comment(7, "check");
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["preflight-failed"], "{check}{}", run.summary);
    assert_eq!(world.stacks(), []);
    assert_eq!(world.workdir().aws.keys(&world.workdir().name).len(), 1);
    world.fake().take_writes();
}

on_both_forges! {
    attack_a_creation_takes_a_bucket_of_the_same_name
    attack_an_entry_that_a_later_merge_removed
    attack_an_import_that_a_later_merge_removed
    attack_a_replacement_that_a_later_merge_removed
    attack_an_adoption_after_the_unadoption
}
