//! The lock of the built-in products: the version and the digest of each, as a repository expects them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::validate;
use super::file_version::{is_later, newer_version};
use super::values::ParsedFile;
use crate::VERSION;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Digest, FileContents, RepoPath};
use crate::product::{Files, Registry, Schema, built_in_products};

pub const LOCK_FILE: &str = ".provisioner/products.lock";

pub const LOCK_SCHEMA: &str = include_str!("../../templates/lock.schema.json");

/// The version of the file's format.
const FORMAT: u64 = 1;

/// Digits of a digest in messages, if they suffice to distinguish two.
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
    /// The keys of the file that differ first.
    keys: Vec<String>,
    /// What is wrong.
    pub message: String,
}

impl LockedProduct {
    /// The version with the first `digits` of the digest.
    fn words(&self, digits: usize) -> String {
        let digest = self.sha256.to_string();
        let digest = digest.get(..digits).unwrap_or(&digest);
        format!("{} ({digest})", self.version)
    }
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
                let (locked, runs) = (self.products.get(name), running.products.get(name));
                let message = difference(name, locked, runs)?;
                let key =
                    locked
                        .zip(runs)
                        .map(|(locked, runs)| match locked.version == runs.version {
                            true => "sha256",
                            false => "version",
                        });
                let keys = ["products", name].into_iter().chain(key);
                Some(LockDifference {
                    product: Some(name.clone()),
                    keys: keys.map(str::to_owned).collect(),
                    message,
                })
            })
            .collect();
        if differences.is_empty() && self.provisioner != running.provisioner {
            differences.push(LockDifference {
                product: None,
                keys: vec!["provisioner".to_owned()],
                message: format!(
                    "the lock is of provisioner {}, and {} runs",
                    self.provisioner, running.provisioner
                ),
            });
        }
        differences
    }

    /// What to do about a lock that differs from the program that runs.
    pub fn remedy(locked: &str, runs: &str) -> String {
        match locked == runs {
            true => format!(
                "write the file with `provisioner lock`: it was edited, or another build of {runs} wrote it"
            ),
            false => format!(
                "commit what `provisioner lock` of {runs} writes, in the pull request that changes the version which CI runs; or run provisioner {locked}"
            ),
        }
    }

    /// Whether a later version of the program wrote it.
    pub fn is_of_later_program(&self) -> bool {
        is_later(&self.provisioner, VERSION)
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
    let digits = locked.zip(runs).map_or(DIGITS, |(locked, runs)| {
        let [locked, runs] = [locked, runs].map(|product| product.sha256.to_string());
        let same = locked.bytes().zip(runs.bytes());
        let same = same.take_while(|(locked, runs)| locked == runs).count();
        match same == locked.len() {
            true => DIGITS,
            false => DIGITS.max(same + 1),
        }
    });
    let words = |product: &LockedProduct| product.words(digits);
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
        Err(problems) => return problems.into_iter().map(with_remedy).collect(),
    };
    let parsed = file.bytes().map(|bytes| ParsedFile::parse(path, bytes));
    let parsed = parsed.and_then(Result::ok);
    let running = ProductLock::running();
    let differences = lock.differences(running).into_iter();
    let problems = differences.map(|difference| {
        let remedy = ProductLock::remedy(&lock.provisioner, &running.provisioner);
        let problem =
            Diagnostic::error(Code::ProductNotLocked, path, difference.message).with_help(remedy);
        match &parsed {
            Some(parsed) => {
                let keys = difference.keys.iter().map(String::as_str);
                problem.at(&parsed.source(), parsed.root.key_of(keys))
            }
            None => problem,
        }
    });
    problems.collect()
}

/// The file is generated, so each error has the same remedy.
fn with_remedy(problem: Diagnostic) -> Diagnostic {
    match problem.code {
        Code::ProgramTooOld => problem,
        Code::NotARegularFile => problem.with_help(
            "put a regular file in its place: remove it, and write the file with `provisioner lock`",
        ),
        _ => problem.with_help("write the file with `provisioner lock`"),
    }
}

/// A product whose entry in the lock changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelockedProduct {
    pub name: String,
    /// Version and digest before the change, for people; `None` without a valid entry.
    pub before: Option<String>,
    /// The same after the change.
    pub after: Option<String>,
}

/// How a change edits the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relock {
    /// The built-in products whose entries differ, by name.
    pub products: Vec<RelockedProduct>,
    /// Whether another version of the program is to run. It can render the repository's own products otherwise, too.
    pub is_other_program: bool,
}

impl Relock {
    /// A lock that is absent or has errors says nothing, so that then everything may differ.
    pub fn new(before: Option<&FileContents>, after: Option<&FileContents>) -> Self {
        if before == after {
            return Self::default();
        }
        let path = RepoPath::typed(LOCK_FILE);
        let read = |file: Option<&FileContents>| ProductLock::read(&path, file?).ok();
        let (before, after) = (read(before), read(after));
        let are_valid = before.is_some() && after.is_some();
        let changes = ProductLock::running().products.keys().filter_map(|name| {
            let entry = |lock: &Option<ProductLock>| lock.as_ref()?.products.get(name).cloned();
            let (before, after) = (entry(&before), entry(&after));
            if are_valid && before == after {
                return None;
            }
            let words = |product: LockedProduct| product.words(DIGITS);
            Some(RelockedProduct {
                name: name.clone(),
                before: before.map(words),
                after: after.map(words),
            })
        });
        let program =
            |lock: &Option<ProductLock>| lock.as_ref().map(|lock| lock.provisioner.clone());
        Self {
            products: changes.collect(),
            is_other_program: !are_valid || program(&before) != program(&after),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && !self.is_other_program
    }

    /// Whether it may change what a product of the registry renders.
    pub fn concerns(&self, registry: &Registry, product: &str) -> bool {
        match is_own_product(registry, product) {
            true => self.is_other_program,
            false => self.products.iter().any(|one| one.name == product),
        }
    }
}

/// Whether a product is one of the repository's own, which the lock does not cover.
pub fn is_own_product(registry: &Registry, name: &str) -> bool {
    let source = registry.source(name);
    source.is_some_and(|source| source.root.is_some())
}
