//! Stacks that are created again, with what their former stack retained.

use super::scene::{REPLACE, with_stack};
use crate::support::emulator::REGION;
use crate::support::parallel::each;
use crate::support::proxy::Side;
use crate::support::workdir::Workdir;

impl Workdir {
    fn delete_stack(&self) {
        let delete = self.aws.stacks().delete_stack().stack_name(self.stack());
        self.aws.wait(delete.send()).unwrap();
    }

    pub fn stack_id(&self) -> String {
        let found = self.aws.stacks().describe_stacks();
        let found = self
            .aws
            .wait(found.stack_name(self.stack()).send())
            .unwrap();
        found.stacks()[0].stack_id().unwrap().to_owned()
    }

    /// Creates a bucket of the stack's name, outside of it.
    pub fn create_bucket(&self) {
        use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
        let place = BucketLocationConstraint::from(REGION);
        let place = CreateBucketConfiguration::builder().location_constraint(place);
        let create = self.aws.objects().create_bucket().bucket(&self.name);
        let create = create.create_bucket_configuration(place.build());
        self.aws.wait(create.send()).unwrap();
    }

    /// Gives the bucket the versioning of the template.
    pub fn version_bucket(&self) {
        use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
        let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
        let put = self
            .aws
            .objects()
            .put_bucket_versioning()
            .bucket(&self.name);
        let put = put.versioning_configuration(versioned.build());
        self.aws.wait(put.send()).unwrap();
    }

    /// Puts an object into the stack's bucket.
    pub fn put_object(&self) {
        let put = self.aws.objects().put_object();
        let put = put.bucket(&self.name).key("kept").send();
        self.aws.wait(put).unwrap();
    }
}

#[test]
fn a_creation_takes_back_what_the_former_stack_retained() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    workdir.put_object();
    workdir.delete_stack();
    let accepted = workdir.run_action("validate-prov-template", &["--real"]);
    assert!(accepted.stdout.contains("accepts"), "{}", accepted.stdout);
    let created = workdir.run_action("prep-master", &["--force"]);
    insta::assert_snapshot!("imported", workdir.redact_account(&created.stdout));
    assert!(
        created.stderr.contains("IMPORT_COMPLETE"),
        "{}",
        created.stderr
    );
    assert!(workdir.aws.keys(&workdir.name).contains(&"kept".to_owned()));
    let unchanged = workdir.run_action("prep-master", &["--force"]);
    assert!(
        unchanged.stdout.contains("unchanged"),
        "{}",
        unchanged.stdout
    );
    let drift = workdir.run_action("show-changes", &[]);
    assert!(drift.stdout.contains("no change"), "{}", drift.stdout);
}

/// A bucket of the name that no stack of this config retained.
#[test]
fn attack_a_creation_takes_no_foreign_bucket() {
    let other = Workdir::new();
    other.create_bucket();
    let denied = other.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 10, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("already exists"),
        "{}",
        denied.stdout
    );
    assert_eq!(other.aws.stack_names(), []);
    assert_eq!(other.aws.buckets(), [other.name.as_str()]);
}

#[test]
fn a_stack_is_replaced() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    workdir.put_object();
    let first = workdir.stack_id();
    let preview = workdir.try_action("replace", &[]);
    assert_eq!(preview.status, 20);
    insta::assert_snapshot!("replace_preview", workdir.redact_account(&preview.stdout));
    assert_eq!(workdir.stack_id(), first);
    let dry = workdir.run_action("replace", &["--dry-run"]);
    assert!(dry.stdout.contains("would be deleted"), "{}", dry.stdout);
    let done = workdir.run_action("replace", &["--force"]);
    insta::assert_snapshot!("replaced", workdir.redact_account(&done.stdout));
    assert_ne!(workdir.stack_id(), first);
    assert!(workdir.aws.keys(&workdir.name).contains(&"kept".to_owned()));
}

/// A run that was killed between deletion and creation.
#[test]
fn a_replacement_continues_after_the_deletion() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    workdir.delete_stack();
    let done = workdir.run_action("replace", &["--force"]);
    assert!(done.stdout.contains(": created;"), "{}", done.stdout);
    assert_eq!(workdir.aws.stack_names().len(), 1);
    // No stack of this config was ever there.
    let other = Workdir::new();
    let denied = other.try_action("replace", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("stack-not-found"),
        "{}",
        denied.stdout
    );
    assert_eq!(other.aws.stack_names(), []);
}

/// The creation would be denied: nothing is deleted.
#[test]
fn attack_a_replacement_whose_creation_is_denied_deletes_nothing() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    let first = workdir.stack_id();
    for policy in [
        "version: 1\ndefaults:\n  deletes: never\n",
        "version: 1\ndefaults:\n  permissions-boundary: limits\nenvironments:\n  dev: {}\n",
    ] {
        workdir.write(".provisioner.yaml", policy);
        let denied = workdir.try_action("replace", &["--force"]);
        assert_eq!(denied.status, 20, "{policy}{}", denied.stdout);
        assert_eq!(workdir.stack_id(), first, "{policy}");
    }
    workdir.write(".provisioner.yaml", "version: 1\n");
    let protect = workdir.aws.stacks().update_termination_protection();
    let protect = protect.stack_name(workdir.stack());
    let protect = protect.enable_termination_protection(true);
    workdir.aws.wait(protect.send()).unwrap();
    let denied = workdir.try_action("replace", &["--force"]);
    assert!(
        denied.stdout.contains("stack-protected"),
        "{}",
        denied.stdout
    );
    assert_eq!(workdir.stack_id(), first);
}

/// Another run creates the stack between the deletion and the creation.
#[test]
fn a_replacement_that_loses_its_stack_names_the_deleted_one() {
    let (workdir, proxy) = REPLACE.set();
    let deleted = workdir.stack_id();
    proxy.hold(1, Side::Before);
    let running = REPLACE.start(&workdir);
    assert_eq!(proxy.held().operation, "CreateChangeSet");
    let template = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n";
    let create = workdir.aws.stacks().create_stack();
    let create = create.stack_name(workdir.stack()).template_body(template);
    workdir.aws.wait(create.send()).unwrap();
    proxy.release(true);
    let output = running.output();
    assert_eq!(output.status, 20, "{}{}", output.stdout, output.stderr);
    for words in [
        "error[stack-not-owned]".to_owned(),
        format!("The run deleted stack {deleted}. What exists now: "),
    ] {
        assert!(output.stdout.contains(&words), "{words}: {}", output.stdout);
    }
}

/// Killed before and after each call that changes something, the next run ends with the same stack. The emulator forgets the deleted
/// stack once a change set takes its name, so a kill between the first change set and its execution is left out.
#[test]
fn the_next_run_finishes_a_killed_replacement() {
    let (workdir, proxy) = REPLACE.set();
    let done = REPLACE.run(&workdir);
    assert_eq!(done.status, 0, "{}", done.stdout);
    let calls: Vec<String> = proxy
        .mutations()
        .iter()
        .map(|call| call.operation.clone())
        .collect();
    let first = [
        "DeleteStack",
        "CreateChangeSet",
        "ExecuteChangeSet",
        "CreateChangeSet",
        "ExecuteChangeSet",
    ];
    assert_eq!(calls[..5], first);
    let places = [
        (0, Side::Before),
        (0, Side::After),
        (1, Side::Before),
        (2, Side::After),
        (3, Side::Before),
        (3, Side::After),
        (4, Side::Before),
        (4, Side::After),
        (5, Side::Before),
    ];
    each(&places, |(number, side)| {
        let (workdir, proxy) = REPLACE.set();
        workdir.put_object();
        proxy.hold(*number, *side);
        let running = REPLACE.start(&workdir);
        proxy.held();
        running.kill();
        proxy.release(false);
        proxy.clear();
        let next = REPLACE.run(&workdir);
        let at = format!("{number} {side:?}");
        assert_eq!(next.status, 0, "{at}: {}{}", next.stdout, next.stderr);
        let stacks = workdir.aws.stack_names();
        let states: Vec<&str> = stacks.iter().map(|(_, state)| state.as_str()).collect();
        assert_eq!(states, ["UPDATE_COMPLETE"], "{at}");
        assert!(workdir.aws.keys(&workdir.name).contains(&"kept".to_owned()));
        let unchanged = workdir.run_action("prep-master", &["--force"]);
        assert!(
            unchanged.stdout.contains(": unchanged;"),
            "{at}: {}",
            unchanged.stdout
        );
    });
}
