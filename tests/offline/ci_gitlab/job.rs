//! Whole jobs of the program, which end before they ask the forge.
#![expect(
    clippy::disallowed_methods,
    reason = "a job is a process with a folder"
)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

struct Ended {
    status: i32,
    log: String,
}

/// Runs a job in a project's folder.
fn run(project: &Path, more: &[(&str, &str)]) -> Ended {
    let ended = Command::new(env!("CARGO_BIN_EXE_provisioner"))
        .arg("ci")
        .current_dir(project)
        .env_clear()
        .env("CI_PROJECT_DIR", project)
        .envs([
            ("GITLAB_CI", "true"),
            ("CI_PIPELINE_SOURCE", "pipeline"),
            ("CI_API_V4_URL", "http://127.0.0.1:9/api/v4"),
            ("CI_PROJECT_ID", "42"),
            ("CI_PROJECT_PATH", "acme/infra/stacks"),
            ("CI_JOB_ID", "1001"),
            (
                "CI_JOB_URL",
                "https://git.example/acme/infra/stacks/-/jobs/1001",
            ),
            ("CI_DEFAULT_BRANCH", "main"),
        ])
        .envs(more.iter().copied())
        .output()
        .unwrap();
    Ended {
        status: ended.status.code().unwrap(),
        log: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[test]
fn another_event_is_nothing_to_do() {
    let project = TempDir::new().unwrap();
    let ended = run(project.path(), &[]);
    assert_eq!(
        (ended.status, ended.log.as_str()),
        (0, "nothing to do for the event `pipeline`\n")
    );
    assert!(project.path().join("provisioner-out").is_dir());
}

#[test]
fn a_job_that_fails_says_why_in_its_log_and_summary() {
    let project = TempDir::new().unwrap();
    let ended = run(project.path(), &[("CI_PIPELINE_SOURCE", "")]);
    assert_eq!(ended.status, 2, "{}", ended.log);
    assert!(
        ended
            .log
            .starts_with("error: CI_PIPELINE_SOURCE is not set\n\u{1b}[0Ksection_start:"),
        "{:?}",
        ended.log
    );
    let summary = project.path().join("provisioner-out/summary.md");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(
        summary.contains("CI_PIPELINE_SOURCE is not set"),
        "{summary}"
    );
}

#[test]
fn attack_the_folder_of_a_job_is_no_link() {
    let (project, victim) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    symlink(victim.path(), project.path().join("provisioner-out")).unwrap();
    run(project.path(), &[("CI_PIPELINE_SOURCE", "")]);
    assert_eq!(fs::read_dir(victim.path()).unwrap().count(), 0);
    let summary = project.path().join("provisioner-out/summary.md");
    assert!(summary.is_file());
}

#[test]
fn attack_a_file_of_the_job_is_not_in_the_checkout() {
    let project = TempDir::new().unwrap();
    let ended = run(project.path(), &[("PROVISIONER_SARIF_FILE", "a.sarif")]);
    assert_eq!(ended.status, 2);
    assert!(ended.log.contains("unset it"), "{}", ended.log);
}

#[test]
fn attack_a_payload_that_is_no_file_is_refused() {
    let project = TempDir::new().unwrap();
    let large = project.path().join("large");
    fs::write(&large, vec![b' '; (8 << 20) + 1]).unwrap();
    let large = large.display().to_string();
    for (payload, says) in [
        ("/", "is no file"),
        ("/dev/zero", "is no file"),
        ("/nowhere/at/all", "TRIGGER_PAYLOAD: /nowhere"),
        (&*large, "larger than"),
    ] {
        let more = [
            ("CI_PIPELINE_SOURCE", "trigger"),
            ("TRIGGER_PAYLOAD", payload),
        ];
        let ended = run(project.path(), &more);
        assert_eq!(ended.status, 2, "{}", ended.log);
        assert!(ended.log.contains(says), "{}", ended.log);
    }
}
