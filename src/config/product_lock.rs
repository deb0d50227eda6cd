//! The lock of the built-in products: the version and the digest of each, as a repository expects them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::validate;
use super::file_version::newer_version;
use super::values::ParsedFile;
use crate::VERSION;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Digest, FileContents, RepoPath};
use crate::product::{Files, Registry, Schema, built_in_products};

pub const LOCK_FILE: &str = ".provisioner/products.lock";

pub const LOCK_SCHEMA: &str = include_str!("../../templates/lock.schema.json");

/// The version of the file's format.
const FORMAT: u64 = 1;

/// Digits of a digest in messages.
const DIGITS: usize = 12;

/// The built-in products of one version of the program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProductLock {
    /// The version of the program.
    pub provisioner: String,
    /// By name.
    pub products: BTreeMap<String, LockedProduct>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockedProduct {
    /// That of the program which contains the product.
    pub version: String,
    /// SHA-256 over the list of its files, as `sha256sum` prints it.
    pub sha256: Digest,
}

/// A product that the lock and the program do not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockDifference {
    /// The product; `None` for the version of the program alone.
    pub product: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl ProductLock {
    /// The products of the program that runs.
    pub fn running() -> &'static Self {
        static RUNNING: LazyLock<ProductLock> = LazyLock::new(|| {
            let registry = Registry::built_in();
            let sources = built_in_products().filter_map(|name| registry.source(name));
            let products = sources.map(|source| {
                let locked = LockedProduct {
                    version: VERSION.to_owned(),
                    sha256: digest_of(&source.files),
                };
                (source.name.clone(), locked)
            });
            ProductLock {
                provisioner: VERSION.to_owned(),
                products: products.collect(),
            }
        });
        &RUNNING
    }

    /// Reads the lock of a commit or a work tree. Returns all problems.
    pub fn read(path: &RepoPath, file: &FileContents) -> Result<Self, Vec<Diagnostic>> {
        static COMPILED: LazyLock<Result<Schema, String>> =
            LazyLock::new(|| Schema::compile(LOCK_SCHEMA).map_err(|error| format!("{error:#}")));
        let invalid =
            |message: String| vec![Diagnostic::error(Code::ProductNotLocked, path, message)];
        let bytes = match file {
            FileContents::NotRegular(found) => {
                return Err(vec![Diagnostic::not_a_regular_file(path, *found)]);
            }
            FileContents::Regular(bytes) => bytes,
        };
        if let Some(problem) = newer_version(path, bytes, FORMAT) {
            return Err(vec![problem]);
        }
        let schema = COMPILED.as_ref().map_err(|error| invalid(error.clone()))?;
        let values = validate(schema, "a lock of products", path, bytes)?;
        serde_json::from_value(values).map_err(|error| invalid(error.to_string()))
    }

    /// What the program that runs has otherwise; empty if nothing.
    pub fn differences(&self, running: &Self) -> Vec<LockDifference> {
        let names: BTreeSet<&String> = self
            .products
            .keys()
            .chain(running.products.keys())
            .collect();
        let mut differences: Vec<LockDifference> = names
            .into_iter()
            .filter_map(|name| {
                let message = difference(name, self.products.get(name), running.products.get(name));
                message.map(|message| LockDifference {
                    product: Some(name.clone()),
                    message,
                })
            })
            .collect();
        if differences.is_empty() && self.provisioner != running.provisioner {
            differences.push(LockDifference {
                product: None,
                message: format!(
                    "the lock is of provisioner {}, and {} runs",
                    self.provisioner, running.provisioner
                ),
            });
        }
        differences
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# Written by `provisioner lock`. Do not edit it by hand.\nversion: {FORMAT}\nprovisioner: \"{}\"\nproducts:\n",
            self.provisioner
        );
        for (name, product) in &self.products {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "  {name}:\n    version: \"{}\"\n    sha256: \"{}\"\n",
                product.version, product.sha256
            );
        }
        text
    }
}

/// The digest of a product's files: that of the lines which `sha256sum` prints for them, in the order of their names.
fn digest_of(files: &Files) -> Digest {
    let lines = files
        .iter()
        .map(|(name, text)| format!("{}  {name}\n", Digest::sha256(text)));
    Digest::sha256(lines.collect::<String>())
}

fn difference(
    name: &str,
    locked: Option<&LockedProduct>,
    runs: Option<&LockedProduct>,
) -> Option<String> {
    let words = |product: &LockedProduct| {
        let digits = product.sha256.prefix(DIGITS);
        format!("{} ({digits})", product.version)
    };
    match (locked, runs) {
        (Some(locked), Some(runs)) if locked == runs => None,
        (Some(locked), Some(runs)) => Some(format!(
            "product `{name}` is locked at {}, and {} runs",
            words(locked),
            words(runs)
        )),
        (None, Some(runs)) => Some(format!(
            "product `{name}` {} runs and is not locked",
            words(runs)
        )),
        (Some(locked), None) => Some(format!(
            "product `{name}` is locked at {}, and this program does not have it",
            words(locked)
        )),
        (None, None) => None,
    }
}

/// The problems of a lock: its errors, or one for each product that differs from the one that runs.
pub fn lock_problems(path: &RepoPath, file: &FileContents) -> Vec<Diagnostic> {
    let lock = match ProductLock::read(path, file) {
        Ok(lock) => lock,
        Err(problems) => return problems,
    };
    let parsed = file.bytes().map(|bytes| ParsedFile::parse(path, bytes));
    let parsed = parsed.and_then(Result::ok);
    let running = ProductLock::running();
    let differences = lock.differences(running).into_iter();
    let problems = differences.map(|difference| {
        let problem = Diagnostic::error(Code::ProductNotLocked, path, difference.message)
            .with_help(format!(
                "commit what `provisioner lock` of {} writes, or run provisioner {}",
                running.provisioner, lock.provisioner
            ));
        match &parsed {
            Some(parsed) => {
                let keys = match &difference.product {
                    Some(name) => vec!["products", name.as_str()],
                    None => vec!["provisioner"],
                };
                problem.at(&parsed.source(), parsed.root.key_of(keys))
            }
            None => problem,
        }
    });
    problems.collect()
}

/// The built-in products whose entries differ between two locks. A lock that is absent or has errors says nothing, so that then all
/// may differ.
pub fn relocked_products(
    before: Option<&FileContents>,
    after: Option<&FileContents>,
) -> BTreeSet<String> {
    if before == after {
        return BTreeSet::new();
    }
    let path = RepoPath::typed(LOCK_FILE);
    let running = ProductLock::running().products.keys();
    let read = |file: Option<&FileContents>| ProductLock::read(&path, file?).ok();
    match (read(before), read(after)) {
        (Some(before), Some(after)) => running
            .filter(|name| before.products.get(*name) != after.products.get(*name))
            .cloned()
            .collect(),
        _ => running.cloned().collect(),
    }
}

/// Whether a product is one of the repository's own, which the lock does not cover.
pub fn is_own_product(registry: &Registry, name: &str) -> bool {
    let source = registry.source(name);
    source.is_some_and(|source| source.root.is_some())
}
