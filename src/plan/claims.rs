//! Which configs claim a stack. Two files with one stack would undo each other's changes, and the removal of one would delete the
//! stack of the other.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::config_claims::{ConfigClaims, stack_key};
use super::name_claims::NameClaims;
use super::render::rendered;
use super::stacks::shared_stack;
use super::{Change, EarlierVersions, HeadClaims, Intent, Plan};
use crate::config::{Config, ConfigContents, load_contents};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::RepoPath;
use crate::product::Registry;
use crate::template::{NameClaim, name_claims};
use crate::text::quote;

/// The configs of each stack in a tree.
#[derive(Debug, Default)]
pub struct StackClaims {
    stacks: BTreeMap<[String; 3], Vec<RepoPath>>,
    /// Configs with errors, and the stack of each one's newest version without errors; `None` if no such version is known: the config
    /// may then claim any stack.
    broken: BTreeMap<RepoPath, Option<[String; 3]>>,
    names: NameClaims,
}

impl StackClaims {
    /// `known`: claims of configs that were assessed. `configs`: files with their contents. A config with errors creates and updates no
    /// stack, so that it prevents only deletions.
    pub fn new(
        registry: &Registry,
        known: HeadClaims,
        configs: &BTreeMap<RepoPath, ConfigContents>,
    ) -> Self {
        let others: Vec<_> = configs
            .par_iter()
            .filter(|(path, _)| !known.contains_key(*path))
            .map(|(path, contents)| {
                let config = load_contents(registry, path, contents).config;
                (path.clone(), config.as_ref().map(claims_of))
            })
            .collect();
        let mut claims = Self::default();
        // By path, because messages list the first ones.
        let all: HeadClaims = known.into_iter().chain(others).collect();
        for (path, claimed) in all {
            match claimed {
                Some(config) => claims.add(&path, config),
                None => {
                    claims.broken.insert(path, None);
                }
            }
        }
        claims.find_shared_names(|path| {
            let contents = configs.get(path)?;
            load_contents(registry, path, contents).config
        });
        claims
    }

    /// Prepares the comparison of names, once all claims are known. `load` loads a config again. A config that is gone claims no name.
    pub fn find_shared_names(&mut self, load: impl Fn(&RepoPath) -> Option<Config> + Sync) {
        let names_of = |path: &RepoPath| load(path).as_ref().map(claimed_names);
        self.names
            .find_shared(|path| names_of(path).unwrap_or_default());
    }

    /// The configs with errors.
    pub fn broken(&self) -> Vec<RepoPath> {
        self.broken.keys().cloned().collect()
    }

    /// Adds the earlier versions of a config with errors.
    pub fn add_former(&mut self, registry: &Registry, path: &RepoPath, earlier: &EarlierVersions) {
        let mut versions = earlier.versions.iter();
        let former = versions.find_map(|(_, contents)| {
            let config = load_contents(registry, path, contents).config?;
            Some(stack_key(&config.target, config.stack()))
        });
        self.broken.insert(path.clone(), former);
    }

    /// Adds the claims of a config without errors.
    pub fn add(&mut self, path: &RepoPath, config: ConfigClaims) {
        let stack = self.stacks.entry(config.stack.clone()).or_default();
        stack.push(path.clone());
        self.names.add(path, config);
    }

    /// Whether a config of another stack claims a name that the config of this path claims.
    pub fn has_clash(&self, path: &RepoPath) -> bool {
        !self.clashes(path, None).is_empty()
    }

    /// An error for each type with such names. `config` is the one of the path, for places.
    pub fn clashes(&self, path: &RepoPath, config: Option<&Config>) -> Vec<Diagnostic> {
        self.names.problems(path, config)
    }

    /// The other configs that claim the stack of a change; of a former stack, all configs that claim it.
    pub fn others<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = &'a RepoPath> {
        let stack = change.target.as_ref().zip(change.stack.as_deref());
        let stack = stack.map(|(target, stack)| stack_key(target, stack));
        // A former stack belongs to no config: if the config of the same path names it again, it is claimed.
        let own = (!change.is_former_stack()).then_some(&change.path);
        self.except(stack, own)
    }

    /// The stack's name of the config of this path.
    pub fn stack_of(&self, path: &RepoPath) -> Option<&str> {
        let [_, _, stack] = self.names.stack(path)?;
        Some(stack)
    }

    /// Each config without errors with its environment, and the account and region of its stack.
    pub fn places(&self) -> impl Iterator<Item = (&RepoPath, &str, [&str; 2])> {
        self.names.places()
    }

    /// The other configs that claim the stack of the config of this path.
    pub fn others_of<'a>(&'a self, path: &'a RepoPath) -> impl Iterator<Item = &'a RepoPath> {
        self.except(self.names.stack(path).cloned(), Some(path))
    }

    /// The configs with errors that may claim the stack of a deletion.
    pub fn broken_others<'a>(&'a self, change: &Change) -> impl Iterator<Item = &'a RepoPath> {
        let stack = change.target.as_ref().zip(change.stack.as_deref());
        let stack = stack.map(|(target, stack)| stack_key(target, stack));
        let is_deletion = change.intent == Intent::Delete;
        let may_claim = move |former: &Option<[String; 3]>| former.is_none() || *former == stack;
        let broken = self.broken.iter().filter(move |_| is_deletion);
        broken.filter_map(move |(path, former)| may_claim(former).then_some(path))
    }

    fn except<'a>(
        &'a self,
        stack: Option<[String; 3]>,
        own: Option<&'a RepoPath>,
    ) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let claims = stack.and_then(|stack| self.stacks.get(&stack));
        let claims = claims.into_iter().flatten();
        claims.filter(move |path| Some(*path) != own)
    }
}

fn claims_of(config: &Config) -> ConfigClaims {
    ConfigClaims::new(config, &claimed_names(config))
}

/// A template that does not render claims nothing: its config has errors.
fn claimed_names(config: &Config) -> Vec<NameClaim> {
    let rendered = rendered(config);
    rendered.map_or_else(
        |_| Vec::new(),
        |(_, document)| name_claims(&document, &config.target),
    )
}

impl Plan {
    /// Reports changes of stacks that other configs claim. `claims` are those of the head. The digest stays: a plan with errors is not
    /// applied.
    pub fn reject_claimed_stacks(&mut self, claims: &StackClaims) {
        for change in &mut self.changes {
            let stack = change.stack.as_deref().map(quote);
            let broken = claims.broken_others(change).next().zip(stack);
            let problem = broken.map(|(broken, stack)| broken_claim(&change.path, &stack, broken));
            change.diagnostics.extend(problem);
            let others: Vec<&RepoPath> = claims.others(change).collect();
            let (Some(other), Some(stack)) = (others.first(), &change.stack) else {
                continue;
            };
            match change.intent {
                Intent::Invalid | Intent::Abandon => {}
                Intent::Delete => {
                    let message = format!(
                        "the stack {} is not deleted: config `{other}` has the same stack",
                        quote(stack),
                    );
                    let problem = Diagnostic::error(Code::DuplicateStack, &change.path, message);
                    let problem = problem.with_severity(Severity::Warning);
                    change.diagnostics.push(problem);
                }
                Intent::Unadopt => {
                    let message = format!(
                        "the stack {} keeps its tags: config `{other}` has the same stack",
                        quote(stack),
                    );
                    let problem = Diagnostic::error(Code::DuplicateStack, &change.path, message);
                    change.diagnostics.push(problem);
                    change.intent = Intent::Invalid;
                    self.invalid += 1;
                }
                Intent::Create
                | Intent::Update
                | Intent::Unchanged
                | Intent::Adopt
                | Intent::Replace
                | Intent::Import => {
                    let problem = shared_stack(&change.path, stack, &others, &BTreeSet::new());
                    change.diagnostics.push(problem);
                    change.intent = Intent::Invalid;
                    self.invalid += 1;
                }
            }
        }
    }

    /// Reports created and updated stacks with names that a config of another stack claims too. `claims` are those of the tree; `config`
    /// loads the config of a change. The digest stays: a plan with errors is not applied.
    pub fn reject_claimed_names(
        &mut self,
        claims: &StackClaims,
        config: impl Fn(&RepoPath) -> Option<Config>,
    ) {
        for change in &mut self.changes {
            if !matches!(
                change.intent,
                Intent::Create | Intent::Update | Intent::Replace | Intent::Import
            ) {
                continue;
            }
            if claims.has_clash(&change.path) {
                let config = config(&change.path);
                let problems = claims.clashes(&change.path, config.as_ref());
                change.diagnostics.extend(problems);
                change.intent = Intent::Invalid;
                self.invalid += 1;
            }
        }
    }
}

/// The warning of a removed config whose stack a config with errors may claim.
fn broken_claim(path: &RepoPath, stack: &str, broken: &RepoPath) -> Diagnostic {
    let message = format!(
        "the stack {stack} is not deleted while `{broken}` has errors: it may be the stack of that config too"
    );
    Diagnostic::error(Code::DuplicateStack, path, message)
        .with_severity(Severity::Warning)
        .with_help("correct or remove the config with errors")
}
