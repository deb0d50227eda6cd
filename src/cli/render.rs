//! `create-prov-template` and `create-policy`: write outputs beside the config.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;

use super::load::LoadedConfig;
use super::request::ActionRequest;
use super::result::{ActionResults, ConfigResult};
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::{Policy, read_policy_file};
use crate::model::RepoPath;
use crate::product::Verb;
use crate::roles::operator_policy;
use crate::workspace::{OutputError, OutputFolder, policy_file};

/// Renders in parallel, then writes folder by folder.
pub fn run(
    verb: Verb,
    request: &ActionRequest,
    group: &[LoadedConfig],
    results: &mut ActionResults,
) {
    let subfolder = if verb == Verb::RenderPolicy {
        "policies"
    } else {
        "templates"
    };
    // A policy file with errors stops no action that queries nothing.
    let (path, file) = policy_file();
    let policy = read_policy_file(&path, file.as_ref()).ok();
    let rendered: Vec<_> = group
        .par_iter()
        .map(|one| {
            one.config
                .as_ref()
                .map(|config| render(verb, config, policy.as_ref()))
        })
        .collect();
    let mut folders: BTreeMap<PathBuf, Vec<(&LoadedConfig, String, String)>> = BTreeMap::new();
    for (one, rendered) in group.iter().zip(rendered) {
        match rendered {
            Some(Ok((name, text))) => {
                folders
                    .entry(one.file.base().join(subfolder))
                    .or_default()
                    .push((one, name, text));
            }
            Some(Err(problem)) => {
                results.diagnostics.push(problem);
                results
                    .items
                    .push(ConfigResult::failed(&one.file, one.config.as_deref()));
            }
            None => {}
        }
    }
    for (folder, mut group) in folders {
        let shared = take_shared(&mut group);
        for (one, name, other) in shared {
            let path = folder.join(&name).to_string_lossy().into_owned();
            let message = format!("`{other}` renders to the same file: `{path}`");
            let problem = Diagnostic::error(Code::OutputNotWritten, &one.file.shown, message)
                .with_help("delete one of the two configs, or change a field of one");
            results.diagnostics.push(problem);
            let failed = ConfigResult::failed(&one.file, one.config.as_deref());
            results.items.push(failed);
        }
        if group.is_empty() {
            continue;
        }
        let outputs = OutputFolder::new(folder, request.overwrite);
        let outputs = outputs.with_dry_run(request.dry_run);
        let texts: Vec<_> = group
            .iter()
            .map(|(_, name, text)| (name.clone(), text.clone()))
            .collect();
        for ((one, name, _), outcome) in group.iter().zip(outputs.write(&texts)) {
            let path = outputs.path(name).to_string_lossy().into_owned();
            match outcome {
                Ok(outcome) => {
                    let done = ConfigResult::done(&one.file, one.config.as_deref());
                    results.items.push(ConfigResult {
                        output: Some(path),
                        outcome: Some(outcome),
                        dry_run: request.dry_run,
                        ..done
                    });
                }
                Err(error) => {
                    results.diagnostics.push(not_written(&path, &error));
                    results
                        .items
                        .push(ConfigResult::failed(&one.file, one.config.as_deref()));
                }
            }
        }
    }
}

/// Takes the configs out that render to the same file as another one, each with the file's name and the other config.
fn take_shared<'a>(
    group: &mut Vec<(&'a LoadedConfig, String, String)>,
) -> Vec<(&'a LoadedConfig, String, RepoPath)> {
    let mut by_name: BTreeMap<String, Vec<&'a LoadedConfig>> = BTreeMap::new();
    for (one, name, _) in group.iter() {
        let sharing = by_name.entry(name.clone()).or_default();
        // One file may have several names on a command line.
        if sharing
            .iter()
            .all(|known| known.file.canonical() != one.file.canonical())
        {
            sharing.push(one);
        }
    }
    by_name.retain(|_, sharing| sharing.len() > 1);
    group.retain(|(_, name, _)| !by_name.contains_key(name));
    let mut shared = Vec::new();
    for (name, sharing) in by_name {
        for one in &sharing {
            let other = sharing
                .iter()
                .find(|other| other.file.shown != one.file.shown);
            if let Some(other) = other {
                shared.push((*one, name.clone(), other.file.shown.clone()));
            }
        }
    }
    shared
}

fn render(
    verb: Verb,
    config: &Config,
    policy: Option<&Policy>,
) -> Result<(String, String), Diagnostic> {
    let (name, text) = match verb {
        Verb::RenderPolicy => (&config.outputs.policy, operator_policy(config, policy)),
        _ => (
            &config.outputs.template,
            config.product.render_template(&config.derived.scope),
        ),
    };
    match text {
        Ok(text) => Ok((name.clone(), text)),
        Err(failure) => Err(product_problem(&config.path, &config.product, &failure)),
    }
}

fn not_written(path: &str, error: &OutputError) -> Diagnostic {
    let path = RepoPath::typed(path);
    match error {
        OutputError::Edited => Diagnostic::error(Code::OutputEdited, &path, error.to_string())
            .with_help("move the edit into the config, or pass --overwrite to overwrite it"),
        _ => Diagnostic::error(Code::OutputNotWritten, &path, error.to_string()),
    }
}
