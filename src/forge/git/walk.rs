//! Walks trees: contents by path, paths by selection, and the difference of two commits. Reads each level of folders at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{GitItem, GitMode, GitObjects};
use crate::forge::{ChangeKind, ChangedFile, FileAt, ForgeError, PathSelection};
use crate::model::{CommitSha, FileContents, IrregularFile, RepoPath};

/// Maximum number of files and folders that one walk reads. A monorepo of 100,000 files passes even if all folders can match.
pub const MAX_ITEMS: usize = 1_000_000;

type Trees = HashMap<String, Arc<Vec<GitItem>>>;

/// Where the search for a path is.
enum Search {
    /// In the tree of this id.
    Tree(String),
    Blob(String),
    Found(Option<IrregularFile>),
}

/// The contents of files, as [`Source::read`](crate::forge::Source::read) returns them.
pub async fn read(
    objects: &dyn GitObjects,
    files: &[FileAt<'_>],
) -> Result<Vec<Option<FileContents>>, ForgeError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let commits: BTreeSet<&CommitSha> = files.iter().map(|file| file.commit).collect();
    let commits: Vec<&CommitSha> = commits.into_iter().collect();
    let roots = objects.roots(&commits).await?;
    let roots: BTreeMap<&CommitSha, String> = commits.into_iter().zip(roots).collect();
    let mut searches: Vec<Search> = files
        .iter()
        .map(|file| Search::Tree(roots[file.commit].clone()))
        .collect();
    for depth in 0.. {
        let open = searches.iter().filter_map(|search| match search {
            Search::Tree(id) => Some(id.as_str()),
            _ => None,
        });
        let trees = trees(objects, open).await?;
        if trees.is_empty() {
            break;
        }
        for (search, file) in searches.iter_mut().zip(files) {
            if let Search::Tree(id) = search {
                let mut parts = file.path.as_str().split('/').skip(depth);
                let name = parts.next().unwrap_or_default();
                let item = trees[id].iter().find(|item| item.name == name);
                *search = step(item, parts.next().is_none());
            }
        }
    }
    let ids: BTreeSet<&String> = searches.iter().filter_map(blob_of).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    let blobs = match ids.is_empty() {
        true => Vec::new(),
        false => all("file contents", &ids, objects.blobs(&ids).await?)?,
    };
    let blobs: HashMap<&String, Vec<u8>> = ids.iter().zip(blobs).collect();
    let contents = searches.iter().map(|search| match search {
        Search::Blob(id) => blobs.get(id).cloned().map(FileContents::Regular),
        Search::Found(found) => found.map(FileContents::NotRegular),
        Search::Tree(_) => None,
    });
    Ok(contents.collect())
}

fn blob_of(search: &Search) -> Option<&String> {
    match search {
        Search::Blob(id) => Some(id),
        _ => None,
    }
}

/// The search after one part of the path. A link instead of a folder is not followed, and what it hides is not absent.
fn step(item: Option<&GitItem>, is_last: bool) -> Search {
    let Some(item) = item else {
        return Search::Found(None);
    };
    match (item.mode, is_last) {
        (GitMode::File { .. }, true) => Search::Blob(item.id.clone()),
        (GitMode::File { .. }, false) => Search::Found(None),
        (GitMode::Folder, false) => Search::Tree(item.id.clone()),
        (GitMode::Folder, true) => Search::Found(Some(IrregularFile::Folder)),
        (GitMode::SymbolicLink, _) => Search::Found(Some(IrregularFile::SymbolicLink)),
        (GitMode::Submodule, _) => Search::Found(Some(IrregularFile::Submodule)),
        (GitMode::Other, _) => Search::Found(Some(IrregularFile::Other)),
    }
}

/// The paths of a commit that a selection matches, sorted.
pub async fn list(
    objects: &dyn GitObjects,
    at: &CommitSha,
    selection: &dyn PathSelection,
) -> Result<Vec<RepoPath>, ForgeError> {
    let roots = objects.roots(&[at]).await?;
    let mut folders: Vec<(String, String)> = roots
        .into_iter()
        .map(|root| (String::new(), root))
        .collect();
    let mut paths = Vec::new();
    let mut read = 0;
    while !folders.is_empty() {
        let trees = trees(objects, folders.iter().map(|(_, id)| id.as_str())).await?;
        let mut below = Vec::new();
        for (folder, id) in &folders {
            let items = &trees[id];
            read += items.len();
            for item in items.iter() {
                let path = join(folder, &item.name);
                match item.mode {
                    GitMode::Folder if selection.may_match_below(&path) => {
                        below.push((path, item.id.clone()));
                    }
                    GitMode::Folder => {}
                    _ if selection.matches(&path) => paths.push(parse(&path)?),
                    _ => {}
                }
            }
        }
        if read > MAX_ITEMS {
            return Err(too_many(&format!("list of files at {}", at.short())));
        }
        folders = below;
    }
    paths.sort();
    Ok(paths)
}

/// The files that differ between two commits. Reads only folders whose ids differ, so the work grows with the change and not with
/// the repository.
pub async fn changed_files(
    objects: &dyn GitObjects,
    base: &CommitSha,
    head: &CommitSha,
) -> Result<Vec<ChangedFile>, ForgeError> {
    let roots = objects.roots(&[base, head]).await?;
    let mut pairs: Vec<(String, Option<String>, Option<String>)> = match &roots[..] {
        [base, head] if base != head => {
            vec![(String::new(), Some(base.clone()), Some(head.clone()))]
        }
        _ => Vec::new(),
    };
    let mut removed: BTreeMap<String, Vec<RepoPath>> = BTreeMap::new();
    let mut added: Vec<(RepoPath, String)> = Vec::new();
    let mut files = Vec::new();
    let mut read = 0;
    while !pairs.is_empty() {
        let ids = pairs.iter().flat_map(|(_, old, new)| [old, new]);
        let trees = trees(objects, ids.filter_map(Option::as_deref)).await?;
        let mut below = Vec::new();
        for (folder, old, new) in &pairs {
            let items = |id: &Option<String>| -> BTreeMap<&str, &GitItem> {
                let tree = id.as_ref().map(|id| trees[id].as_slice());
                let items = tree.unwrap_or_default().iter();
                items.map(|item| (item.name.as_str(), item)).collect()
            };
            let (old, new) = (items(old), items(new));
            read += old.len() + new.len();
            let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
            for name in names {
                let (old, new) = (old.get(name).copied(), new.get(name).copied());
                if old == new {
                    continue;
                }
                let path = join(folder, name);
                let folder = |item: Option<&GitItem>| {
                    item.filter(|item| item.mode == GitMode::Folder)
                        .map(|item| item.id.clone())
                };
                let file = |item: Option<&GitItem>| {
                    item.filter(|item| item.mode != GitMode::Folder)
                        .map(|item| item.id.clone())
                };
                let folders = (folder(old), folder(new));
                if folders.0.is_some() || folders.1.is_some() {
                    below.push((path.clone(), folders.0, folders.1));
                }
                let path = parse(&path)?;
                match (file(old), file(new)) {
                    (Some(_), Some(_)) => files.push(ChangedFile {
                        path,
                        kind: ChangeKind::Modified,
                    }),
                    (Some(id), None) => removed.entry(id).or_default().push(path),
                    (None, Some(id)) => added.push((path, id)),
                    (None, None) => {}
                }
            }
        }
        if read > MAX_ITEMS {
            return Err(too_many("changed files"));
        }
        pairs = below;
    }
    // A file with equal contents at another path was renamed. A renamed and edited file is a removal and an addition.
    for (path, id) in added {
        let kind = match removed.get_mut(&id).and_then(Vec::pop) {
            Some(from) => ChangeKind::Renamed { from },
            None => ChangeKind::Added,
        };
        files.push(ChangedFile { path, kind });
    }
    files.extend(removed.into_values().flatten().map(|path| ChangedFile {
        path,
        kind: ChangeKind::Removed,
    }));
    files.sort();
    Ok(files)
}

/// The trees of these ids, each read once.
async fn trees(
    objects: &dyn GitObjects,
    ids: impl Iterator<Item = &str>,
) -> Result<Trees, ForgeError> {
    let ids: BTreeSet<&str> = ids.collect();
    let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(Trees::new());
    }
    let trees = all("list of files", &ids, objects.trees(&ids).await?)?;
    Ok(ids.into_iter().zip(trees).collect())
}

/// The objects, if there is one for each id: an object that was not read is not absent.
fn all<T>(what: &str, ids: &[String], objects: Vec<T>) -> Result<Vec<T>, ForgeError> {
    match objects.len() == ids.len() {
        true => Ok(objects),
        false => {
            let message = format!("{} of {} objects", objects.len(), ids.len());
            Err(ForgeError::invalid(what, message))
        }
    }
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

fn parse(path: &str) -> Result<RepoPath, ForgeError> {
    RepoPath::parse(path).map_err(|error| ForgeError::invalid("list of files", error))
}

fn too_many(what: &str) -> ForgeError {
    let message = format!(
        "more than {MAX_ITEMS} files and folders; set globs of configs that match fewer folders"
    );
    ForgeError::invalid(what, message)
}
