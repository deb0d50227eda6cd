//! Configs and outputs on disk.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the filesystem"
)]

mod configs;
mod globs;
mod not_found;
mod outputs;
mod policy;
mod product_lock;
mod products;
mod repository;
mod selection;
mod setup;

pub use configs::{
    ConfigFile, configs_by_policy, exit_of_search, glob_invalid, locate, selected_configs,
    selected_configs_but,
};
pub use globs::{GlobFolders, config_glob};
pub use outputs::{OutputError, OutputFolder, WriteOutcome, write_log, write_output, write_report};
pub use policy::{IgnoredPolicy, ignored_policies, policy_file, policy_mismatch};
pub use product_lock::ProductLockFile;
pub use products::{add_product, add_repository_products, create_folder};
pub use repository::{repository_folder, root_above};
pub use selection::ConfigSelector;
pub use setup::{SetupPlace, config_files, create_files, setup_place};

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::model::{FileContents, IrregularFile};

/// Writes a file that the user named, such as a report. Replaces an existing file.
pub fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}

/// Whether a path is a folder that exists.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Reads a file that the user named, if it is not larger than `most` bytes.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > most {
        let message = format!("{size} bytes are more than the {most} that are read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    std::fs::read(path)
}

/// Something that is neither a regular file nor a folder; `None` also if nothing is there. Follows no link.
fn irregular(path: &Path) -> Option<IrregularFile> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    match (kind.is_symlink(), kind.is_file() || kind.is_dir()) {
        (true, _) => Some(IrregularFile::SymbolicLink),
        (false, true) => None,
        (false, false) => Some(IrregularFile::Other),
    }
}

/// What is at a path. Reads at most one byte more than `most`: enough to reject a larger file without holding it in memory.
fn read_contents(path: &Path, most: usize) -> io::Result<FileContents> {
    if let Some(found) = irregular(path) {
        return Ok(FileContents::NotRegular(found));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Ok(FileContents::NotRegular(IrregularFile::Folder));
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(FileContents::Regular(bytes))
}
