//! From an empty folder to the first stack: the files that `init` writes run in runners on this host, unchanged. The commands that it
//! prints are used where they need no forge and no account.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

mod github;
mod gitlab;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use tempfile::TempDir;

use crate::roles;
use crate::support::emulator::{Aws, REGION};
use crate::support::job::{BINARY, git, run_in};

/// A repository in which `init` wrote its files, and the account of its answers.
pub struct Setup {
    pub aws: Aws,
    folder: TempDir,
    /// What `init` printed.
    printed: String,
    clock: Clock,
}

impl Setup {
    /// In an empty repository with this remote. `answers`: those of the forge.
    pub fn new(aws: Aws, remote: &str, answers: &[&str]) -> Self {
        let mut clock = Clock::start();
        // Names of buckets are global: no other test has this prefix.
        let prefix = format!("a{}", &aws.account[4..]);
        let folder = TempDir::new().unwrap();
        git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        git(folder.path(), &["remote", "add", "origin", remote]);
        let environments = ["dev", "prod"].map(|name| format!("{name}={}", aws.account));
        let [dev, prod] = environments.each_ref().map(String::as_str);
        let shared = [
            "init",
            "--product",
            "s3",
            "--environment",
            dev,
            "--environment",
            prod,
            "--region",
            REGION,
            "--prefix",
            &prefix,
            "--code-owner",
            "@bob",
        ];
        let output = run_in(folder.path(), &[&shared[..], answers].concat());
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        clock.step("provisioner init");
        Self {
            aws,
            folder,
            printed,
            clock,
        }
    }

    pub fn path(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// The printed command that begins with these words.
    #[track_caller]
    fn command(&self, words: &str) -> &str {
        let mut lines = self.printed.lines().map(str::trim_start);
        let found = lines.find(|line| line.starts_with(words));
        found.unwrap_or_else(|| panic!("no {words} in {}", self.printed))
    }

    /// Paths and texts of the files that one of the printed commands adds: the setup (0), or the first config (1).
    pub fn added(&self, which: usize) -> Vec<(String, String)> {
        let lines = self.printed.lines().map(str::trim_start);
        let mut commands = lines.filter_map(|line| line.strip_prefix("git add -- "));
        let paths = commands.nth(which).unwrap().split(' ');
        paths
            .map(|path| (path.to_owned(), self.read(path)))
            .collect()
    }

    /// Path of the first config.
    pub fn config(&self) -> String {
        let [(path, _)] = &self.added(1)[..] else {
            panic!("one config");
        };
        path.clone()
    }

    /// The first config's stack.
    pub fn stack(&self) -> String {
        let config = self.config();
        let name = Path::new(&config).file_stem().unwrap().to_str().unwrap();
        format!("{name}-stack")
    }

    /// The stack's status, if it exists.
    pub fn status(&self) -> Option<String> {
        let stack = self.stack();
        let stacks = self.aws.stack_names().into_iter();
        let mut own = stacks.filter(|(name, _)| *name == stack);
        own.next().map(|(_, status)| status)
    }

    /// Deploys the roles of the printed command. `variables`: what the commands before it set.
    pub fn deploy_roles(&mut self, variables: &[(&str, &str)]) {
        let command = self.command("provisioner roles").to_owned();
        let programs = TempDir::new().unwrap();
        std::os::unix::fs::symlink(BINARY, programs.path().join("provisioner")).unwrap();
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("sh")
            .args(["-euc", &command])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", programs.path().display()))
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
        let file = format!("roles-{}.yaml", self.aws.account);
        roles::create(&self.aws, &self.read(&file));
        self.clock.step("provisioner roles, and their deployment");
    }

    /// Changes what the stack's parameter says.
    pub fn drift(&self) {
        let name = self.stack();
        let parameter = format!("/s3/{}/SolutionsPrefix", name.trim_end_matches("-stack"));
        let put = self.aws.parameters().put_parameter();
        let put = put.name(&parameter).value("elsewhere/").overwrite(true);
        self.aws.wait(put.send()).unwrap();
    }
}

#[track_caller]
fn assert_all(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word}\n{text}");
    }
}

/// How long a user waits for the machine: the time of each step, and of all up to it. `--nocapture` shows the table.
struct Clock {
    begin: Instant,
    last: Instant,
    steps: Vec<String>,
}

impl Clock {
    fn start() -> Self {
        let now = Instant::now();
        let steps = Vec::new();
        Self {
            begin: now,
            last: now,
            steps,
        }
    }

    fn step(&mut self, name: &str) {
        let now = Instant::now();
        let (step, all) = (now - self.last, now - self.begin);
        self.last = now;
        self.steps.push(format!(
            "{:7.2} s {:7.2} s  {name}",
            step.as_secs_f64(),
            all.as_secs_f64()
        ));
    }

    fn table(&self) -> String {
        format!("     step      sum\n{}", self.steps.join("\n"))
    }
}
