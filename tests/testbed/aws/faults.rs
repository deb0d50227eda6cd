//! An AWS that throttles, fails, breaks off and refuses. What passes changes nothing; what lasts is told, and the next run finishes.

use super::inventory::World;
use super::kills::table;
use super::scene::{PREP_MASTER, Plain, TEAR_DOWN};
use crate::support::parallel::each;
use crate::support::proxy::{Asked, Fault, Gate, Rule, Side, counted};
use crate::support::workdir::{Desk, Said};

/// A run without faults ends where it would have ended at once. Where nothing was done, it would be the same run.
#[track_caller]
fn finish(plain: &Plain, desk: &mut Desk, gate: &Gate, at: &str) {
    if World::of(desk) == plain.begin {
        return;
    }
    gate.clear();
    desk.url = desk.aws.url();
    let next = plain.scene.run(desk);
    assert_eq!(next.status, 0, "{at}: {}{}", next.stdout, next.stderr);
    assert_eq!(World::of(desk), plain.end, "{at}");
}

/// The code of the first diagnostic.
fn code(said: &Said) -> String {
    let code = said.stdout.split_once("error[");
    let code = code.and_then(|(_, rest)| rest.split_once(']'));
    code.map_or("", |(code, _)| code).to_owned()
}

#[test]
fn faults_that_pass_change_nothing() {
    let faults = [
        Fault::Throttled,
        Fault::Broken(500),
        Fault::Drop(Side::Before),
        Fault::Drop(Side::After),
    ];
    let mut cases = Vec::new();
    for plain in Plain::all() {
        cases.extend(faults.iter().map(|fault| (plain, fault)));
    }
    each(&cases, |(plain, fault)| {
        let (desk, gate) = plain.scene.set();
        gate.rule(Rule::new((*fault).clone()).percent(30));
        let said = plain.scene.run(&desk);
        let at = format!("{} {fault:?}", plain.scene.name());
        assert_eq!(said.status, 0, "{at}: {}{}", said.stdout, said.stderr);
        assert!(gate.fired()[0] > 0, "{at}: no fault happened");
        assert_eq!(World::of(&desk), plain.end, "{at}");
        let mutations = counted(&gate.mutations());
        let wanted = counted(&plain.mutations);
        match fault {
            // Deletions, and a file that is written over itself, may happen twice and are the same.
            Fault::Drop(Side::After) => {
                let makes = |(operation, _): &&(String, usize)| {
                    operation.ends_with("ChangeSet") && !operation.starts_with("Delete")
                };
                let made: Vec<_> = mutations.iter().filter(makes).collect();
                let wanted: Vec<_> = wanted.iter().filter(makes).collect();
                assert_eq!(made, wanted, "{at}");
            }
            _ => assert_eq!(mutations, wanted, "{at}"),
        }
    });
}

#[test]
fn an_answer_that_never_comes_is_not_waited_for() {
    let silences = [
        (PREP_MASTER, "CreateChangeSet", Side::After),
        (PREP_MASTER, "ExecuteChangeSet", Side::After),
        (TEAR_DOWN, "DeleteStack", Side::Before),
    ];
    std::thread::scope(|scope| {
        for (scene, operation, side) in silences {
            scope.spawn(move || {
                let mut all = Plain::all().iter();
                let plain = all
                    .find(|plain| plain.scene.action == scene.action)
                    .unwrap();
                let (desk, gate) = scene.set();
                gate.rule(Rule::new(Fault::Silent(side)).of(operation).times(1));
                let said = scene.run(&desk);
                assert_eq!(said.status, 0, "{operation}: {}", said.stdout);
                assert_eq!(gate.fired(), [1]);
                assert_eq!(World::of(&desk), plain.end, "{operation}");
                let mutations = counted(&gate.mutations());
                assert_eq!(mutations, counted(&plain.mutations), "{operation}");
            });
        }
    });
}

/// Every operation of every action is refused in turn.
#[test]
fn a_refusal_is_told_and_nothing_is_left_half_done() {
    let mut cases = Vec::new();
    for plain in Plain::all() {
        let operations = counted(&plain.journal).into_iter();
        cases.extend(operations.map(|(operation, _)| (plain, operation)));
    }
    let rows = each(&cases, |(plain, operation)| {
        let (mut desk, gate) = plain.scene.set();
        gate.rule(Rule::new(Fault::Denied).of(operation));
        let said = plain.scene.run(&desk);
        let at = format!("{} {operation}", plain.scene.name());
        let left = World::of(&desk);
        match said.status {
            0 => assert_eq!(left, plain.end, "{at}"),
            10 => assert_eq!(code(&said), "preflight-failed", "{at}"),
            30 => assert!(said.stdout.contains(operation.as_str()), "{}", said.stdout),
            other => panic!("{at}: {other}: {}{}", said.stdout, said.stderr),
        }
        finish(plain, &mut desk, &gate, &at);
        [
            plain.scene.name(),
            operation.clone(),
            format!("{} {}", said.status, code(&said)),
            left.to_string(),
        ]
    });
    let head = ["action", "refused", "exit", "leaves"];
    insta::assert_snapshot!("refusals", table(head, rows));
}

/// From the first mutation on: whether AWS carries it out is not known to the run.
#[test]
fn a_fault_that_lasts_is_told_and_the_next_run_finishes() {
    let faults = [Fault::Broken(503), Fault::Drop(Side::After), Fault::Expired];
    let mut cases = Vec::new();
    for plain in Plain::all() {
        cases.extend(faults.iter().map(|fault| (plain, fault)));
    }
    let rows = each(&cases, |(plain, fault)| {
        let (mut desk, gate) = plain.scene.set();
        let first = plain.journal.iter().position(Asked::mutates);
        // One that changes nothing is disturbed in its middle.
        let first = first.unwrap_or(plain.journal.len() / 2);
        // Expired credentials are noticed after the mutation.
        let first = first + usize::from(matches!(fault, Fault::Expired));
        gate.rule(Rule::new((*fault).clone()).after(first));
        let path = desk.path();
        let arguments = [&[plain.scene.action, path.as_str()], plain.scene.more].concat();
        let mut command = desk.command(&arguments);
        // Ten attempts take a quarter of a minute.
        command.env("AWS_MAX_ATTEMPTS", "2");
        let said = crate::support::workdir::said(command.output().unwrap());
        let at = format!("{} {fault:?}", plain.scene.name());
        let left = World::of(&desk);
        match said.status {
            0 => assert_eq!(left, plain.end, "{at}"),
            status => assert_eq!(status, 31, "{at}: {}{}", said.stdout, said.stderr),
        }
        finish(plain, &mut desk, &gate, &at);
        [
            plain.scene.name(),
            format!("{fault:?}"),
            format!("{} {}", said.status, code(&said)),
            // How many are on their way when the first is given up differs from run to run.
            match plain.mutations.len() {
                0..10 => left.to_string(),
                _ => left.to_string().replace(char::is_numeric, ""),
            },
        ]
    });
    let head = ["action", "fault", "exit", "leaves"];
    insta::assert_snapshot!("lasting", table(head, rows));
}
