//! What an administrator does after `init`, in order, as commands for a POSIX shell.

use super::answers::Answers;
use super::planned_file::{FileState, PlannedFile};
use super::setup::SetupForge;
use super::step::{SetupChanges, SetupStep, first_commit};
use super::{steps_github, steps_gitlab};

/// The steps for these files.
pub fn steps(answers: &Answers, files: &[PlannedFile], has_commits: bool) -> Vec<SetupStep> {
    let is_new = |file: &&PlannedFile| file.state() == FileState::New;
    let new = files.iter().filter(is_new);
    let (samples, setup): (Vec<&PlannedFile>, Vec<&PlannedFile>) =
        new.partition(|file| file.is_sample);
    let paths = |files: &[&PlannedFile]| -> Vec<String> {
        files.iter().map(|file| file.path.clone()).collect()
    };
    let changes = SetupChanges {
        setup: paths(&setup),
        samples: paths(&samples),
    };
    let steps = match answers.forge {
        SetupForge::GitHub => steps_github::steps(answers, &changes),
        SetupForge::GitLab => steps_gitlab::steps(answers, &changes),
    };
    let first = (!has_commits).then(|| first_commit(&answers.branch));
    first.into_iter().chain(steps).collect()
}
