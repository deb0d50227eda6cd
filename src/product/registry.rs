//! Which products there are: those in the binary, and those of the repository.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use globset::Glob;
use include_dir::{Dir, include_dir};

use super::{Files, MANIFEST, Product, RunInput};

/// The sources of the built-in products.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Where a repository keeps products of its own, one folder each.
pub const PRODUCTS_FOLDER: &str = ".provisioner/products";

/// Bytes that one file of a product may have, several times what a built-in one has.
const MAX_FILE_BYTES: usize = 128 * 1024;
/// Enough for the deepest expression that fits a file: two bytes an operator, less than 4 KiB a call without optimisation.
/// Only what is used of it is ever backed by memory.
const STACK: usize = MAX_FILE_BYTES / 2 * 4096;
/// Flow collections inside one another in a manifest. libyaml takes quadratic time over deep ones before any limit of serde's.
const MAX_FLOW_DEPTH: usize = 64;

/// All products that configs can belong to. A product is compiled when the first config needs it.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Vec<ProductEntry>,
    /// What the run was given beside configs.
    pub given: RunInput,
}

#[derive(Debug)]
struct ProductEntry {
    folder: String,
    /// What the manifest says of recognition, read without compiling the product; `Err` says why it cannot be read.
    recognised: Result<Recognised, String>,
    files: Files,
    product: OnceLock<Result<Arc<Product>, String>>,
}

#[derive(Debug, serde::Deserialize)]
struct Recognised {
    name: String,
    section: String,
    files: String,
}

/// Why a config has no product.
#[derive(Debug, PartialEq, Eq)]
pub enum RecognitionError {
    /// No section and no file name fits.
    Unknown,
    /// Sections of these products are in the file.
    Ambiguous(Vec<String>),
    /// The product that fits does not load.
    Invalid(String),
}

impl Registry {
    /// The built-in products.
    pub fn built_in() -> Self {
        let mut registry = Self::default();
        for folder in BUILT_IN.dirs() {
            let name = folder.path().to_string_lossy().into_owned();
            let files: Files = folder
                .files()
                .filter_map(|file| {
                    let name = file.path().file_name()?.to_string_lossy().into_owned();
                    Some((name, file.contents_utf8()?.to_owned()))
                })
                .collect();
            if files.contains_key(MANIFEST) {
                registry.add(&name, files);
            }
        }
        registry
    }

    /// Adds a product; one of the same name is replaced, so that a repository can bring its own version.
    pub fn add(&mut self, folder: &str, files: Files) {
        let recognised = bounded(folder, &files)
            .and_then(|()| {
                files
                    .get(MANIFEST)
                    .ok_or_else(|| format!("{folder}: {MANIFEST} is missing"))
            })
            .and_then(|text| {
                serde_yaml::from_str::<Recognised>(text)
                    .map_err(|error| format!("{folder}/{MANIFEST}: {error}"))
            })
            .and_then(|recognised| match recognised.name == folder {
                true => Ok(recognised),
                false => Err(format!(
                    "{folder}/{MANIFEST}: the name is {:?}, but the folder is {folder:?}",
                    recognised.name
                )),
            });
        self.entries.retain(|entry| entry.folder != folder);
        self.entries.push(ProductEntry {
            folder: folder.to_owned(),
            recognised,
            files,
            product: OnceLock::new(),
        });
    }

    /// The names of all products, in order.
    pub fn names(&self) -> Vec<&str> {
        let names: BTreeMap<&str, ()> = self
            .entries
            .iter()
            .map(|entry| (entry.folder.as_str(), ()))
            .collect();
        names.into_keys().collect()
    }

    /// The sections by which configs are recognised.
    pub fn sections(&self) -> Vec<&str> {
        self.entries
            .iter()
            .filter_map(|entry| Some(entry.recognised.as_ref().ok()?.section.as_str()))
            .collect()
    }

    fn unreadable(&self) -> Option<&String> {
        self.entries
            .iter()
            .find_map(|entry| entry.recognised.as_ref().err())
    }

    /// A product by name.
    pub fn product(&self, name: &str) -> Option<Result<Arc<Product>, String>> {
        self.entries
            .iter()
            .find(|entry| entry.folder == name)
            .map(ProductEntry::load)
    }

    /// The product of a config: by its sections, otherwise by its file name.
    pub fn recognise<'a>(
        &self,
        sections: impl Iterator<Item = &'a str> + Clone,
        file_name: &str,
    ) -> Result<Arc<Product>, RecognitionError> {
        let has = |recognised: &Recognised| {
            sections
                .clone()
                .any(|section| section == recognised.section)
        };
        let fits = |recognised: &Recognised| {
            Glob::new(&recognised.files)
                .is_ok_and(|glob| glob.compile_matcher().is_match(file_name))
        };
        let known = || {
            self.entries
                .iter()
                .filter_map(|entry| Some((entry, entry.recognised.as_ref().ok()?)))
        };
        let mut candidates: Vec<_> = known().filter(|(_, recognised)| has(recognised)).collect();
        if candidates.len() > 1 {
            candidates.retain(|(_, recognised)| fits(recognised));
        } else if candidates.is_empty() {
            // A product that cannot be read may be the one whose section this is.
            if let Some(error) = self.unreadable() {
                return Err(RecognitionError::Invalid(error.clone()));
            }
            candidates = known().filter(|(_, recognised)| fits(recognised)).collect();
        }
        match candidates.as_slice() {
            [(entry, _)] => entry.load().map_err(RecognitionError::Invalid),
            [] => Err(RecognitionError::Unknown),
            several => Err(RecognitionError::Ambiguous(
                several
                    .iter()
                    .map(|(entry, _)| entry.folder.clone())
                    .collect(),
            )),
        }
    }
}

impl ProductEntry {
    fn load(&self) -> Result<Arc<Product>, String> {
        if let Err(error) = &self.recognised {
            return Err(error.clone());
        }
        self.product
            .get_or_init(|| {
                load_deep(&self.files)
                    .map(Arc::new)
                    .map_err(|error| format!("{}: {error:#}", self.folder))
            })
            .clone()
    }
}

/// Loads a product where compiling may recurse: minijinja's compiler goes one call deeper for each operator of a chain such
/// as `1+1+1`, and a hostile product must end with an error, not with the process.
fn load_deep(files: &Files) -> anyhow::Result<Product> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || Product::load(files))?
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("compiling the product failed")))
    })
}

/// Refuses what would take very long to read.
fn bounded(folder: &str, files: &Files) -> Result<(), String> {
    for (name, text) in files {
        if text.len() > MAX_FILE_BYTES {
            let bytes = text.len();
            return Err(format!(
                "{folder}/{name}: the file has {bytes} bytes; {MAX_FILE_BYTES} is the most"
            ));
        }
        let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        if yaml && flow_depth(text) > MAX_FLOW_DEPTH {
            return Err(format!(
                "{folder}/{name}: more than {MAX_FLOW_DEPTH} brackets are open at once"
            ));
        }
    }
    Ok(())
}

/// The most brackets open at once, those in texts included.
fn flow_depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(name: &str, text: String) -> String {
        let mut files: Files = [
            (MANIFEST, "name: x\ntitle: t\nsummary: s\nsection: x\nfiles: '*'\ntarget: {account: x, region: x, environment: x}\n\
                        names: {config: x, stack: x}\noutputs: {template: x, policy: x}\nactions: {}\n"),
            ("config.schema.json", "{}"),
            ("stack.yaml.j2", ""),
            ("iam-policy.json.j2", ""),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
        files.insert(name.to_owned(), text);
        let mut registry = Registry::default();
        registry.add("x", files);
        registry
            .product("x")
            .map_or(String::new(), |loaded| loaded.err().unwrap_or_default())
    }

    #[test]
    fn attack_files_that_exhaust_their_readers() {
        let of = |part: &str, times: usize| part.repeat(times);
        for chain in ["+1", "|string", " and 1", ".x", "[0]", "()"] {
            let text = format!("{{{{ 1{} }}}}", of(chain, 100_000 / chain.len()));
            error("stack.yaml.j2", text);
        }
        error(
            "stack.yaml.j2",
            format!("{{% if 1 %}}{}{{% endif %}}", of("{% elif 1 %}", 9_000)),
        );
        let nested = error(MANIFEST, format!("a: {}", of("[", 60_000)));
        assert_eq!(
            nested,
            "x/product.yaml: more than 64 brackets are open at once"
        );
        let long = error("stack.yaml.j2", of("x", MAX_FILE_BYTES + 1));
        assert_eq!(
            long,
            "x/stack.yaml.j2: the file has 131073 bytes; 131072 is the most"
        );
    }
}
