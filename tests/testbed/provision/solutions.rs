//! A new entry in a list of folders: the folders are made, and the stack is not in the way.

use super::*;

const SOLUTION: &str = "  versioning: true\n  solutions:\n    - master-solution\n    - churn\n";

#[test]
fn a_new_solution_gets_its_folders_although_the_stack_is_not_updated() {
    let world = World::with_stack("");
    assert_eq!(world.desk.aws.keys(&world.desk.name), [""; 0]);
    let pull = world.proposed(SOLUTION);
    let before = world.approved_and_merged(&pull);
    let done = succeeds(&world.push(&before));
    assert_eq!(world.desk.aws.keys(&world.desk.name).len(), 2 * 162);
    assert_eq!(done.outputs["done"], "1");
    insta::assert_snapshot!("folders", world.told(7));
    assert_eq!(world.desk.aws.change_sets(&world.desk.stack()), [""; 0]);
    succeeds(&world.push(&before));
    assert_eq!(world.desk.aws.keys(&world.desk.name).len(), 2 * 162);
    world.github.take_writes();
}

#[test]
fn a_new_solution_beside_other_changes_gets_its_folders_and_the_rest_is_refused() {
    let world = World::with_stack("");
    let pull = world.proposed(&format!("{SOLUTION}  lifecycle_policy: compliance\n"));
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(world.desk.aws.keys(&world.desk.name).len(), 2 * 162);
    insta::assert_snapshot!("folders_and_more", world.told(7));
    world.github.take_writes();
}

#[test]
fn attack_an_unapproved_solution_gets_no_folders() {
    let world = World::with_stack("");
    let pull = world.proposed(SOLUTION);
    let before = world.merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(codes_of(&done.summary), ["approval-missing"]);
    assert_eq!(world.desk.aws.keys(&world.desk.name), [""; 0]);
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.take_writes();
}
