//! Ctrl-C, and the signal with which CI cancels a job, at every mutation.

use super::inventory::Inventory;
use super::kills::{Place, places, table};
use super::scene::{PREP_MASTER, TEST_DEPLOY};
use crate::support::parallel::each;
use crate::support::proxy::{Fault, Rule, Side};

/// The program receives the signal during the call.
#[test]
fn a_signalled_run_cleans_up() {
    let places = places().into_iter();
    let places: Vec<Place> = places.filter(|place| place.side == Side::After).collect();
    let rows = each(&places, |place| {
        let scene = place.baseline.scene;
        let (workdir, proxy) = scene.set();
        proxy.hold(place.number, place.side);
        let mut running = scene.start(&workdir);
        proxy.held();
        let signal = if place.number % 2 == 0 { "INT" } else { "TERM" };
        running.signal(signal);
        proxy.release(true);
        let output = running.output();
        let at = format!("{} {}", scene.name(), place.call);
        let left = Inventory::read(&workdir);
        assert!(left.is_clean(), "{at}: {left}");
        let ended = match output.status {
            0 => {
                assert_eq!(left, place.baseline.end, "{at}");
                "done"
            }
            30 => {
                assert!(
                    output.stdout.contains("error[interrupted]"),
                    "{}",
                    output.stdout
                );
                "interrupted"
            }
            other => panic!("{at}: {other}: {}", output.stdout),
        };
        // The number of calls that are already running differs.
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

/// The emulator creates a stack at once, so the test rewrites its status.
#[test]
fn a_partially_created_stack_is_rolled_back() {
    for scene in [PREP_MASTER, TEST_DEPLOY] {
        let (workdir, proxy) = scene.set();
        let busy = Fault::rewrites([["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]]);
        proxy.rule(Rule::new(busy).for_operation("DescribeStacks"));
        proxy.hold(1, Side::After);
        let mut running = scene.start(&workdir);
        assert_eq!(proxy.held().operation, "ExecuteChangeSet");
        running.signal("INT");
        proxy.release(true);
        let output = running.output();
        assert_eq!(output.status, 30, "{}", output.stdout);
        assert!(
            output.stdout.contains("error[interrupted]"),
            "{}",
            output.stdout
        );
        assert_eq!(Inventory::read(&workdir).to_string(), "nothing");
    }
}

/// A creation that a killed run started is watched to its end, and not started again.
#[test]
fn a_creation_in_progress_is_joined() {
    let (workdir, proxy) = PREP_MASTER.set();
    proxy.hold(1, Side::After);
    let running = PREP_MASTER.start(&workdir);
    proxy.held();
    running.kill();
    proxy.release(false);
    proxy.clear();
    let busy = Fault::rewrites([["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]]);
    proxy.rule(Rule::new(busy).for_operation("DescribeStacks").times(2));
    let output = PREP_MASTER.run(&workdir);
    assert_eq!(output.status, 0, "{}", output.stdout);
    assert!(
        output.stderr.contains("creation continues"),
        "{}",
        output.stderr
    );
    let mutations = proxy.mutations();
    assert!(mutations.iter().all(|call| call.operation == "PutObject"));
}
