//! Ctrl-C, and the signal by which CI cancels a job, at every call that changes something.

use super::inventory::World;
use super::kills::{Place, places, table};
use super::scene::{PREP_MASTER, TEST_DEPLOY};
use crate::support::parallel::each;
use crate::support::proxy::{Fault, Rule, Side};

/// The signal is heard while AWS works on the call, and the run goes on from there.
#[test]
fn a_run_that_is_asked_to_end_cleans_up() {
    let places = places().into_iter();
    let places: Vec<Place> = places.filter(|place| place.side == Side::After).collect();
    let rows = each(&places, |place| {
        let scene = place.plain.scene;
        let (desk, gate) = scene.set();
        gate.hold(place.number, place.side);
        let mut running = scene.start(&desk);
        gate.held();
        let signal = if place.number % 2 == 0 { "INT" } else { "TERM" };
        running.signal(signal);
        gate.release(true);
        let said = running.said();
        let at = format!("{} {}", scene.name(), place.call);
        let left = World::of(&desk);
        assert!(left.is_tidy(), "{at}: {left}");
        let ended = match said.status {
            0 => {
                assert_eq!(left, place.plain.end, "{at}");
                "done"
            }
            30 => {
                assert!(
                    said.stdout.contains("error[interrupted]"),
                    "{}",
                    said.stdout
                );
                "interrupted"
            }
            other => panic!("{at}: {other}: {}", said.stdout),
        };
        // How many of the next ones are on their way already differs from run to run.
        let left = match place.call.contains(" 1 of ") {
            true => "some folders".to_owned(),
            false => left.to_string(),
        };
        [
            scene.name(),
            place.call.clone(),
            signal.to_owned(),
            left,
            ended.to_owned(),
        ]
    });
    insta::assert_snapshot!(
        "signals",
        table(["action", "call", "signal", "leaves", "ends"], rows)
    );
}

/// The emulator makes a stack at once: that it is being made is only said.
#[test]
fn a_stack_that_is_half_made_is_taken_back() {
    for scene in [PREP_MASTER, TEST_DEPLOY] {
        let (desk, gate) = scene.set();
        let busy = Fault::says([["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]]);
        gate.rule(Rule::new(busy).of("DescribeStacks"));
        gate.hold(1, Side::After);
        let mut running = scene.start(&desk);
        assert_eq!(gate.held().operation, "ExecuteChangeSet");
        running.signal("INT");
        gate.release(true);
        let said = running.said();
        assert_eq!(said.status, 30, "{}", said.stdout);
        assert!(
            said.stdout.contains("error[interrupted]"),
            "{}",
            said.stdout
        );
        assert_eq!(World::of(&desk).to_string(), "nothing");
    }
}

/// A creation that a killed run has begun is watched to its end, and not begun again.
#[test]
fn a_creation_that_goes_on_is_joined() {
    let (desk, gate) = PREP_MASTER.set();
    gate.hold(1, Side::After);
    let running = PREP_MASTER.start(&desk);
    gate.held();
    running.kill();
    gate.release(false);
    gate.clear();
    let busy = Fault::says([["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]]);
    gate.rule(Rule::new(busy).of("DescribeStacks").times(2));
    let said = PREP_MASTER.run(&desk);
    assert_eq!(said.status, 0, "{}", said.stdout);
    assert!(said.stderr.contains("creation goes on"), "{}", said.stderr);
    let mutations = gate.mutations();
    assert!(mutations.iter().all(|asked| asked.operation == "PutObject"));
}
