//! Compiles a product's files: manifest, schema, expressions and templates. Reports all faults that do not follow from others.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use super::action::action_error;
use super::expression::{Compiled, Metering, Printed, engine};
use super::fault::{self, FaultPlace, text_name, yaml_fault};
use super::folders::CompiledFolders;
use super::limits::MAX_EXPRESSIONS;
use super::manifest_keys::key_faults;
use super::preflight::CompiledCheck;
use super::syntax_help;
use super::{
    CompiledImpact, CompiledRule, FolderTree, MANIFEST, Manifest, POLICY, Product, ProductFault,
    ProductSource, SCHEMA, Schema, SchemaPlace, TEMPLATE, known_keys,
};

/// Words of the engine that cannot be sections of a config.
pub const ENGINE_WORDS: [&str; 6] = ["names", "file", "given", "item", "before", "after"];

impl Product {
    pub fn load(source: Arc<ProductSource>) -> Result<Self, Vec<ProductFault>> {
        let mut faults = Vec::new();
        for required in [MANIFEST, SCHEMA, TEMPLATE, POLICY] {
            if !source.files.contains_key(required) {
                faults.push(missing(required));
            }
        }
        let manifest = match source.files.get(MANIFEST) {
            Some(text) => serde_yaml::from_str::<Manifest>(text)
                .map_err(|error| faults.push(yaml_fault(MANIFEST, &error)))
                .ok(),
            None => None,
        };
        let schema = match source.files.get(SCHEMA) {
            Some(text) => Schema::compile(text)
                .map_err(|error| {
                    let place = match error.at {
                        SchemaPlace::Key(key) => FaultPlace::Key(key),
                        SchemaPlace::Point(line, column) => FaultPlace::Point(line, column),
                    };
                    let fault = ProductFault::new(SCHEMA, place, error.message);
                    faults.push(ProductFault {
                        help: error.help,
                        ..fault
                    });
                })
                .ok(),
            None => None,
        };
        let (Some(manifest), Some(schema), true) = (manifest, schema, faults.is_empty()) else {
            return Err(faults);
        };
        let parts = Parts::compile(&source, &manifest, &schema, &mut faults);
        match parts.filter(|_| faults.is_empty()) {
            None => Err(faults),
            Some(parts) => Ok(Self {
                schema,
                source,
                folder_tree: parts.folder_tree,
                samples: parts.samples,
                templates: parts.templates,
                texts: parts.texts,
                names: parts.names,
                target: parts.target,
                outputs: parts.outputs,
                rules: parts.rules,
                impact: parts.impact,
                folders: parts.folders,
                defaults: parts.defaults,
                aliases: parts.aliases,
                preflight: parts.preflight,
                actions: parts.actions,
                policy_keys: OnceLock::new(),
                keys_by_name: OnceLock::new(),
                undefined: OnceLock::new(),
                manifest,
            }),
        }
    }
}

type Templates = &'static minijinja::Environment<'static>;

/// What is compiled of a product.
struct Parts {
    folder_tree: Option<FolderTree>,
    samples: Vec<String>,
    templates: Templates,
    texts: Templates,
    names: Vec<(String, Compiled)>,
    target: [Compiled; 3],
    outputs: [Compiled; 2],
    rules: Vec<CompiledRule>,
    impact: Vec<CompiledImpact>,
    folders: Option<CompiledFolders>,
    defaults: Vec<(Vec<String>, Compiled)>,
    aliases: Option<Compiled>,
    preflight: Vec<CompiledCheck>,
    actions: Vec<Option<Compiled>>,
}

impl Parts {
    /// `None` if a part does not compile; the faults say why.
    fn compile(
        source: &ProductSource,
        manifest: &Manifest,
        schema: &Schema,
        faults: &mut Vec<ProductFault>,
    ) -> Option<Self> {
        faults.extend(key_faults(manifest, schema));
        for reserved in ENGINE_WORDS {
            if known_keys(schema.document()).any(|key| key == reserved) {
                let place = FaultPlace::Key(fault::key(["properties", reserved]));
                let message = format!("a word of the engine cannot be a section: `{reserved}`");
                let fault = ProductFault::new(SCHEMA, place, message);
                faults.push(fault.with_help("rename the section"));
            }
        }
        let samples = samples(source, manifest, faults);
        let folder_tree = manifest.folders.as_ref().and_then(|folders| {
            let Some(text) = source.files.get(&folders.source) else {
                faults.push(missing_named(
                    fault::key(["folders", "source"]),
                    &folders.source,
                ));
                return None;
            };
            let tree = FolderTree::parse(&folders.source, text);
            tree.map_err(|fault| faults.push(fault)).ok()
        });
        let (templates, texts) = (templates(source, faults), texts(source, manifest, faults));
        let (templates, texts) = (templates?, texts?);

        let compiler = Compiler {
            engine: templates,
            metering: Metering::for_product(source),
            compiled: RefCell::new((0, Vec::new())),
        };
        let compile = |key: Vec<String>, source: &str| compiler.compile(key, source);
        let optional = |key: Vec<String>, source: Option<&str>| match source {
            Some(source) => compile(key, source).map(Some),
            None => Some(None),
        };
        let names = manifest.names.iter();
        let names = all(names.map(|(name, source)| {
            Some((name.clone(), compile(fault::key(["names", name]), source)?))
        }));
        let target = &manifest.target;
        let target = [
            ("account", &target.account),
            ("region", &target.region),
            ("environment", &target.environment),
        ]
        .map(|(key, source)| compile(fault::key(["target", key]), source));
        let outputs = &manifest.outputs;
        let outputs = [("template", &outputs.template), ("policy", &outputs.policy)]
            .map(|(key, source)| compile(fault::key(["outputs", key]), source));
        let rules = manifest.rules.iter().enumerate();
        let rules = all(rules.map(|(index, rule)| {
            let when = compile(
                fault::key(["rules", &index.to_string(), "when"]),
                &rule.when,
            );
            Some(CompiledRule {
                at: rule.at.split('.').map(str::to_owned).collect(),
                when: when?,
                message: text_name("rules", index, "message"),
                help: rule
                    .help
                    .as_ref()
                    .map(|_| text_name("rules", index, "help")),
            })
        }));
        let impact = manifest.impact.iter().enumerate();
        let impact = all(impact.map(|(index, rule)| {
            let key = fault::key(["impact", &index.to_string(), "when"]);
            Some(CompiledImpact {
                when: optional(key, rule.when.as_deref())?,
                consequence: text_name("impact", index, "consequence"),
            })
        }));
        let defaults = all(manifest.defaults.iter().map(|(key, source)| {
            let path = key.split('.').map(str::to_owned).collect();
            Some((path, compile(fault::key(["defaults", key]), source)?))
        }));
        let aliases = optional(fault::key(["aliases"]), manifest.aliases.as_deref());
        let folders = match &manifest.folders {
            Some(folders) => CompiledFolders::new(folders, compile).map(Some),
            None => Some(None),
        };
        let actions = all(manifest.actions.iter().map(|(name, action)| {
            if let Some(error) = action_error(name, action.summary.as_deref()) {
                faults.push(ProductFault::at(fault::key(["actions", name]), error));
            }
            let key = fault::key(["actions", name, "when"]);
            optional(key, action.when.as_deref())
        }));
        let preflight = manifest.preflight.iter().enumerate();
        let preflight =
            all(preflight.map(|(index, check)| CompiledCheck::new(index, check, compile)));
        let (count, failed) = compiler.compiled.take();
        faults.extend(failed);
        if count > MAX_EXPRESSIONS {
            let message = format!("more than {MAX_EXPRESSIONS} expressions: {count}");
            faults.push(ProductFault::of_file(MANIFEST, message));
        }
        let [account, region, environment] = target;
        let [template, policy] = outputs;
        Some(Self {
            folder_tree,
            samples,
            templates,
            texts,
            names: names?,
            target: [account?, region?, environment?],
            outputs: [template?, policy?],
            rules: rules?,
            impact: impact?,
            folders: folders?,
            defaults: defaults?,
            aliases: aliases?,
            preflight: preflight?,
            actions: actions?,
        })
    }
}

/// Compiles expressions; counts them, and keeps the faults.
struct Compiler {
    engine: Templates,
    metering: Metering,
    compiled: RefCell<(usize, Vec<ProductFault>)>,
}

impl Compiler {
    fn compile(&self, key: Vec<String>, source: &str) -> Option<Compiled> {
        let mut compiled = self.compiled.borrow_mut();
        compiled.0 += 1;
        if compiled.0 > MAX_EXPRESSIONS {
            return None;
        }
        let result = Compiled::new(self.engine, self.metering, source);
        result
            .map_err(|error| {
                let fault = ProductFault::of_engine(MANIFEST, &key, &error);
                let help = syntax_help::of_expression(source).or(fault.help.clone());
                compiled.1.push(ProductFault { help, ..fault });
            })
            .ok()
    }
}

/// All items, or `None` if one is absent. Visits every item.
fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let items: Vec<Option<T>> = items.collect();
    items.into_iter().collect()
}

fn missing(file: &str) -> ProductFault {
    ProductFault::of_file("", format!("a required file is missing: `{file}`"))
        .with_help(format!("create `{file}` in the product's folder"))
}

/// The fault of a key of the manifest that names a file.
fn missing_named(key: Vec<String>, file: &str) -> ProductFault {
    ProductFault::at(key, format!("the product has no such file: `{file}`")).with_help(format!(
        "create `{file}` in the product's folder, or correct the name"
    ))
}

fn samples(
    source: &ProductSource,
    manifest: &Manifest,
    faults: &mut Vec<ProductFault>,
) -> Vec<String> {
    let mut samples = Vec::new();
    for (index, tier) in manifest.tiers.iter().enumerate() {
        match source.files.get(&tier.sample) {
            Some(text) => samples.push(text.clone()),
            None => faults.push(missing_named(
                fault::key(["tiers", &index.to_string(), "sample"]),
                &tier.sample,
            )),
        }
    }
    samples
}

/// The templates: every file that ends with `.j2`.
fn templates(source: &ProductSource, faults: &mut Vec<ProductFault>) -> Option<Templates> {
    let files = source
        .files
        .iter()
        .filter(|(name, _)| name.ends_with(".j2"));
    let files = files.map(|(name, text)| (name.clone(), text.clone()));
    let failed = match engine(Printed::Json, Metering::for_product(source), files) {
        Ok(templates) => return Some(templates),
        Err(failed) => failed,
    };
    let failed = failed.iter();
    faults.extend(failed.map(|(name, error)| ProductFault::of_engine(name, &[], error)));
    None
}

/// The texts of the manifest: messages and helps of rules, and consequences.
fn texts(
    source: &ProductSource,
    manifest: &Manifest,
    faults: &mut Vec<ProductFault>,
) -> Option<Templates> {
    let rules = manifest.rules.iter().enumerate().flat_map(|(index, rule)| {
        let message = (text_name("rules", index, "message"), rule.message.clone());
        let help = rule.help.clone();
        let help = help.map(|help| (text_name("rules", index, "help"), help));
        [message].into_iter().chain(help)
    });
    let impact = manifest.impact.iter().enumerate();
    let impact = impact.map(|(index, rule)| {
        let name = text_name("impact", index, "consequence");
        (name, rule.consequence.clone())
    });
    let failed = match engine(
        Printed::Text,
        Metering::for_product(source),
        rules.chain(impact),
    ) {
        Ok(texts) => return Some(texts),
        Err(failed) => failed,
    };
    let failed = failed.into_iter();
    faults.extend(failed.map(|(name, error)| fault::render_failure(&name, error).fault()));
    None
}
