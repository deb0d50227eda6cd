//! A run that ends in the middle, at every call that changes something, and the run after it.

use std::ops::Range;

use super::desk::Said;
use super::scene::{PREP_MASTER, SHOW_CHANGES, SHOW_NEW, Scene, TEAR_DOWN, TEST_DEPLOY, each};
use super::world::World;
use crate::support::gate::{Asked, Side};

/// One place to end a run.
pub struct Place {
    pub scene: Scene,
    pub call: String,
    pub number: usize,
    pub side: Side,
    /// What there is after a run that was not disturbed.
    pub end: World,
}

/// The first and the last of equal calls in a row: those between leave the same but for the number.
fn runs(mutations: &[Asked]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, asked) in mutations.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if mutations[run.start].operation == asked.operation => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

/// Every place of an action, in order.
pub fn places(scene: Scene) -> Vec<Place> {
    let (desk, gate) = scene.set();
    let said = scene.run(&desk);
    assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);
    let end = World::of(&desk);
    assert!(end.is_tidy(), "{end}");
    let mutations = gate.mutations();
    let mut places = Vec::new();
    for run in runs(&mutations) {
        let mut numbers = vec![run.start, run.end - 1];
        numbers.dedup();
        for number in numbers {
            let operation = &mutations[number].operation;
            let call = match run.len() {
                1 => operation.clone(),
                of => format!("{operation} {} of {of}", number - run.start + 1),
            };
            for side in [Side::Before, Side::After] {
                places.push(Place {
                    scene,
                    call: call.clone(),
                    number,
                    side,
                    end: end.clone(),
                });
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

/// What a run says first, without the stack's name.
fn sentence(said: &Said) -> String {
    let line = said.stdout.lines().next().unwrap_or_default();
    let (_, line) = line.split_once(": ").unwrap_or(("", line));
    let folders = regex::Regex::new(" in acme.*").unwrap();
    folders.replace(line, "").into_owned()
}

#[test]
fn a_run_that_is_killed_anywhere_is_finished_by_the_next() {
    let scenes = [PREP_MASTER, TEAR_DOWN, TEST_DEPLOY, SHOW_CHANGES, SHOW_NEW];
    let places: Vec<Place> = each(&scenes, |scene| places(*scene))
        .into_iter()
        .flatten()
        .collect();
    let rows = each(&places, |place| {
        let (desk, gate) = place.scene.set();
        gate.hold(place.number, place.side);
        let running = place.scene.start(&desk);
        gate.held();
        running.kill();
        gate.release(false);
        gate.clear();
        let left = World::of(&desk);
        let next = place.scene.run(&desk);
        let at = format!("{} {:?} {}", place.scene.name(), place.side, place.call);
        assert_eq!(next.status, 0, "{at}: {}{}", next.stdout, next.stderr);
        assert_eq!(World::of(&desk), place.end, "{at}");
        [
            place.scene.name(),
            place.call.clone(),
            format!("{:?}", place.side).to_lowercase(),
            left.to_string(),
            sentence(&next),
        ]
    });
    let head = ["action", "call", "ended", "leaves", "the next run"];
    insta::assert_snapshot!("kills", table(head, rows));
}
