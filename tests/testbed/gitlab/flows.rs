//! What each flow does on GitLab when everything is as it should be.

use super::world::*;
use crate::support::markdown::assert_nothing_live;

#[test]
fn a_merge_request_is_checked_in_one_note() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let notes = world.notes(7);
    let [note] = &notes[..] else {
        panic!("{notes:?}");
    };
    assert_nothing_live(note);
    insta::assert_snapshot!("gitlab_check", world.shown(note));
    let statuses = world.repo.statuses(&pull.head_sha());
    assert_eq!(statuses.len(), 1, "{statuses:?}");
    // A second run finds both as they are.
    let run = world.run_check(&pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.gitlab.take_writes(), []);
    assert_eq!(world.notes(7), notes);
}

#[test]
fn a_merged_and_approved_change_is_provisioned() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let run = world.provision(&before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let notes = world.notes(7);
    assert_eq!(notes.len(), 2, "{notes:#?}");
    assert_nothing_live(&notes[1]);
    insta::assert_snapshot!("gitlab_provisioned", world.shown(&notes[1]));
    // A retried job finds the stack as it is.
    world.gitlab.take_writes();
    let again = world.provision(&before);
    assert_eq!(again.status, 0, "{}", again.stderr);
    world.gitlab.take_writes();
}
