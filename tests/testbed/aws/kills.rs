//! Kills a run at every mutation, then runs it again.

use std::ops::Range;

use super::inventory::Inventory;
use super::scene::Baseline;
use crate::support::parallel::each;
use crate::support::proxy::{ApiCall, Side};
use crate::support::workdir::{CommandOutput, Workdir};

/// A place to kill a run.
pub struct Place {
    pub baseline: &'static Baseline,
    pub call: String,
    pub number: usize,
    pub side: Side,
}

/// The first and the last of equal calls in a row: the calls between them differ in a number only.
fn runs(mutations: &[ApiCall]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, call) in mutations.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if mutations[run.start].operation == call.operation => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// Every place of every action, in order.
pub fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for baseline in Baseline::all() {
        for run in runs(&baseline.mutations) {
            let mut numbers = vec![run.start, run.end - 1];
            numbers.dedup();
            for number in numbers {
                let operation = &baseline.mutations[number].operation;
                let call = match run.len() {
                    1 => operation.clone(),
                    of => format!("{operation} {} of {of}", number - run.start + 1),
                };
                places.extend([Side::Before, Side::After].map(|side| Place {
                    baseline,
                    call: call.clone(),
                    number,
                    side,
                }));
            }
        }
    }
    places
}

pub fn table<const N: usize>(head: [&str; N], rows: Vec<[String; N]>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(head);
    table.add_rows(rows);
    table.to_string()
}

/// The first sentence of the output behind warnings, without the stack's name.
fn sentence(workdir: &Workdir, output: &CommandOutput) -> String {
    let is_warning =
        |line: &&str| line.contains("warning[") || line.starts_with(' ') || line.is_empty();
    let mut lines = output.stdout.lines().skip_while(is_warning);
    let line = workdir.redact_account(lines.next().unwrap_or_default());
    let (_, line) = line.split_once(": ").unwrap_or(("", &line));
    let folders = regex::Regex::new(" in acme.*").unwrap();
    let line = folders.replace(line, "");
    let suffix = regex::Regex::new("-stack-t[a-z0-9]{6}").unwrap();
    suffix.replace_all(&line, "-stack-tSUFFIX").into_owned()
}

#[test]
fn the_next_run_finishes_a_killed_run() {
    let rows = each(&places(), |place| {
        let scene = place.baseline.scene;
        let (workdir, proxy) = scene.set();
        proxy.hold(place.number, place.side);
        let running = scene.start(&workdir);
        proxy.held();
        running.kill();
        proxy.release(false);
        proxy.clear();
        let left = Inventory::read(&workdir);
        let next = scene.run(&workdir);
        let at = format!("{} {:?} {}", scene.name(), place.side, place.call);
        assert_eq!(next.status, 0, "{at}: {}{}", next.stdout, next.stderr);
        assert_eq!(Inventory::read(&workdir), place.baseline.end, "{at}");
        [
            scene.name(),
            place.call.clone(),
            format!("{:?}", place.side).to_lowercase(),
            left.to_string(),
            sentence(&workdir, &next),
        ]
    });
    let head = ["action", "call", "ended", "leaves", "the next run"];
    insta::assert_snapshot!("kills", table(head, rows));
}
