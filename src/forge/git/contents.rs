//! What a job read of the repository's contents, and the fetched repository once many objects are needed.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::{FetchedRepository, GitItem, GitRemote, LastChanges};
use crate::forge::ForgeError;
use crate::model::{CommitSha, RepoPath};

/// Objects that a job reads one by one. A change of three configs needs about as many; a fetch takes a second or more, and none of
/// the 1,000 requests an hour that all jobs of a repository share.
const FEW: usize = 20;

#[derive(Debug)]
pub struct Contents {
    remote: Option<GitRemote>,
    fetched: OnceCell<Option<FetchedRepository>>,
    gave_up: AtomicBool,
    /// Objects that were requested so far.
    requested: AtomicUsize,
    commits: Mutex<BTreeSet<CommitSha>>,
    /// Trees by their ids. An id names its contents, so a tree is read once.
    trees: Mutex<HashMap<String, Arc<Vec<GitItem>>>>,
    /// Blobs that were read one by one, so at most a few.
    blobs: Mutex<HashMap<String, Vec<u8>>>,
}

impl Contents {
    /// `remote`: where to fetch many objects from; `None` if the job does not know the server.
    pub fn new(remote: Option<GitRemote>) -> Self {
        Self {
            remote,
            fetched: OnceCell::new(),
            gave_up: AtomicBool::new(false),
            requested: AtomicUsize::new(0),
            commits: Mutex::default(),
            trees: Mutex::default(),
            blobs: Mutex::default(),
        }
    }

    /// Counts requested objects. Returns whether the job needs many.
    pub fn needs_many(&self, objects: usize) -> bool {
        self.requested.fetch_add(objects, Ordering::Relaxed) + objects > FEW
    }

    /// Commits whose trees are read; a fetch takes them all.
    pub fn add_commits(&self, commits: &[&CommitSha]) {
        let mut known = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(commits.iter().map(|commit| (*commit).clone()));
    }

    pub fn commits(&self) -> Vec<CommitSha> {
        let known = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().cloned().collect()
    }

    /// Those of the trees that were not read yet.
    pub fn missing_trees(&self, ids: &[String]) -> Vec<String> {
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = ids.iter().filter(|id| !trees.contains_key(*id));
        missing.cloned().collect()
    }

    /// Trees that were read, in the order of the ids.
    pub fn trees(&self, ids: &[String]) -> Result<Vec<Arc<Vec<GitItem>>>, ForgeError> {
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let each = ids.iter().map(|id| {
            let tree = trees.get(id).cloned();
            tree.ok_or_else(|| ForgeError::invalid("list of files", format!("no tree {id}")))
        });
        each.collect()
    }

    pub fn put_trees(&self, ids: &[String], trees: &[Arc<Vec<GitItem>>]) {
        let mut known = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(ids.iter().cloned().zip(trees.iter().cloned()));
    }

    /// Those of the blobs that were not read yet.
    pub fn missing_blobs(&self, ids: &[String]) -> Vec<String> {
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = ids.iter().filter(|id| !blobs.contains_key(*id));
        missing.cloned().collect()
    }

    /// Blobs that were read, in the order of the ids.
    pub fn blobs(&self, ids: &[String]) -> Result<Vec<Vec<u8>>, ForgeError> {
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let each = ids.iter().map(|id| {
            let blob = blobs.get(id).cloned();
            blob.ok_or_else(|| ForgeError::invalid("file contents", format!("no blob {id}")))
        });
        each.collect()
    }

    pub fn put_blobs(&self, ids: &[String], blobs: Vec<Vec<u8>>) {
        let mut known = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(ids.iter().cloned().zip(blobs));
    }

    /// The fetched repository; `None` if git cannot be used.
    pub async fn fetched(&self) -> Option<&FetchedRepository> {
        let open = self.fetched.get_or_init(|| async {
            let remote = self.remote.clone()?;
            let opened = FetchedRepository::create(remote).await;
            opened.inspect_err(give_up).ok()
        });
        let open = open.await.as_ref();
        open.filter(|_| !self.gave_up.load(Ordering::Relaxed))
    }

    /// The last changes of files; nothing is found if git cannot be used.
    pub async fn last_changes(
        &self,
        at: &CommitSha,
        paths: &[RepoPath],
    ) -> Result<LastChanges, ForgeError> {
        match self.fetched().await {
            Some(git) => git.last_changes(at, paths).await,
            None => Ok(LastChanges::default()),
        }
    }

    /// After one failure all later objects come through the API.
    pub fn give_up(&self, error: &ForgeError) {
        give_up(error);
        self.gave_up.store(true, Ordering::Relaxed);
    }
}

fn give_up(error: &ForgeError) {
    log::debug!("reading contents through the API: {error}");
}
