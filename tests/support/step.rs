//! A step of a runner: the action's script in the shell that the runner starts, and the signals that it sends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::LazyLock;

use super::action::step_script;
use super::job::{BINARY, Job};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the program logs as soon as it handles a signal.
const CANCELLED: &str = "note: the run ends after it has cleaned up";

/// The digest of the program, which takes longer than some steps.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let printed = Command::new("sha256sum").arg(BINARY).output();
    let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
    printed[..64].to_owned()
});

pub struct Step {
    child: Child,
    stderr: BufReader<ChildStderr>,
    log: String,
}

impl Step {
    /// Starts a job in the shell of the runner.
    pub fn start(job: &Job) -> Self {
        let script_file = job.folder.path().join("script.sh");
        let script = step_script(&Path::new(ROOT).join("action.yml"));
        std::fs::write(&script_file, script).unwrap();
        let program = job.process(&[]);
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-e", "-o", "pipefail"]);
        shell.arg(&script_file).env_clear();
        for (name, value) in program.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        shell.env("GITHUB_ACTION_PATH", ROOT);
        shell.env("PROVISIONER_BINARY", program.get_program());
        shell.env("PROVISIONER_BINARY_SHA256", &*DIGEST);
        shell.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            stderr,
            log: String::new(),
        }
    }

    /// Whether the step has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    pub fn kill(&self) {
        self.signal("-KILL");
    }

    /// Sends the first signal of a runner, and waits until the program has received it.
    pub fn cancel(&mut self) {
        self.cancel_with("-INT");
    }

    pub fn cancel_with(&mut self, name: &str) {
        self.signal(name);
        while !self.log.contains(CANCELLED) {
            let read = self.stderr.read_line(&mut self.log).unwrap();
            assert_ne!(read, 0, "the signal ended the program: {}", self.log);
        }
    }

    /// Sends the second signal of a runner, which comes 7.5 s after the first.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// The exit code, which a killed program does not have, and the log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        self.stderr.read_to_string(&mut self.log).unwrap();
        (self.child.wait().unwrap().code(), self.log)
    }
}

/// The step that the workflow runs after a cancelled one, in the same job. Returns its summary too.
pub fn finish_cancelled(job: Job) -> (Option<i32>, String, String) {
    let job = job.with("PROVISIONER_FINISH_CANCELLED", "true");
    let (status, log) = Step::start(&job).ended();
    let summary = std::fs::read_to_string(job.folder.path().join("summary"));
    (status, log, summary.unwrap_or_default())
}
