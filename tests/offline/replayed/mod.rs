//! Behavior that the emulator lacks, on replayed answers. They are written by hand in the shapes of the API's model, from the pages
//! that the fixtures name, and not recorded.
//!
//! The emulator finishes every operation at once, and nothing fails with a reason. Its change sets have one page, without values,
//! contexts or `PolicyAction`, and without nested change sets, hooks or findings of validation. It detects drift of two types only.
//! It empties buckets that it deletes, imports few types, and rejects templates with types of SageMaker, CodeCommit or CodePipeline.

mod adopt;
mod adopt_drift;
mod answers;
mod attack;
mod boundary;
mod bucket_policies;
mod buckets;
mod changes;
mod comments;
mod continue_rollback;
mod deletion;
mod discover;
mod doctor;
mod drift;
mod dry_runs;
mod errors;
mod failed_creation;
mod hints;
mod imports;
mod inputs;
mod judged;
mod kept;
mod leftovers;
mod lost_answers;
mod ml;
mod named_imports;
mod nested;
mod network;
mod operations;
mod overlay;
mod reread;
mod restore;
mod returning;
mod solutions;
mod stack_tags;
mod taken_names;
mod unfinished;

use crate::support::replay::{ACCOUNT, Replay};

type Workdir = crate::support::workdir::Workdir<Replay>;

fn workdir() -> Workdir {
    let aws = Replay::start();
    let url = aws.url();
    Workdir::at(aws, ACCOUNT, url)
}

#[test]
#[should_panic(expected = "DescribeStacks is not scripted")]
fn unscripted_calls_fail_the_test() {
    workdir().try_action("show-changes", &[]);
}

#[test]
#[should_panic(expected = "scripted, and not asked: [\"DeleteStack\"]")]
fn unused_responses_fail_the_test() {
    let workdir = workdir();
    workdir
        .aws
        .on("DescribeStacks", answers::no_stack())
        .on("DeleteStack", serde_json::json!({}));
    workdir.run_action("show-changes", &[]);
}
