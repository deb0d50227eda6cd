//! Products of the repository.

use std::io::Read as _;
use std::path::Path;
use std::{fs, io};

use super::irregular;
use super::repository::folders_upwards;
use crate::model::RepoPath;
use crate::product::{MANIFEST, PRODUCTS_FOLDER, ProductSource, ReadProduct, Registry};
use crate::text::quote;

/// Bytes that are read of a file of a product; those that are larger are faults.
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
    // The commits of a change show a link as a link, so the work tree does, too.
    let above = folder.parent().and_then(irregular);
    if let Some(found) = above.or_else(|| irregular(&folder)) {
        let path = RepoPath::typed(PRODUCTS_FOLDER);
        let all = ProductSource::own(PRODUCTS_FOLDER, path.clone());
        return registry.add_irregular(all, path, found);
    }
    for product in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = product.file_name().to_string_lossy().into_owned();
        let shown = format!("{PRODUCTS_FOLDER}/{name}");
        let source = ProductSource::own(&name, RepoPath::typed(&shown));
        match irregular(&product.path()) {
            Some(found) => registry.add_irregular(source, RepoPath::typed(&shown), found),
            None if product.path().is_dir() => {
                add_folder(registry, &product.path(), ReadProduct::from(source));
            }
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
    let product = ReadProduct::new(&name, RepoPath::typed(shown));
    add_folder(registry, folder, product);
    Ok(name)
}

/// Creates a folder with files. Fails if the folder exists, so that nothing is overwritten, and if it would lie behind a link.
pub fn create_folder(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    for above in folder.ancestors().skip(1).take(2) {
        if let Some(found) = irregular(above) {
            let message = format!("{} is {}", quote(&above.to_string_lossy()), found.words());
            return Err(io::Error::other(message));
        }
    }
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    fs::create_dir(folder)?;
    for (name, text) in files {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Adds a product with the files of a folder, or with its first file that is not regular. `product`: without files.
fn add_folder(registry: &mut Registry, folder: &Path, mut product: ReadProduct) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(found) = irregular(&entry.path()) {
            let path = product.source.path(&name);
            product.source.files.clear();
            return registry.add_irregular(product.source, path, found);
        }
        // `metadata` of an entry does not follow links.
        let Some(metadata) = entry.metadata().ok().filter(fs::Metadata::is_file) else {
            continue;
        };
        match read(&entry.path()) {
            Ok(bytes) => product.add(&name, &bytes, metadata.len()),
            Err(error) => product.add_unreadable(&name, &error),
        }
    }
    registry.add_read(product);
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
