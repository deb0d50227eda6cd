//! A user's folder with a config, and the program.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::documents::assert_json_documented;
use super::emulator::{Aws, REGION, variables};
use super::job::{BINARY, SHORT_PAUSES};

pub struct Workdir<A = Aws> {
    pub aws: A,
    pub account: String,
    folder: TempDir,
    /// The stack's name without its ending. An S3 config and its bucket have this name too.
    pub name: String,
    path: String,
    /// The address of AWS.
    pub url: String,
}

/// The program's output.
pub struct CommandOutput {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workdir {
    /// Bucket names are global: the config is named after the account, which no other test has.
    pub fn new() -> Self {
        let aws = Aws::start();
        let (account, url) = (aws.account.clone(), aws.url());
        Self::at(aws, &account, url)
    }
}

impl Workdir {
    /// With a product that equals `s3` except for its name and its three folders, for tests that do not need the 162 folders of
    /// `s3`.
    pub fn with_few_folders() -> Self {
        let workdir = Self::new();
        let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/s3");
        for entry in std::fs::read_dir(built_in).unwrap() {
            let file = entry.unwrap();
            let name = file.file_name().into_string().unwrap();
            let text = std::fs::read_to_string(file.path()).unwrap();
            let text = match name.as_str() {
                "product.yaml" => text
                    .replace("name: s3\n", "name: lake\n")
                    .replace("-s3.yaml", "-lake.yaml")
                    .replace("'-s3'", "'-lake'")
                    .replace("'-s3-", "'-lake-")
                    .replace("names.config[:-3]", "names.config[:-5]")
                    .replace("code: s3-", "code: lake-"),
                "folders.yaml" => "data:\n  raw: {}\ncode: {}\n".to_owned(),
                _ => text,
            };
            workdir.write(&format!(".provisioner/products/lake/{name}"), &text);
        }
        let name = workdir.name.replace("-s3", "-lake");
        let text = workdir.read(&workdir.path());
        std::fs::remove_file(workdir.folder().join(workdir.path())).unwrap();
        workdir.with_config(&format!("lake/configs/{name}.yaml"), &text, &name)
    }
}

impl Workdir<()> {
    /// Without AWS.
    pub fn offline() -> Self {
        Self::at((), super::replay::ACCOUNT, "http://127.0.0.1:9".to_owned())
    }
}

impl Workdir {
    /// In an account in which policies limit roles.
    pub fn strict() -> Self {
        let aws = Aws::strict();
        let (account, url) = (aws.account.clone(), aws.url());
        Self::at(aws, &account, url)
    }
}

impl<A> Workdir<A> {
    /// With any AWS and an S3 config.
    pub fn at(aws: A, account: &str, url: String) -> Self {
        let tenant = &account[8..];
        let name = format!("acme-prod-{tenant}-{REGION}-s3");
        let workdir = Self {
            aws,
            account: account.to_owned(),
            folder: TempDir::new().unwrap(),
            path: format!("s3/configs/{name}.yaml"),
            name,
            url,
        };
        workdir.write_config("  versioning: true\n");
        workdir
    }

    /// With another config and the stack `{name}-stack`.
    pub fn with_config(mut self, path: &str, text: &str, name: &str) -> Self {
        self.write(path, text);
        self.path = path.to_owned();
        self.name = name.to_owned();
        self
    }

    pub fn stack(&self) -> String {
        format!("{}-stack", self.name)
    }

    /// The folder of the config's product.
    pub fn product(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    pub fn path(&self) -> String {
        self.path.clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the config with these lines in its section `s3`.
    pub fn write_config(&self, s3: &str) {
        let account = &self.account;
        let tenant = &account[8..];
        self.write(
            &self.path(),
            &format!(
                "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"{account}\"\n  tenant_id: \"{tenant}\"\nenvironment:\n  env: prod\n  region: {REGION}\ns3:\n{s3}"
            ),
        );
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything. Creates the repository if there is none.
    pub fn commit(&self) {
        let git = |arguments: &[&str]| {
            let status = Command::new("git")
                .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
                .args(arguments)
                .current_dir(self.folder.path())
                .output()
                .unwrap();
            assert!(status.status.success(), "git {arguments:?}");
        };
        git(&["init", "--quiet"]);
        git(&["add", "s3/configs"]);
        git(&["commit", "--quiet", "--message", "change"]);
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env(SHORT_PAUSES.0, SHORT_PAUSES.1)
            .envs(variables(&self.account, &self.url));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> CommandOutput {
        let output = self.command(arguments).output().unwrap();
        assert_json_documented(arguments, &output.stdout);
        CommandOutput::from(output)
    }

    /// Runs an action on the config, which must succeed.
    #[track_caller]
    pub fn run_action(&self, action: &str, more: &[&str]) -> CommandOutput {
        let output = self.try_action(action, more);
        assert_eq!(
            output.status, 0,
            "{action}: {}{}",
            output.stdout, output.stderr
        );
        output
    }

    pub fn try_action(&self, action: &str, more: &[&str]) -> CommandOutput {
        let path = self.path();
        self.run(&[&[action, path.as_str()], more].concat())
    }

    /// The result of an action as JSON.
    #[track_caller]
    pub fn json(&self, action: &str, more: &[&str]) -> Value {
        let output = self.try_action(action, &[more, &["--format", "json"]].concat());
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|_| panic!("{}{}", output.stdout, output.stderr))
    }

    /// The log of the only action that ran.
    pub fn log(&self) -> String {
        let reports = self.folder.path().join(self.product()).join("reports");
        let mut logs = std::fs::read_dir(reports).unwrap();
        let log = logs.next().unwrap().unwrap().path();
        assert!(logs.next().is_none());
        std::fs::read_to_string(log).unwrap()
    }

    /// Replaces the account, which differs between runs.
    pub fn redact_account(&self, text: &str) -> String {
        text.replace(&self.account, "ACCOUNT")
            .replace(&self.account[8..], "TTTT")
    }
}

impl From<Output> for CommandOutput {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
