//! Whether a file looks like a config of a product.

use super::general::Tags;
use super::parse::parse;
use crate::model::{FileContents, RepoPath};
use crate::product::{RecognitionError, Registry};

/// Whether a product recognizes a file by its sections, otherwise by its name. A product that does not load may recognize any file.
pub fn is_recognised(registry: &Registry, path: &RepoPath, file: &FileContents) -> bool {
    let tree = match file {
        FileContents::Regular(bytes) => parse(path, bytes, Tags::Keep).ok(),
        FileContents::NotRegular(_) => None,
    };
    let entries = tree.as_ref().map_or(&[][..], |tree| tree.entries());
    let sections = entries.iter().map(|entry| entry.key.as_str());
    let product = registry.recognise(sections, path.file_name());
    !matches!(product, Err(RecognitionError::Unknown))
}
