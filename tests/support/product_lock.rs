//! Locks of the built-in products: what this program writes, and what another release left.

use std::sync::LazyLock;

use super::job::run_in;

pub const LOCK: &str = ".provisioner/products.lock";

static RUNNING: LazyLock<String> = LazyLock::new(|| {
    let folder = tempfile::TempDir::new().unwrap();
    let output = run_in(folder.path(), &["lock"]);
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(folder.path().join(LOCK)).unwrap()
});

/// The lock of this program.
pub fn running() -> String {
    RUNNING.clone()
}

/// A lock that release `version` left, in which `product` has other files.
pub fn of_release(version: &str, product: &str) -> String {
    let text = running().replace(env!("CARGO_PKG_VERSION"), version);
    let (before, rest) = text.split_once(&format!("  {product}:\n")).unwrap();
    let (entry, digest) = rest.split_once("sha256: \"").unwrap();
    let after = &digest[64..];
    let other = "0".repeat(64);
    format!("{before}  {product}:\n{entry}sha256: \"{other}{after}")
}
