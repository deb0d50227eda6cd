//! What exists after a failure is said in the comment, the job summary, the log and an annotation.

use super::*;
use crate::support::proxy::{Fault, FaultProxy, Rule};

const SOLUTION: &str = "  versioning: true\n  solutions:\n    - churn\n";

impl World {
    /// The job behind a proxy that refuses an operation.
    fn refusing(&self, job: Job, rule: Rule) -> (Job, FaultProxy) {
        let proxy = FaultProxy::in_front_of(&self.workdir.url);
        proxy.rule(rule);
        (job.with("AWS_ENDPOINT_URL", &proxy.url()), proxy)
    }
}

/// Each channel has these words. Markdown has names in backticks.
#[track_caller]
fn assert_said(run: &JobOutput, comment: &str, words: &[&str]) {
    let channels = [
        ("log", &*run.stderr),
        ("annotation", &*run.stdout),
        ("summary", &*run.summary),
        ("comment", comment),
    ];
    for (channel, text) in channels {
        let text = text.replace('`', "");
        for word in words {
            assert!(text.contains(word), "{channel} lacks {word}: {text}");
        }
    }
}

#[test]
fn folders_refused_after_the_creation_are_counted_and_created_by_the_next_run() {
    let world = World::new(&policy(""));
    let pull = world.proposed(SOLUTION);
    let before = world.approved_and_merged(&pull);
    let denied = Rule::new(Fault::Denied).for_operation("PutObject");
    let (job, proxy) = world.refusing(world.push(&before), denied.after(40));
    let run = job.run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    let existing = world.workdir.aws.keys(&world.workdir.name).len();
    assert!((40..162).contains(&existing), "{existing}");
    let words = [
        format!("stack {} is CREATE_COMPLETE", world.workdir.stack()),
        format!("{existing} of 162 folders exist in bucket"),
        format!(
            "Run it again: it creates the other {} folders",
            162 - existing
        ),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_said(&run, &world.last_comment(), &words);
    // The bucket is known, so that no further request tells what exists.
    let last = proxy.journal().pop().unwrap();
    assert_eq!(last.operation, "PutObject");
    run_successfully(&world.push(&before));
    assert_eq!(world.workdir.aws.keys(&world.workdir.name).len(), 162);
    world.github.take_writes();
}

#[test]
fn a_refused_creation_says_whether_a_stack_exists_with_one_request() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let denied = Rule::new(Fault::Denied).for_operation("GetParameters");
    let (job, proxy) = world.refusing(world.push(&before), denied);
    let run = job.run();
    assert_eq!(run.status, 30, "{}", run.stderr);
    let words = [
        format!("stack {} is CREATE_COMPLETE", world.workdir.stack()),
        "Run it again: it updates the stack if its template differs".to_owned(),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_said(&run, &world.last_comment(), &words);
    let journal = proxy.journal();
    let refused = journal
        .iter()
        .rposition(|call| call.operation == "GetParameters");
    let after = journal[refused.unwrap() + 1..].iter();
    let after: Vec<&str> = after.map(|call| &*call.operation).collect();
    assert_eq!(after, ["DescribeStacks"]);
    run_successfully(&world.push(&before));
    world.github.take_writes();
}
