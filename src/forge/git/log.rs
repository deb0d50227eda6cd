//! The last change of many files, from one walk over the first parents of a branch: a process or a request for each file would take
//! hours.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Error, Read as _, Result, Write as _};
use std::process::{Command, Stdio};

use crate::model::{CommitSha, RepoPath};

/// Commits that one process compares with their parents.
const BATCH: usize = 200;
/// Folders that git is asked for; more would make a long argument list.
const MAX_FOLDERS: usize = 100;
/// Bytes of one path.
const MAX_PATH: u64 = 1 << 16;

/// The commits that changed files last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChanges {
    /// Files that no read commit changed are left out.
    pub found: BTreeMap<RepoPath, FileChange>,
    /// Whether all commits were read, so that a file without an entry never existed.
    pub complete: bool,
}

/// A commit that changed a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub commit: CommitSha,
    /// Of the committer, in Unix seconds; `None` if it was not read.
    pub time: Option<i64>,
}

struct LoggedCommit {
    id: CommitSha,
    parent: Option<CommitSha>,
    time: i64,
}

/// The commits up to `at`, first parents only, that changed the files last. Reads at most `most` commits. `git` gives the program with
/// the options that select the repository.
pub fn last_changes(
    git: impl Fn() -> Command,
    at: &CommitSha,
    paths: &[RepoPath],
    most: usize,
) -> Result<LastChanges> {
    let shallow = output(git().args(["rev-parse", "--is-shallow-repository"]))?;
    let is_shallow = shallow.trim() != "false";
    let count = format!("--max-count={most}");
    let arguments = ["rev-list", "--first-parent", "--parents", "--timestamp"];
    let listed = output(git().args(arguments).arg(&count).arg(at.as_str()))?;
    let commits: Vec<LoggedCommit> = listed.lines().filter_map(commit).collect();
    let read_all = commits.len() < most;
    let mut open: BTreeSet<&RepoPath> = paths.iter().collect();
    let mut changes = LastChanges::default();
    let folders: BTreeSet<&str> = paths.iter().map(RepoPath::folder).collect();
    let folders = match folders.contains("") || folders.len() > MAX_FOLDERS {
        true => BTreeSet::new(),
        false => folders,
    };
    for batch in commits.chunks(BATCH) {
        if open.is_empty() {
            break;
        }
        // The parents of the last commits of a shallow repository are not there.
        let batch: Vec<&LoggedCommit> = batch
            .iter()
            .filter(|commit| commit.parent.is_some() || !is_shallow)
            .collect();
        for (id, path) in compare(git(), &batch, &folders)? {
            let Some(path) = open.take(&path) else {
                continue;
            };
            let time = batch.iter().find(|commit| commit.id == id);
            let change = FileChange {
                time: time.map(|commit| commit.time),
                commit: id,
            };
            changes.found.insert(path.clone(), change);
        }
    }
    changes.complete = read_all && !is_shallow;
    Ok(changes)
}

/// A line of `git rev-list --timestamp --parents`.
fn commit(line: &str) -> Option<LoggedCommit> {
    let mut words = line.split(' ');
    Some(LoggedCommit {
        time: words.next()?.parse().ok()?,
        id: CommitSha::parse(words.next()?).ok()?,
        parent: words.next().and_then(|word| CommitSha::parse(word).ok()),
    })
}

/// The files that commits changed against their first parents, newest commit first.
fn compare(
    mut git: Command,
    commits: &[&LoggedCommit],
    folders: &BTreeSet<&str>,
) -> Result<Vec<(CommitSha, RepoPath)>> {
    // The raw format begins with a colon, so that no file's name looks like a commit.
    git.args(["diff-tree", "--stdin", "-r", "--raw", "-z", "--no-renames"])
        .args(["--root", "--no-ext-diff", "--ignore-submodules=none", "--"])
        .args(folders)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = git.spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Error::other("git has no pipes"));
    };
    let changed = std::thread::scope(|scope| {
        scope.spawn(move || {
            commits.iter().try_for_each(|commit| {
                let parent = commit.parent.as_ref().map(CommitSha::as_str);
                writeln!(input, "{} {}", commit.id, parent.unwrap_or_default())
            })
        });
        changed_files(BufReader::new(output))
    });
    match child.wait()?.success() {
        true => changed,
        false => Err(Error::other("git diff-tree failed")),
    }
}

fn changed_files(mut output: impl BufRead) -> Result<Vec<(CommitSha, RepoPath)>> {
    let mut changed = Vec::new();
    let mut at: Option<CommitSha> = None;
    while let Some(word) = next(&mut output)? {
        if !word.starts_with(b":") {
            let id = std::str::from_utf8(&word).ok();
            at = id.and_then(|id| CommitSha::parse(id.trim()).ok());
            continue;
        }
        let path = next(&mut output)?.unwrap_or_default();
        let path = String::from_utf8(path).ok();
        let path = path.and_then(|path| RepoPath::parse(&path).ok());
        if let (Some(at), Some(path)) = (&at, path) {
            changed.push((at.clone(), path));
        }
    }
    Ok(changed)
}

/// The text up to the next NUL; `None` at the end.
fn next(output: &mut impl BufRead) -> Result<Option<Vec<u8>>> {
    let mut word = Vec::new();
    let read = output.by_ref().take(MAX_PATH).read_until(0, &mut word)?;
    if word.last() == Some(&0) {
        word.pop();
    }
    Ok((read > 0).then_some(word))
}

fn output(git: &mut Command) -> Result<String> {
    let output = git.stderr(Stdio::null()).output()?;
    match output.status.success() {
        true => String::from_utf8(output.stdout).map_err(Error::other),
        false => Err(Error::other("git does not know the commit")),
    }
}
