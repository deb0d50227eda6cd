//! The products of a repository at a commit.

use std::collections::BTreeMap;

use crate::forge::{FileAt, ForgeError, PathSelection, Source};
use crate::model::{CommitSha, FileContents, IrregularFile, RepoPath};
use crate::product::{PRODUCTS_FOLDER, ProductSource, ReadProduct, Registry, RunInput};

/// Selects the files of products. A product is a flat folder; deeper files do not belong to it.
struct ProductFiles;

impl PathSelection for ProductFiles {
    fn matches(&self, path: &str) -> bool {
        match below_products(path) {
            Some(below) => below.matches('/').count() < 2,
            // Only a link or a submodule has these paths and is not a folder.
            None => self.may_match_below(path),
        }
    }

    fn may_match_below(&self, folder: &str) -> bool {
        match below_products(folder) {
            Some(below) => !below.contains('/'),
            None => {
                let products = PRODUCTS_FOLDER.strip_prefix(folder);
                products.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

/// The name of the product that a file belongs to.
pub(super) fn product_of(path: &RepoPath) -> Option<String> {
    let name = below_products(path.as_str())?.split('/').next()?;
    Some(name.to_owned())
}

fn below_products(path: &str) -> Option<&str> {
    path.strip_prefix(PRODUCTS_FOLDER)?.strip_prefix('/')
}

/// The paths of all files of the repository's products.
pub(super) async fn product_files(
    source: &dyn Source,
    at: &CommitSha,
) -> Result<Vec<RepoPath>, ForgeError> {
    source.list(at, &ProductFiles).await
}

/// The built-in products, and those of the repository at a commit.
pub async fn products(
    source: &dyn Source,
    at: &CommitSha,
    given: &RunInput,
) -> Result<Registry, ForgeError> {
    let [registry] = products_at(source, [at], given).await?;
    Ok(registry)
}

/// The products at each of these commits. Reads the files of all of them at once.
pub async fn products_at<const N: usize>(
    source: &dyn Source,
    commits: [&CommitSha; N],
    given: &RunInput,
) -> Result<[Registry; N], ForgeError> {
    let mut lists = Vec::new();
    for commit in commits {
        lists.push((commit, source.list(commit, &ProductFiles).await?));
    }
    let files = lists
        .iter()
        .flat_map(|(commit, paths)| paths.iter().map(|path| FileAt { commit, path }));
    let files: Vec<FileAt<'_>> = files.collect();
    let contents = source.read(&files).await?;
    let mut found: Vec<(FileAt<'_>, FileContents)> = Vec::new();
    for (file, contents) in files.into_iter().zip(contents) {
        let what = format!("contents of {}", file.path);
        let absent = || ForgeError::invalid(&what, "the file is listed and absent");
        found.push((file, contents.ok_or_else(absent)?));
    }
    Ok(commits.map(|commit| {
        let files = found.iter().filter(|(file, _)| file.commit == commit);
        registry(files.map(|(file, contents)| (file.path, contents)), given)
    }))
}

fn registry<'a>(
    files: impl Iterator<Item = (&'a RepoPath, &'a FileContents)>,
    given: &RunInput,
) -> Registry {
    let mut folders: BTreeMap<&str, ReadProduct> = BTreeMap::new();
    let mut irregular: BTreeMap<&str, (&RepoPath, IrregularFile)> = BTreeMap::new();
    for (path, contents) in files {
        let below = below_products(path.as_str());
        let (folder, name) = match below.map(|below| below.split_once('/').unwrap_or((below, ""))) {
            Some(parts) => parts,
            None => (PRODUCTS_FOLDER, ""),
        };
        match contents {
            FileContents::NotRegular(found) => {
                irregular.entry(folder).or_insert((path, *found));
            }
            FileContents::Regular(bytes) if !name.is_empty() => {
                let root = || RepoPath::typed(&format!("{PRODUCTS_FOLDER}/{folder}"));
                let product = folders.entry(folder);
                let product = product.or_insert_with(|| ReadProduct::new(folder, root()));
                product.add(name, bytes, bytes.len() as u64);
            }
            FileContents::Regular(_) => {}
        }
    }
    let mut registry = Registry::built_in();
    registry.given = given.clone();
    for product in folders.into_values() {
        registry.add_read(product);
    }
    for (folder, (path, found)) in irregular {
        let root = match folder == PRODUCTS_FOLDER {
            true => path.clone(),
            false => RepoPath::typed(&format!("{PRODUCTS_FOLDER}/{folder}")),
        };
        registry.add_irregular(ProductSource::own(folder, root), path.clone(), found);
    }
    registry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_flat_product_folders_are_selected() {
        for (path, matches, opens) in [
            (".provisioner", true, true),
            (".provisioner/products", true, true),
            (".provisioner/products/s3", true, true),
            (".provisioner/products/s3/product.yaml", true, false),
            (".provisioner/products/s3/deep/file", false, false),
            (".provisioner/other", false, false),
            (".prov", false, false),
            ("s3", false, false),
            ("", false, false),
        ] {
            let found = (
                ProductFiles.matches(path),
                ProductFiles.may_match_below(path),
            );
            assert_eq!(found, (matches, opens), "{path:?}");
        }
    }
}
