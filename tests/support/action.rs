//! A runner with the action at the commit of a release.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use provisioner::model::Digest;
use tempfile::TempDir;

use super::file_server::FileServer;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What a job with `id-token: write` has.
pub const IDENTITY: (&str, &str) = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example");
pub const PROGRAM: &str = "#!/bin/sh\necho ran \"$@\"\n";
pub const NAME: &str = "provisioner-x86_64-unknown-linux-musl";
pub const ACTION: &str = "work/_actions/acme/provisioner/0123abc";

pub struct Runner {
    folder: TempDir,
}

/// The script of an action's one step.
pub fn step_script(action: &Path) -> String {
    let action = std::fs::read_to_string(action).unwrap();
    let action: serde_json::Value = serde_yaml::from_str(&action).unwrap();
    let [step] = &action["runs"]["steps"].as_array().unwrap()[..] else {
        panic!("one step");
    };
    step["run"].as_str().unwrap().to_owned()
}

/// What a step printed, with its exit code. Ports and folders are replaced.
pub struct Step {
    pub exit: i32,
    pub text: String,
}

impl Runner {
    pub fn new() -> Self {
        let runner = Self {
            folder: TempDir::new().unwrap(),
        };
        for folder in ["temp", "tools", "home"] {
            std::fs::create_dir(runner.path(folder)).unwrap();
        }
        for script in ["run.sh", "release.sh"] {
            let text = std::fs::read(Path::new(ROOT).join("action").join(script)).unwrap();
            runner.write(&format!("{ACTION}/action/{script}"), text);
        }
        runner.release(&[
            NAME,
            "provisioner-aarch64-apple-darwin",
            "shell-files.tar.gz",
        ])
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
        self
    }

    pub fn dist(&self, name: &str, text: &str) -> &Self {
        self.write(&format!("{ACTION}/dist/{name}"), text)
    }

    /// The files of a release in the action's commit.
    fn release(self, names: &[&str]) -> Self {
        let (sum, size) = (Digest::sha256(PROGRAM), PROGRAM.len());
        let lines = |value: &dyn std::fmt::Display| -> String {
            let lines = names.iter().map(|name| format!("{value}  {name}\n"));
            lines.collect()
        };
        self.dist("VERSION", "1.2.3\n")
            .dist("SHA256SUMS", &lines(&sum))
            .dist("SIZES", &lines(&size));
        self
    }

    /// Runs the step of the action.
    pub fn run(&self, variables: &[(&str, &str)]) -> Step {
        self.step(self.command(variables).output().unwrap())
    }

    /// The same, and sends the step's process a signal once `is_time` says so.
    pub fn run_until(
        &self,
        variables: &[(&str, &str)],
        signal: &str,
        is_time: impl Fn() -> bool,
    ) -> Step {
        let mut command = self.command(variables);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        while !is_time() {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(sent.unwrap().success());
        self.step(child.wait_with_output().unwrap())
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c"])
            .arg(step_script(&Path::new(ROOT).join("action.yml")))
            .current_dir(self.path("home"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_TOOL_CACHE", self.path("tools"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("GITHUB_ACTION_PATH", self.path(ACTION))
            .env("GITHUB_TOKEN", "job-token")
            .envs(variables.iter().copied());
        command
    }

    fn step(&self, output: Output) -> Step {
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.replace(&self.folder.path().display().to_string(), "/runner");
        let port = regex::Regex::new(r"(127\.0\.0\.1):[0-9]{4,5}").unwrap();
        let text = port.replace_all(&text, "${1}:PORT").into_owned();
        Step {
            exit: output.status.code().unwrap(),
            text,
        }
    }

    /// Runs the step with the release of a server.
    pub fn download(&self, server: &FileServer) -> Step {
        self.run(&[("PROVISIONER_DOWNLOAD_URL", &server.url()), IDENTITY])
    }
}

impl Step {
    pub fn ran(&self) -> bool {
        self.exit == 0 && self.text.ends_with("\nran ci\n")
    }
}

/// The words of a group of cases, for one snapshot.
#[derive(Default)]
pub struct Words(pub String);

impl Words {
    #[track_caller]
    pub fn refused(&mut self, case: &str, step: &Step) {
        assert!(step.exit == 2 || step.exit == 31, "{case}: {}", step.text);
        assert!(!step.text.contains("ran ci"), "{case}: {}", step.text);
        self.add(case, step);
    }

    #[track_caller]
    pub fn ran(&mut self, case: &str, step: &Step) {
        assert!(step.ran(), "{case}: {}", step.text);
        self.add(case, step);
    }

    fn add(&mut self, case: &str, Step { exit, text }: &Step) {
        write!(self.0, "# {case}\n{text}exit {exit}\n\n").unwrap();
    }
}
