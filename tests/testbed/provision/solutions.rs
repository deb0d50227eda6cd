//! A new entry in a list of folders: the folders are created without an update of the stack.

use super::*;

const SOLUTION: &str = "  versioning: true\n  solutions:\n    - master-solution\n    - churn\n";

#[test]
fn a_new_solution_gets_folders_without_a_stack_update() {
    let world = World::with_stack("");
    assert_eq!(world.workdir.aws.keys(&world.workdir.name), [""; 0]);
    let pull = world.proposed(SOLUTION);
    let before = world.approved_and_merged(&pull);
    let run = run_successfully(&world.push(&before));
    assert_eq!(world.workdir.aws.keys(&world.workdir.name).len(), 2 * 162);
    assert_eq!(run.outputs["done"], "1");
    insta::assert_snapshot!("folders", world.report(7));
    assert_eq!(
        world.workdir.aws.change_sets(&world.workdir.stack()),
        [""; 0]
    );
    run_successfully(&world.push(&before));
    assert_eq!(world.workdir.aws.keys(&world.workdir.name).len(), 2 * 162);
    world.github.take_writes();
}

#[test]
fn a_denied_change_creates_no_folders_either() {
    let world = World::with_stack("");
    let pull = world.proposed(&format!("{SOLUTION}  lifecycle_policy: compliance\n"));
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(world.workdir.aws.keys(&world.workdir.name), [""; 0]);
    insta::assert_snapshot!("no_folders", world.report(7));
    world.github.take_writes();
}

#[test]
fn attack_an_unapproved_solution_gets_no_folders() {
    let world = World::with_stack("");
    let pull = world.proposed(SOLUTION);
    let before = world.merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(codes_of(&run.summary), ["approval-missing"]);
    assert_eq!(world.workdir.aws.keys(&world.workdir.name), [""; 0]);
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.take_writes();
}
