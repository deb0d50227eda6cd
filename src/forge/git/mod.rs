//! Git's objects, whichever way they are read: by the git program or by an API.
//!
//! Commits name trees, trees name blobs by their modes. All sources walk the same trees with the same code, so that a link is a link
//! on a laptop, in a checkout and behind an API.

mod contents;
mod log;
mod objects;
mod program;
mod remote;
mod tree;
mod walk;

pub use contents::Contents;
pub use log::{FileChange, LastChanges, last_changes};
pub use objects::GitObjects;
pub use program::{GitObject, cat_file};
pub use remote::{FetchedRepository, GitAccess, GitPlace, GitRemote};
pub use tree::{GitItem, GitMode, is_usable, parse_tree};
pub use walk::{MAX_ITEMS, changed_files, list, read};
