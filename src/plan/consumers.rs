//! Configs that need what the deletion of a stack takes away: its exports, and its parameters of SSM.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::render::rendered;
use crate::config::{Config, ConfigContents, load_contents};
use crate::model::RepoPath;
use crate::product::Registry;
use crate::stack::StackName;
use crate::template::{Link, LinkKind, StackLinks};

/// What the configs of a tree need of other stacks.
#[derive(Debug, Default)]
pub struct LinkNeeds {
    configs: BTreeMap<Link, BTreeSet<RepoPath>>,
    stacks: BTreeMap<RepoPath, StackName>,
    unread: Vec<RepoPath>,
}

/// The configs that need what a deletion takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Consumers {
    /// One for each name that a config needs, by name.
    pub known: Vec<Consumer>,
    /// Configs with errors, which may need something too.
    pub unread: Vec<RepoPath>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Consumer {
    /// The config whose template needs the name.
    pub config: RepoPath,
    /// The kind of the name.
    pub kind: LinkKind,
    /// The name of the export or of the parameter.
    pub name: String,
}

impl Consumers {
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.unread.is_empty()
    }
}

impl LinkNeeds {
    /// `configs` are files with their contents.
    pub fn new(registry: &Registry, configs: &BTreeMap<RepoPath, ConfigContents>) -> Self {
        let read = configs.par_iter().map(|(path, contents)| {
            let config = load_contents(registry, path, contents).config;
            let found = config.and_then(|config| {
                let links = config_links(&config)?;
                Some((StackName::for_config(&config), links.needs))
            });
            (path, found)
        });
        let read: Vec<_> = read.collect();
        let mut all = Self::default();
        for (path, found) in read {
            all.add(path, found);
        }
        all
    }

    /// Adds a config with its stack and what that needs; `None` if the config has errors.
    pub fn add(&mut self, path: &RepoPath, found: Option<(StackName, BTreeSet<Link>)>) {
        let Some((stack, needs)) = found else {
            self.unread.push(path.clone());
            return;
        };
        for need in needs {
            self.configs.entry(need).or_default().insert(path.clone());
        }
        self.stacks.insert(path.clone(), stack);
    }

    /// The configs of other stacks that need something of `deleted`.
    pub fn consumers(&self, stack: &StackName, deleted: &BTreeSet<Link>) -> Consumers {
        if deleted.is_empty() {
            return Consumers::default();
        }
        let mut known = Vec::new();
        for link in deleted {
            let configs = self.configs.get(link).into_iter().flatten();
            let others = configs.filter(|path| self.stacks.get(*path) != Some(stack));
            known.extend(others.map(|path| Consumer {
                config: path.clone(),
                kind: link.kind,
                name: link.full_name().into_owned(),
            }));
        }
        Consumers {
            known,
            unread: self.unread.clone(),
        }
    }
}

/// `None` if the template does not render.
pub fn config_links(config: &Config) -> Option<StackLinks> {
    let (_, document) = rendered(config).ok()?;
    Some(StackLinks::new(&document, &config.target, config.stack()))
}
