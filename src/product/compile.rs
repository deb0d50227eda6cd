//! Compiles a product's files: manifest, schema, expressions and templates.

use std::cell::Cell;
use std::sync::OnceLock;

use anyhow::{Context as _, bail, ensure};

use super::action::action_error;
use super::expression::{Compiled, Printed, engine};
use super::folders::CompiledFolders;
use super::limits::MAX_EXPRESSIONS;
use super::preflight::CompiledCheck;
use super::{
    CompiledImpact, CompiledRule, Files, FolderTree, MANIFEST, Manifest, POLICY, Product, Schema,
    TEMPLATE, known_keys,
};
use crate::diagnostic::Code;

const SCHEMA: &str = "config.schema.json";

impl Product {
    pub fn load(files: &Files) -> anyhow::Result<Self> {
        let file = |name: &str| {
            files
                .get(name)
                .with_context(|| format!("{name} is missing"))
        };
        let manifest: Manifest = serde_yaml::from_str(file(MANIFEST)?).context(MANIFEST)?;
        for required in ["config", "stack"] {
            ensure!(
                manifest.names.contains_key(required),
                "{MANIFEST}: names.{required} is missing"
            );
        }
        let schema = Schema::compile(file(SCHEMA)?).context(SCHEMA)?;
        for reserved in ["names", "file", "given", "item", "before", "after"] {
            let taken = known_keys(schema.document()).any(|key| key == reserved);
            ensure!(
                !taken,
                "{SCHEMA}: `{reserved}` is a word of the engine and cannot be a section"
            );
        }
        file(TEMPLATE)?;
        file(POLICY)?;
        let tiers: Vec<&str> = manifest.tiers.iter().map(|tier| &*tier.name).collect();
        ensure!(
            tiers.is_empty() || manifest.names.contains_key("tier"),
            "{MANIFEST}: there are tiers, but no names.tier"
        );
        let samples = manifest
            .tiers
            .iter()
            .map(|tier| file(&tier.sample).cloned())
            .collect::<anyhow::Result<_>>()?;
        for key in schema.tiered() {
            let path = key.path.join(".");
            ensure!(
                tiers.contains(&&*key.tier),
                "{SCHEMA}: `x-tier` of `{path}` is `{}`, which is no tier of {MANIFEST}",
                key.tier
            );
        }

        let texts = manifest.rules.iter().enumerate().flat_map(|(index, rule)| {
            let help = rule
                .help
                .clone()
                .map(|help| (format!("rules/{index}/help.text"), help));
            [(format!("rules/{index}/message.text"), rule.message.clone())]
                .into_iter()
                .chain(help)
        });
        let consequences = manifest.impact.iter().enumerate();
        let consequences =
            consequences.map(|(index, rule)| (consequence(index), rule.consequence.clone()));
        let sources = files.iter().filter(|(name, _)| name.ends_with(".j2"));
        let sources = sources.map(|(name, text)| (name.clone(), text.clone()));
        let templates = engine(Printed::Json, sources)?;
        let texts = engine(Printed::Text, texts.chain(consequences))?;
        let compiled = Cell::new(0);
        let compile = |what: String, source: &str| {
            compiled.set(compiled.get() + 1);
            ensure!(
                compiled.get() <= MAX_EXPRESSIONS,
                "{MANIFEST}: more than {MAX_EXPRESSIONS} expressions"
            );
            Compiled::new(templates, &format!("{MANIFEST}: {what}"), source)
        };

        let names = manifest
            .names
            .iter()
            .map(|(name, source)| Ok((name.clone(), compile(format!("names.{name}"), source)?)))
            .collect::<anyhow::Result<_>>()?;
        let target = &manifest.target;
        let target = [
            compile("target.account".into(), &target.account)?,
            compile("target.region".into(), &target.region)?,
            compile("target.environment".into(), &target.environment)?,
        ];
        let outputs = [
            compile("outputs.template".into(), &manifest.outputs.template)?,
            compile("outputs.policy".into(), &manifest.outputs.policy)?,
        ];
        let rules = manifest
            .rules
            .iter()
            .enumerate()
            .map(|(index, rule)| {
                Ok(CompiledRule {
                    at: rule.at.split('.').map(str::to_owned).collect(),
                    when: compile(format!("rule {}", rule.code), &rule.when)?,
                    message: format!("rules/{index}/message.text"),
                    help: rule
                        .help
                        .is_some()
                        .then(|| format!("rules/{index}/help.text")),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let impact = manifest
            .impact
            .iter()
            .enumerate()
            .map(|(index, rule)| {
                let when = rule.when.as_deref();
                let when = when.map(|when| compile(format!("impact of {:?}", rule.keys), when));
                Ok(CompiledImpact {
                    when: when.transpose()?,
                    consequence: consequence(index),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        let defaults = manifest
            .defaults
            .iter()
            .map(|(key, source)| {
                let path: Vec<String> = key.split('.').map(str::to_owned).collect();
                ensure!(
                    schema.has_key(key.split('.')),
                    "{MANIFEST}: defaults.{key} is no key of {SCHEMA}"
                );
                Ok((path, compile(format!("defaults.{key}"), source)?))
            })
            .collect::<anyhow::Result<_>>()?;
        let aliases = manifest.aliases.as_deref();
        let aliases = aliases.map(|source| compile("aliases".into(), source));
        let aliases = aliases.transpose()?;
        let (folders, folder_tree) = match &manifest.folders {
            None => (None, None),
            Some(folders) => {
                let tree = FolderTree::parse(file(&folders.source)?)
                    .with_context(|| folders.source.clone())?;
                (Some(CompiledFolders::new(folders, compile)?), Some(tree))
            }
        };
        let actions = manifest.actions.iter();
        let actions = actions
            .map(|(name, action)| {
                if let Some(error) = action_error(name, action.summary.as_deref()) {
                    bail!("{MANIFEST}: {error}");
                }
                let when = action.when.as_deref();
                when.map(|when| compile(format!("actions.{name}"), when))
                    .transpose()
            })
            .collect::<anyhow::Result<_>>()?;
        let preflight = manifest.preflight.iter();
        let preflight = preflight
            .map(|check| CompiledCheck::new(check, compile))
            .collect::<anyhow::Result<_>>()?;
        if let Some(bad) = manifest
            .rules
            .iter()
            .find(|rule| Code::of_engine(rule.code.as_str()).is_some())
        {
            bail!(
                "{MANIFEST}: `{}` is a code of the engine; choose another",
                bad.code
            );
        }
        Ok(Self {
            schema,
            folder_tree,
            samples,
            templates,
            texts,
            names,
            target,
            outputs,
            rules,
            impact,
            folders,
            defaults,
            aliases,
            preflight,
            actions,
            policy_keys: OnceLock::new(),
            manifest,
        })
    }
}

/// The name of a rule's consequence among the texts.
fn consequence(index: usize) -> String {
    format!("impact/{index}/consequence.text")
}
