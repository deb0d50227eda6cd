//! Products of the repository.

use std::fs;
use std::path::Path;

use crate::product::{Files, PRODUCTS_FOLDER, Registry};

/// Largest file of a product.
const MAX_BYTES: u64 = 1 << 20;

/// Adds the products of the nearest `.provisioner/products` at or above `start`.
pub fn add_repository_products(registry: &mut Registry, start: &Path) {
    let start = start.canonicalize().unwrap_or_else(|_| start.to_path_buf());
    let Some(folder) = start
        .ancestors()
        .map(|folder| folder.join(PRODUCTS_FOLDER))
        .find(|folder| folder.is_dir())
    else {
        return;
    };
    for product in fs::read_dir(folder).into_iter().flatten().flatten() {
        if product.path().is_dir() {
            registry.add(
                &product.file_name().to_string_lossy(),
                files(&product.path()),
            );
        }
    }
}

fn files(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // `metadata` of an entry does not follow links.
        let regular = entry
            .metadata()
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES);
        if let (true, Ok(text)) = (regular, fs::read_to_string(entry.path())) {
            files.insert(entry.file_name().to_string_lossy().into_owned(), text);
        }
    }
    files
}
