//! Defaults beside configs: what a changed `_defaults.yaml` selects, and where its values are reported.

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::github::{CommitBuilder, Pull};
use crate::support::job::{JobOutput, config, path};

const DEFAULTS: &str = "s3/configs/_defaults.yaml";

/// A config of the folder that takes all other values from the defaults.
fn short(tenant: &str) -> String {
    format!("client:\n  tenant_id: \"{tenant}\"\ns3: {{}}\n")
}

fn defaults(lifecycle: &str) -> String {
    format!(
        "client:\n  company_name: Edge\n  company_prefix: edge\n  account_id: \"123456789012\"\n\
         environment:\n  env: prod\n  region: us-west-1\ns3:\n  versioning: true\n  lifecycle_policy: {lifecycle}\n"
    )
}

/// A folder of configs with defaults on `main`, and another folder's config; the branch has these defaults.
fn scene(configs: usize, changed: &str) -> (Scene, Pull) {
    let (scene, pull, _) = changed_scene(configs, |commit| commit.write(DEFAULTS, changed));
    (scene, pull)
}

/// The same with any change, and the commit of `main`.
fn changed_scene(
    configs: usize,
    change: impl FnOnce(CommitBuilder) -> CommitBuilder,
) -> (Scene, Pull, String) {
    let scene = Scene::new();
    let mut commit = scene.repo.commit("main");
    for number in 0..configs {
        let tenant = format!("{number:04}");
        commit = commit.write(&path(&tenant), short(&tenant));
    }
    let base = commit
        .write(
            "configs/edge-prod-other-us-west-1-s3.yaml",
            config("other", ""),
        )
        .write(DEFAULTS, defaults("none"))
        .write(
            &path("b001"),
            config("b001", "  lifecycle_policy: development\n"),
        )
        .push();
    scene.repo.branch("edit", &base);
    change(scene.repo.commit("edit")).push();
    let pull = scene.repo.pull("edit").author(&scene.alice);
    let pull = pull.number(7).open();
    (scene, pull, base)
}

fn run(scene: &Scene, pull: &Pull) -> JobOutput {
    scene.github.clear_journal();
    let run = scene.job(pull).run();
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    run
}

#[test]
fn changed_defaults_concern_the_configs_beside_them() {
    let (scene, pull) = scene(3, &defaults("compliance"));
    let run = run(&scene, &pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    // The config of the other folder, and the one that sets the value itself, are not concerned.
    assert_eq!(run.outputs["configs"], "3", "{}", run.summary);
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    for change in changes {
        assert_eq!(change["impact"][0]["path"], DEFAULTS);
        assert_eq!(change["impact"][0]["span"]["start"]["line"], 10);
    }
    insta::assert_snapshot!("defaults_changed", scene.comment());
}

/// One changed default, 200 configs: one comment with one group, and a bounded number of calls.
#[test]
fn changed_defaults_of_two_hundred_configs_have_bounded_calls() {
    for configs in [20, 200] {
        let (scene, pull) = scene(configs, &defaults("compliance"));
        let run = run(&scene, &pull);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert_eq!(run.outputs["configs"], configs.to_string());
        let body = scene.comment();
        let title = format!("### {configs} configs");
        assert!(body.contains(&title), "{body}");
        assert_eq!(body.matches("\n### ").count(), 1, "{body}");
        let calls = scene.github.requests().len();
        assert!(calls <= 30 + configs / 50 * 2, "{configs}: {calls}");
    }
}

#[test]
fn an_error_in_defaults_is_reported_once_at_its_line() {
    let (scene, pull) = scene(4, &defaults("complience"));
    let run = run(&scene, &pull);
    assert_eq!(run.status, 10, "{}", run.stderr);
    let annotations = run.stdout.matches("::error").count();
    assert_eq!(annotations, 1, "{}", run.stdout);
    let place = format!("file={DEFAULTS},line=10");
    assert!(run.stdout.contains(&place), "{}", run.stdout);
    let body = scene.comment();
    let message = format!("{DEFAULTS}:10:21: error[value-not-allowed]");
    assert_eq!(body.matches(&message).count(), 1, "{body}");
}

#[test]
fn defaults_that_do_not_parse_are_reported_at_their_line() {
    let (scene, pull) = scene(3, "client: [\n");
    let run = run(&scene, &pull);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(run.stdout.matches("::error").count(), 1, "{}", run.stdout);
    assert!(
        run.stdout.contains(&format!("file={DEFAULTS},line=")),
        "{}",
        run.stdout
    );
}

/// A default that is part of a stack's name does not move stacks: the files would have other names.
#[test]
fn attack_defaults_that_rename_stacks() {
    let renamed = defaults("none").replace("company_prefix: edge", "company_prefix: evil");
    let (scene, pull) = scene(3, &renamed);
    let run = run(&scene, &pull);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(
        run.stdout.matches("wrong-file-name").count(),
        3,
        "{}",
        run.stdout
    );
    let body = scene.comment();
    assert!(
        body.contains("`client.company_prefix` of `_defaults.yaml`"),
        "{body}"
    );
}

/// The account is in no file's name. Stacks of another account are creations, and the comment says where the account comes from.
#[test]
fn attack_defaults_that_move_stacks_to_another_account() {
    let moved = defaults("none").replace("123456789012", "210987654321");
    let (scene, pull) = scene(1, &moved);
    let run = run(&scene, &pull);
    assert_eq!(run.outputs["configs"], "2", "{}", run.summary);
    let body = scene.comment();
    assert!(body.contains("210987654321"), "{body}");
    assert!(body.contains("`client.account_id` (line 4)"), "{body}");
    assert!(body.contains("former stack"), "{body}");
}

#[test]
fn attack_defaults_that_are_a_link() {
    let (scene, pull, _) = changed_scene(2, |commit| commit.symlink(DEFAULTS, "/etc/passwd"));
    let run = run(&scene, &pull);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert!(run.stdout.contains("not-a-regular-file"), "{}", run.stdout);
}

/// Another pull request that edits the defaults edits the same stacks.
#[test]
fn pull_requests_that_edit_the_defaults_are_named() {
    let changed = defaults("compliance");
    let (scene, _, base) = changed_scene(1, |commit| commit.write(DEFAULTS, changed));
    scene.repo.branch("feature-2", &base);
    let text = short("0000").replace("{}", "{versioning: false}");
    scene
        .repo
        .commit("feature-2")
        .write(&path("0000"), text)
        .push();
    let other = scene.repo.pull("feature-2").author(&scene.alice);
    let other = other.number(8).open();
    scene.github.clear_journal();
    let run = scene.job(&other).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.summary.contains("Pull request 7 is also open"),
        "{}",
        run.summary
    );
    scene.github.take_writes();
}

/// What the template does not read may change folders and the operator's policy.
#[test]
fn a_changed_value_without_effect_on_the_template_is_shown() {
    let renamed = defaults("none").replace("company_name: Edge", "company_name: Edges");
    let (scene, pull) = scene(2, &renamed);
    let run = run(&scene, &pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    // The third config sets the value itself.
    assert_eq!(run.outputs["configs"], "2", "{}", run.summary);
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    for change in changes {
        assert_eq!(change["intent"], "unchanged");
    }
    // Another comment changes no value.
    let commented = defaults("none") + "# reviewed\n";
    let (scene, pull) = self::scene(2, &commented);
    scene.github.clear_journal();
    let run = scene.job(&pull).run();
    assert_eq!(run.outputs["configs"], "0", "{}", run.summary);
    scene.github.take_writes();
}

#[test]
fn attack_another_environment_by_defaults() {
    let moved = defaults("none").replace("env: prod", "env: dev");
    let (scene, pull) = scene(2, &moved);
    let run = run(&scene, &pull);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert!(
        run.stderr.contains("error[wrong-file-name]"),
        "{}",
        run.stderr
    );
}
