//! Computes the plan from the configs at base and head.

use rayon::prelude::*;

use super::entry::{apply_entry, reject_shared_imports};
use super::moves::{is_other_stack, other_environment, stack_left_behind};
use super::outline_names::OutlineNames;
use super::outliner::outline;
use super::policy_update::policy_update;
use super::removed::{abandoned, describe, removed};
use super::renames::ConfigRenames;
use super::rendered::RenderedProblems;
use super::stacks::{ConfigMoves, reject_shared_stacks};
use super::{
    Change, ConfigClaims, EffectNames, HeadClaims, Impact, Input, Intent, NewFolders, Plan,
    StackMove, digest, impact, resources,
};
use crate::config::{Config, ConfigContents, LoadResult, load_contents, product_problem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::diff::diff;
use crate::model::{Digest, RepoPath};
use crate::product::{Level, ProductError, Registry};
use crate::template::{self, Document};

/// Assesses each config in parallel, then the plan as a whole.
///
/// `base` and `head` are the products of each side: a change may edit both a product and its configs.
pub fn assess(base: &Registry, head: &Registry, inputs: &[Input]) -> Plan {
    assess_each(base, head, inputs, |_, _| {})
}

/// The same. `finish` completes the change of each config that has no errors, while the config at the head is loaded.
pub fn assess_each(
    base: &Registry,
    head: &Registry,
    inputs: &[Input],
    finish: impl Fn(&mut Change, &Config) + Sync,
) -> Plan {
    let moves = ConfigMoves::find(base, head, inputs);
    let renames = ConfigRenames::find(base, head, inputs);
    let assessed: Vec<AssessedInput> = inputs
        .par_iter()
        .filter(|input| !moves.is_gone(&input.path))
        .map(|input| assess_one((base, head), input, moves.from(&input.path), &finish))
        .collect();
    let mut changes = Vec::with_capacity(assessed.len());
    let mut claims = HeadClaims::new();
    for one in assessed {
        changes.extend(one.changes.into_iter().flatten().map(|change| Change {
            renamed: change.renamed.filter(|_| renames.contains(&change.path)),
            ..change
        }));
        claims.extend(one.claims);
    }
    changes.sort_by_cached_key(Change::key);
    reject_shared_stacks(&mut changes);
    reject_shared_imports(&mut changes);
    Plan {
        level: changes
            .iter()
            .map(|change| change.level)
            .max()
            .unwrap_or(Level::None),
        digest: digest::digest(&changes),
        invalid: changes
            .iter()
            .filter(|change| change.intent == Intent::Invalid)
            .count(),
        changes,
        claims,
    }
}

/// A config of the change.
struct AssessedInput {
    /// The change, and the removal of the stack that the config named before. No change if the config is only included because of a
    /// changed product that does not affect it. Of a relocked product only the stack says what it affects.
    changes: [Option<Change>; 2],
    /// `None` if the head has no config.
    claims: Option<(RepoPath, Option<ConfigClaims>)>,
}

fn assess_one(
    (base, head): (&Registry, &Registry),
    input: &Input,
    moved_from: Option<&Input>,
    finish: &impl Fn(&mut Change, &Config),
) -> AssessedInput {
    if !input.faults.is_empty() {
        let change = Change {
            diagnostics: input.faults.clone(),
            ..unassessed(&input.path)
        };
        return AssessedInput {
            changes: [Some(change), None],
            claims: None,
        };
    }
    let old = moved_from.unwrap_or(input);
    let before = old
        .base
        .as_ref()
        .map(|file| load_contents(base, &old.path, file));
    let was_valid = before
        .as_ref()
        .is_some_and(|before| before.config.is_some());
    let mut claims = None;
    let mut change = Change {
        path: input.path.clone(),
        renamed: input.renamed.clone().filter(|_| moved_from.is_none()),
        moved_from: moved_from.map(|old| old.path.clone()),
        ..unassessed(&input.path)
    };
    let outcome = match &input.head {
        None => {
            match before.and_then(|before| before.config) {
                Some(before) => removed(&mut change, &before),
                None => abandoned(&mut change, base, input),
            }
            Ok(())
        }
        Some(file) => {
            let after = load_contents(head, &input.path, file);
            change.diagnostics = after.diagnostics;
            let claimed = claims.insert((input.path.clone(), None));
            match &after.config {
                Some(after) => {
                    let done = present(&mut change, before, after, &mut claimed.1);
                    finish(&mut change, after);
                    done
                }
                None => Ok(()),
            }
        }
    };
    if let Err(problem) = outcome {
        change.intent = Intent::Invalid;
        change.diagnostics.push(problem);
    }
    if let Some(entry) = &input.entry {
        let file = input.head.as_ref();
        let config = file.and_then(|file| load_contents(head, &input.path, file).config);
        apply_entry(&mut change, entry, config.as_ref());
    }
    let concerned = match change.intent {
        // Folders and the operator's policy may read keys that the template does not.
        Intent::Unchanged => {
            !change.folders.is_empty()
                || change.policy_update.is_some()
                || changes_values((base, head), old, input)
        }
        Intent::Invalid => was_valid,
        _ => true,
    };
    let is_change = concerned || !input.governed || input.relocked;
    let change = is_change.then_some(change);
    let former = change
        .as_ref()
        .and_then(|change| former_stack(base, input, change));
    AssessedInput {
        changes: [change, former],
        claims,
    }
}

/// Whether other defaults give the config other values than it had. `old`: its input at the base.
fn changes_values((base, head): (&Registry, &Registry), old: &Input, input: &Input) -> bool {
    let defaults = |contents: &Option<ConfigContents>| {
        let contents = contents.as_ref();
        contents.and_then(|contents| contents.defaults.clone())
    };
    if defaults(&input.base) == defaults(&input.head) {
        return false;
    }
    let config = |registry, path, file: &Option<ConfigContents>| {
        let file = file.as_ref()?;
        load_contents(registry, path, file).config
    };
    let was = config(base, &old.path, &old.base);
    match (was, config(head, &input.path, &input.head)) {
        (Some(before), Some(after)) => before.values != after.values,
        _ => false,
    }
}

/// The removal of the stack that the config named before; `None` if it names the same stack, or has errors now.
fn former_stack(base: &Registry, input: &Input, change: &Change) -> Option<Change> {
    let stack_move = change.stack_move.as_ref()?;
    let before = load_contents(base, &input.path, input.base.as_ref()?).config?;
    let mut former = Change {
        stack_move: Some(stack_move.clone()),
        ..unassessed(&input.path)
    };
    removed(&mut former, &before);
    Some(former)
}

fn unassessed(path: &RepoPath) -> Change {
    Change {
        path: path.clone(),
        renamed: None,
        moved_from: None,
        stack_move: None,
        intent: Intent::Invalid,
        entry: None,
        product: None,
        stack: None,
        target: None,
        identity_from_defaults: Vec::new(),
        level: Level::None,
        impact: Vec::new(),
        resources: Vec::new(),
        diff: None,
        template: None,
        outline: None,
        derived_names: Vec::new(),
        folders: Vec::new(),
        folders_only: false,
        policy_update: None,
        costs: None,
        external_references: Vec::new(),
        role_boundaries: Vec::new(),
        diagnostics: Vec::new(),
        consumers: None,
        caveat: None,
    }
}

/// Assesses a config without errors at the head.
fn present(
    change: &mut Change,
    before: Option<LoadResult>,
    after: &Config,
    claims: &mut Option<ConfigClaims>,
) -> Result<(), Diagnostic> {
    let claims = claims.insert(ConfigClaims::new(after, &[]));
    describe(change, after);
    let failed = |failure: ProductError| product_problem(&after.path, &after.product, &failure);
    let new = after
        .product
        .render_template(&after.derived.scope)
        .map_err(failed)?;
    let (new_document, problems) = match Document::parse(&change.path, &new) {
        Ok(document) => {
            let names = template::name_claims(&document, &after.target);
            *claims = ConfigClaims::new(after, &names);
            let mut problems = template::check(&change.path, &new, &document);
            let RenderedProblems { names, size, .. } =
                RenderedProblems::of_rendered(after, &new, &document);
            if size.as_ref().is_some_and(Diagnostic::is_error) {
                problems.retain(|problem| problem.code != Code::TemplateTooLarge);
            }
            change.diagnostics.extend(names.into_iter().chain(size));
            (Some(document), problems)
        }
        Err(problems) => (None, problems),
    };
    let refused = problems
        .iter()
        .chain(&change.diagnostics)
        .any(|problem| problem.severity == Severity::Error);
    let problems = template::in_own_product(after, &new, problems).into_iter();
    let problems = problems.map(|problem| match problem.path == change.path {
        true => in_template(problem, after),
        false => problem,
    });
    change.diagnostics.extend(problems);
    if refused {
        return Ok(());
    }
    change.template = Some(Digest::sha256(&new));
    if let Some(document) = &new_document {
        let permissions = &after.product.manifest.permissions;
        change.external_references = template::external_references(&document.tree, permissions);
        change.role_boundaries = template::role_boundaries(document);
    }
    let mut left_behind = None;
    if let Some(before) = before.as_ref().and_then(|before| before.config.as_ref())
        && let Some(problem) = other_environment(before, after)
    {
        change.diagnostics.push(problem);
        return Ok(());
    }
    let before = match before {
        Some(LoadResult {
            config: Some(before),
            ..
        }) if is_other_stack(&before, after) => {
            left_behind = Some(before);
            None
        }
        before => before,
    };
    let base = before.map(|before| match before.config {
        None => Err(
            "The config at the base has errors, so there is nothing to compare with.".to_owned(),
        ),
        Some(before) => Base::new(&before, after, &new)
            .map_err(|failure| format!("The base cannot be compared with: {failure}")),
    });
    let old_prefixes = match &base {
        Some(Ok(base)) => base.prefixes.as_slice(),
        _ => &[],
    };
    let folders = after.product.folder_tree.as_ref();
    let count = folders.map_or(0, |tree| tree.paths().len());
    let prefixes = after.product.folder_prefixes(&after.derived.scope);
    let prefixes = prefixes.map_err(failed)?;
    change.folders = prefixes
        .into_iter()
        .filter(|prefix| !old_prefixes.contains(prefix))
        .map(|prefix| NewFolders { prefix, count })
        .collect();
    let policy = after.product.render_policy(&after.derived.scope);
    let policy = policy.map_err(failed)?;
    let old_policy = match &base {
        Some(Ok(base)) => base.policy.as_deref(),
        _ => None,
    };
    let action = after.policy_action().map(str::to_owned);
    change.policy_update = policy_update(old_policy, &policy, action, base.is_none());
    match base {
        None => {
            change.intent = Intent::Create;
            if let Some(before) = left_behind {
                change.stack_move = StackMove::find(&before, after);
                change.diagnostics.push(stack_left_behind(&before, after));
            }
            change.resources = resources::compare(None, new_document.as_ref());
            change.diff = diff("", &new);
            let region = &after.target.region;
            let costs = |document| template::costs(document, region);
            change.costs = new_document.as_ref().and_then(costs);
            let names = OutlineNames::new(after);
            change.derived_names.clone_from(&names.derived);
            let outline = |document| outline(names, document, &policy);
            change.outline = new_document.as_ref().and_then(outline);
        }
        // It may have a stack from the time when it was valid.
        Some(Err(caveat)) => {
            change.intent = Intent::Update;
            change.level = Level::Unknown;
            change.resources = resources::compare(None, new_document.as_ref());
            change.diff = diff("", &new);
            change.caveat = Some(caveat);
        }
        Some(Ok(base)) => {
            let is_policy_read = base.policy.is_some();
            change.folders_only = !change.folders.is_empty() && base.requests_folders;
            // What stands for a word could pass for another one.
            let texts = [&base.template, &new, &policy];
            if change.policy_update.is_some()
                && !texts.iter().any(|text| EffectNames::has_marker(text))
            {
                change.derived_names = OutlineNames::new(after).derived;
            }
            compare(change, base, &new, new_document.as_ref());
            if !is_policy_read {
                let caveat = "The operator policy at the base does not render, so all of the new one counts as added.";
                change.caveat = Some(caveat.to_owned());
            }
        }
    }
    Ok(())
}

/// The base of the comparison.
struct Base {
    template: String,
    /// The operator's policy; `None` if it does not render.
    policy: Option<String>,
    prefixes: Vec<String>,
    impact: Vec<Impact>,
    /// Whether only keys of folders changed, and the product renders the config as before.
    requests_folders: bool,
}

impl Base {
    /// `new`: the rendered template of `after`.
    fn new(before: &Config, after: &Config, new: &str) -> Result<Self, ProductError> {
        let impact = impact::declared(before, after)?;
        let keys = after.product.folder_keys();
        let is_folder = |it: &Impact| it.level == Level::Safe && keys.contains(&it.key);
        let requests_folders =
            !impact.is_empty() && impact.iter().all(is_folder) && renders(before, after, new);
        Ok(Self {
            template: before.product.render_template(&before.derived.scope)?,
            policy: before.product.render_policy(&before.derived.scope).ok(),
            prefixes: before.product.folder_prefixes(&before.derived.scope)?,
            impact,
            requests_folders,
        })
    }
}

/// Whether the product before the change renders the config after it to this template.
fn renders(before: &Config, after: &Config, template: &str) -> bool {
    let rendered = before.product.render_template(&after.derived.scope);
    rendered.is_ok_and(|rendered| rendered == template)
}

fn compare(change: &mut Change, base: Base, new: &str, new_document: Option<&Document>) {
    change.impact = base.impact;
    let levels = change.impact.iter().map(|impact| impact.level);
    change.level = levels.max().unwrap_or(Level::None);
    change.diff = diff(&base.template, new);
    if change.diff.is_none() {
        change.intent = Intent::Unchanged;
        if change.impact.is_empty() && change.policy_update.is_some() {
            let caveat = "The config is the same; the product's operator policy changed.";
            change.caveat = Some(caveat.to_owned());
        }
        return;
    }
    change.intent = Intent::Update;
    let old_document = Document::parse(&change.path, &base.template).ok();
    change.resources = resources::compare(old_document.as_ref(), new_document);
    if change.impact.is_empty() {
        change.level = Level::Unknown;
        change.caveat = Some("The config is the same; the product's template changed.".to_owned());
    }
}

/// A problem of the rendered template, reported at the section of the config.
fn in_template(mut problem: Diagnostic, config: &Config) -> Diagnostic {
    let place = match problem.span {
        Some(span) => format!("line {} of the rendered template", span.start.line),
        None => "the rendered template".to_owned(),
    };
    problem.message = format!("{place}: {}", problem.message);
    problem.located(config.location_of(&config.product.manifest.section))
}
