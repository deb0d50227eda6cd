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
    run_command("ci", project, more)
}

fn run_command(command: &str, project: &Path, more: &[(&str, &str)]) -> Ended {
    let ended = Command::new(env!("CARGO_BIN_EXE_provisioner"))
        .arg(command)
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
        ended.log.starts_with(
            "error: CI_PIPELINE_SOURCE is not set\n  help: CI_PIPELINE_SOURCE: GitLab sets it"
        ),
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
fn all_missing_variables_are_reported_at_once() {
    let project = TempDir::new().unwrap();
    let more = [
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_API_V4_URL", ""),
        ("CI_JOB_ID", ""),
    ];
    for command in ["doctor", "ci"] {
        let ended = run_command(command, project.path(), &more);
        assert_eq!(ended.status, 2, "{}", ended.log);
        for says in [
            "CI_API_V4_URL, CI_JOB_ID, CI_COMMIT_BEFORE_SHA, CI_COMMIT_SHA, PROVISIONER_CHECK_USER are not set\n",
            "  help: CI_API_V4_URL: set the component's input `server`",
            "  help: CI_COMMIT_SHA: GitLab sets it; pass it on to provisioner",
            "  help: PROVISIONER_CHECK_USER: set the component's input `check-user`",
        ] {
            assert!(ended.log.contains(says), "{command}: {}", ended.log);
        }
    }
    let summary = project.path().join("provisioner-out/summary.md");
    let summary = fs::read_to_string(summary).unwrap();
    assert!(
        summary.contains("- Help: ``PROVISIONER_CHECK_USER"),
        "{summary}"
    );
}

/// Without it, approvals by the user of the check's token would count, which every Developer can read.
#[test]
fn attack_no_job_that_counts_approvals_runs_without_the_user_of_the_check() {
    let commits = [
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_COMMIT_SHA", "2222222222222222222222222222222222222222"),
        (
            "CI_COMMIT_BEFORE_SHA",
            "1111111111111111111111111111111111111111",
        ),
    ];
    for (source, mode) in [
        ("push", ""),
        ("push", "find"),
        ("schedule", "find"),
        ("parent_pipeline", ""),
        ("trigger", ""),
        ("schedule", ""),
        ("web", "apply"),
        ("api", "apply"),
    ] {
        let project = TempDir::new().unwrap();
        let mut more = vec![
            ("CI_PIPELINE_SOURCE", source),
            ("PROVISIONER_MODE", mode),
            ("PROVISIONER_PARENT_SOURCE", "push"),
        ];
        more.extend(commits);
        let ended = run(project.path(), &more);
        assert_eq!(ended.status, 2, "{source}: {}", ended.log);
        let says = "error: PROVISIONER_CHECK_USER is not set\n";
        assert!(ended.log.starts_with(says), "{source}: {}", ended.log);
        more.push(("PROVISIONER_CHECK_USER", "17"));
        let ended = run(project.path(), &more);
        assert!(!ended.log.contains("is not set"), "{source}: {}", ended.log);
    }
}

#[test]
fn an_unreachable_server_is_named() {
    let project = TempDir::new().unwrap();
    let more = [
        ("CI_PIPELINE_SOURCE", "schedule"),
        ("PROVISIONER_CHECK_USER", "17"),
        ("PROVISIONER_TOKEN", "glpat-x"),
    ];
    let ended = run(project.path(), &more);
    assert_ne!(ended.status, 0, "{}", ended.log);
    let says = "cannot reach http://127.0.0.1:9/api/v4: ";
    assert!(ended.log.contains(says), "{}", ended.log);
    assert!(!ended.log.contains("glpat-x"), "{}", ended.log);
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
            ("PROVISIONER_CHECK_USER", "17"),
            ("TRIGGER_PAYLOAD", payload),
        ];
        let ended = run(project.path(), &more);
        assert_eq!(ended.status, 2, "{}", ended.log);
        assert!(ended.log.contains(says), "{}", ended.log);
    }
}
