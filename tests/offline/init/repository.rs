//! A repository in which `init` runs, without a terminal.
#![expect(clippy::disallowed_methods, reason = "a repository has files")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::documents::assert_json_documented;
use crate::support::job::{git, run_in};

pub const COMMIT: &str = "1234567890123456789012345678901234567890";

/// The answers that no remote gives.
pub const ANSWERS: [&str; 8] = [
    "--product",
    "s3",
    "--environment",
    "dev=123456789012",
    "--region",
    "eu-central-1",
    "--code-owner",
    "@acme/platform",
];

pub struct InitRepository {
    folder: TempDir,
}

pub struct InitOutput {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl InitRepository {
    /// With this address as remote `origin`.
    pub fn new(remote: &str) -> Self {
        let folder = TempDir::new().unwrap();
        git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
        let commit = ["commit", "--quiet", "--allow-empty", "--message=First"];
        git(folder.path(), &commit);
        if !remote.is_empty() {
            git(folder.path(), &["remote", "add", "origin", remote]);
        }
        Self { folder }
    }

    pub fn github() -> Self {
        Self::new("git@github.com:acme/infra.git")
    }

    pub fn gitlab() -> Self {
        Self::new("git@gitlab.com:acme/infra/stacks.git")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(&self, arguments: &[&str]) -> InitOutput {
        let output = run_in(self.folder.path(), arguments);
        assert_json_documented(arguments, &output.stdout);
        InitOutput {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn init(&self, arguments: &[&str]) -> InitOutput {
        self.run(&[&["init"], arguments].concat())
    }

    #[track_caller]
    pub fn init_well(&self, arguments: &[&str]) -> String {
        let output = self.init(arguments);
        assert_eq!(output.status, 0, "{}", output.stderr);
        output.stdout
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// All files below the root, without `.git`.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.folder.path()).unwrap();
                match path.is_dir() && !path.is_symlink() {
                    true if name == Path::new(".git") => {}
                    true => open.push(path),
                    false => files.push(name.display().to_string()),
                }
            }
        }
        files.sort();
        files
    }

    /// All files of the setup are there, and none differs.
    #[track_caller]
    pub fn assert_complete(&self) {
        let output = self.init(&["--check"]);
        let is_open = |line: &str| line.starts_with("  missing ") || line.starts_with("  differs ");
        let open: Vec<&str> = output.stdout.lines().filter(|line| is_open(line)).collect();
        assert_eq!(open, [""; 0], "{}", output.stderr);
    }

    /// Commits all files on the present branch.
    pub fn commit(&self) {
        git(self.root(), &["add", "--all"]);
        git(self.root(), &["commit", "--quiet", "--message=More"]);
    }

    /// As after a push: the remote's branch has the commits of the present one.
    pub fn push(&self, branch: &str) {
        let name = format!("refs/remotes/origin/{branch}");
        git(self.root(), &["update-ref", &name, "HEAD"]);
    }

    /// Nothing was written.
    #[track_caller]
    pub fn assert_empty(&self) {
        assert_eq!(self.files(), [""; 0]);
    }
}
