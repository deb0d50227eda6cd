//! An AWS that throttles, fails, cuts connections and refuses. Transient faults change nothing; permanent ones are reported, and
//! the next run finishes.

use super::inventory::Inventory;
use super::kills::table;
use super::scene::{Baseline, PREP_MASTER, TEAR_DOWN};
use crate::support::parallel::each;
use crate::support::proxy::{ApiCall, Fault, FaultProxy, Rule, Side, counted};
use crate::support::workdir::{CommandOutput, Workdir};

/// A run without faults reaches the same end. Skipped if nothing was done, because it would be the same run.
#[track_caller]
fn finish(baseline: &Baseline, workdir: &mut Workdir, proxy: &FaultProxy, at: &str) {
    if Inventory::read(workdir) == baseline.begin {
        return;
    }
    proxy.clear();
    workdir.url = workdir.aws.url();
    let next = baseline.scene.run(workdir);
    assert_eq!(next.status, 0, "{at}: {}{}", next.stdout, next.stderr);
    assert_eq!(Inventory::read(workdir), baseline.end, "{at}");
}

/// The code of the first diagnostic.
fn code(output: &CommandOutput) -> String {
    let code = output.stdout.split_once("error[");
    let code = code.and_then(|(_, rest)| rest.split_once(']'));
    code.map_or("", |(code, _)| code).to_owned()
}

#[test]
fn transient_faults_do_not_change_the_result() {
    let faults = [
        Fault::Throttled,
        Fault::Broken(500),
        Fault::Drop(Side::Before),
        Fault::Drop(Side::After),
    ];
    let mut cases = Vec::new();
    for baseline in Baseline::all() {
        cases.extend(faults.iter().map(|fault| (baseline, fault)));
    }
    each(&cases, |(baseline, fault)| {
        let (workdir, proxy) = baseline.scene.set();
        proxy.rule(Rule::new((*fault).clone()).percent(30));
        let output = baseline.scene.run(&workdir);
        let at = format!("{} {fault:?}", baseline.scene.name());
        assert_eq!(output.status, 0, "{at}: {}{}", output.stdout, output.stderr);
        assert!(proxy.fired()[0] > 0, "{at}: no fault happened");
        assert_eq!(Inventory::read(&workdir), baseline.end, "{at}");
        let mutations = counted(&proxy.mutations());
        let wanted = counted(&baseline.mutations);
        match fault {
            // Deletions, and a file that overwrites itself, may be repeated without an effect.
            Fault::Drop(Side::After) => {
                let makes = |(operation, _): &&(String, usize)| {
                    operation.ends_with("ChangeSet") && !operation.starts_with("Delete")
                };
                let created: Vec<_> = mutations.iter().filter(makes).collect();
                let wanted: Vec<_> = wanted.iter().filter(makes).collect();
                assert_eq!(created, wanted, "{at}");
            }
            _ => assert_eq!(mutations, wanted, "{at}"),
        }
    });
}

#[test]
fn a_missing_response_times_out() {
    let silences = [
        (PREP_MASTER, "CreateChangeSet", Side::After),
        (PREP_MASTER, "ExecuteChangeSet", Side::After),
        (TEAR_DOWN, "DeleteStack", Side::Before),
    ];
    std::thread::scope(|scope| {
        for (scene, operation, side) in silences {
            scope.spawn(move || {
                let mut all = Baseline::all().iter();
                let baseline = all
                    .find(|baseline| baseline.scene.action == scene.action)
                    .unwrap();
                let (workdir, proxy) = scene.set();
                proxy.rule(
                    Rule::new(Fault::Silent(side))
                        .for_operation(operation)
                        .times(1),
                );
                let output = scene.run(&workdir);
                assert_eq!(output.status, 0, "{operation}: {}", output.stdout);
                assert_eq!(proxy.fired(), [1]);
                assert_eq!(Inventory::read(&workdir), baseline.end, "{operation}");
                let mutations = counted(&proxy.mutations());
                assert_eq!(mutations, counted(&baseline.mutations), "{operation}");
            });
        }
    });
}

/// Every operation of every action is refused in turn.
#[test]
fn a_denied_call_is_reported_and_leaves_nothing_incomplete() {
    let mut cases = Vec::new();
    for baseline in Baseline::all() {
        let operations = counted(&baseline.journal).into_iter();
        cases.extend(operations.map(|(operation, _)| (baseline, operation)));
    }
    let rows = each(&cases, |(baseline, operation)| {
        let (mut workdir, proxy) = baseline.scene.set();
        proxy.rule(Rule::new(Fault::Denied).for_operation(operation));
        let output = baseline.scene.run(&workdir);
        let at = format!("{} {operation}", baseline.scene.name());
        let left = Inventory::read(&workdir);
        match output.status {
            0 => assert_eq!(left, baseline.end, "{at}"),
            10 => assert_eq!(code(&output), "preflight-failed", "{at}"),
            30 => assert!(
                output.stdout.contains(operation.as_str()),
                "{}",
                output.stdout
            ),
            other => panic!("{at}: {other}: {}{}", output.stdout, output.stderr),
        }
        finish(baseline, &mut workdir, &proxy, &at);
        [
            baseline.scene.name(),
            operation.clone(),
            format!("{} {}", output.status, code(&output)),
            left.to_string(),
        ]
    });
    let head = ["action", "refused", "exit", "leaves"];
    insta::assert_snapshot!("refusals", table(head, rows));
}

/// From the first mutation on, the run does not know whether AWS executed it.
#[test]
fn a_permanent_fault_is_reported_and_the_next_run_finishes() {
    let faults = [Fault::Broken(503), Fault::Drop(Side::After), Fault::Expired];
    let mut cases = Vec::new();
    for baseline in Baseline::all() {
        cases.extend(faults.iter().map(|fault| (baseline, fault)));
    }
    let rows = each(&cases, |(baseline, fault)| {
        let (mut workdir, proxy) = baseline.scene.set();
        let first = baseline.journal.iter().position(ApiCall::mutates);
        // Read-only actions fail in the middle.
        let first = first.unwrap_or(baseline.journal.len() / 2);
        // Expired credentials are noticed after the mutation.
        let first = first + usize::from(matches!(fault, Fault::Expired));
        proxy.rule(Rule::new((*fault).clone()).after(first));
        let path = workdir.path();
        let arguments = [&[baseline.scene.action, path.as_str()], baseline.scene.more].concat();
        let mut command = workdir.command(&arguments);
        // Ten attempts would take a quarter of a minute.
        command.env("AWS_MAX_ATTEMPTS", "2");
        let output = crate::support::workdir::CommandOutput::from(command.output().unwrap());
        let at = format!("{} {fault:?}", baseline.scene.name());
        let left = Inventory::read(&workdir);
        match output.status {
            0 => assert_eq!(left, baseline.end, "{at}"),
            status => assert_eq!(status, 31, "{at}: {}{}", output.stdout, output.stderr),
        }
        finish(baseline, &mut workdir, &proxy, &at);
        [
            baseline.scene.name(),
            format!("{fault:?}"),
            format!("{} {}", output.status, code(&output)),
            // Folders are created concurrently: their number before the first failure differs.
            match counted(&baseline.mutations)
                .iter()
                .any(|(operation, count)| operation == "PutObject" && *count > 1)
            {
                false => left.to_string(),
                true => left.to_string().replace(char::is_numeric, ""),
            },
        ]
    });
    let head = ["action", "fault", "exit", "leaves"];
    insta::assert_snapshot!("lasting", table(head, rows));
}
