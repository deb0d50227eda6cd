//! The configs of a change, at its base and its head.

use std::collections::BTreeMap;

use super::selection::ConfigSelector;
use crate::config::{Config, load};
use crate::forge::{ChangeKind, ChangedFile, ForgeError, Source};
use crate::model::{CommitSha, RepoPath};
use crate::plan::{Change, Input, Renamed};
use crate::product::{Files, PRODUCTS_FOLDER, Registry, RunInput};

/// The inputs of a plan.
#[derive(Debug)]
pub struct ChangeInputs {
    /// Sorted by path.
    pub inputs: Vec<Input>,
    pub base: Registry,
    pub head: Registry,
    /// Whether the change edits products.
    pub products_changed: bool,
}

impl ChangeInputs {
    /// The config of a change at the base or the head; `None` if it is absent there or has errors.
    pub fn config(&self, change: &Change, at_base: bool) -> Option<Config> {
        let path = match (&change.moved_from, at_base) {
            (Some(from), true) => from,
            _ => &change.path,
        };
        let input = self.inputs.iter().find(|input| input.path == *path)?;
        match at_base {
            true => load(&self.base, path, input.base.as_ref()?).config,
            false => load(&self.head, path, input.head.as_ref()?).config,
        }
    }
}

/// Reads every config that `files` may affect, at the base and the head.
pub async fn read_inputs(
    source: &dyn Source,
    base: &CommitSha,
    head: &CommitSha,
    files: &[ChangedFile],
    selection: &ConfigSelector,
    given: &RunInput,
) -> Result<ChangeInputs, ForgeError> {
    let mut sides: BTreeMap<RepoPath, Sides> = BTreeMap::new();
    for file in files {
        let mut side = |path: &RepoPath, base: bool, head: bool, renamed: Option<Renamed>| {
            if selection.matches(path) {
                let known = sides.entry(path.clone()).or_default();
                known.base |= base;
                known.head |= head;
                known.renamed = renamed.or(known.renamed.take());
            }
        };
        let path = &file.path;
        match &file.kind {
            ChangeKind::Added => side(path, false, true, None),
            ChangeKind::Modified => side(path, true, true, None),
            ChangeKind::Removed => side(path, true, false, None),
            // The stack's name comes from the file's: a rename is a removal and a creation.
            ChangeKind::Renamed { from } => {
                let other =
                    |renamed: Renamed, path: &RepoPath| selection.matches(path).then_some(renamed);
                side(from, true, false, other(Renamed::To(path.clone()), path));
                side(path, false, true, other(Renamed::From(from.clone()), from));
            }
        }
    }
    let products_changed = files.iter().any(|file| file.is_under(PRODUCTS_FOLDER));
    let (base_products, head_products) = (
        products(source, base, given).await?,
        products(source, head, given).await?,
    );
    if products_changed {
        add_governed(source, head, selection, &mut sides).await?;
    }
    let mut inputs: Vec<Input> = sides
        .iter()
        .map(|(path, side)| Input {
            path: path.clone(),
            base: None,
            head: None,
            renamed: side.renamed.clone(),
            governed: side.governed,
        })
        .collect();
    let wanted = |pick: fn(&Sides) -> bool| -> Vec<RepoPath> {
        sides
            .iter()
            .filter(|(_, side)| pick(side))
            .map(|(path, _)| path.clone())
            .collect()
    };
    let (at_base, at_head) = (wanted(|side| side.base), wanted(|side| side.head));
    let mut base_bytes = contents(source, base, &at_base).await?;
    let mut head_bytes = contents(source, head, &at_head).await?;
    for input in &mut inputs {
        input.base = base_bytes.remove(&input.path);
        input.head = head_bytes.remove(&input.path);
    }
    Ok(ChangeInputs {
        inputs,
        base: base_products,
        head: head_products,
        products_changed,
    })
}

/// Contents of files that the forge listed. A file that cannot be read is an error: an absent file would plan a deletion.
async fn contents(
    source: &dyn Source,
    at: &CommitSha,
    paths: &[RepoPath],
) -> Result<BTreeMap<RepoPath, Vec<u8>>, ForgeError> {
    let contents = source.read(at, paths).await?;
    let each = paths.iter().zip(contents).map(|(path, bytes)| match bytes {
        Some(bytes) => Ok((path.clone(), bytes)),
        None => Err(ForgeError::invalid(
            &format!("contents of {path} at {}", at.short()),
            "the forge lists the file and does not have it",
        )),
    });
    each.collect()
}

#[derive(Clone, Debug, Default)]
struct Sides {
    base: bool,
    head: bool,
    renamed: Option<Renamed>,
    governed: bool,
}

/// Adds all configs, since a changed product affects every config of that product.
async fn add_governed(
    source: &dyn Source,
    head: &CommitSha,
    selection: &ConfigSelector,
    sides: &mut BTreeMap<RepoPath, Sides>,
) -> Result<(), ForgeError> {
    for path in source
        .list(head, "")
        .await?
        .into_iter()
        .filter(|path| selection.matches(path))
    {
        sides.entry(path).or_insert(Sides {
            base: true,
            head: true,
            renamed: None,
            governed: true,
        });
    }
    Ok(())
}

/// The built-in products, and those of the repository at a commit.
pub async fn products(
    source: &dyn Source,
    at: &CommitSha,
    given: &RunInput,
) -> Result<Registry, ForgeError> {
    let mut registry = Registry::built_in();
    registry.given = given.clone();
    let paths = source.list(at, PRODUCTS_FOLDER).await?;
    let texts = source.read(at, &paths).await?;
    let mut folders: BTreeMap<String, Files> = BTreeMap::new();
    for (path, bytes) in paths.iter().zip(texts) {
        let inside = path
            .as_str()
            .strip_prefix(PRODUCTS_FOLDER)
            .unwrap_or("")
            .trim_start_matches('/');
        // A product is a flat folder; deeper files do not belong to it.
        let (Some((folder, name)), Some(bytes)) = (inside.split_once('/'), bytes) else {
            continue;
        };
        if let (false, Ok(text)) = (name.contains('/'), String::from_utf8(bytes)) {
            folders
                .entry(folder.to_owned())
                .or_default()
                .insert(name.to_owned(), text);
        }
    }
    for (folder, files) in folders {
        registry.add(&folder, files);
    }
    Ok(registry)
}
