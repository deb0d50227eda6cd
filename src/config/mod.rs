//! Parses and checks configs: text → tree with spans → checked values.

mod characters;
mod check;
mod contents;
mod expected;
mod file_name;
mod file_version;
mod flow;
mod general;
mod misspelled;
mod node;
mod parse;
mod plain;
mod plain_line;
mod product_fault;
mod product_lock;
mod recognise;
mod region;
mod sample;
mod scalar;
mod tier;
mod values;
mod violation;

pub use check::{Config, LoadResult, TEST_SUFFIX, load, load_contents, validate};
pub use contents::{ConfigContents, DEFAULTS_FILE, defaults_of, is_defaults};
pub use file_version::newer_version;
pub use flow::flow;
pub use general::Tags;
pub use node::{MapEntry, Node, NodeKind};
pub use parse::{MAX_BYTES, decode, parse};
pub use product_fault::{
    PRODUCT_SCHEMA, fault_problem, manifest_problems, product_problem, product_problems,
    recognition_problems,
};
pub use product_lock::{
    LOCK_FILE, LOCK_SCHEMA, LockDifference, LockedProduct, ProductLock, Relock, RelockedProduct,
    is_own_product, lock_problems,
};
pub use recognise::is_recognised;
pub use sample::{load_sample, only_sample, sample};
pub use values::{LayeredValues, ParsedFile, ValuePlace};
