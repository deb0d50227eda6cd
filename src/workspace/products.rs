//! Products of the repository.

use std::path::Path;
use std::{fs, io};

use super::irregular;
use super::repository::folders_upwards;
use crate::model::{IrregularFile, RepoPath};
use crate::product::{Files, MANIFEST, PRODUCTS_FOLDER, ProductSource, Registry};
use crate::text::quote;

/// Largest file of a product.
const MAX_BYTES: u64 = 1 << 20;

/// Adds the products of the nearest `.provisioner/products` at or above `start`, inside the repository.
pub fn add_repository_products(registry: &mut Registry, start: &Path) {
    let Some(folder) = folders_upwards(start)
        .into_iter()
        .map(|folder| folder.join(PRODUCTS_FOLDER))
        .find(|folder| fs::symlink_metadata(folder).is_ok())
    else {
        return;
    };
    if let Some(found) = irregular(&folder) {
        return registry.add_irregular(PRODUCTS_FOLDER, RepoPath::typed(PRODUCTS_FOLDER), found);
    }
    for product in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = product.file_name().to_string_lossy().into_owned();
        let shown = format!("{PRODUCTS_FOLDER}/{name}");
        match irregular(&product.path()) {
            Some(found) => registry.add_irregular(&name, RepoPath::typed(&shown), found),
            None if product.path().is_dir() => match files(&product.path(), &shown) {
                Ok(files) => registry.add(&name, files),
                Err((path, found)) => registry.add_irregular(&name, path, found),
            },
            None => {}
        }
    }
}

/// Adds the product of a folder, under the folder's name, and returns the name. A name without a folder is one of a product in
/// `.provisioner/products`, or of a built-in one.
pub fn add_product(registry: &mut Registry, folder: &Path) -> Result<String, String> {
    let typed = folder.to_string_lossy();
    // The path of the manifest names its folder.
    let folder = match folder.file_name() {
        Some(name) if name == MANIFEST => folder.parent().unwrap_or(folder),
        _ => folder,
    };
    if !folder.join(MANIFEST).is_file() && registry.source(&typed).is_some() {
        return Ok(typed.into_owned());
    }
    if !folder.is_dir() {
        return Err(format!(
            "no folder of a product: {}\n  help: name the folder that holds {MANIFEST}",
            quote(&typed)
        ));
    }
    let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let name = full.file_name().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let shown = folder.to_string_lossy();
    let shown = match shown.trim_end_matches('/') {
        "" => ".",
        shown => shown.strip_prefix("./").unwrap_or(shown),
    };
    match files(folder, shown) {
        Ok(files) => registry.add_source(ProductSource {
            name: name.clone(),
            root: Some(RepoPath::typed(shown)),
            files,
        }),
        Err((path, found)) => registry.add_irregular(&name, path, found),
    }
    Ok(name)
}

/// Creates a folder with files. Fails if the folder exists, so that nothing is overwritten.
pub fn create_folder(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    fs::create_dir(folder)?;
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// The files of a product, or its first file that is not regular.
fn files(folder: &Path, shown: &str) -> Result<Files, (RepoPath, IrregularFile)> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(found) = irregular(&entry.path()) {
            return Err((RepoPath::typed(&format!("{shown}/{name}")), found));
        }
        // `metadata` of an entry does not follow links.
        let regular = entry
            .metadata()
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES);
        if let (true, Ok(text)) = (regular, fs::read_to_string(entry.path())) {
            files.insert(name, text);
        }
    }
    Ok(files)
}
