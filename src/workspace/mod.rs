//! Configs and outputs on disk.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the filesystem"
)]

mod configs;
mod globs;
mod outputs;
mod policy;
mod products;

pub use configs::{ConfigFile, locate};
pub use globs::config_glob;
pub use outputs::{OutputError, OutputFolder, WriteOutcome, write_report};
pub use policy::policy_file;
pub use products::add_repository_products;

use std::io;
use std::path::Path;

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

/// Reads a file that the user named, if it is not larger than `most` bytes.
pub fn read_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > most {
        let message = format!("{size} bytes are more than the {most} that are read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    std::fs::read(path)
}
