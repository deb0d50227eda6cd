//! A repository that has files already.
#![expect(clippy::disallowed_methods, reason = "a repository has files")]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};

use super::repository::{ANSWERS, COMMIT, InitRepository};

#[test]
fn a_second_run_asks_nothing_and_changes_nothing() {
    for repository in [InitRepository::github(), InitRepository::gitlab()] {
        repository.init_well(&ANSWERS);
        let (before, files) = (repository.read(".provisioner.yaml"), repository.files());
        let output = repository.init_well(&[]);
        assert!(!output.contains("created"), "{output}");
        assert!(!output.contains("differs"), "{output}");
        assert_eq!(repository.files(), files);
        assert_eq!(repository.read(".provisioner.yaml"), before);
        repository.assert_complete();
    }
}

/// The owner's part of the setup: rules of the policy, more configs, and none at all.
#[test]
fn choices_of_the_owner_are_no_difference() {
    let repository = InitRepository::github();
    repository.init_well(&ANSWERS);
    let policy = repository.read(".provisioner.yaml");
    repository.write(
        ".provisioner.yaml",
        format!("{policy}defaults: {{ approvals: 2 }}\n"),
    );
    repository.assert_complete();
    std::fs::remove_dir_all(repository.path("s3/configs")).unwrap();
    let output = repository.init(&["--check"]);
    assert!(
        output.stdout.contains("optional   s3/configs/"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_changed_file_is_shown_and_left() {
    let repository = InitRepository::github();
    repository.init_well(&ANSWERS);
    let path = ".github/workflows/provisioner-check.yml";
    let own = repository
        .read(path)
        .replace("timeout-minutes: 15", "timeout-minutes: 99");
    repository.write(path, &own);
    repository.write(".gitignore", "target/\n");
    let output = repository.init(&["--check"]);
    assert_eq!(output.status, 10);
    insta::assert_snapshot!("changed", output.stdout);
    repository.init_well(&[]);
    assert_eq!(repository.read(path), own);
}

pub fn apply(repository: &InitRepository, patch: &str) {
    let mut git = Command::new("git")
        .args(["apply"])
        .current_dir(repository.root())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut git.stdin.take().unwrap(), patch.as_bytes()).unwrap();
    assert!(git.wait().unwrap().success(), "{patch}");
}

/// The way to a pinned release: the patch is what `git apply` takes.
#[test]
fn differences_are_taken_over_as_a_patch() {
    let release = format!("acme/provisioner@{COMMIT}");
    for repository in [InitRepository::github(), InitRepository::gitlab()] {
        repository.init_well(&ANSWERS);
        repository.write(".gitignore", "target/");
        let image = format!("ghcr.io/acme/provisioner@sha256:{}", "a".repeat(64));
        let flags = [
            "--release",
            &release,
            "--image",
            &image,
            "--check-user",
            "5",
        ];
        let output = repository.init(&[&flags[..], &["--check"]].concat());
        assert_eq!(output.status, 10, "{}", output.stdout);
        let patch = repository.init_well(&[&flags[..], &["--diff"]].concat());
        assert!(patch.starts_with("--- a/"), "{patch}");
        apply(&repository, &patch);
        // The pin is read from the files, so that no flag is needed any more.
        assert_eq!(repository.init_well(&["--diff"]), "");
        repository.assert_complete();
        assert!(repository.read(".gitignore").starts_with("target/\n"));
        let output = repository.init_well(&[]);
        assert!(!output.contains("Pin the release"), "{output}");
        assert!(!output.contains("Fill in"), "{output}");
    }
}

#[test]
fn a_pipeline_of_your_own_stays() {
    let own = "include:\n  - local: other.yml\n\ntest:\n  script: [make]\n";
    let repository = InitRepository::gitlab();
    repository.write(".gitlab-ci.yml", own);
    repository.init_well(&ANSWERS);
    assert_eq!(repository.read(".gitlab-ci.yml"), own);
    apply(
        &repository,
        &repository.init_well(&["--diff", "--forge", "gitlab"]),
    );
    let merged = repository.read(".gitlab-ci.yml");
    let value: serde_json::Value = serde_yaml::from_str(&merged).unwrap();
    assert_eq!(value["include"].as_array().unwrap().len(), 2, "{merged}");
    assert_eq!(value["test"]["script"][0], "make");
    assert!(value["provisioner-doctor"]["script"].is_array());
    assert!(value["workflow"]["rules"].is_array());
    repository.assert_complete();
}

#[test]
fn existing_code_owners_keep_their_lines() {
    let repository = InitRepository::github();
    repository.write("CODEOWNERS", "* @everyone\n");
    repository.init_well(&ANSWERS);
    assert!(!repository.path(".github/CODEOWNERS").exists());
    let owner = ["--code-owner", "@acme/platform", "--diff"];
    apply(&repository, &repository.init_well(&owner));
    let owners = repository.read("CODEOWNERS");
    assert!(owners.starts_with("* @everyone\n\n# These"), "{owners}");
    assert!(owners.contains("/CODEOWNERS @acme/platform\n"), "{owners}");
}

#[test]
fn a_policy_with_errors_stops_everything() {
    let repository = InitRepository::github();
    repository.write(".provisioner.yaml", "version: 1\nupdates: never\n");
    let output = repository.init(&ANSWERS);
    assert_eq!(output.status, 10);
    assert!(
        output.stderr.contains("error[unknown-key]"),
        "{}",
        output.stderr
    );
    assert_eq!(repository.files(), [".provisioner.yaml"]);
}

/// All obstacles are told at once, and nothing is half written.
#[test]
fn attack_links_and_folders_in_the_way_stop_everything() {
    let repository = InitRepository::github();
    let outside = tempfile::TempDir::new().unwrap();
    symlink(outside.path(), repository.path(".github")).unwrap();
    symlink(outside.path().join("x"), repository.path(".gitignore")).unwrap();
    std::fs::create_dir(repository.path(".provisioner.yaml")).unwrap();
    repository.write("s3", "a file\n");
    let output = repository.init(&ANSWERS);
    assert_eq!(output.status, 2);
    for line in [
        "error: `.github` is a symbolic link",
        "error: `.gitignore` is a symbolic link",
        "error: `.provisioner.yaml` is a folder",
        "error: `s3` is a file, not a folder",
    ] {
        assert!(output.stderr.contains(line), "{line}\n{}", output.stderr);
    }
    assert!(std::fs::read_dir(outside.path()).unwrap().next().is_none());
    assert_eq!(repository.files(), [".github", ".gitignore", "s3"]);
}

/// A file of code owners of which nothing is read would lose its rules to a new one.
#[test]
fn attack_a_linked_file_of_code_owners_is_not_replaced() {
    let repository = InitRepository::github();
    symlink("OWNERS", repository.path("CODEOWNERS")).unwrap();
    let output = repository.init(&ANSWERS);
    assert_eq!(output.status, 2);
    assert_eq!(repository.files(), ["CODEOWNERS"]);
}

#[test]
fn a_place_without_permission_leaves_nothing_behind() {
    let repository = InitRepository::github();
    let folder = repository.path("s3/configs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // The administrator of a machine may write everywhere.
    let is_root = std::fs::write(folder.join("probe"), "").is_ok();
    let output = repository.init(&ANSWERS);
    if is_root {
        return;
    }
    assert_eq!(output.status, 2, "{}", output.stdout);
    assert!(
        output.stderr.contains("error: cannot write `s3/configs/"),
        "{}",
        output.stderr
    );
    repository.assert_empty();
    assert!(!repository.path(".github").exists());
}
