//! Git objects: blobs, trees, commits, and the commits between two.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use sha1::{Digest as _, Sha1};

pub type Sha = String;

pub const FILE: &str = "100644";
pub const SYMLINK: &str = "120000";
pub const SUBMODULE: &str = "160000";
pub const DIRECTORY: &str = "040000";

/// One leaf of a commit's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub mode: &'static str,
    pub sha: Sha,
}

pub type Files = BTreeMap<String, Leaf>;

/// One line of a tree object.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub mode: &'static str,
    pub sha: Sha,
}

#[derive(Clone, Debug)]
pub struct Commit {
    pub sha: Sha,
    pub tree: Sha,
    pub parents: Vec<Sha>,
    pub message: String,
    pub author: u64,
    pub at: String,
    /// Order of creation; parents always come before their children.
    pub order: u64,
    /// Commits are visible in every repository of their fork network and in no other.
    pub network: u64,
    pub files: Arc<Files>,
}

#[derive(Default)]
pub struct Objects {
    blobs: HashMap<Sha, Arc<Vec<u8>>>,
    trees: HashMap<Sha, Vec<Entry>>,
    commits: HashMap<Sha, Commit>,
}

impl Objects {
    pub fn put_blob(&mut self, content: Vec<u8>) -> Sha {
        let sha = object_id("blob", &content);
        self.blobs
            .entry(sha.clone())
            .or_insert_with(|| Arc::new(content));
        sha
    }

    pub fn blob(&self, sha: &str) -> Option<Arc<Vec<u8>>> {
        self.blobs.get(sha).cloned()
    }

    pub fn tree(&self, sha: &str) -> Option<&[Entry]> {
        self.trees.get(sha).map(Vec::as_slice)
    }

    pub fn commit(&self, sha: &str) -> Option<&Commit> {
        self.commits.get(sha)
    }

    pub fn commits(&self) -> impl Iterator<Item = &Commit> {
        self.commits.values()
    }

    /// Full or abbreviated (at least seven digits), as GitHub accepts where it takes a ref.
    pub fn commit_by_prefix(&self, prefix: &str, network: u64) -> Option<&Commit> {
        if prefix.len() < 7 || !prefix.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut found = self
            .commits
            .values()
            .filter(|c| c.network == network && c.sha.starts_with(prefix));
        found.next().filter(|_| found.next().is_none())
    }

    /// Stores every directory of `files` and returns the root's id.
    pub fn put_tree(&mut self, files: &Files) -> Sha {
        let leaves: Vec<(&str, &Leaf)> = files.iter().map(|(p, l)| (p.as_str(), l)).collect();
        self.put_directory(&leaves)
    }

    fn put_directory(&mut self, leaves: &[(&str, &Leaf)]) -> Sha {
        let mut entries = Vec::new();
        let mut below: BTreeMap<&str, Vec<(&str, &Leaf)>> = BTreeMap::new();
        for (path, leaf) in leaves {
            match path.split_once('/') {
                Some((name, rest)) => below.entry(name).or_default().push((rest, leaf)),
                None => entries.push(Entry {
                    name: (*path).to_owned(),
                    mode: leaf.mode,
                    sha: leaf.sha.clone(),
                }),
            }
        }
        for (name, inner) in below {
            let sha = self.put_directory(&inner);
            entries.push(Entry {
                name: name.to_owned(),
                mode: DIRECTORY,
                sha,
            });
        }
        // Git sorts a directory as if its name ended in a slash.
        entries.sort_by_key(|e| match e.mode {
            DIRECTORY => format!("{}/", e.name),
            _ => e.name.clone(),
        });
        let mut body = Vec::new();
        for entry in &entries {
            let mode = entry.mode.trim_start_matches('0');
            body.extend(format!("{mode} {}\0", entry.name).into_bytes());
            body.extend(raw_id(&entry.sha));
        }
        let sha = object_id("tree", &body);
        self.trees.insert(sha.clone(), entries);
        sha
    }

    /// Computes `commit.sha` and `commit.tree`, which the caller leaves empty.
    pub fn put_commit(&mut self, mut commit: Commit) -> Sha {
        commit.tree = self.put_tree(&commit.files);
        let mut body = format!("tree {}\n", commit.tree);
        for parent in &commit.parents {
            body += &format!("parent {parent}\n");
        }
        // The order replaces the time: two otherwise equal commits must differ.
        let who = format!(
            "u{0} <u{0}@example.org> {1} +0000",
            commit.author, commit.order
        );
        body += &format!("author {who}\ncommitter {who}\n\n{}\n", commit.message);
        commit.sha = object_id("commit", body.as_bytes());
        let sha = commit.sha.clone();
        self.commits.insert(sha.clone(), commit);
        sha
    }

    /// The commit and all its ancestors.
    pub fn ancestors(&self, sha: &str) -> HashSet<Sha> {
        self.walk(sha).into_iter().collect()
    }

    fn walk(&self, sha: &str) -> Vec<Sha> {
        let mut seen = HashSet::new();
        let mut order = Vec::new();
        let mut queue = VecDeque::from([sha.to_owned()]);
        while let Some(next) = queue.pop_front() {
            if let Some(commit) = self.commits.get(&next)
                && seen.insert(next.clone())
            {
                queue.extend(commit.parents.iter().cloned());
                order.push(next);
            }
        }
        order
    }

    /// The newest common ancestor.
    pub fn merge_base(&self, a: &str, b: &str) -> Option<&Commit> {
        let of_a = self.ancestors(a);
        let common = self.walk(b).into_iter().filter(|sha| of_a.contains(sha));
        common
            .filter_map(|sha| self.commits.get(&sha))
            .max_by_key(|c| c.order)
    }

    /// Commits reachable from `head` and not from `base`, oldest first.
    pub fn between(&self, base: &str, head: &str) -> Vec<&Commit> {
        let known = self.ancestors(base);
        let mut new: Vec<&Commit> = self
            .walk(head)
            .into_iter()
            .filter(|sha| !known.contains(sha))
            .filter_map(|sha| self.commits.get(&sha))
            .collect();
        new.sort_by_key(|c| c.order);
        new
    }
}

pub fn object_id(kind: &str, body: &[u8]) -> Sha {
    let mut framed = format!("{kind} {}\0", body.len()).into_bytes();
    framed.extend_from_slice(body);
    sha1_hex(&framed)
}

/// 40 lower-case hex digits, as git writes object ids.
pub fn sha1_hex(bytes: &[u8]) -> String {
    let digest = Sha1::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The 20 bytes of an object id, as trees hold them.
fn raw_id(id: &str) -> Vec<u8> {
    id.as_bytes()
        .chunks(2)
        .map(|pair| {
            let digits = std::str::from_utf8(pair).expect("object ids are ASCII");
            u8::from_str_radix(digits, 16).expect("object ids are hex")
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Added,
    Removed,
    Modified,
    Renamed,
}

impl How {
    pub fn rest(self) -> &'static str {
        match self {
            How::Added => "added",
            How::Removed => "removed",
            How::Modified => "modified",
            How::Renamed => "renamed",
        }
    }

    pub fn graphql(self) -> &'static str {
        match self {
            How::Added => "ADDED",
            How::Removed => "DELETED",
            How::Modified => "MODIFIED",
            How::Renamed => "RENAMED",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Change {
    pub how: How,
    pub path: String,
    pub previous: Option<String>,
    pub old: Option<Leaf>,
    pub new: Option<Leaf>,
}

/// GitHub's list of changed files: sorted by path, with moves of identical content and declared renames.
pub fn diff(old: &Files, new: &Files, declared: &BTreeSet<(String, String)>) -> Vec<Change> {
    let mut gone: BTreeMap<&String, &Leaf> = old
        .iter()
        .filter(|(path, _)| !new.contains_key(*path))
        .collect();
    let mut changes = Vec::new();
    for (path, leaf) in new {
        let entry = |how, previous, old: Option<&Leaf>| Change {
            how,
            path: path.clone(),
            previous,
            old: old.cloned(),
            new: Some(leaf.clone()),
        };
        match old.get(path) {
            Some(before) if before == leaf => {}
            Some(before) => changes.push(entry(How::Modified, None, Some(before))),
            None => {
                let is_source = |from: &String, was: &Leaf| {
                    declared.contains(&(from.clone(), path.clone())) || was == leaf
                };
                let from = gone
                    .iter()
                    .find(|(from, was)| is_source(from, was))
                    .map(|(f, _)| *f);
                match from.and_then(|from| gone.remove_entry(from)) {
                    Some((from, was)) => {
                        changes.push(entry(How::Renamed, Some(from.clone()), Some(was)));
                    }
                    None => changes.push(entry(How::Added, None, None)),
                }
            }
        }
    }
    changes.extend(gone.into_iter().map(|(path, leaf)| Change {
        how: How::Removed,
        path: path.clone(),
        previous: None,
        old: Some(leaf.clone()),
        new: None,
    }));
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}
