//! What becomes of a config's bytes: every mistake in its own words, every bound, every value as data.

mod bombs;
mod cases;
mod coverage;
mod data;
mod properties;

use std::sync::LazyLock;

use provisioner::config::{LoadResult, load};
use provisioner::model::RepoPath;
use provisioner::product::Registry;
use provisioner::report;

/// The name that the fields of most fixtures give.
pub const PATH: &str = "s3/configs/edge-prod-c001-us-east-1-s3.yaml";

/// A config without a fault; other cases are made from it.
pub const VALID: &str = include_str!("../../fixtures/config/valid.yaml");

/// Loads bytes with the built-in products, which are compiled once for all tests.
pub fn loaded(path: &str, bytes: &[u8]) -> LoadResult {
    static BUILT_IN: LazyLock<Registry> = LazyLock::new(Registry::built_in);
    load(&BUILT_IN, &RepoPath::parse(path).unwrap(), bytes)
}

/// What people read of it.
pub fn shown(loaded: &LoadResult) -> String {
    let verdict = match &loaded.config {
        Some(config) => format!("usable: stack {}\n", config.stack()),
        None => "not usable\n".to_owned(),
    };
    format!("{}{verdict}", report::diagnostics(&loaded.diagnostics))
}
