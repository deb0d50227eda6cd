//! The registry of products: those in the binary, and those of the repository.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use globset::Glob;
use include_dir::{Dir, include_dir};
use indexmap::IndexMap;

use super::action::{ProductAction, action_error};
use super::bounds::MAX_FILE_BYTES;
use super::manifest::ParameterPrefix;
use super::recognition::{
    Recognised, RecognitionError, UnreadableProduct, recognised, recognised_manifest,
};
use super::{
    Files, InvalidProduct, MANIFEST, OfferedAction, Product, ProductFault, ProductSource,
    ReadProduct, RunInput, Verb,
};
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
    entries: Vec<Arc<ProductEntry>>,
    /// Settings of the run that apply to all configs.
    pub given: RunInput,
}

#[derive(Clone, Debug)]
struct ProductEntry {
    folder: String,
    /// The parts of the manifest that recognize a config, read without compiling the product; `Err` says why they cannot be read.
    recognised: Result<Recognised, UnreadableProduct>,
    source: Arc<ProductSource>,
    /// The only prefixes of SSM parameters that count; `None` if all of the manifest do.
    parameters: Option<Vec<ParameterPrefix>>,
    product: OnceLock<Result<Arc<Product>, InvalidProduct>>,
}

/// The names of the built-in products.
pub fn built_in_products() -> impl Iterator<Item = &'static str> {
    let folders = BUILT_IN
        .dirs()
        .filter(|folder| folder.get_file(folder.path().join(MANIFEST)).is_some());
    folders.filter_map(|folder| folder.path().to_str())
}

impl Registry {
    /// The built-in products. All registries of a process share them, so that each is read and compiled once.
    pub fn built_in() -> Self {
        static ENTRIES: LazyLock<Vec<Arc<ProductEntry>>> = LazyLock::new(built_in_entries);
        Self {
            entries: ENTRIES.clone(),
            given: RunInput::default(),
        }
    }

    /// Adds a product of the repository. It replaces one of the same name, so that a repository can bring its own version.
    pub fn add(&mut self, name: &str, files: Files) {
        let source = ProductSource {
            files,
            ..ProductSource::own(name, RepoPath::typed(&format!("{PRODUCTS_FOLDER}/{name}")))
        };
        self.add_read(source.into());
    }

    /// Adds a product of the repository. It does not load if one of its files could not be read.
    pub fn add_read(&mut self, read: ReadProduct) {
        let ReadProduct { source, faults } = read;
        let source = Arc::new(source);
        let read = match faults.is_empty() {
            true => recognised(&source).map_err(|fault| vec![fault]),
            false => Err(faults),
        };
        let recognised = read.map_err(|faults| unreadable(&source, faults));
        self.replace(source, recognised);
    }

    /// Adds a product with a file that is not a regular file: the product does not load.
    /// `product`: without files.
    pub fn add_irregular(&mut self, product: ProductSource, path: RepoPath, found: IrregularFile) {
        let recognised = Err(UnreadableProduct::NotRegular(path, found));
        self.replace(Arc::new(product), recognised);
    }

    fn replace(
        &mut self,
        source: Arc<ProductSource>,
        recognised: Result<Recognised, UnreadableProduct>,
    ) {
        self.entries.retain(|entry| entry.folder != source.name);
        self.entries.push(Arc::new(ProductEntry {
            folder: source.name.clone(),
            recognised,
            source,
            parameters: None,
            product: OnceLock::new(),
        }));
    }

    /// Ignores prefixes of SSM parameters that the products of `reviewed` do not name: a change does not extend what its own check may
    /// read.
    pub fn limit_parameters(&mut self, reviewed: &Self) {
        for entry in &mut self.entries {
            let mut known = reviewed.entries.iter();
            let known = known.find(|known| known.folder == entry.folder);
            let known = known.and_then(|known| known.recognised.as_ref().ok());
            let prefixes = known.map(|known| known.permissions.parameters.clone());
            let prefixes = prefixes.unwrap_or_default();
            if !entry.has_only(&prefixes) {
                let entry = Arc::make_mut(entry);
                entry.parameters = Some(prefixes);
                // Not the product with all of its prefixes.
                entry.product = OnceLock::new();
            }
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

    /// The names of the repository's own products, in order.
    pub fn own_names(&self) -> Vec<String> {
        let own = self.entries.iter();
        let own = own.filter(|entry| entry.source.root.is_some());
        let mut names: Vec<String> = own.map(|entry| entry.folder.clone()).collect();
        names.sort();
        names
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
            for verb in Verb::COMMON {
                let name = verb.name();
                let action = actions
                    .entry(name)
                    .or_insert_with(|| ProductAction::new(name, None));
                action.add(&manifest.name, verb, false);
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
            .filter_map(|entry| entry.recognised.as_ref().err())
            .map(|error| RecognitionError::from(error.clone()).to_string())
    }

    fn unreadable(&self) -> impl Iterator<Item = (&str, &UnreadableProduct)> {
        self.entries.iter().filter_map(|entry| {
            let error = entry.recognised.as_ref().err()?;
            Some((entry.folder.as_str(), error))
        })
    }

    pub fn product(&self, name: &str) -> Option<Result<Arc<Product>, RecognitionError>> {
        self.entries
            .iter()
            .find(|entry| entry.folder == name)
            .map(|entry| entry.load())
    }

    /// The files of a product.
    pub fn source(&self, name: &str) -> Option<&ProductSource> {
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| entry.folder == name);
        entry.map(|entry| &*entry.source)
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
            [(entry, _)] => entry.load(),
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

fn unreadable(source: &Arc<ProductSource>, faults: Vec<ProductFault>) -> UnreadableProduct {
    UnreadableProduct::Invalid(InvalidProduct {
        source: source.clone(),
        faults,
    })
}

/// Their files are within the bounds of `bounds`, as a test checks.
fn built_in_entries() -> Vec<Arc<ProductEntry>> {
    let mut registry = Registry::default();
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
            let source = Arc::new(ProductSource {
                name,
                files,
                ..ProductSource::default()
            });
            let read = recognised_manifest(&source);
            let read = read.map_err(|fault| unreadable(&source, vec![fault]));
            registry.replace(source, read);
        }
    }
    registry.entries
}

impl ProductEntry {
    /// Whether the product names no prefix but these. One that cannot be read does not load.
    fn has_only(&self, prefixes: &[ParameterPrefix]) -> bool {
        let own = self.recognised.as_ref().ok();
        let mut own = own.into_iter().flat_map(|own| &own.permissions.parameters);
        own.all(|prefix| prefixes.contains(prefix))
    }

    fn load(&self) -> Result<Arc<Product>, RecognitionError> {
        if let Err(error) = &self.recognised {
            return Err(error.clone().into());
        }
        let loaded = self.product.get_or_init(|| {
            let mut product = load_deep(&self.source)?;
            if let Some(known) = &self.parameters {
                let prefixes = &mut product.manifest.permissions.parameters;
                prefixes.retain(|prefix| known.contains(prefix));
            }
            Ok(Arc::new(product))
        });
        loaded.clone().map_err(RecognitionError::Invalid)
    }
}

/// Loads a product on a thread with a large stack. minijinja's compiler recurses once for each operator of a chain such as
/// `1+1+1`, and a hostile product must end with an error, not end the process.
fn load_deep(source: &Arc<ProductSource>) -> Result<Product, InvalidProduct> {
    let invalid = |faults: Vec<ProductFault>| InvalidProduct {
        source: source.clone(),
        faults,
    };
    let failed = || {
        invalid(vec![ProductFault::of_file(
            "",
            "compiling the product failed",
        )])
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || Product::load(source.clone()))
            .map_err(|_| failed())?
            .join()
            .unwrap_or_else(|_| Err(Vec::new()))
            .map_err(|faults| match faults.is_empty() {
                true => failed(),
                false => invalid(faults),
            })
    })
}

#[cfg(test)]
mod tests {
    use super::super::bounds::bounded;
    use super::*;

    fn error(name: &str, text: String) -> String {
        let mut files: Files = [
            (MANIFEST, "name: x\ntitle: t\nsummary: s\nsection: x\nfiles: '*'\ntarget: {account: x, region: x, environment: x}\n\
                        names: {config: x, stack: x}\noutputs: {template: x, policy: x}\nactions: {}\n"),
            ("config.schema.json", r#"{"properties":{"x":{}}}"#),
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
            .and_then(Result::err)
            .map_or(String::new(), |error| error.to_string())
    }

    #[test]
    fn built_in_products_are_bounded() {
        for entry in &Registry::built_in().entries {
            assert_eq!(bounded(&entry.source.files), Ok(()), "{}", entry.folder);
        }
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
            "product `x`: product.yaml: more than 64 brackets are open at once"
        );
        let aliases = format!("a: &a [x]\nb: [{}]", of("*a,", 10_000));
        assert_eq!(
            error(MANIFEST, aliases),
            "product `x`: product.yaml: YAML aliases are not allowed"
        );
        let long = error("stack.yaml.j2", of("x", MAX_FILE_BYTES + 1));
        assert_eq!(
            long,
            "product `x`: stack.yaml.j2: the file has 131073 bytes; 131072 is the most"
        );
    }
}
