//! What the emulator cannot do, on replayed answers: written by hand in the shapes of the API's model, after the pages that the
//! fixtures name, and not recorded.
//!
//! The emulator does everything at once, so that no operation is ever seen under way, and nothing fails with a reason. Its change
//! sets come in one page, without values, contexts or `PolicyAction`; they have no nested change sets, hooks or findings of
//! validation. It detects drift of two types only, and at once. It empties buckets that it deletes, knows no imports, and refuses
//! templates with a type of SageMaker, CodeCommit or CodePipeline.

mod answers;
mod attack;
mod changes;
mod deletion;
mod drift;
mod ml;
mod nested;
mod operations;
mod overlay;

use crate::support::replay::{ACCOUNT, Replay};

type Desk = crate::support::workdir::Desk<Replay>;

fn desk() -> Desk {
    let aws = Replay::start();
    let url = aws.url();
    Desk::at(aws, ACCOUNT, url)
}

#[test]
#[should_panic(expected = "DescribeStacks is not scripted")]
fn what_is_asked_and_not_scripted_fails_the_test() {
    desk().try_act("show-changes", &[]);
}

#[test]
#[should_panic(expected = "scripted, and not asked: [\"DeleteStack\"]")]
fn what_is_scripted_and_not_asked_fails_the_test() {
    let desk = desk();
    desk.aws
        .on("DescribeStacks", answers::no_stack())
        .on("DeleteStack", serde_json::json!({}));
    desk.act("show-changes", &[]);
}
