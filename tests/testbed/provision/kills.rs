//! Kills a run at every step, then runs it again: at each mutation in AWS, before and after AWS executes it, and at each write to
//! the forge.

use std::process::{Child, Stdio};
use std::time::Duration;

use super::many::Many;
use crate::support::github::Fault;
use crate::support::job::Job;
use crate::support::parallel::each;
use crate::support::proxy::Side;
use crate::world::*;

/// The place of the kill.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// At the mutation of this number.
    Aws(usize, Side),
    /// At the write to the forge that matches this pattern, after this number of others, before its answer.
    Forge(&'static str, usize),
}

fn start(job: &Job) -> Child {
    let mut command = job.process(&["ci"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Runs a job to this place and kills it.
pub(super) fn kill(many: &Many, job: &Job, place: Place) {
    let end = |mut child: Child| {
        child.kill().unwrap();
        child.wait().unwrap();
    };
    match place {
        Place::Aws(number, side) => {
            many.proxy.hold(number, side);
            let child = start(job);
            many.proxy.held();
            end(child);
            many.proxy.release(false);
            many.proxy.clear();
        }
        Place::Forge(pattern, skip) => {
            let slow = Fault::Slow(Duration::from_secs(120));
            many.world.github.fault_after(skip, pattern, slow);
            let before = many.world.github.count(pattern);
            let mut child = start(job);
            while many.world.github.count(pattern) <= before + skip {
                assert!(child.try_wait().unwrap().is_none(), "{place:?} never came");
                std::thread::yield_now();
            }
            end(child);
        }
    }
}

const SIDES: [Side; 2] = [Side::Before, Side::After];

fn places(mutations: usize, writes: &[(&'static str, usize)]) -> Vec<Place> {
    let aws = (0..mutations).flat_map(|at| SIDES.map(|side| Place::Aws(at, side)));
    let forge = writes
        .iter()
        .map(|(pattern, skip)| Place::Forge(pattern, *skip));
    aws.chain(forge).collect()
}

#[test]
fn the_next_run_finishes_a_killed_run() {
    // Assumes a role, creates and executes a change set, starts and ends a deployment, writes the comment.
    let writes = [(DEPLOYMENT, 0), (DEPLOYED, 0), (DEPLOYED, 1), (COMMENT, 0)];
    each(&places(3, &writes), |place| {
        let many = Many::new(1);
        kill(&many, &many.job(), *place);
        let next = many.job().run();
        assert_eq!(next.status, 0, "{place:?}: {}", next.stderr);
        assert_eq!(many.complete(), 1, "{place:?}");
        let stack = "n000-note-stack";
        assert_eq!(
            many.world.workdir.aws.change_sets(stack),
            [""; 0],
            "{place:?}"
        );
        assert_eq!(many.world.repo.deployments().len(), 1, "{place:?}");
        assert_eq!(
            many.world.repo.deployments()[0]
                .statuses
                .last()
                .unwrap()
                .state,
            "success"
        );
        let marked = |body: &str| body.starts_with("<!-- provisioner:provision ");
        let comments = many.world.repo.comments(7);
        let report = comments.iter().filter(|it| marked(&it.body)).count();
        assert_eq!(report, 1, "{place:?}");
        assert!(
            comments.last().unwrap().body.contains("1 stack "),
            "{place:?}"
        );
        many.world.github.take_writes();
    });
}
