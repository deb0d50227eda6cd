//! Rejects configs that claim the stack of another config, or a name of its template.

use std::collections::HashMap;
use std::path::PathBuf;

use super::candidate::ActionCandidate;
use super::load::load_each;
use crate::config::{Config, load_contents};
use crate::diagnostic::Severity;
use crate::model::RepoPath;
use crate::plan::{ConfigClaims, StackClaims, shared_stack};
use crate::product::Registry;
use crate::workspace::{ConfigFile, selected_configs_but};

/// Marks configs as invalid whose stack another config claims, among the files of the command line and the default selection.
/// Configs for which the action only renders files stay valid: alternatives of one stack may lie side by side. A name that a config of
/// another stack claims too is an error if the action creates or updates the stack, else a warning.
pub(super) fn reject_shared_stacks(candidates: &mut [ActionCandidate], registry: &Registry) {
    if !candidates.iter().any(ActionCandidate::claims_stack) {
        return;
    }
    // One file may have several names on a command line, such as an absolute path: the first one counts.
    let mut names: HashMap<PathBuf, RepoPath> = HashMap::new();
    let mut claims = StackClaims::default();
    let canonical = candidates.iter().map(|one| one.loaded.file.canonical());
    let canonical: Vec<PathBuf> = canonical.collect();
    for (one, canonical) in candidates.iter_mut().zip(&canonical) {
        let file = &one.loaded.file;
        if names.contains_key(canonical) {
            continue;
        }
        names.insert(canonical.clone(), file.shown.clone());
        let part = one.part.as_mut();
        if let Some(claimed) = part.and_then(|part| part.claims.take()) {
            claims.add(&file.shown, claimed);
        }
    }
    let others = selected_configs_but(|file| names.contains_key(&file.canonical()));
    let others = others.unwrap_or_default();
    let others = load_each(registry, others, |one| {
        let config = one.config.as_ref();
        let claimed = config.map(|config| ConfigClaims::new(config, &one.names));
        (one.file, claimed)
    });
    let (others, claimed): (Vec<ConfigFile>, Vec<_>) = others.into_iter().unzip();
    for (file, claimed) in others.iter().zip(claimed) {
        if let Some(claimed) = claimed {
            claims.add(&file.shown, claimed);
        }
    }
    let files = candidates.iter().map(|one| &one.loaded.file).chain(&others);
    let files: HashMap<&RepoPath, &ConfigFile> = files.map(|file| (&file.shown, file)).collect();
    claims.find_shared_names(|path| load_again(files.get(path)?, registry));
    for (one, canonical) in candidates.iter_mut().zip(&canonical) {
        if one.claims_stack()
            && let Some(own) = names.get(canonical)
        {
            reject(one, &claims, own, registry);
        }
    }
}

/// `own`: the path under which the config is among the claims.
fn reject(one: &mut ActionCandidate, claims: &StackClaims, own: &RepoPath, registry: &Registry) {
    let Some(part) = &one.part else {
        return;
    };
    let path = &one.loaded.file.shown;
    let others: Vec<&RepoPath> = claims.others_of(own).collect();
    if let (Some(stack), false) = (claims.stack_of(own), others.is_empty()) {
        let problem = shared_stack(path, stack, &others, &part.product.stack_keys());
        one.reject([problem]);
        return;
    }
    let Some(verb) = part.verb.filter(|verb| !verb.deletes()) else {
        return;
    };
    if !claims.has_clash(own) {
        return;
    }
    let loaded = one.loaded.config.take();
    let config = loaded.or_else(|| load_again(&one.loaded.file, registry).map(Box::new));
    let clashes = claims.clashes(own, config.as_deref());
    if verb.changes_stack() {
        one.reject(clashes);
    } else {
        let warnings = clashes.into_iter();
        let warnings = warnings.map(|clash| clash.with_severity(Severity::Warning));
        one.loaded.diagnostics.extend(warnings);
        one.loaded.config = config;
    }
}

/// The config of a file whose config was dropped.
fn load_again(file: &ConfigFile, registry: &Registry) -> Option<Config> {
    load_contents(registry, &file.shown, &file.read().ok()?).config
}
