//! The configs of a change, at its base and its head.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::contents::read_configs;
use super::entries::AddedEntries;
use super::lock::relocked;
use super::products::{product_of, products_at};
use crate::config::{Config, ConfigContents, Relock, is_defaults, load_contents};
use crate::entries::StackEntry;
use crate::forge::{ChangeKind, ChangedFile, FileAt, ForgeError, Source};
use crate::model::{CommitSha, RepoPath};
use crate::plan::{Change, EarlierVersions, HeadClaims, Input, Plan, Renamed};
use crate::product::{PRODUCTS_FOLDER, Registry, RunInput, Target};
use crate::workspace::ConfigSelector;

/// Removed configs with errors whose history is read, and versions of each.
const MAX_BROKEN: usize = 10;
const MAX_VERSIONS: usize = 10;

/// The inputs of a plan.
#[derive(Debug)]
pub struct ChangeInputs {
    /// Sorted by path.
    pub inputs: Vec<Input>,
    pub base: Registry,
    pub head: Registry,
    /// Whether the change edits products.
    pub products_changed: bool,
    /// The names of the products that the change edits.
    pub changed_products: BTreeSet<String>,
    /// Whether the change edits defaults of configs.
    pub defaults_changed: bool,
    /// How the change edits the lock of the products.
    pub relocked: Relock,
    /// The entries that the change removes.
    pub removed_entries: Vec<StackEntry>,
}

impl ChangeInputs {
    /// A search, because a plan of thousands of configs looks each one up.
    fn input(&self, path: &RepoPath) -> Option<&Input> {
        let found = self.inputs.binary_search_by(|input| input.path.cmp(path));
        self.inputs.get(found.ok()?)
    }

    pub(super) fn at_head(&self, path: &RepoPath) -> Option<&ConfigContents> {
        self.input(path)?.head.as_ref()
    }

    /// The claims of the change's configs at the head. A file may be a config at the base alone.
    pub(super) fn head_claims(&self, plan: &Plan, selection: &ConfigSelector) -> HeadClaims {
        let is_config = |path: &RepoPath| {
            let contents = self.at_head(path);
            contents.is_some_and(|contents| selection.is_config(&self.head, path, &contents.file))
        };
        let claims = plan.claims.iter().filter(|(path, _)| is_config(path));
        claims
            .map(|(path, claimed)| (path.clone(), claimed.clone()))
            .collect()
    }

    /// The paths of all configs at the head, and the targets of those that load.
    pub(super) async fn targets_at(
        &self,
        source: &dyn Source,
        head: &CommitSha,
        selection: &ConfigSelector,
    ) -> Result<(Vec<RepoPath>, Vec<(RepoPath, Target)>), ForgeError> {
        let known = |path: &RepoPath| self.at_head(path);
        let configs = other_configs_at(source, head, &self.head, selection, known).await?;
        let targets = configs
            .par_iter()
            .filter_map(|(path, contents)| load_contents(&self.head, path, contents).config)
            .map(|config| (config.path, config.target));
        let targets = targets.collect();
        Ok((configs.into_keys().collect(), targets))
    }

    /// The config of a change's stack at the base or the head; `None` if no config names the stack there, or it has errors.
    pub fn config(&self, change: &Change, at_base: bool) -> Option<Config> {
        // Of a config that names another stack now, each version is that of one stack.
        if change.stack_move.is_some() && at_base != change.is_former_stack() {
            return None;
        }
        let path = match (&change.moved_from, at_base) {
            (Some(from), true) => from,
            _ => &change.path,
        };
        let input = self.input(path)?;
        match at_base {
            true => load_contents(&self.base, path, input.base.as_ref()?).config,
            false => load_contents(&self.head, path, input.head.as_ref()?).config,
        }
    }

    /// Whether the change locks another version of a config's product.
    pub fn is_relocked(&self, change: &Change) -> bool {
        self.input(&change.path).is_some_and(|input| input.relocked)
    }

    /// The config of a path at the head.
    pub(super) fn config_at_head(&self, path: &RepoPath) -> Option<Config> {
        load_contents(&self.head, path, self.at_head(path)?).config
    }
}

/// Reads every config that `files` may affect, at the base and the head.
pub async fn read_inputs(
    source: &dyn Source,
    base: &CommitSha,
    head: &CommitSha,
    files: &[ChangedFile],
    selection: &ConfigSelector,
    given: &RunInput,
) -> Result<ChangeInputs, ForgeError> {
    let mut sides: BTreeMap<RepoPath, Sides> = BTreeMap::new();
    for file in files {
        let mut side = |path: &RepoPath, base: bool, head: bool, renamed: Option<Renamed>| {
            if selection.matches(path) {
                let known = sides.entry(path.clone()).or_default();
                known.base |= base;
                known.head |= head;
                known.renamed = renamed.or(known.renamed.take());
            }
        };
        let path = &file.path;
        match &file.kind {
            ChangeKind::Added => side(path, false, true, None),
            ChangeKind::Modified => side(path, true, true, None),
            ChangeKind::Removed => side(path, true, false, None),
            // The stack's name comes from the file's: a rename is a removal and a creation.
            ChangeKind::Renamed { from } => {
                let other =
                    |renamed: Renamed, path: &RepoPath| selection.matches(path).then_some(renamed);
                side(from, true, false, other(Renamed::To(path.clone()), path));
                side(path, false, true, other(Renamed::From(from.clone()), from));
            }
        }
    }
    let products_changed = files.iter().any(|file| file.is_under(PRODUCTS_FOLDER));
    let paths = files.iter().flat_map(ChangedFile::paths);
    let changed_products = paths.clone().filter_map(product_of).collect();
    let [base_products, mut head_products] = products_at(source, [base, head], given).await?;
    head_products.limit_parameters(&base_products);
    let of_defaults = paths.filter(|path| is_defaults(path));
    let folders: BTreeSet<&str> = of_defaults.map(RepoPath::folder).collect();
    let relocked = relocked(source, base, head, files).await?;
    let concerns_all = products_changed || !relocked.is_empty();
    if concerns_all || !folders.is_empty() {
        let concerns = |path: &RepoPath| concerns_all || folders.contains(path.folder());
        add_governed(source, head, selection, concerns, &mut sides).await?;
    }
    let entries = AddedEntries::read(source, base, head, files).await?;
    // An entry may name a config that the change does not edit.
    for path in entries.configs().filter(|path| selection.matches(path)) {
        sides.entry(path.clone()).or_default();
    }
    let mut inputs = contents(source, base, head, sides).await?;
    let is_config = |registry: &Registry, path: &RepoPath, file: &Option<ConfigContents>| {
        let mut file = file.iter();
        file.any(|file| selection.is_config(registry, path, &file.file))
    };
    inputs.retain(|input| {
        is_config(&base_products, &input.path, &input.base)
            || is_config(&head_products, &input.path, &input.head)
    });
    let removed_entries = entries.add_to(&mut inputs);
    add_earlier_versions(source, base, &base_products, &mut inputs).await?;
    mark_relocked(&head_products, &relocked, &mut inputs);
    Ok(ChangeInputs {
        inputs,
        base: base_products,
        head: head_products,
        products_changed,
        changed_products,
        defaults_changed: !folders.is_empty(),
        relocked,
        removed_entries,
    })
}

/// Marks the configs of the products that the change of the lock concerns. The program has one version of them, so that only the
/// deployed stacks say what another one renders. A config with errors may belong to any product.
fn mark_relocked(head: &Registry, relocked: &Relock, inputs: &mut [Input]) {
    if relocked.is_empty() {
        return;
    }
    inputs.par_iter_mut().for_each(|input| {
        let file = input.head.as_ref();
        input.relocked = file.is_some_and(|file| {
            let config = load_contents(head, &input.path, file).config;
            config.is_none_or(|config| relocked.concerns(head, config.product.name()))
        });
    });
}

/// The configs at both sides. The commits decide what exists, and the list of changed files does not: a link in place of a removed
/// config must not plan a deletion. A listed file that is absent is an error for the same reason.
async fn contents(
    source: &dyn Source,
    base: &CommitSha,
    head: &CommitSha,
    sides: BTreeMap<RepoPath, Sides>,
) -> Result<Vec<Input>, ForgeError> {
    let files = sides
        .keys()
        .flat_map(|path| [base, head].map(|commit| FileAt { commit, path }));
    let files: Vec<FileAt<'_>> = files.collect();
    let mut contents = read_configs(source, &files).await?.into_iter();
    let mut side = |path: &RepoPath, at: &CommitSha, is_listed: bool| {
        let contents = contents.next().flatten();
        match contents.is_none() && is_listed {
            true => Err(ForgeError::invalid(
                &format!("contents of {path} at {}", at.short()),
                "the forge lists the file and does not have it",
            )),
            false => Ok(contents),
        }
    };
    let inputs = sides.iter().map(|(path, known)| {
        Ok(Input {
            base: side(path, base, known.base)?,
            head: side(path, head, known.head)?,
            renamed: known.renamed.clone(),
            governed: known.governed,
            ..Input::new(path.clone())
        })
    });
    inputs.collect()
}

/// Reads what removed configs were before they had errors: their stacks may still exist.
async fn add_earlier_versions(
    source: &dyn Source,
    base: &CommitSha,
    products: &Registry,
    inputs: &mut [Input],
) -> Result<(), ForgeError> {
    let broken = inputs.iter_mut().filter(|input| {
        let old = input.base.as_ref().filter(|_| input.head.is_none());
        old.is_some_and(|old| load_contents(products, &input.path, old).config.is_none())
    });
    for input in broken.take(MAX_BROKEN) {
        input.earlier = Some(earlier_versions(source, base, &input.path).await?);
    }
    Ok(())
}

/// The versions of a config with errors before the one of `at`.
pub(super) async fn earlier_versions(
    source: &dyn Source,
    at: &CommitSha,
    path: &RepoPath,
) -> Result<EarlierVersions, ForgeError> {
    let history = source.history(at, path, MAX_VERSIONS + 1).await?;
    // The newest version is that of `at`, which has errors.
    let earlier = history.commits.get(1..).unwrap_or_default();
    let files = earlier.iter().map(|commit| FileAt { commit, path });
    let files: Vec<FileAt<'_>> = files.collect();
    let contents = read_configs(source, &files).await?.into_iter();
    let versions = earlier.iter().cloned().zip(contents);
    let versions = versions.filter_map(|(commit, contents)| Some((commit, contents?)));
    Ok(EarlierVersions {
        versions: versions.collect(),
        complete: history.complete,
    })
}

#[derive(Clone, Debug, Default)]
struct Sides {
    base: bool,
    head: bool,
    renamed: Option<Renamed>,
    governed: bool,
}

/// Adds the configs that the change may affect without editing them: those of a changed product, and those of changed defaults.
async fn add_governed(
    source: &dyn Source,
    head: &CommitSha,
    selection: &ConfigSelector,
    concerns: impl Fn(&RepoPath) -> bool,
    sides: &mut BTreeMap<RepoPath, Sides>,
) -> Result<(), ForgeError> {
    let paths = source.list(head, selection).await?;
    for path in paths.into_iter().filter(concerns) {
        sides.entry(path).or_insert(Sides {
            base: true,
            head: true,
            renamed: None,
            governed: true,
        });
    }
    Ok(())
}

/// Every config of a commit, sorted by path. A link or a submodule at the path of a config is in the list, as such.
pub async fn configs_at(
    source: &dyn Source,
    at: &CommitSha,
    registry: &Registry,
    selection: &ConfigSelector,
) -> Result<Vec<(RepoPath, ConfigContents)>, ForgeError> {
    let configs = other_configs_at(source, at, registry, selection, |_| None).await?;
    Ok(configs.into_iter().collect())
}

/// The same, without reading contents that are known.
pub(super) async fn other_configs_at<'a>(
    source: &dyn Source,
    at: &CommitSha,
    registry: &Registry,
    selection: &ConfigSelector,
    known: impl Fn(&RepoPath) -> Option<&'a ConfigContents>,
) -> Result<BTreeMap<RepoPath, ConfigContents>, ForgeError> {
    let mut configs = BTreeMap::new();
    let mut unread = Vec::new();
    for path in source.list(at, selection).await? {
        match known(&path) {
            Some(contents) => {
                configs.insert(path, contents.clone());
            }
            None => unread.push(path),
        }
    }
    let contents = read_listed(source, at, &unread).await?;
    configs.extend(unread.into_iter().zip(contents));
    configs.retain(|path, contents| selection.is_config(registry, path, &contents.file));
    Ok(configs)
}

/// The contents of paths that were listed at the same commit.
async fn read_listed(
    source: &dyn Source,
    commit: &CommitSha,
    paths: &[RepoPath],
) -> Result<Vec<ConfigContents>, ForgeError> {
    let files = paths.iter().map(|path| FileAt { commit, path });
    let files: Vec<FileAt<'_>> = files.collect();
    let contents = read_configs(source, &files).await?.into_iter();
    let contents = contents.zip(paths);
    let each = contents.map(|(contents, path)| {
        let what = format!("contents of {path} at {}", commit.short());
        let absent = || ForgeError::invalid(&what, "the file is listed and absent");
        contents.ok_or_else(absent)
    });
    each.collect()
}
