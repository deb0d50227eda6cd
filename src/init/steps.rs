//! What an administrator does after `init`, in order, as commands for a POSIX shell.

use super::answers::Answers;
use super::finding::has_placeholder;
use super::git_state::RepositoryFacts;
use super::planned_file::{FileState, PlannedFile};
use super::setup::SetupForge;
use super::shell::quote_argument;
use super::step::{SetupChanges, SetupStep, first_commit, push_default_branch};
use super::{steps_github, steps_gitlab};
use crate::guard::{POLICY_FILE, Scope, read_policy};
use crate::model::RepoPath;
use crate::product::PRODUCTS_FOLDER;

/// The steps for these files. What git has already needs no step.
pub fn steps(answers: &Answers, files: &[PlannedFile], facts: &RepositoryFacts) -> Vec<SetupStep> {
    let git = &facts.git;
    let (samples, setup): (Vec<&PlannedFile>, Vec<&PlannedFile>) =
        files.iter().partition(|file| file.is_sample);
    let is_open = |file: &PlannedFile| match file.state() {
        FileState::New => true,
        // The patch that the output shows.
        FileState::Differs if !answers.asked.is_empty() => true,
        // A step replaces its placeholders.
        _ => git.uncommitted.contains(&file.path) || has_placeholder(&file.path, &file.text),
    };
    let paths = |files: Vec<&PlannedFile>| -> Vec<String> {
        files.into_iter().map(|file| file.path.clone()).collect()
    };
    let (open, done): (Vec<&PlannedFile>, Vec<&PlannedFile>) =
        setup.into_iter().partition(|file| is_open(file));
    // The step that pushes the default branch for the first time pushes its commits.
    let is_elsewhere = git.is_pushed || git.topic_branch(&answers.branch).is_some();
    let is_unmerged = |path: &String| is_elsewhere && git.is_unmerged(path);
    let scope = planned_scope(files);
    let home = scope
        .as_ref()
        .and_then(|scope| scope.regions.first().cloned());
    let mut changes = SetupChanges {
        setup: paths(open),
        is_unmerged: paths(done).iter().any(is_unmerged),
        samples: paths(samples),
        lists_configs: scope.is_none(),
        region: home.or_else(|| answers.region.clone()),
        ..SetupChanges::default()
    };
    // The commits of a product that the repository has itself are needed before its first config.
    if let Some(product) = &answers.product {
        let folder = format!("{PRODUCTS_FOLDER}/{product}/");
        let is_inside = |path: &&String| path.starts_with(&folder);
        changes.is_unmerged |= git.unmerged.iter().filter(is_inside).any(is_unmerged);
        if git.uncommitted.iter().any(|path| is_inside(&path)) {
            changes.setup.push(folder);
        }
    }
    for path in &facts.configs {
        match (git.uncommitted.contains(path), is_unmerged(path)) {
            (true, _) => changes.samples.push(path.clone()),
            (false, true) => changes.unmerged_configs.push(path.clone()),
            (false, false) => changes.present_configs.push(path.clone()),
        }
    }
    let steps = match answers.forge {
        SetupForge::GitHub => steps_github::steps(answers, &changes, git),
        SetupForge::GitLab => steps_gitlab::steps(answers, &changes, git),
    };
    let first = match (git.has_commits, git.is_pushed) {
        (false, _) => Some(first_commit(answers, git)),
        (true, false) => Some(push_default_branch(answers, git)),
        (true, true) => None,
    };
    let root = (!facts.above.is_empty()).then(|| {
        let command = format!("cd {}", quote_argument(&facts.above));
        SetupStep::new("Go to the root of the repository", vec![command])
    });
    root.into_iter().chain(first).chain(steps).collect()
}

/// The scope of the planned policy.
fn planned_scope(files: &[PlannedFile]) -> Option<Scope> {
    let mut files = files.iter().filter(|file| file.path == POLICY_FILE);
    let text = files.next().map(|file| file.text.as_bytes());
    let policy = read_policy(&RepoPath::typed(POLICY_FILE), text);
    policy.ok()?.scope
}
