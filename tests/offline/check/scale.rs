//! Many files: API calls are counted, no file is missed, limits are kept.

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::github::{FakeGitHub, Pull};
use crate::support::job::{config, path};

fn tenant(number: usize) -> String {
    format!("{number:04}")
}

fn many(number: usize) -> (Scene, Pull) {
    let scene = Scene::new();
    let mut commit = scene.repo.commit("feature");
    for number in 0..number {
        commit = commit.write(&path(&tenant(number)), config(&tenant(number), ""));
    }
    commit.push();
    let pull = scene.pull();
    (scene, pull)
}

/// With a checkout: the pull request, its files by the hundred, the default branch (2), open pull requests, the comments, the comment,
/// the statuses, the status.
#[test]
fn calls_are_counted_with_a_checkout() {
    for (configs, calls) in [(1, 9), (10, 9), (350, 12)] {
        let (scene, pull) = many(configs);
        let job = scene.job(&pull);
        scene.repo.clone_into(job.folder.path());
        let workspace = job.folder.path().display().to_string();
        scene.github.clear_journal();
        let run = job.with("GITHUB_WORKSPACE", &workspace).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(run.outputs["configs"], configs.to_string());
        assert_eq!(
            scene.github.requests().len(),
            calls,
            "{:#?}",
            lines(&scene.github)
        );
        assert_eq!(calls, configs.div_ceil(100) + 8);
        scene.github.expect_writes(&[COMMENTS, STATUS]);
        let body = scene.repo.comments(7)[0].body.clone();
        assert!(body.chars().count() <= 65_536);
    }
}

fn lines(github: &FakeGitHub) -> Vec<String> {
    github
        .requests()
        .iter()
        .map(crate::support::github::Seen::line)
        .collect()
}

/// Without a checkout: more calls for the merge base, for each folder of a side, for the configs that may claim a stack, and for each
/// file.
#[test]
fn calls_are_counted_without_a_checkout() {
    let (scene, pull) = many(10);
    scene.github.clear_journal();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(
        scene.github.requests().len(),
        9 + 1 + 6 + 1 + 10,
        "{:#?}",
        lines(&scene.github)
    );
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}

/// GitHub lists at most 3,000 files; the config is beyond them.
#[test]
fn a_config_beyond_the_listing_limit_is_found() {
    let scene = Scene::new();
    scene.github.limits(|limits| limits.pull_files = 50);
    let mut commit = scene.repo.commit("feature");
    for number in 0..3_000 {
        commit = commit.write(&format!("a/{number}.txt"), "x");
    }
    commit
        .write(&path("b009"), config("b009", ""))
        .remove(&path("b001"))
        .push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.outputs["configs"], "2", "{}", run.summary);
    assert_eq!(scene.github.count("GET /repos/acme/infra/pulls/7/files"), 0);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}
