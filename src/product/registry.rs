//! The registry of products: those in the binary, and those of the repository.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use globset::Glob;
use include_dir::{Dir, include_dir};
use indexmap::IndexMap;

use super::action::{ProductAction, action_error};
use super::bounds::{MAX_FILE_BYTES, bounded};
use super::manifest::ParameterPrefix;
use super::{Files, MANIFEST, OfferedAction, Product, RunInput};
use crate::model::{IrregularFile, RepoPath};

/// The sources of the built-in products.
static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The folder of a repository's own products, one folder each.
pub const PRODUCTS_FOLDER: &str = ".provisioner/products";

/// Stack bytes for the deepest expression that fits a file: two bytes an operator, less than 4 KiB a call without optimization.
/// The system backs only the used part with memory.
const STACK: usize = MAX_FILE_BYTES / 2 * 4096;

/// All products that configs can belong to. Each is compiled when the first config needs it.
#[derive(Debug, Default)]
pub struct Registry {
    entries: Vec<ProductEntry>,
    /// Settings of the run that apply to all configs.
    pub given: RunInput,
}

#[derive(Debug)]
struct ProductEntry {
    folder: String,
    /// The parts of the manifest that recognize a config, read without compiling the product; `Err` says why they cannot be read.
    recognised: Result<Recognised, UnreadableProduct>,
    files: Files,
    /// The only prefixes of SSM parameters that count; `None` if all of the manifest do.
    parameters: Option<Vec<ParameterPrefix>>,
    product: OnceLock<Result<Arc<Product>, String>>,
}

#[derive(Debug, serde::Deserialize)]
struct Recognised {
    name: String,
    section: String,
    files: String,
    /// Compiled with the product; here only their names and verbs count.
    #[serde(default)]
    actions: IndexMap<String, serde_yaml::Value>,
    folders: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    permissions: NamedParameters,
}

/// The part of a manifest's `permissions` that limits what a check may read.
#[derive(Debug, Default, serde::Deserialize)]
struct NamedParameters {
    #[serde(default)]
    parameters: Vec<ParameterPrefix>,
}

/// Why a product cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
enum UnreadableProduct {
    Invalid(String),
    /// One of its files is not a regular file.
    NotRegular(RepoPath, IrregularFile),
}

impl fmt::Display for UnreadableProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => f.write_str(error),
            Self::NotRegular(path, found) => {
                write!(f, "{path}: not a regular file: {}", found.words())
            }
        }
    }
}

/// Why a config has no product.
#[derive(Debug, PartialEq, Eq)]
pub enum RecognitionError {
    /// No section and no file name matches.
    Unknown,
    /// The file has sections of these products.
    Ambiguous(Vec<String>),
    /// The matching product does not load.
    Invalid(String),
    /// A file of a product is not a regular file.
    NotRegular(RepoPath, IrregularFile),
}

impl From<UnreadableProduct> for RecognitionError {
    fn from(error: UnreadableProduct) -> Self {
        match error {
            UnreadableProduct::Invalid(error) => Self::Invalid(error),
            UnreadableProduct::NotRegular(path, found) => Self::NotRegular(path, found),
        }
    }
}

/// The names of the built-in products.
pub fn built_in_products() -> impl Iterator<Item = &'static str> {
    let folders = BUILT_IN
        .dirs()
        .filter(|folder| folder.get_file(folder.path().join(MANIFEST)).is_some());
    folders.filter_map(|folder| folder.path().to_str())
}

impl Registry {
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

    /// Adds a product. It replaces one of the same name, so that a repository can bring its own version.
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
        self.replace(
            folder,
            recognised.map_err(UnreadableProduct::Invalid),
            files,
        );
    }

    /// Adds a product with a file that is not a regular file: the product does not load.
    pub fn add_irregular(&mut self, folder: &str, path: RepoPath, found: IrregularFile) {
        let recognised = Err(UnreadableProduct::NotRegular(path, found));
        self.replace(folder, recognised, Files::new());
    }

    fn replace(
        &mut self,
        folder: &str,
        recognised: Result<Recognised, UnreadableProduct>,
        files: Files,
    ) {
        self.entries.retain(|entry| entry.folder != folder);
        self.entries.push(ProductEntry {
            folder: folder.to_owned(),
            recognised,
            files,
            parameters: None,
            product: OnceLock::new(),
        });
    }

    /// Ignores prefixes of SSM parameters that the products of `reviewed` do not name: a change does not extend what its own check may
    /// read.
    pub fn limit_parameters(&mut self, reviewed: &Self) {
        for entry in &mut self.entries {
            let mut known = reviewed.entries.iter();
            let known = known.find(|known| known.folder == entry.folder);
            let known = known.and_then(|known| known.recognised.as_ref().ok());
            let prefixes = known.map(|known| known.permissions.parameters.clone());
            entry.parameters = Some(prefixes.unwrap_or_default());
        }
    }

    /// In order.
    pub fn names(&self) -> Vec<&str> {
        let names: BTreeMap<&str, ()> = self
            .entries
            .iter()
            .map(|entry| (entry.folder.as_str(), ()))
            .collect();
        names.into_keys().collect()
    }

    /// The sections by which configs are recognized.
    pub fn sections(&self) -> Vec<&str> {
        self.entries
            .iter()
            .filter_map(|entry| Some(entry.recognised.as_ref().ok()?.section.as_str()))
            .collect()
    }

    /// The actions of all products whose manifests can be read, from harmless to destructive. Skips actions with an invalid name or
    /// summary: the product does not load.
    pub fn actions(&self) -> Vec<ProductAction> {
        let mut actions: IndexMap<&str, ProductAction> = IndexMap::new();
        let manifests = self
            .entries
            .iter()
            .filter_map(|entry| entry.recognised.as_ref().ok());
        for manifest in manifests {
            for (name, value) in &manifest.actions {
                let Ok(offered) = serde_yaml::from_value::<OfferedAction>(value.clone()) else {
                    continue;
                };
                if action_error(name, offered.summary.as_deref()).is_some() {
                    continue;
                }
                let action = actions
                    .entry(name)
                    .or_insert_with(|| ProductAction::new(name, offered.summary));
                action.add(&manifest.name, offered.verb, manifest.folders.is_some());
            }
        }
        let mut actions: Vec<ProductAction> = actions.into_values().collect();
        actions.sort_by_key(|action| (action.class(), action.first_verb(), action.name.clone()));
        actions
    }

    /// The error of each product that cannot be read.
    pub fn unreadable_products(&self) -> impl Iterator<Item = String> {
        self.entries
            .iter()
            .filter_map(|entry| entry.recognised.as_ref().err().map(ToString::to_string))
    }

    fn unreadable(&self) -> impl Iterator<Item = (&str, &UnreadableProduct)> {
        self.entries.iter().filter_map(|entry| {
            let error = entry.recognised.as_ref().err()?;
            Some((entry.folder.as_str(), error))
        })
    }

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
        // Without the folder of products it is not known which product replaces a built-in one.
        let mut unreadable = self.unreadable();
        if let Some((_, error)) = unreadable.find(|(folder, _)| *folder == PRODUCTS_FOLDER) {
            return Err(error.clone().into());
        }
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
            // The section may belong to a product that cannot be read.
            if let Some((_, error)) = self.unreadable().next() {
                return Err(error.clone().into());
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
            return Err(error.to_string());
        }
        self.product
            .get_or_init(|| {
                load_deep(&self.files)
                    .map(|mut product| {
                        if let Some(known) = &self.parameters {
                            let prefixes = &mut product.manifest.permissions.parameters;
                            prefixes.retain(|prefix| known.contains(prefix));
                        }
                        Arc::new(product)
                    })
                    .map_err(|error| format!("{}: {error:#}", self.folder))
            })
            .clone()
    }
}

/// Loads a product on a thread with a large stack. minijinja's compiler recurses once for each operator of a chain such as
/// `1+1+1`, and a hostile product must end with an error, not end the process.
fn load_deep(files: &Files) -> anyhow::Result<Product> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || Product::load(files))?
            .join()
            .unwrap_or_else(|_| Err(anyhow::anyhow!("compiling the product failed")))
    })
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
    fn attack_a_change_names_more_parameters() {
        let registry = |prefixes: &str| {
            let folder = BUILT_IN.get_dir("s3").unwrap();
            let file = |name: &str| {
                let file = folder.get_file(format!("s3/{name}")).unwrap();
                file.contents_utf8().unwrap().to_owned()
            };
            let manifest = file(MANIFEST);
            assert!(manifest.contains("parameters: [/s3/]"));
            let mut files: Files = [
                "config.schema.json",
                "stack.yaml.j2",
                "iam-policy.json.j2",
                "folders.yaml",
                "sample.yaml",
            ]
            .map(|name| (name.to_owned(), file(name)))
            .into();
            let manifest =
                manifest.replace("parameters: [/s3/]", &format!("parameters: {prefixes}"));
            files.insert(MANIFEST.to_owned(), manifest);
            let mut registry = Registry::built_in();
            registry.add("s3", files);
            registry
        };
        for (base, head, allowed) in [
            ("[]", "[/a/]", &[][..]),
            ("[/a/]", "[/a/, /b/]", &["/a/"]),
            ("[/a/, /b/]", "[/b/]", &["/b/"]),
        ] {
            let mut changed = registry(head);
            changed.limit_parameters(&registry(base));
            let product = changed.product("s3").unwrap().unwrap();
            let prefixes = product.manifest.permissions.parameters.iter();
            let prefixes: Vec<&str> = prefixes.map(ParameterPrefix::as_str).collect();
            assert_eq!(prefixes, allowed, "{head}");
        }
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
        let aliases = format!("a: &a [x]\nb: [{}]", of("*a,", 10_000));
        assert_eq!(
            error(MANIFEST, aliases),
            "x/product.yaml: YAML aliases are not allowed; write the value again"
        );
        let long = error("stack.yaml.j2", of("x", MAX_FILE_BYTES + 1));
        assert_eq!(
            long,
            "x/stack.yaml.j2: the file has 131073 bytes; 131072 is the most"
        );
    }
}
