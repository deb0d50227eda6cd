//! Reads the files of a product. A file that exists must not count as absent, so one that cannot be read is a fault.

use std::io;

use super::ProductSource;
use super::bounds::{MAX_FILE_BYTES, too_large};
use super::fault::ProductFault;
use crate::model::RepoPath;

/// Begins a text that some editors save as UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Files of a product, many times those of a built-in one.
const MAX_FILES: usize = 200;

/// The files of a product while they are read.
#[derive(Debug, Default)]
pub struct ReadProduct {
    pub source: ProductSource,
    pub faults: Vec<ProductFault>,
}

impl From<ProductSource> for ReadProduct {
    fn from(source: ProductSource) -> Self {
        let faults = Vec::new();
        Self { source, faults }
    }
}

impl ReadProduct {
    /// A product of a repository without files.
    pub fn new(name: &str, root: RepoPath) -> Self {
        ProductSource::own(name, root).into()
    }

    /// Adds a file. `bytes`: its contents, at least up to one byte more than a file may have. `size`: that of the file.
    pub fn add(&mut self, name: &str, bytes: &[u8], size: u64) {
        if !is_read(name) {
            return;
        }
        if size > MAX_FILE_BYTES as u64 {
            self.faults.push(too_large(name, size));
            return;
        }
        if self.source.files.len() >= MAX_FILES {
            if self.faults.is_empty() {
                let message = format!("the product has more than {MAX_FILES} files");
                let fault = ProductFault::of_file("", message);
                self.faults
                    .push(fault.with_help("put several files into one"));
            }
            return;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
                self.source.files.insert(name.to_owned(), text.to_owned());
            }
            Err(error) => {
                let byte = error.valid_up_to() + 1;
                let message = format!("the file is not UTF-8: byte {byte} is invalid");
                let fault = ProductFault::of_file(name, message);
                self.faults.push(fault.with_help("save the file as UTF-8"));
            }
        }
    }

    /// Adds a file that the system does not let us read.
    pub fn add_unreadable(&mut self, name: &str, error: &io::Error) {
        if is_read(name) {
            let message = format!("the file cannot be read: {error}");
            self.faults.push(ProductFault::of_file(name, message));
        }
    }
}

/// Whether a product reads files of this name. Others, such as a picture, may lie beside, and take no memory.
fn is_read(name: &str) -> bool {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    matches!(end, "yaml" | "yml" | "json" | "j2")
}
