//! A pull request imports a bucket that belongs to no stack into its config's new stack.

use super::*;
use crate::support::parallel::each;
use crate::support::proxy::{FaultProxy, Side};

const ENTRIES: &str = ".provisioner/adoptions.yaml";

/// A bucket of the config's name with an object, behind a proxy that records what a run does in AWS.
pub(super) struct Loose<W> {
    pub(super) world: W,
    pub(super) proxy: FaultProxy,
}

impl<W: ForgeWorld> Loose<W> {
    pub(super) fn new(rest: &str) -> Self {
        let mut world = W::new(&policy(rest));
        world.workdir_mut().write_config(CONFIG);
        world.workdir().create_bucket();
        // It has what the template says: an import does not change it.
        world.workdir().version_bucket();
        world.workdir().put_object();
        let proxy = FaultProxy::in_front_of(&world.workdir().url);
        world.workdir_mut().url = proxy.url();
        Self { world, proxy }
    }

    pub(super) fn entries(&self, id: &str, identifier: &str) -> String {
        let config = self.world.workdir().path();
        format!(
            "version: 1\nimport:\n  - config: {config}\n    resources:\n      - id: {id}\n        identifier: {{{identifier}}}\n"
        )
    }

    pub(super) fn entry(&self) -> String {
        let name = &self.world.workdir().name;
        self.entries("Bucket", &format!("BucketName: {name}"))
    }

    /// A checked pull request that writes the config and these entries.
    pub(super) fn with_entries(&self, number: u64, entries: &str) -> Pull<W::Forge> {
        let (path, text) = (self.world.workdir().path(), self.world.text());
        self.world.another(number, |commit| {
            commit.write(&path, text).write(ENTRIES, entries)
        })
    }

    pub(super) fn proposed(&self) -> Pull<W::Forge> {
        self.with_entries(7, &self.entry())
    }

    /// The operations of the last run that changed something in AWS.
    pub(super) fn mutations(&self) -> Vec<String> {
        let calls = self.proxy.mutations().into_iter();
        let calls = calls.map(|call| call.operation);
        let calls = calls.filter(|operation| {
            !["AssumeRoleWithWebIdentity", "PutObject"].contains(&operation.as_str())
        });
        let calls = calls.collect();
        self.proxy.clear();
        calls
    }

    /// The bucket and its object are as before, and nothing else exists.
    #[track_caller]
    pub(super) fn assert_untouched(&self) {
        let (workdir, world) = (self.world.workdir(), &self.world);
        assert_eq!(world.stacks(), []);
        assert_eq!(workdir.aws.buckets(), std::slice::from_ref(&workdir.name));
        assert_eq!(workdir.aws.keys(&workdir.name), ["kept"]);
    }

    #[track_caller]
    pub(super) fn assert_denied(&self, before: &str, codes: &[&str]) -> Run {
        self.proxy.clear();
        let run = self.world.run_push(before);
        assert_ne!(run.status, 0, "{}", run.summary);
        assert_eq!(run.codes(), codes, "{}", run.summary);
        assert_eq!(self.mutations(), [""; 0]);
        self.assert_untouched();
        self.world.fake().take_writes();
        run
    }

    #[track_caller]
    pub(super) fn assert_imported(&self, before: &str) -> Run {
        self.proxy.clear();
        let run = self.world.run_push(before);
        run.assert_exit(0);
        let twice = ["CreateChangeSet", "ExecuteChangeSet"];
        assert_eq!(self.mutations(), [twice, twice].concat());
        self.assert_complete();
        self.world.fake().take_writes();
        run
    }

    /// The stack is complete, and has the bucket with its object.
    #[track_caller]
    pub(super) fn assert_complete(&self) {
        let workdir = self.world.workdir();
        let stacks = self.world.stacks();
        let states: Vec<&str> = stacks.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!(states, ["UPDATE_COMPLETE"]);
        assert!(workdir.aws.keys(&workdir.name).contains(&"kept".to_owned()));
        assert_eq!(workdir.aws.change_sets(&workdir.stack()), [""; 0]);
    }
}

fn a_merged_entry_imports_a_bucket<W: ForgeWorld>() {
    let loose = Loose::<W>::new("    updates: reviewed\n");
    let world = &loose.world;
    let pull = loose.proposed();
    assert_eq!(loose.mutations(), [""; 0], "the check reads only");
    insta::assert_snapshot!("import_check", world.comment(7, "check"));
    let before = world.approved_and_merged(&pull);
    loose.assert_imported(&before);
    insta::assert_snapshot!("imported_by_entry", world.comment(7, "provision"));
    // The same run again has nothing to do.
    world.run_push(&before).assert_exit(0);
    assert_eq!(loose.mutations(), [""; 0]);
    assert!(world.comment(7, "provision").contains("unchanged"));
    world.fake().take_writes();
    world.assert_updates(8);
}

/// A comment tries again what a run could not do. The creating action of the product does the same.
fn a_comment_imports_again<W: ForgeWorld>() {
    for action in ["import", "prep-master"] {
        let loose = Loose::<W>::new("");
        let world = &loose.world;
        let pull = loose.proposed();
        world.approved_and_merged(&pull);
        let line = format!("/provisioner {action} {}", world.workdir().path());
        let (run, comment) = world.command(&pull, "carol", &line);
        run.assert_exit(0);
        assert_eq!(world.reactions(&comment), ["eyes", "rocket"]);
        loose.assert_complete();
        world.fake().take_writes();
    }
}

/// Every wrong line is an error of the check, at its line. Nothing is applied.
fn attack_an_entry_that_does_not_fit_its_config<W: ForgeWorld>() {
    let loose = Loose::<W>::new("");
    let world = &loose.world;
    let entries = format!(
        "{}      - id: Basket\n        identifier: {{BucketName: other}}\n",
        loose.entries("Bucket", "BucketName: acme-payroll")
    );
    let pull = loose.with_entries(7, &entries);
    insta::assert_snapshot!("import_check_misfit", world.comment(7, "check"));
    let before = world.approved_and_merged(&pull);
    loose.assert_denied(&before, &["entry-invalid"]);
    for (number, id, identifier) in [
        (8, "Bucket", "BucketName: \"acme*\""),
        (9, "Bucket", "Arn: acme"),
        (10, "Bucket", "TableName: acme"),
    ] {
        let pull = loose.with_entries(number, &loose.entries(id, identifier));
        let before = world.approved_and_merged(&pull);
        let run = world.run_push(&before);
        assert_ne!(run.status, 0, "{identifier}");
        assert_eq!(loose.mutations(), [""; 0], "{identifier}");
        loose.assert_untouched();
        world.fake().take_writes();
    }
}

fn attack_an_import_without_approval<W: ForgeWorld>() {
    let loose = Loose::<W>::new("");
    let pull = loose.proposed();
    let before = loose.world.merged(&pull);
    loose.assert_denied(&before, &["approval-missing"]);
}

/// The entry or the template changes after the review.
fn attack_an_import_that_changes_after_the_review<W: ForgeWorld>() {
    let loose = Loose::<W>::new("");
    let world = &loose.world;
    let pull = loose.with_entries(7, "version: 1\n");
    world.approve(&pull, "bob");
    let commit = world.repo().commit(&pull.head_ref());
    let commit = commit.author(&world.user("alice"));
    commit.write(ENTRIES, loose.entry()).push();
    world.check(&pull);
    let before = world.merged(&pull);
    loose.assert_denied(&before, &["approval-missing", "approval-stale"]);
    let loose = Loose::<W>::new("");
    let world = &loose.world;
    let pull = loose.proposed();
    world.approve(&pull, "bob");
    world.workdir().write_config(TAGGED);
    let commit = world.repo().commit("main").author(&world.user("carol"));
    commit.write(&world.workdir().path(), world.text()).push();
    let before = world.merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(run.codes().contains(&"plan-changed"), "{:?}", run.codes());
    loose.assert_untouched();
    world.fake().take_writes();
}

/// The entry was used: the stack exists. Neither the same entry again nor a new one changes it.
fn attack_an_entry_is_used_twice<W: ForgeWorld>() {
    let loose = Loose::<W>::new("    updates: reviewed\n");
    let world = &loose.world;
    let pull = loose.proposed();
    let before = world.approved_and_merged(&pull);
    loose.assert_imported(&before);
    // The entry is removed, and added again with another config.
    let pull = world.another(8, |commit| commit.write(ENTRIES, "version: 1\n"));
    world.approved_and_merged(&pull);
    world.workdir().write_config(TAGGED);
    let pull = loose.with_entries(9, &loose.entry());
    assert!(
        world.comment(9, "check").contains("stack-exists"),
        "{}",
        world.comment(9, "check")
    );
    let before = world.approved_and_merged(&pull);
    loose.proxy.clear();
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(run.codes().contains(&"not-requested"), "{:?}", run.codes());
    assert!(!loose.mutations().contains(&"ExecuteChangeSet".to_owned()));
    loose.assert_complete();
    world.fake().take_writes();
}

/// Another stack has the bucket.
fn attack_importing_the_bucket_of_another_stack<W: ForgeWorld>() {
    let mut world = W::new(&policy(""));
    world.workdir_mut().write_config(CONFIG);
    let workdir = world.workdir();
    let create = workdir.aws.stacks().create_stack().stack_name("payroll");
    let body = format!(
        "Resources: {{Data: {{Type: 'AWS::S3::Bucket', DeletionPolicy: Retain, Properties: {{BucketName: {}}}}}}}",
        workdir.name
    );
    let created = workdir.aws.wait(create.template_body(body).send()).unwrap();
    workdir.version_bucket();
    workdir.put_object();
    // CloudFormation tags the bucket, and the emulator does not.
    let tag = aws_sdk_s3::types::Tag::builder()
        .key("aws:cloudformation:stack-id")
        .value(created.stack_id().unwrap());
    let tags = aws_sdk_s3::types::Tagging::builder().tag_set(tag.build().unwrap());
    let put = workdir.aws.objects().put_bucket_tagging();
    let put = put.bucket(&workdir.name).tagging(tags.build().unwrap());
    workdir.aws.wait(put.send()).unwrap();
    let proxy = FaultProxy::in_front_of(&workdir.url);
    world.workdir_mut().url = proxy.url();
    let loose = Loose { world, proxy };
    let world = &loose.world;
    let pull = loose.proposed();
    let comment = world.comment(7, "check");
    assert!(comment.contains("belongs to a stack"), "{comment}");
    let before = world.approved_and_merged(&pull);
    loose.proxy.clear();
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["preflight-failed"], "{}", run.summary);
    assert_eq!(loose.mutations(), [""; 0]);
    assert_eq!(
        world.stacks(),
        [("payroll".to_owned(), "CREATE_COMPLETE".to_owned())]
    );
    // The other stack is deleted, and retains the bucket.
    let aws = &world.workdir().aws;
    aws.wait(aws.stacks().delete_stack().stack_name("payroll").send())
        .unwrap();
    loose.assert_imported(&before);
}

/// The bucket does not exist: nothing is created in its place.
fn attack_importing_what_does_not_exist<W: ForgeWorld>() {
    let mut world = W::new(&policy(""));
    world.workdir_mut().write_config(CONFIG);
    let proxy = FaultProxy::in_front_of(&world.workdir().url);
    world.workdir_mut().url = proxy.url();
    let loose = Loose { world, proxy };
    let world = &loose.world;
    let pull = loose.proposed();
    let before = world.approved_and_merged(&pull);
    loose.proxy.clear();
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["preflight-failed"], "{}", run.summary);
    assert_eq!(loose.mutations(), [""; 0]);
    assert_eq!(world.stacks(), []);
    assert_eq!(world.workdir().aws.buckets(), [""; 0]);
    world.fake().take_writes();
}

/// A pull request with a config of this bucket and no entry imports nothing, whatever a comment says.
fn attack_a_command_imports_without_an_entry<W: ForgeWorld>() {
    let loose = Loose::<W>::new("");
    let world = &loose.world;
    let pull = loose.with_entries(7, "version: 1\n");
    world.approved_and_merged(&pull);
    loose.proxy.clear();
    let line = format!("/provisioner import {}", world.workdir().path());
    let (run, _) = world.command(&pull, "carol", &line);
    run.assert_exit(20);
    assert_eq!(loose.mutations(), [""; 0]);
    loose.assert_untouched();
    world.fake().take_writes();
}

/// Killed before and after each mutation, the next run ends with the same stack.
#[test]
fn the_next_run_finishes_a_killed_import() {
    use std::process::Stdio;
    let places = (0..4).flat_map(|number| [(number, Side::Before), (number, Side::After)]);
    let places: Vec<(usize, Side)> = places.collect();
    each(&places, |(number, side)| {
        let loose = Loose::<World>::new("");
        let world = &loose.world;
        let pull = loose.proposed();
        let before = world.approved_and_merged(&pull);
        loose.proxy.clear();
        // The first mutation is the assumption of the role.
        loose.proxy.hold(number + 1, *side);
        let job = world.push(&before);
        let mut command = job.process(&["ci"]);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        loose.proxy.held();
        child.kill().unwrap();
        child.wait().unwrap();
        loose.proxy.release(false);
        loose.proxy.clear();
        let run = Run::from(world.push(&before).run());
        assert_eq!(run.status, 0, "{number} {side:?}: {}", run.summary);
        loose.assert_complete();
        world.github.take_writes();
    });
}

on_both_forges! {
    a_merged_entry_imports_a_bucket
    a_comment_imports_again
    attack_an_entry_that_does_not_fit_its_config
    attack_an_import_without_approval
    attack_an_import_that_changes_after_the_review
    attack_an_entry_is_used_twice
    attack_importing_the_bucket_of_another_stack
    attack_importing_what_does_not_exist
    attack_a_command_imports_without_an_entry
}
