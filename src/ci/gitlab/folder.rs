//! The folder of a job's files. Artifacts must be inside the checkout, whose contents the author of a merge request chooses.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Error, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Its name, which the component's artifacts have.
pub const FOLDER: &str = "provisioner-out";

/// Recreates the folder. What the checkout has in its place is removed, and no link in it is followed.
pub fn make(checkout: &Path) -> anyhow::Result<PathBuf> {
    let folder = checkout.join(FOLDER);
    let shown = folder.display();
    remove(&folder).with_context(|| format!("cannot remove {shown}"))?;
    // Fails if anything is there, a link too.
    create(&folder).with_context(|| format!("cannot create {shown}"))?;
    Ok(folder)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        // A link to a folder is no folder. `remove_dir_all` follows no link below either.
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    DirBuilder::new().mode(0o755).create(folder)
}

#[cfg(not(unix))]
fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().create(folder)
}

/// Opens an empty file of the folder. What the folder has in its place is removed, and no link in it is followed.
pub fn replace(folder: &Path, name: &str) -> io::Result<File> {
    let path = folder.join(name);
    remove(&path)?;
    File::create_new(&path)
}

/// Appends to a file of the folder, which must be a folder and hold no link of this name.
pub fn append(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let path = folder.join(name);
    let refused = |what: &str| Error::new(ErrorKind::InvalidInput, format!("{what} is a link"));
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Err(refused(&folder.display().to_string()));
    }
    match fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => return Err(refused(&path.display().to_string())),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            File::create_new(&path)?;
        }
        Err(error) => return Err(error),
    }
    let mut file = File::options().append(true).open(path)?;
    file.write_all(text.as_bytes())
}
