//! A local git repository, read through `git` itself, so that worktrees, alternates and partial clones work.
//!
//! No shell is involved, no revision can be read as an option, nothing is fetched, and no file is checked out.
#![expect(clippy::disallowed_methods, reason = "this adapter is the door to git")]

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use async_trait::async_trait;

use super::{ChangeKind, ChangedFile, ForgeError, Source};
use crate::model::{CommitSha, RepoPath};

/// Folders of one `git ls-tree`. With paths of 4 KiB the command line stays far below the system's limit.
const MAX_FOLDERS: usize = 200;

/// Versions of a file that are searched.
const MAX_VERSIONS: usize = 50;

#[derive(Clone, Debug)]
pub struct LocalRepository {
    folder: PathBuf,
}

impl LocalRepository {
    /// The repository that contains `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
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
        CommitSha::parse(output.trim()).map_err(|error| ForgeError::invalid(&what, error))
    }

    /// The merge base of two commits; `None` if the local history does not reach it.
    pub fn merge_base(&self, base: &CommitSha, head: &CommitSha) -> Option<CommitSha> {
        let output = self
            .output("merge base", &["merge-base", base.as_str(), head.as_str()])
            .ok()?;
        CommitSha::parse(output.trim()).ok()
    }

    /// The newest versions of a file of this folder, newest first; empty if git does not know the file.
    pub fn versions(&self, file_name: &str) -> Vec<Vec<u8>> {
        let most = format!("-{MAX_VERSIONS}");
        let arguments = [
            "log",
            &most,
            "--no-renames",
            "--raw",
            "--no-abbrev",
            "--format=",
            "-z",
            "--",
            file_name,
        ];
        let Ok(output) = self.bytes("history", &arguments) else {
            return Vec::new();
        };
        // `:mode mode blob blob status<NUL>path`, the later blob second; of a deletion it is all zeros.
        let blobs = output.split(|byte| *byte == 0).filter_map(|part| {
            let line = std::str::from_utf8(part)
                .ok()?
                .trim_start()
                .strip_prefix(':')?;
            let blob = line.split(' ').nth(3)?;
            (!blob.bytes().all(|digit| digit == b'0')).then(|| Some(blob.to_owned()))
        });
        let contents = self.cat(&blobs.collect::<Vec<_>>());
        contents.into_iter().flatten().flatten().collect()
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

    /// The blobs of paths; `None` if a file does not exist. Lists folders first: with paths, `git cat-file` would read the trees
    /// above each path again.
    fn blobs(&self, at: &CommitSha, paths: &[RepoPath]) -> Result<Vec<Option<String>>, ForgeError> {
        let folders: BTreeSet<&str> = paths.iter().map(RepoPath::folder).collect();
        let folders: Vec<String> = folders
            .into_iter()
            .map(|folder| format!("{folder}/"))
            .collect();
        let mut blobs = HashMap::new();
        for some in folders.chunks(MAX_FOLDERS) {
            let mut arguments = vec!["ls-tree", "-z", "--full-tree", at.as_str()];
            // Without a name, `git ls-tree` lists the top folder.
            let named = some.iter().filter(|folder| *folder != "/");
            let named: Vec<&str> = named.map(String::as_str).collect();
            if named.len() < some.len() {
                blobs.extend(listed(&self.bytes("list of files", &arguments)?));
            }
            if !named.is_empty() {
                arguments.push("--");
                arguments.extend(named);
                blobs.extend(listed(&self.bytes("list of files", &arguments)?));
            }
        }
        Ok(paths
            .iter()
            .map(|path| blobs.get(path.as_str()).cloned())
            .collect())
    }

    /// Reads all blobs with one `git cat-file`: starting a process for each file would take most of the time.
    fn cat(&self, blobs: &[Option<String>]) -> std::io::Result<Vec<Option<Vec<u8>>>> {
        let mut git = self.git();
        git.args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = git.spawn()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("git has no pipes"));
        };
        let contents = std::thread::scope(|scope| {
            // Writes and reads concurrently, so that neither pipe fills up and blocks both.
            scope.spawn(move || {
                let mut blobs = blobs.iter().flatten();
                blobs.try_for_each(|blob| writeln!(input, "{blob}"))
            });
            let mut output = BufReader::new(output);
            blobs
                .iter()
                .map(|blob| match blob {
                    Some(_) => entry(&mut output),
                    None => Ok(None),
                })
                .collect::<std::io::Result<Vec<_>>>()
        })?;
        child.wait()?;
        Ok(contents)
    }
}

/// The files of a `git ls-tree -z`, each with its blob: `mode type object<TAB>path`. Skips paths that are not UTF-8.
fn listed(output: &[u8]) -> impl Iterator<Item = (String, String)> {
    output.split(|byte| *byte == 0).filter_map(|line| {
        let (object, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
        let mut words = object.split(' ').skip(1);
        let blob = words.next() == Some("blob");
        words
            .next()
            .filter(|_| blob)
            .map(|object| (path.to_owned(), object.to_owned()))
    })
}

/// One answer of `git cat-file --batch`: `object type size`, then the contents; `object missing` in a partial clone.
fn entry(output: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut header = String::new();
    if output.read_line(&mut header)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    if header.ends_with(" missing\n") {
        return Ok(None);
    }
    let size = header.trim_end().rsplit(' ').next().map(str::parse::<u64>);
    let Some(Ok(size)) = size else {
        return Err(std::io::Error::other(format!(
            "unexpected answer {header:?}"
        )));
    };
    let mut contents = Vec::new();
    output.take(size).read_to_end(&mut contents)?;
    output.read_exact(&mut [0])?;
    Ok(Some(contents))
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
        let output = self.output("changed files", &arguments)?;
        let mut words = output.split_terminator('\0');
        let mut files = Vec::new();
        let path = |word: Option<&str>| {
            let word =
                word.ok_or_else(|| ForgeError::invalid("changed files", "git stopped early"))?;
            RepoPath::parse(word).map_err(|error| ForgeError::invalid("changed files", error))
        };
        while let Some(status) = words.next() {
            let kind = match status.as_bytes().first() {
                Some(b'A') => ChangeKind::Added,
                Some(b'D') => ChangeKind::Removed,
                Some(b'R') => ChangeKind::Renamed {
                    from: path(words.next())?,
                },
                _ => ChangeKind::Modified,
            };
            files.push(ChangedFile {
                path: path(words.next())?,
                kind,
            });
        }
        Ok(files)
    }

    async fn read(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<Vec<Option<Vec<u8>>>, ForgeError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let blobs = self.blobs(at, paths)?;
        self.cat(&blobs)
            .map_err(|error| ForgeError::invalid("file contents", error))
    }

    async fn list(&self, at: &CommitSha, folder: &str) -> Result<Vec<RepoPath>, ForgeError> {
        let mut arguments = vec![
            "ls-tree",
            "-r",
            "-z",
            "--name-only",
            "--full-tree",
            at.as_str(),
            "--",
        ];
        arguments.extend(Some(folder).filter(|folder| !folder.is_empty()));
        let output = self.output("list of files", &arguments)?;
        let paths = output
            .split_terminator('\0')
            .map(RepoPath::parse)
            .collect::<Result<_, _>>();
        paths.map_err(|error| ForgeError::invalid("list of files", error))
    }
}
