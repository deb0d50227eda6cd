//! The policy's `sample`: of configs with the same change, the check previews some. The merge applies the others only if their change
//! sets have the same effect.

use super::*;
use crate::provision::many::with_product;

/// More files would be read by git, which the model of GitLab does not serve.
const COUNT: usize = 3;

fn note(at: usize) -> String {
    format!("notes/n{at:03}-note.yaml")
}

fn stack(at: usize) -> String {
    format!("n{at:03}-note-stack")
}

fn write<F: Verbs>(
    commit: CommitBuilder<F>,
    account: &str,
    more: impl Fn(usize) -> String,
) -> CommitBuilder<F> {
    (0..COUNT).fold(commit, |commit, at| {
        let more = more(at);
        let region = crate::support::emulator::REGION;
        let text = format!(
            "note:\n  name: n{at:03}\n  account: \"{account}\"\n  region: {region}\n{more}"
        );
        commit.write(&note(at), text)
    })
}

const TEXT: &str = "  text: bonjour\n";

fn policy_of(rest: &str) -> String {
    policy(&format!("    updates: reviewed\n{rest}")) + "configs: ['notes/*-note.yaml']\n"
}

/// Three deployed notes.
fn deployed<W: ForgeWorld>(rest: &str) -> W {
    let world = W::new(&policy_of(rest));
    let account = world.workdir().aws.account.clone();
    let carol = world.user("carol");
    with_product(world.repo().commit("main").author(&carol)).push();
    let created = world.another(6, |commit| write(commit, &account, |_| String::new()));
    let before = world.approved_and_merged(&created);
    world.run_push(&before).assert_exit(0);
    world.fake().take_writes();
    world
}

/// A pull request that changes the same key of all notes.
fn changed<W: ForgeWorld>(world: &W) -> (Pull<W::Forge>, Run) {
    let account = world.workdir().aws.account.clone();
    let pull = world.opened(7, |commit| write(commit, &account, |_| TEXT.to_owned()));
    let run = world.run_check(&pull);
    run.assert_exit(0);
    world.fake().take_writes();
    (pull, run)
}

fn set_template<W: ForgeWorld>(world: &W, at: usize, edit: impl Fn(String) -> String) {
    let stacks = world.workdir().aws.stacks();
    let read = stacks.get_template().stack_name(stack(at)).send();
    let body = world.workdir().aws.wait(read).unwrap().template_body;
    let update = stacks.update_stack().stack_name(stack(at));
    let update = update.template_body(edit(body.unwrap())).send();
    world.workdir().aws.wait(update).unwrap();
}

fn is_updated<W: ForgeWorld>(world: &W, at: usize) -> bool {
    let stacks = world.workdir().aws.stacks();
    let read = stacks.get_template().stack_name(stack(at)).send();
    let body = world.workdir().aws.wait(read).unwrap().template_body;
    body.unwrap().contains("bonjour")
}

fn updated<W: ForgeWorld>(world: &W) -> Vec<usize> {
    (0..COUNT).filter(|at| is_updated(world, *at)).collect()
}

/// The check's comment.
fn checked<W: ForgeWorld>(world: &W) -> String {
    let bodies = world.repo().comments(7).into_iter().map(|it| it.body);
    bodies
        .into_iter()
        .find(|body| body.starts_with("<!-- provisioner:check"))
        .unwrap()
}

fn a_sample_of_equal_changes_is_previewed<W: ForgeWorld>() {
    let world = deployed::<W>("    sample: 1\n");
    let (pull, _) = changed(&world);
    let comment = checked(&world);
    // One has a section of its own with AWS's answer; the other two are named, and nothing of them is presented as computed.
    assert_eq!(
        comment.matches("\nAWS: not previewed").count(),
        2,
        "{comment}"
    );
    assert_eq!(comment.matches("\nAWS: ").count(), 3, "{comment}");
    insta::assert_snapshot!("sampled", {
        let shown = world.shown(&comment);
        let plan = regex::Regex::new(r"[0-9a-f]{64}").unwrap();
        plan.replace_all(&shown, "[digest]").into_owned()
    });
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(0);
    assert_eq!(updated(&world), [0, 1, 2], "{}", run.summary);
    world.fake().take_writes();
}

fn without_the_key_every_stack_is_previewed<W: ForgeWorld>() {
    for rest in ["", "    sample: all\n", "    sample: 3\n"] {
        let world = deployed::<W>(rest);
        changed(&world);
        let comment = checked(&world);
        assert!(!comment.contains("not previewed"), "{rest}: {comment}");
        // Equal changes are one section on both forges.
        assert!(
            comment.contains("### 3 configs change `note.text` (`note`, `prod`)"),
            "{comment}"
        );
    }
}

/// A stack that no sample shows has another template than its config: the update would delete a resource.
fn attack_another_change_hides_behind_a_sample<W: ForgeWorld>() {
    let world = deployed::<W>("    sample: 1\n");
    set_template(&world, 2, |body| {
        let more = "  Other:\n    Type: AWS::SSM::Parameter\n    Properties: {Name: /other, Type: String, Value: a}\nOutputs:";
        body.replacen("Outputs:", more, 1)
    });
    let (pull, _) = changed(&world);
    assert!(checked(&world).contains("not previewed"));
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes(), ["plan-changed"], "{}", run.summary);
    assert_eq!(updated(&world), [0, 1], "{}", run.summary);
    world.fake().take_writes();
}

/// The sample itself differs from the others, so each stack is previewed.
fn an_uneven_sample_stands_for_nothing<W: ForgeWorld>() {
    let world = deployed::<W>("    sample: 2\n");
    set_template(&world, 0, |body| {
        let more = "  Other:\n    Type: AWS::SSM::Parameter\n    Properties: {Name: /other, Type: String, Value: a}\nOutputs:";
        body.replacen("Outputs:", more, 1)
    });
    changed(&world);
    let comment = checked(&world);
    assert!(!comment.contains("not previewed"), "{comment}");
}

/// A pull request lowers the sample, and uses it at once.
fn attack_a_change_brings_its_own_sample<W: ForgeWorld>() {
    let world = deployed::<W>("");
    let account = world.workdir().aws.account.clone();
    let pull = world.opened(7, |commit| {
        let commit = commit.write(".provisioner.yaml", policy_of("    sample: 1\n"));
        write(commit, &account, |_| TEXT.to_owned())
    });
    world.run_check(&pull).assert_exit(0);
    world.fake().take_writes();
    let comment = checked(&world);
    assert!(!comment.contains("not previewed"), "{comment}");
    assert!(comment.contains("environments.prod.sample"), "{comment}");
    assert!(comment.contains("allows more"), "{comment}");
}

/// A creation is no update, and may import what the former stack retained.
fn a_stack_that_is_missing_is_always_previewed<W: ForgeWorld>() {
    let world = deployed::<W>("    sample: 1\n");
    let stacks = world.workdir().aws.stacks();
    let delete = stacks.delete_stack().stack_name(stack(2)).send();
    world.workdir().aws.wait(delete).unwrap();
    let (pull, _) = changed(&world);
    let comment = checked(&world);
    let left_out = comment.matches("\nAWS: not previewed").count();
    assert_eq!(left_out, 1, "{comment}");
    let created = format!("{}: does not exist", stack(2));
    assert!(comment.contains(&created), "{comment}");
    let before = world.approved_and_merged(&pull);
    world.run_push(&before).assert_exit(0);
    assert_eq!(updated(&world), [0, 1, 2]);
    world.fake().take_writes();
}

/// The policy of now requires all change sets.
fn attack_a_sample_outlives_its_policy<W: ForgeWorld>() {
    let world = deployed::<W>("    sample: 1\n");
    let (pull, _) = changed(&world);
    let stricter = world.another(8, |commit| commit.write(".provisioner.yaml", policy_of("")));
    world.approved_and_merged(&stricter);
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes(), ["plan-changed"], "{}", run.summary);
    assert_eq!(updated(&world), [0], "{}", run.summary);
    world.fake().take_writes();
}

/// Somebody with write permission edits the comment, so that another digest counts for the others.
fn attack_an_edited_sample<W: ForgeWorld>() {
    let world = deployed::<W>("    sample: 1\n");
    let (pull, _) = changed(&world);
    let mut comments = world.repo().comments(7).into_iter();
    let comment = comments
        .find(|it| it.body.starts_with("<!-- provisioner:check"))
        .unwrap();
    let forged = comment.body.replacen('~', "=", 1).replacen("1-2", "1", 1);
    assert_ne!(forged, comment.body);
    world.repo().edit_comment(comment.id, &forged);
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes()[0], "plan-changed", "{}", run.summary);
    assert_eq!(updated(&world), [0; 0], "{}", run.summary);
    world.fake().take_writes();
}

on_both_forges! {
    a_sample_of_equal_changes_is_previewed
    without_the_key_every_stack_is_previewed
    attack_another_change_hides_behind_a_sample
    an_uneven_sample_stands_for_nothing
    attack_a_change_brings_its_own_sample
    a_stack_that_is_missing_is_always_previewed
    attack_a_sample_outlives_its_policy
    attack_an_edited_sample
}
