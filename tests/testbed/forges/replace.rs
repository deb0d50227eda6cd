//! An entry that replaces a stack: the run reports what is deleted, and a second person confirms it in a comment.

use super::*;

const FILE: &str = ".provisioner/replacements.yaml";

impl<W: ForgeWorld> Replaces for W {}

pub(super) trait Replaces: ForgeWorld {
    /// ARN of the stack that exists.
    #[track_caller]
    fn stack_id(&self) -> String {
        let workdir = self.workdir();
        let found = workdir.aws.stacks().describe_stacks();
        let found = found.stack_name(workdir.stack()).send();
        let found = workdir.aws.wait(found).unwrap();
        found.stacks()[0].stack_id().unwrap().to_owned()
    }

    fn entry(&self, id: &str) -> String {
        let path = self.workdir().path();
        format!("version: 1\nreplace:\n  - config: {path}\n    stack: {id}\n")
    }

    /// A pull request with an entry for a stack.
    fn replacement(&self, number: u64, id: &str) -> Pull<Self::Forge> {
        self.another(number, |commit| commit.write(FILE, self.entry(id)))
    }

    fn posted_replacement(&self, number: u64) -> String {
        let comments = self.comments(number, "provision");
        let mut lines = comments.iter().flat_map(|body| body.lines());
        let found = lines.find(|line| line.starts_with("/provisioner replace "));
        found.unwrap_or_else(|| panic!("{comments:#?}")).to_owned()
    }

    /// Whether a comment offers to replace a stack.
    fn offers_replacement(&self, number: u64) -> bool {
        let comments = self.comments(number, "provision");
        comments.iter().any(|body| body.contains("--confirm"))
    }
}

fn a_second_person_confirms_a_replacement<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let pull = world.replacement(7, &first);
    insta::assert_snapshot!("replace_checked", world.comment(7, "check"));
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    insta::assert_snapshot!("replace_waiting", world.comment(7, "provision"));
    assert_eq!(world.stack_id(), first);
    let line = world.posted_replacement(7);
    // Who opened it cannot confirm it, and nobody another digest.
    let (run, _) = world.command(&pull, "alice", &line);
    run.assert_exit(20);
    assert!(
        run.stderr.contains("delete-needs-second-person"),
        "{}",
        run.stderr
    );
    let digest = line.split("--confirm ").nth(1).unwrap();
    let wrong = line.replace(digest, &"0".repeat(16));
    let (run, _) = world.command(&pull, "carol", &wrong);
    run.assert_exit(20);
    assert_eq!(world.stack_id(), first);
    let (run, comment) = world.command(&pull, "carol", &line);
    run.assert_exit(0);
    assert_eq!(world.reactions(&comment), ["eyes", "rocket"]);
    let second = world.stack_id();
    assert_ne!(second, first);
    insta::assert_snapshot!("replace_done", world.comment(7, "provision"));
    // The entry is spent: neither a re-run nor the same comment deletes the new stack. The emulator forgets a deleted stack when its
    // name is taken again, so it is denied instead of unchanged.
    let run = world.run_push(&before);
    assert_eq!(run.codes(), ["not-requested"]);
    world.command(&pull, "carol", &line).0.assert_exit(20);
    assert_eq!(world.stack_id(), second);
    assert_eq!(world.stacks().len(), 1);
    world.fake().take_writes();
}

/// The run that deleted the stack was killed before the creation: its re-run creates the stack.
fn a_rerun_finishes_a_replacement<W: ForgeWorld>() {
    let world = W::with_stack("");
    let pull = world.replacement(7, &world.stack_id());
    let before = world.approved_and_merged(&pull);
    let workdir = world.workdir();
    let delete = workdir.aws.stacks().delete_stack();
    workdir
        .aws
        .wait(delete.stack_name(workdir.stack()).send())
        .unwrap();
    world.run_push(&before).assert_exit(0);
    assert_eq!(world.stacks().len(), 1);
    insta::assert_snapshot!("replace_finished", world.comment(7, "provision"));
    world.fake().take_writes();
}

fn attack_a_replacement_without_approval<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let pull = world.replacement(7, &first);
    let before = world.merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(
        run.codes().contains(&"approval-missing"),
        "{:?}",
        run.codes()
    );
    assert!(!world.offers_replacement(7));
    let path = world.workdir().path();
    let line = format!(
        "/provisioner replace {path} --force --confirm {}",
        "0".repeat(16)
    );
    world.command(&pull, "carol", &line).0.assert_exit(20);
    assert_eq!(world.stack_id(), first);
    world.fake().take_writes();
}

/// The stack was created again after the entry, with the same name and resources.
fn attack_an_entry_of_a_former_stack<W: ForgeWorld>() {
    let world = W::with_stack("");
    let (text, first) = (world.text(), world.stack_id());
    let pull = world.replacement(7, &first);
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    let line = world.posted_replacement(7);
    let workdir = world.workdir();
    workdir.write(&workdir.path(), &text);
    workdir.run_action("tear-down", &["--force"]);
    scene::with_stack(workdir);
    let second = world.stack_id();
    assert_ne!(second, first);
    world.command(&pull, "carol", &line);
    assert_eq!(world.stack_id(), second);
    // An entry with an id that never was the config's fails the check, so that its approval is for no plan.
    let other = second.replace(
        second.rsplit('/').next().unwrap(),
        "0f1e2d3c-0000-4000-8000-000000000000",
    );
    let pull = world.replacement(8, &other);
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes(), ["approval-missing", "approval-before-plan"]);
    assert_eq!(world.stack_id(), second);
    world.fake().take_writes();
}

fn attack_an_entry_edited_after_the_approval<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let other = first.replace(
        first.rsplit('/').next().unwrap(),
        "0f1e2d3c-0000-4000-8000-000000000000",
    );
    let pull = world.replacement(7, &other);
    world.approve(&pull, "bob");
    let commit = world.repo().commit(&pull.head_ref());
    commit
        .author(&world.user("alice"))
        .write(FILE, world.entry(&first))
        .push();
    world.check(&pull);
    let before = world.merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(!world.offers_replacement(7));
    assert_eq!(world.stack_id(), first);
    world.fake().take_writes();
}

fn attack_a_command_replaces_no_stack_without_an_entry<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let pull = world.proposed(TAGGED);
    world.approved_and_merged(&pull);
    let path = world.workdir().path();
    let line = format!(
        "/provisioner replace {path} --force --confirm {}",
        "0".repeat(16)
    );
    let (run, _) = world.command(&pull, "carol", &line);
    run.assert_exit(20);
    assert_eq!(world.stack_id(), first);
    world.fake().take_writes();
}

fn attack_a_policy_without_deletions_replaces_nothing<W: ForgeWorld>() {
    let world = W::with_stack("    deletes: never\n");
    let first = world.stack_id();
    let pull = world.replacement(7, &first);
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(run.codes().contains(&"delete-not-allowed"));
    assert!(!world.offers_replacement(7));
    assert_eq!(world.stack_id(), first);
    world.fake().take_writes();
}

fn attack_a_protected_stack_is_not_replaced<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let workdir = world.workdir();
    let protect = workdir.aws.stacks().update_termination_protection();
    let protect = protect.stack_name(workdir.stack());
    let protect = protect.enable_termination_protection(true);
    workdir.aws.wait(protect.send()).unwrap();
    let pull = world.replacement(7, &first);
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes(), ["stack-protected"]);
    assert_eq!(world.stack_id(), first);
    world.fake().take_writes();
}

/// The creation would be denied, because the merged commit renders another plan than the reviewed one. Nothing is deleted.
fn attack_a_denied_creation_deletes_nothing<W: ForgeWorld>() {
    let world = W::with_stack("");
    let first = world.stack_id();
    let pull = world.replacement(7, &first);
    world.approve(&pull, "bob");
    world.workdir().write_config(TAGGED);
    let commit = world.repo().commit("main").author(&world.user("carol"));
    commit.write(&world.workdir().path(), world.text()).push();
    let before = world.merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(run.codes().contains(&"plan-changed"), "{:?}", run.codes());
    assert!(!world.offers_replacement(7));
    assert_eq!(world.stack_id(), first);
    world.fake().take_writes();
}

/// A bucket that no stack of the config retained.
fn attack_a_merge_imports_no_foreign_bucket<W: ForgeWorld>() {
    let world = W::new(&policy(""));
    let pull = world.proposed(CONFIG);
    world.workdir().create_bucket();
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    assert_ne!(run.status, 0);
    assert!(run.summary.contains("already exists"), "{}", run.summary);
    assert_eq!(world.stacks(), []);
    assert_eq!(
        world.workdir().aws.buckets(),
        [world.workdir().name.clone()]
    );
    world.fake().take_writes();
}

on_both_forges! {
    a_second_person_confirms_a_replacement
    a_rerun_finishes_a_replacement
    attack_a_replacement_without_approval
    attack_an_entry_of_a_former_stack
    attack_an_entry_edited_after_the_approval
    attack_a_command_replaces_no_stack_without_an_entry
    attack_a_policy_without_deletions_replaces_nothing
    attack_a_protected_stack_is_not_replaced
    attack_a_denied_creation_deletes_nothing
    attack_a_merge_imports_no_foreign_bucket
}
