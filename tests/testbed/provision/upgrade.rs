//! Upgrades: the lock of the built-in products changes, and the stacks are as another release rendered them.

use super::*;
use crate::support::product_lock::{LOCK, of_release, running};

const PRODUCT: &str = ".provisioner/products/s3";

impl World {
    /// A repository with the lock of release 0.0.9, and a stack that this release created: its product sets another tag. `rest`:
    /// further lines of the environment's policy.
    fn of_other_release(rest: &str) -> Self {
        let world = Self::new(&policy(rest));
        world.as_other_release(|| scene::with_stack(&world.workdir));
        let text = world.workdir.read(&world.workdir.path());
        let commit = world.repo.commit("main").author(&world.carol);
        commit
            .write(&world.workdir.path(), text)
            .write(LOCK, of_release("0.0.9", "s3"))
            .push();
        world
    }

    /// Runs the command line with the product of another release.
    fn as_other_release(&self, action: impl FnOnce()) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/s3");
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap();
            let text = std::fs::read_to_string(file.path()).unwrap();
            let text = text.replace(
                "['ManagedBy', 'provisioner']",
                "['ManagedBy', 'other-release']",
            );
            let name = file.file_name().into_string().unwrap();
            self.workdir.write(&format!("{PRODUCT}/{name}"), &text);
        }
        action();
        std::fs::remove_dir_all(self.workdir.folder().join(PRODUCT)).unwrap();
    }

    /// A checked pull request that upgrades to this program, and the check's comment.
    fn upgraded(&self) -> (Pull, String) {
        let pull = self.proposal(|commit| commit.write(LOCK, running()));
        let comment = self.last_comment();
        (pull, comment)
    }
}

/// Seen in the pull request, merged, one stack updated, rolled back.
#[test]
fn an_upgrade_is_shown_reviewed_applied_and_rolled_back() {
    let world = World::of_other_release("    updates: reviewed\n");
    assert!(world.template().contains("other-release"));
    let (pull, comment) = world.upgraded();
    let shown = world.workdir.redact_account(&normalize(&comment));
    insta::assert_snapshot!("upgrade", shown);
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before));
    assert!(!world.template().contains("other-release"));
    world.github.take_writes();

    // The next release changes the stack again. Its pull request is reverted: this program runs again, with the lock that it wrote.
    world.workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults: {updates: reviewed}\n",
    );
    world.as_other_release(|| {
        world.workdir.run_action("prep-master", &["--force"]);
    });
    assert!(world.template().contains("other-release"));
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(LOCK, of_release("0.2.0", "s3")).push();
    let revert = world.another(8, |commit| commit.write(LOCK, running()));
    revert.approve(&world.bob);
    let before = world.merged(&revert);
    let run = run_successfully(&world.push(&before));
    assert!(run.summary.contains(": updated;"), "{}", run.summary);
    assert!(!world.template().contains("other-release"));
    world.github.take_writes();
}

/// By default a merged upgrade changes no stack.
#[test]
fn an_upgrade_changes_nothing_unless_the_policy_allows_updates() {
    for rest in ["", "    updates: in-place\n"] {
        let world = World::of_other_release(rest);
        let template = world.template();
        let (pull, comment) = world.upgraded();
        assert!(comment.contains("update not applied"), "{comment}");
        let before = world.approved_and_merged(&pull);
        let run = world.push(&before).run();
        assert_ne!(run.status, 0, "{}", run.summary);
        assert_eq!(world.template(), template);
        world.github.take_writes();
    }
}

/// An approval from before the report does not cover what the upgrade does.
#[test]
fn attack_an_upgrade_without_a_review_of_its_effect() {
    let world = World::of_other_release("    updates: reviewed\n");
    let template = world.template();
    world.repo.branch("feature", &world.repo.head("main"));
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(LOCK, running()).push();
    let pull = world.repo.pull("feature").author(&world.alice);
    let pull = pull.number(7).open();
    pull.approve(&world.bob);
    world.check(&pull);
    let before = world.merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    assert_eq!(
        codes_of(&run.summary),
        ["approval-missing", "approval-before-plan"]
    );
    assert_eq!(world.template(), template);
    world.github.take_writes();
}

/// A merged and approved config is not provisioned by another program than the lock names.
#[test]
fn attack_a_program_that_the_lock_does_not_name() {
    for lock in [
        of_release("0.0.9", "s3"),
        of_release("9.9.9", "ml"),
        running() + "  forged: {}\n",
        "broken".to_owned(),
    ] {
        let (world, pull) = World::with_proposed();
        let before = world.approved_and_merged(&pull);
        let old = world.push(&before);
        let commit = world.repo.commit("main").author(&world.carol);
        commit.write(LOCK, lock).push();
        world.assert_job_denied(&old, &["product-not-locked"]);
        // The lock of this program, or none, lets the same run go on.
        let commit = world.repo.commit("main").author(&world.carol);
        commit.write(LOCK, running()).push();
        run_successfully(&old);
        assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
        world.github.take_writes();
    }
}

/// A pull request that removes the lock changes no stack; a later one does.
#[test]
fn attack_a_merge_that_removes_the_lock() {
    let world = World::new(&policy(""));
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(LOCK, running()).push();
    world.workdir.write_config(CONFIG);
    let (path, text) = (
        world.workdir.path(),
        world.workdir.read(&world.workdir.path()),
    );
    let pull = world.proposal(|commit| commit.write(&path, &text).remove(LOCK));
    let before = world.approved_and_merged(&pull);
    world.assert_denied(&before, &["product-not-locked"]);
    assert!(
        world
            .report(7)
            .contains("the change removes .provisioner/products.lock")
    );
    let later = world.another(8, |commit| commit.write(&path, text + "# again\n"));
    later.approve(&world.bob);
    let before = world.merged(&later);
    run_successfully(&world.push(&before));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

/// The lock is read from the tip, so a run that was started before an upgrade stops.
#[test]
fn attack_a_run_of_the_older_release_after_an_upgrade() {
    let world = World::new(&policy(""));
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(LOCK, running()).push();
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let old = world.push(&before);
    let upgrade = of_release("0.2.0", "s3");
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(LOCK, upgrade).push();
    world.assert_job_denied(&old, &["product-not-locked"]);
    insta::assert_snapshot!("older_release", world.report(7));
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(LOCK, running()).push();
    run_successfully(&old);
    world.github.take_writes();
}

/// A person pushes a lock to the pull request of another: the pusher's approval does not count.
#[test]
fn attack_the_pusher_of_a_lock_approves_it() {
    let world = World::of_other_release("    updates: reviewed\n");
    let template = world.template();
    world.repo.branch("feature", &world.repo.head("main"));
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write("README.md", "x").push();
    let commit = world.repo.commit("feature").author(&world.bob);
    commit.write(LOCK, running()).by(&world.bob).push();
    let pull = world.repo.pull("feature").author(&world.alice);
    let pull = pull.number(7).open();
    world.check(&pull);
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.summary);
    assert_eq!(
        codes_of(&run.summary),
        ["approval-missing", "approval-by-pusher"]
    );
    assert_eq!(world.template(), template);
    world.github.take_writes();
}

/// The command line follows the lock of the work tree.
#[test]
fn attack_the_command_line_of_another_release() {
    let world = World::new(&policy(""));
    world.workdir.write_config(CONFIG);
    world.workdir.write(LOCK, &of_release("0.0.9", "s3"));
    let run = world.workdir.try_action("prep-master", &["--force"]);
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert!(run.stdout.contains("product-not-locked"), "{}", run.stdout);
    assert_eq!(world.stacks(), []);
    world.workdir.run_action("show-changes", &[]);
    // The folder of the lock is a link, also to nothing, and the working directory is another one.
    let folder = world.workdir.folder().join(".provisioner");
    for target in ["elsewhere", "nowhere"] {
        std::fs::remove_dir_all(&folder)
            .or_else(|_| std::fs::remove_file(&folder))
            .unwrap();
        world.workdir.write("elsewhere/products.lock", &running());
        std::os::unix::fs::symlink(target, &folder).unwrap();
        let run = world.workdir.try_action("prep-master", &["--force"]);
        assert_eq!(run.status, 20, "{}", run.stderr);
        assert!(run.stdout.contains("not a regular file"), "{}", run.stdout);
    }
    std::fs::remove_file(&folder).unwrap();
    world.workdir.write(LOCK, &running());
    world.workdir.run_action("prep-master", &["--force"]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}
