//! Objects of a repository on a server, fetched by the git program: one request for commits and their trees, one for each batch of
//! blobs.
//!
//! The server decides what git receives, so nothing of it is executed: a bare repository without a work tree, hooks or submodules,
//! no settings of the user or the system, no prompts, only HTTP. The token is in the environment of the process alone, and in no
//! file, argument or error.
#![expect(clippy::disallowed_methods, reason = "this adapter is the door to git")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::Mutex;
use walkdir::WalkDir;

use super::{GitItem, GitObject, LastChanges, cat_file, last_changes, parse_tree};
use crate::forge::ForgeError;
use crate::model::{CommitSha, RepoPath};

/// Time of one fetch. The trees of 100,000 files take half a second on a local network.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Bytes that all fetches of a job may leave on disk. The trees of 100,000 files are 3 MB.
const MAX_BYTES: u64 = 256 << 20;
/// Pause between two checks of the size.
const TICK: Duration = Duration::from_millis(100);
/// Bytes of git's messages that an error quotes.
const MAX_MESSAGE: u64 = 4096;
/// Commits that are searched for the last change of files.
const HISTORY: usize = 1_000;
const WHAT: &str = "git fetch";

/// Where a repository is, and how to fetch from it.
#[derive(Clone, Debug)]
pub struct GitRemote {
    /// Such as `https://github.com/owner/name.git`.
    pub url: String,
    /// The user name that the server wants beside a token.
    pub user: &'static str,
    pub token: Option<SecretString>,
    pub place: GitPlace,
}

/// What git needs of the job.
#[derive(Clone, Debug)]
pub struct GitPlace {
    /// Folder for temporary files.
    pub scratch: PathBuf,
    /// The only variables that git gets of the job's: where programs are, and how to reach and trust a server.
    pub variables: Vec<(OsString, OsString)>,
}

/// The server of repositories, beside its API.
#[derive(Debug)]
pub struct GitAccess {
    /// Without the path of a repository.
    pub server_url: String,
    pub place: GitPlace,
}

/// A temporary repository. Dropping it removes its folder.
#[derive(Debug)]
pub struct FetchedRepository {
    remote: GitRemote,
    folder: TempDir,
    /// The fetched commits. One fetch runs at a time.
    commits: Mutex<BTreeSet<CommitSha>>,
}

impl FetchedRepository {
    /// Creates an empty repository. Sends no request.
    pub async fn create(remote: GitRemote) -> Result<Self, ForgeError> {
        let scheme = remote.url.split("://").next();
        if !matches!(scheme, Some("http" | "https")) || remote.url.contains('@') {
            return Err(ForgeError::invalid(
                WHAT,
                "the address is not plain HTTP(S)",
            ));
        }
        let folder = tempfile::Builder::new()
            .prefix("provisioner-git-")
            .tempdir_in(&remote.place.scratch)
            .map_err(|error| ForgeError::unreachable(WHAT, error))?;
        let repository = Self {
            remote,
            folder,
            commits: Mutex::default(),
        };
        let arguments = ["init", "--quiet", "--bare", "--template="];
        repository.run(&arguments, String::new()).await?;
        Ok(repository)
    }

    /// The items of trees below these commits, in the order of the ids. The id of a commit names its root.
    pub async fn trees(
        &self,
        commits: &[CommitSha],
        ids: &[String],
    ) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        self.fetch_commits(commits).await?;
        let names: Vec<String> = ids.iter().map(|id| format!("{id}^{{tree}}")).collect();
        let trees = self.objects(&names)?.into_iter().zip(ids);
        let each = trees.map(|(tree, id)| {
            let items = tree.and_then(|tree| parse_tree(&tree.bytes, tree.id.len() / 2));
            items.map(Arc::new).ok_or_else(|| missing("tree", id))
        });
        each.collect()
    }

    /// The contents of blobs, in the order of the ids.
    pub async fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError> {
        // A second fetch of the same blobs at the same time would be a waste.
        let _one_at_a_time = self.commits.lock().await;
        let here = self.objects(ids)?;
        let absent = here.iter().zip(ids).filter(|(blob, _)| blob.is_none());
        let absent: Vec<&str> = absent.map(|(_, id)| id.as_str()).collect();
        let blobs = match absent.is_empty() {
            true => here,
            false => {
                self.fetch(&absent, &[]).await?;
                self.objects(ids)?
            }
        };
        let each = blobs.into_iter().zip(ids).map(|(blob, id)| {
            let blob = blob.filter(|blob| blob.kind == "blob");
            blob.map(|blob| blob.bytes)
                .ok_or_else(|| missing("blob", id))
        });
        each.collect()
    }

    /// The last changes of files, from the newest commits up to `at`. Fetches them and their trees in one request.
    pub async fn last_changes(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<LastChanges, ForgeError> {
        let mut fetched = self.commits.lock().await;
        let depth = format!("--depth={HISTORY}");
        self.fetch(&[at.as_str()], &[&depth]).await?;
        fetched.insert(at.clone());
        last_changes(|| self.git(), at, paths, HISTORY)
            .map_err(|error| ForgeError::unreachable(WHAT, error))
    }

    async fn fetch_commits(&self, commits: &[CommitSha]) -> Result<(), ForgeError> {
        let mut fetched = self.commits.lock().await;
        let new = commits.iter().filter(|commit| !fetched.contains(commit));
        let new: Vec<CommitSha> = new.cloned().collect();
        if !new.is_empty() {
            let wants: Vec<&str> = new.iter().map(CommitSha::as_str).collect();
            self.fetch(&wants, &["--depth=1"]).await?;
            fetched.extend(new);
        }
        Ok(())
    }

    /// Fetches objects by their ids, and of commits their trees, in one request.
    async fn fetch(&self, wants: &[&str], options: &[&str]) -> Result<(), ForgeError> {
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--recurse-submodules=no",
            "--filter=blob:none",
            "--stdin",
        ];
        arguments.extend(options);
        arguments.push("origin");
        // A line of the input with other characters could be more than an object's id.
        if wants.iter().any(|id| CommitSha::parse(id).is_err()) {
            return Err(ForgeError::invalid(WHAT, "not the id of an object"));
        }
        log::debug!("git fetch of {} objects", wants.len());
        self.run(&arguments, wants.join("\n") + "\n").await
    }

    fn objects(&self, names: &[String]) -> Result<Vec<Option<GitObject>>, ForgeError> {
        cat_file(self.git(), names).map_err(|error| ForgeError::unreachable(WHAT, error))
    }

    /// The program, which reads what is here.
    fn git(&self) -> std::process::Command {
        let mut git = std::process::Command::new("git");
        git.arg(self.git_dir())
            .arg("--literal-pathspecs")
            .env_clear()
            .envs(self.variables(false));
        git
    }

    fn git_dir(&self) -> OsString {
        let mut argument = OsString::from("--git-dir=");
        argument.push(self.folder.path());
        argument
    }

    /// The whole environment of git. Settings come by variables, so that no argument and no file holds the token.
    fn variables(&self, with_token: bool) -> Vec<(OsString, OsString)> {
        let mut settings: Vec<(String, String)> = [
            ("remote.origin.url", self.remote.url.as_str()),
            // Objects that the filter leaves out are expected to be missing.
            ("remote.origin.promisor", "true"),
            ("remote.origin.partialclonefilter", "blob:none"),
            ("fetch.negotiationAlgorithm", "noop"),
            ("fetch.unpackLimit", "1"),
            ("protocol.version", "2"),
            // Another server must not get the token.
            ("http.followRedirects", "false"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", "30"),
            ("credential.helper", ""),
            ("core.hooksPath", "/dev/null"),
            ("core.fsmonitor", "false"),
            ("gc.auto", "0"),
            ("maintenance.auto", "false"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if let Some(header) = self.authorization().filter(|_| with_token) {
            settings.push(("http.extraHeader".to_owned(), header));
        }
        let mut variables: Vec<(OsString, OsString)> = [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_ALLOW_PROTOCOL", "https:http"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("LC_ALL", "C"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        variables.push(("HOME".into(), self.folder.path().into()));
        variables.extend(self.remote.place.variables.iter().cloned());
        variables.push(("GIT_CONFIG_COUNT".into(), settings.len().to_string().into()));
        for (index, (name, value)) in settings.into_iter().enumerate() {
            variables.push((format!("GIT_CONFIG_KEY_{index}").into(), name.into()));
            variables.push((format!("GIT_CONFIG_VALUE_{index}").into(), value.into()));
        }
        variables
    }

    fn authorization(&self) -> Option<String> {
        let token = self.remote.token.as_ref()?.expose_secret();
        Some(format!("Authorization: Basic {}", self.encoded(token)))
    }

    fn encoded(&self, token: &str) -> String {
        let pair = format!("{}:{token}", self.remote.user);
        base64::engine::general_purpose::STANDARD.encode(pair)
    }

    /// Runs git until it ends, or until it takes too long or too much. Dropping the future ends git.
    async fn run(&self, arguments: &[&str], input: String) -> Result<(), ForgeError> {
        let failed = |message: String| ForgeError::unreachable(WHAT, self.masked(message));
        let mut git = Command::new("git");
        git.arg(self.git_dir())
            .args(arguments)
            .env_clear()
            .envs(self.variables(true))
            .current_dir(self.folder.path())
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = git.spawn().map_err(|error| failed(error.to_string()))?;
        let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let write = async {
            if let Some(mut stdin) = stdin {
                // git may end before it has read everything; its exit code decides.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let read = async {
            let mut message = Vec::new();
            if let Some(mut stderr) = stderr {
                let _ = (&mut stderr)
                    .take(MAX_MESSAGE)
                    .read_to_end(&mut message)
                    .await;
                let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
            }
            String::from_utf8_lossy(&message).trim().to_owned()
        };
        let ended = async { tokio::join!(write, read, child.wait()) };
        let (_, message, status) = tokio::select! {
            ended = ended => ended,
            error = self.too_much() => return Err(failed(error)),
        };
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(format!("{message} ({status})"))),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// Ends when git has used up its time, or the space on disk.
    async fn too_much(&self) -> String {
        let watch = async {
            loop {
                tokio::time::sleep(TICK).await;
                let files = WalkDir::new(self.folder.path()).into_iter().flatten();
                let sizes = files.filter_map(|file| Some(file.metadata().ok()?.len()));
                if sizes.sum::<u64>() > MAX_BYTES {
                    return format!("more than {MAX_BYTES} bytes");
                }
            }
        };
        let timeout = format!("no end after {} seconds", TIMEOUT.as_secs());
        tokio::time::timeout(TIMEOUT, watch)
            .await
            .unwrap_or(timeout)
    }

    fn masked(&self, message: String) -> String {
        let Some(token) = &self.remote.token else {
            return message;
        };
        let token = token.expose_secret();
        message
            .replace(&self.encoded(token), "***")
            .replace(token, "***")
    }
}

fn missing(kind: &str, id: &str) -> ForgeError {
    ForgeError::unreachable(WHAT, format!("the server did not send {kind} {id}"))
}
