//! A job that GitHub cancels. The runner signals the shell of the step: SIGINT, SIGTERM after 7.5 s, and SIGKILL after 2.5 s more.

use std::process::{Child, Command, Stdio};

use super::*;
use crate::support::proxy::{Fault, FaultProxy, Rule, Side};

/// The script of the action's step that runs the program.
fn script() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml");
    let action: Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["id"] == "provisioner");
    step.unwrap()["run"].as_str().unwrap().to_owned()
}

/// Starts a job in the shell of the runner.
fn start(job: &Job) -> Child {
    let script_file = job.folder.path().join("script.sh");
    std::fs::write(&script_file, script()).unwrap();
    let program = job.process(&[]);
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]);
    shell.arg(&script_file).env_clear();
    for (name, value) in program.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    let digest = Command::new("sha256sum")
        .arg(program.get_program())
        .output();
    let digest = String::from_utf8(digest.unwrap().stdout).unwrap();
    shell.env("PROVISIONER_BINARY", program.get_program());
    shell.env("PROVISIONER_BINARY_SHA256", &digest[..64]);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    shell.spawn().unwrap()
}

#[test]
fn a_cancelled_job_requests_the_removal_of_its_stack() {
    let creating = ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"];
    let deleting = ["DELETE_COMPLETE", "DELETE_IN_PROGRESS"];
    for is_slow in [false, true] {
        let (world, pull) = World::with_proposed();
        let before = world.approved_and_merged(&pull);
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        let busy = match is_slow {
            false => Fault::rewrites([creating]),
            true => Fault::rewrites([creating, deleting]),
        };
        proxy.rule(Rule::new(busy).for_operation("DescribeStacks"));
        // After the assumption of the role and the creation of the change set.
        proxy.hold(2, Side::After);
        let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
        let child = start(&job);
        assert_eq!(proxy.held().operation, "ExecuteChangeSet");
        let pid = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success());
        proxy.release(true);
        let began = std::time::Instant::now();
        let output = child.wait_with_output().unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(30), "{log}");
        assert!(began.elapsed().as_millis() < 7_500, "{log}");
        let summary = std::fs::read_to_string(job.folder.path().join("summary")).unwrap();
        assert_eq!(codes_of(&summary), ["interrupted"], "{summary}");
        let words = "was requested and is not finished";
        assert_eq!(summary.contains(words), is_slow, "{summary}");
        assert!(evidence_of(&job).to_string().contains("interrupted"));
        let mutations = proxy.mutations().into_iter();
        let deletions = mutations.filter(|call| call.operation == "DeleteStack");
        assert_eq!(deletions.count(), 1, "{log}");
        assert_eq!(world.stacks(), []);
        // The emulator reports a complete creation to the next run, whose bucket is not deleted.
        if !is_slow {
            run_successfully(&world.push(&before));
        }
        world.github.take_writes();
    }
}
