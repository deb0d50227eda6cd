//! A local git repository, read through `git` itself, so that worktrees, alternates and partial clones work.
//!
//! No shell is involved, no revision can be read as an option, nothing is fetched, and no file is checked out.
#![expect(clippy::disallowed_methods, reason = "this adapter is the door to git")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;

use super::git::{self, GitItem, GitObject, GitObjects, LastChanges, cat_file, parse_tree};
use super::{
    ChangeKind, ChangedFile, FileAt, FileHistory, ForgeError, PathSelection, Source, commit_sha,
};
use crate::config::{ConfigContents, DEFAULTS_FILE};
use crate::model::{CommitSha, FileContents, RepoPath};

/// Versions of a file that are searched.
const MAX_VERSIONS: usize = 50;
/// Commits that are searched for the last change of files.
const MAX_COMMITS: usize = 10_000;

#[derive(Clone, Debug)]
pub struct LocalRepository {
    folder: PathBuf,
}

impl LocalRepository {
    /// The repository that contains `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Fails if `folder` is not in a repository, or if `git` cannot be run.
    pub fn open(folder: PathBuf) -> Result<Self, ForgeError> {
        let what = format!("repository {:?}", folder.display().to_string());
        if !folder.is_dir() {
            let message = match folder.exists() {
                true => "not a folder",
                false => "no such folder",
            };
            return Err(ForgeError::invalid(&what, message));
        }
        let repository = Self::new(folder);
        let probe = repository.git().args(["rev-parse", "--git-dir"]).output();
        let probe = probe.map_err(|error| {
            let message = format!("cannot run `git`, which provisioner needs: {error}");
            ForgeError::unreachable(&what, message)
        })?;
        if probe.status.success() {
            return Ok(repository);
        }
        let reason = String::from_utf8_lossy(&probe.stderr);
        let message = match reason.contains("not a git repository") {
            true => "not in a git repository",
            false => reason.trim(),
        };
        Err(ForgeError::invalid(&what, message))
    }

    /// The commit that a revision names.
    pub fn commit(&self, revision: &str) -> Result<CommitSha, ForgeError> {
        let what = format!("revision {revision:?}");
        let commit = format!("{revision}^{{commit}}");
        let output = self.output(
            &what,
            &[
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &commit,
            ],
        )?;
        commit_sha(&what, output.trim())
    }

    /// The merge base of two commits; `None` if the local history does not reach it.
    pub fn merge_base(&self, base: &CommitSha, head: &CommitSha) -> Option<CommitSha> {
        let output = self
            .output("merge base", &["merge-base", base.as_str(), head.as_str()])
            .ok()?;
        CommitSha::parse(output.trim()).ok()
    }

    /// The paths with changes that no commit has, files that git does not know among them. Paths that are no repository paths are left
    /// out.
    pub fn uncommitted(&self) -> Vec<RepoPath> {
        // The first letters are states. A rename has its former path as another entry, without states.
        let arguments = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--ignore-submodules=all",
        ];
        let listed = self
            .output("uncommitted changes", &arguments)
            .unwrap_or_default();
        let paths = listed.split('\0').filter_map(|entry| entry.get(3..));
        paths
            .filter_map(|path| RepoPath::parse(path).ok())
            .collect()
    }

    /// The newest versions of a config of this folder, newest first; empty if git does not know the file. Uses only commands whose
    /// output no setting of the user changes.
    pub fn versions(&self, file_name: &str) -> Vec<ConfigContents> {
        let most = format!("--max-count={MAX_VERSIONS}");
        let arguments = ["rev-list", &most, "HEAD", "--", file_name, DEFAULTS_FILE];
        let Ok(commits) = self.output("history", &arguments) else {
            return Vec::new();
        };
        // A line break would end a name that `git cat-file` reads.
        if file_name.contains('\n') {
            return Vec::new();
        }
        let files = |commit| [file_name, DEFAULTS_FILE].map(|file| format!("{commit}:./{file}"));
        let names: Vec<String> = commits.lines().flat_map(files).collect();
        let objects = cat_file(self.git(), &names).unwrap_or_default();
        let blobs = objects.into_iter().map(|object| {
            let blob = object.filter(|object| object.kind == "blob")?;
            Some(FileContents::Regular(blob.bytes))
        });
        let blobs: Vec<Option<FileContents>> = blobs.collect();
        let versions = blobs.chunks_exact(2).filter_map(|files| {
            Some(ConfigContents {
                file: files[0].clone()?,
                defaults: files[1].clone().map(Arc::new),
            })
        });
        versions.collect()
    }

    /// The address of the remote `origin`, and the default branch that it last had.
    pub fn origin(&self) -> (Option<String>, Option<String>) {
        let address = self.output("remote", &["remote", "get-url", "origin"]).ok();
        let head = ["symbolic-ref", "--short", "refs/remotes/origin/HEAD"];
        let head = self.output("default branch", &head).ok();
        let branch = head.and_then(|head| Some(head.trim().strip_prefix("origin/")?.to_owned()));
        (address.map(|address| address.trim().to_owned()), branch)
    }

    /// The branch that is checked out, even if it has no commit; `None` if no branch is.
    pub fn current_branch(&self) -> Option<String> {
        let head = ["symbolic-ref", "--short", "--quiet", "HEAD"];
        let head = self.output("current branch", &head).ok()?;
        Some(head.trim().to_owned())
    }

    /// Full names of the references below a prefix, such as `refs/heads/`.
    pub fn references(&self, prefix: &str) -> Vec<String> {
        let arguments = ["for-each-ref", "--format=%(refname)", prefix];
        let listed = self.output("references", &arguments).unwrap_or_default();
        listed.lines().map(str::to_owned).collect()
    }

    /// Paths that commits of `head` changed since it left `base`, and that differ from `base`.
    pub fn changed_since(&self, base: &CommitSha, head: &CommitSha) -> Vec<RepoPath> {
        let paths = |from: &CommitSha| -> Vec<RepoPath> {
            let arguments = [
                "diff-tree",
                "-r",
                "-z",
                "--name-only",
                "--no-renames",
                "--no-commit-id",
                from.as_str(),
                head.as_str(),
            ];
            let listed = self.output("changed files", &arguments).unwrap_or_default();
            let paths = listed
                .split('\0')
                .filter_map(|path| RepoPath::parse(path).ok());
            paths.collect()
        };
        let different = paths(base);
        match self.merge_base(base, head) {
            Some(left) => {
                let own = paths(&left);
                different
                    .into_iter()
                    .filter(|path| own.contains(path))
                    .collect()
            }
            None => different,
        }
    }

    fn git(&self) -> Command {
        let mut git = Command::new("git");
        git.arg("-C").arg(&self.folder);
        git.args([
            "--no-optional-locks",
            "--literal-pathspecs",
            "-c",
            "core.fsmonitor=false",
        ]);
        git.env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
        git
    }

    fn output(&self, what: &str, arguments: &[&str]) -> Result<String, ForgeError> {
        String::from_utf8(self.bytes(what, arguments)?)
            .map_err(|_| ForgeError::invalid(what, "a path is not UTF-8"))
    }

    fn bytes(&self, what: &str, arguments: &[&str]) -> Result<Vec<u8>, ForgeError> {
        let output = self
            .git()
            .args(arguments)
            .output()
            .map_err(|error| ForgeError::unreachable(what, format!("git: {error}")))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            let message = if message.trim().is_empty() {
                "git does not know it"
            } else {
                message.trim()
            };
            return Err(ForgeError::invalid(what, message));
        }
        Ok(output.stdout)
    }

    /// The objects of these names, all of this kind.
    fn objects(
        &self,
        what: &str,
        kind: &str,
        names: &[String],
    ) -> Result<Vec<GitObject>, ForgeError> {
        let objects =
            cat_file(self.git(), names).map_err(|error| ForgeError::invalid(what, error))?;
        let each = objects.into_iter().zip(names).map(|(object, name)| {
            let object = object.filter(|object| object.kind == kind);
            object.ok_or_else(|| {
                ForgeError::invalid(what, format!("the repository does not have {kind} {name}"))
            })
        });
        each.collect()
    }
}

#[async_trait]
impl GitObjects for LocalRepository {
    async fn roots(&self, commits: &[&CommitSha]) -> Result<Vec<String>, ForgeError> {
        let names: Vec<String> = commits
            .iter()
            .map(|commit| format!("{commit}^{{tree}}"))
            .collect();
        let trees = self.objects("commits", "tree", &names)?;
        Ok(trees.into_iter().map(|tree| tree.id).collect())
    }

    async fn trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        let what = "list of files";
        let objects = self.objects(what, "tree", ids)?;
        let trees = objects.into_iter().map(|tree| {
            let items = parse_tree(&tree.bytes, tree.id.len() / 2);
            let broken = || ForgeError::invalid(what, format!("tree {} is too large", tree.id));
            items.map(Arc::new).ok_or_else(broken)
        });
        trees.collect()
    }

    async fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError> {
        let objects = self.objects("file contents", "blob", ids)?;
        Ok(objects.into_iter().map(|blob| blob.bytes).collect())
    }
}

#[async_trait]
impl Source for LocalRepository {
    async fn changed_files(
        &self,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Vec<ChangedFile>, ForgeError> {
        let arguments = [
            "diff-tree",
            "-r",
            "-z",
            "-M",
            "--name-status",
            "--no-commit-id",
            base.as_str(),
            head.as_str(),
        ];
        let output = self.bytes("changed files", &arguments)?;
        let mut words = output.split(|byte| *byte == 0).map(std::str::from_utf8);
        let mut files = Vec::new();
        let mut next = || {
            let word = words.next();
            word.ok_or_else(|| ForgeError::invalid("changed files", "git stopped early"))
        };
        loop {
            let status = next()?;
            let unexpected = || ForgeError::invalid("changed files", "unexpected output of git");
            let status = status.map_err(|_| unexpected())?;
            let Some(letter) = status.chars().next() else {
                return Ok(files);
            };
            let from = match letter {
                'R' => Some(next()?),
                _ => None,
            };
            let path = |word: Result<&str, std::str::Utf8Error>| word.ok().and_then(repo_path);
            // A path that is not UTF-8 is not a config. A rename from such a path is an addition.
            let (from, path) = (from.map(path), path(next()?));
            let kind = match (letter, from) {
                ('A', _) => ChangeKind::Added,
                ('D', _) => ChangeKind::Removed,
                (_, Some(Some(from))) if path.is_some() => ChangeKind::Renamed { from },
                (_, Some(Some(from))) => {
                    files.push(ChangedFile {
                        path: from,
                        kind: ChangeKind::Removed,
                    });
                    continue;
                }
                (_, Some(None)) => ChangeKind::Added,
                (_, None) => ChangeKind::Modified,
            };
            files.extend(path.map(|path| ChangedFile { path, kind }));
        }
    }

    async fn read(&self, files: &[FileAt<'_>]) -> Result<Vec<Option<FileContents>>, ForgeError> {
        git::read(self, files).await
    }

    async fn list(
        &self,
        at: &CommitSha,
        selection: &dyn PathSelection,
    ) -> Result<Vec<RepoPath>, ForgeError> {
        git::list(self, at, selection).await
    }

    async fn history(
        &self,
        at: &CommitSha,
        path: &RepoPath,
        limit: usize,
    ) -> Result<FileHistory, ForgeError> {
        let what = format!("history of {path}");
        // git reads paths from this folder, and ours begin at the top.
        let probe = self.output(
            &what,
            &["rev-parse", "--is-shallow-repository", "--show-cdup"],
        )?;
        let (shallow, top) = probe.split_once('\n').unwrap_or_default();
        let path = format!("{}{path}", top.trim_end());
        let most = format!("--max-count={limit}");
        let commits = self.output(&what, &["rev-list", &most, at.as_str(), "--", &path])?;
        let commits: Vec<&str> = commits.lines().collect();
        let each = commits.iter().map(|commit| commit_sha(&what, commit));
        Ok(FileHistory {
            complete: commits.len() < limit && shallow == "false",
            commits: each.collect::<Result<_, _>>()?,
        })
    }

    async fn last_changes(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<LastChanges, ForgeError> {
        let top = self.output("repository", &["rev-parse", "--show-cdup"])?;
        let git = || {
            let mut git = self.git();
            if !top.trim_end().is_empty() {
                git.arg("-C").arg(top.trim_end());
            }
            git
        };
        git::last_changes(git, at, paths, MAX_COMMITS)
            .map_err(|error| ForgeError::invalid("last changes", error))
    }
}

fn repo_path(text: &str) -> Option<RepoPath> {
    RepoPath::parse(text).ok()
}
