//! Loading configs: every mistake has a diagnostic, every input is bounded, every value stays data.

mod bombs;
mod cases;
mod coverage;
mod data;
mod expected;
mod properties;

use std::sync::LazyLock;

use provisioner::config::{LoadResult, load};
use provisioner::model::RepoPath;
use provisioner::product::Registry;
use provisioner::report;

/// The name that most fixtures need.
pub const PATH: &str = "s3/configs/edge-prod-c001-us-east-1-s3.yaml";

/// A valid config, the base of other cases.
pub const VALID: &str = include_str!("../../fixtures/config/valid.yaml");

/// Loads bytes with the built-in products, compiled once for all tests.
pub fn loaded(path: &str, bytes: &[u8]) -> LoadResult {
    static BUILT_IN: LazyLock<Registry> = LazyLock::new(Registry::built_in);
    load(&BUILT_IN, &RepoPath::parse(path).unwrap(), bytes)
}

/// The text that people read.
pub fn shown(loaded: &LoadResult) -> String {
    let verdict = match &loaded.config {
        Some(config) => format!("usable: stack {}\n", config.stack()),
        None => "not usable\n".to_owned(),
    };
    format!("{}{verdict}", report::diagnostics(&loaded.diagnostics))
}
