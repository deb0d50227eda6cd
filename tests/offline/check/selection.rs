//! S4: one selection of configs for all commands, and a warning for what it leaves out.
#![expect(clippy::disallowed_methods, reason = "a repository is made of files")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::check::Scene;
use crate::support::documents::assert_json_documented;
use crate::support::job::{BINARY, config, git, path};

/// A repository with one config, and a branch with these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    write(folder.path(), &path("b001"), &config("b001", ""));
    commit(folder.path());
    git(folder.path(), &["switch", "--quiet", "--create", "feature"]);
    for (at, text) in files {
        write(folder.path(), at, text);
    }
    commit(folder.path());
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "x"]);
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.output().unwrap()
}

fn check(folder: &Path) -> Value {
    let arguments = ["check", "--base", "main", "--format", "json"];
    let output = run(folder, &arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_json_documented(&arguments, &output.stdout);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn paths(list: &Value) -> Vec<&str> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| item["path"].as_str().unwrap()).collect()
}

fn file_name(tenant: &str) -> String {
    path(tenant).rsplit('/').next().unwrap().to_owned()
}

/// Files in places of configs that are none.
const OTHERS: [(&str, &str); 3] = [
    ("configs/values.yaml", "replicas: 2\n"),
    ("s3/configs/archive/notes.yml", "- x\n"),
    (".github/workflows/deploy-s3.yaml", "jobs: {}\n"),
];

#[test]
fn check_and_laptop_select_the_same_files() {
    let places = [
        format!("configs/{}", file_name("b002")),
        format!("configs/team/{}", file_name("b003")),
        format!("s3/configs/team/{}", file_name("b004")),
    ];
    let texts = ["b002", "b003", "b004"].map(|tenant| config(tenant, ""));
    let mut files: Vec<(&str, &str)> = OTHERS.to_vec();
    for (place, text) in places.iter().zip(&texts) {
        files.push((place, text));
    }
    let folder = repository(&files);
    let report = check(folder.path());
    assert_eq!(paths(&report["plan"]["changes"]), places);
    assert_eq!(paths(&report["unselected"]), Vec::<&str>::new());
    let output = run(folder.path(), &["validate-config"]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    for place in places.iter().chain([&path("b001")]) {
        assert!(stdout.contains(&format!("ok {place}\n")), "{stdout}");
    }
    assert_eq!(stdout.matches("ok ").count(), 4, "{stdout}");
    // A file with the other ending is checked as well: the error is about its name.
    let yml = path("b005").replace(".yaml", ".yml");
    write(folder.path(), &yml, &config("b005", ""));
    commit(folder.path());
    let error = format!("{yml}:1:1: error[wrong-file-name]");
    for arguments in [
        &["check", "--base", "main", "--format", "text"][..],
        &["validate-config"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(10));
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains(&error), "{stdout}");
    }
}

#[test]
fn a_config_outside_of_the_selection_is_a_warning() {
    let place = format!("deploy/{}", file_name("b002"));
    let text = config("b002", "");
    let mut files: Vec<(&str, &str)> = OTHERS.to_vec();
    files.push((&place, &text));
    files.push(("deploy/chart.yaml", "replicas: 2\n"));
    let folder = repository(&files);
    let report = check(folder.path());
    assert_eq!(paths(&report["unselected"]), [&place]);
    assert_eq!(report["unselected"][0]["code"], "config-not-selected");
    assert_eq!(report["unselected"][0]["severity"], "warning");
    let output = run(folder.path(), &["check", "--base", "main"]);
    let comment = String::from_utf8_lossy(&output.stdout);
    assert!(comment.contains("⚠ 1 file not selected\n"), "{comment}");
    assert!(
        comment.contains(&format!("{place}: warning[config-not-selected]")),
        "{comment}"
    );
    // Its removal is not silent either.
    git(folder.path(), &["branch", "--force", "main"]);
    std::fs::remove_file(folder.path().join(&place)).unwrap();
    commit(folder.path());
    assert_eq!(paths(&check(folder.path())["unselected"]), [&place]);
}

#[test]
fn a_bounded_search_reports_where_it_stopped() {
    let names: Vec<String> = (0..203).map(|at| format!("deploy/{at:03}.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "x: 1\n")).collect();
    let report = check(repository(&files).path());
    assert_eq!(paths(&report["unselected"]), ["deploy/200.yaml"]);
    let message = report["unselected"][0]["message"].as_str().unwrap();
    assert!(message.contains("3 were not searched"), "{message}");
}

#[test]
fn a_glob_of_the_run_without_a_match_is_an_error() {
    let folder = repository(&[("x", "")]);
    for (globs, status) in [
        (&["s3/config/*.yaml"][..], 2),
        (&["s3/**", "y/*.yml"], 2),
        (&["s3/**"], 0),
    ] {
        let mut arguments = vec!["check", "--base", "main"];
        arguments.extend(globs.iter().flat_map(|glob| ["--configs", glob]));
        let output = run(folder.path(), &arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert_eq!(
            stderr.contains("no file matches the glob"),
            status == 2,
            "{stderr}"
        );
    }
    // The removal of the last match is a change like any other.
    git(folder.path(), &["rm", "--quiet", &path("b001")]);
    commit(folder.path());
    let arguments = ["check", "--base", "main", "--configs", "s3/**"];
    let output = run(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0));
    let scene = Scene::new();
    let pull = scene.changed();
    let job = scene
        .job(&pull)
        .with("PROVISIONER_CONFIGS", "s3/config/*.yaml");
    let output = job.run();
    assert_eq!(output.status, 2, "{}", output.stderr);
    assert!(
        output.stderr.contains("no file matches the glob"),
        "{}",
        output.stderr
    );
}

#[test]
fn the_laptop_selects_by_the_policy() {
    let policy = "version: 1\nconfigs: ['deploy/*.yaml']\n";
    let place = format!("deploy/{}", file_name("b002"));
    let text = config("b002", "");
    let folder = repository(&[(".provisioner.yaml", policy), (&place, &text)]);
    for (below, shown) in [("", place.clone()), ("s3", format!("../{place}"))] {
        let output = run(&folder.path().join(below), &["validate-config"]);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains(&format!("ok {shown}\n")), "{stdout}");
        assert_eq!(stdout.matches("ok ").count(), 1, "{stdout}");
    }
    write(
        folder.path(),
        ".provisioner.yaml",
        "version: 1\nconfigs: ['no/*.yaml']\n",
    );
    let output = run(folder.path(), &["validate-config"]);
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(10), "{stdout}");
    assert!(
        stdout.contains("there is no config in `no/*.yaml`"),
        "{stdout}"
    );
    write(folder.path(), ".provisioner.yaml", "version: 2\n");
    let output = run(folder.path(), &["validate-config"]);
    assert_eq!(output.status.code(), Some(10));
    assert!(String::from_utf8_lossy(&output.stdout).contains(".provisioner.yaml:1:10: error["));
}
