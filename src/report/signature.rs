//! What the report says about a change, to compare it with others.

use serde_json::{Value, json};

use super::after_deletion::AfterDeletion;
use super::check::Report;
use super::costs::costs_markdown;
use crate::diagnostic::Diagnostic;
use crate::diff::Diff;
use crate::plan::{Change, Deletion, EffectNames, Intent, ResourceAction, Verdict};
use crate::product::Level;
use crate::stack::StackName;
use crate::template::data_kind;

/// Sort key: errors, the highest level, deletions, the most removed resources, changed permissions, warnings.
pub(super) fn rank(change: &Change) -> (bool, Level, bool, usize, bool, bool) {
    let removes = change
        .resources
        .iter()
        .filter(|resource| resource.action == ResourceAction::Remove)
        .count();
    (
        change.intent == Intent::Invalid || change.diagnostics.iter().any(Diagnostic::is_error),
        change.level,
        change.intent == Intent::Delete,
        removes,
        change.changes_operator_policy(),
        !change.diagnostics.is_empty(),
    )
}

/// What the report says about a change, with other words in place of `names`. Configs with errors of the same codes have one: nothing is
/// applied. `is_alone`: no other config has the same.
pub(super) fn signature(
    report: &Report,
    change: &Change,
    names: Option<&EffectNames>,
    is_alone: bool,
) -> Value {
    if change.intent == Intent::Invalid {
        let problems = change.diagnostics.iter();
        let problems = problems.map(|problem| (problem.severity, &problem.code));
        return json!({
            "path": is_alone.then(|| change.key()),
            "intent": change.intent,
            "problems": problems.collect::<Vec<_>>(),
        });
    }
    let on_merge = report.on_merge.get(&change.key());
    let preview = report.previews.get(&change.key());
    let impact = change.impact.iter();
    let impact = impact.map(|impact| {
        // The whole values: shown ones may be equal where hidden ones differ.
        let values = [impact.before.value(), impact.after.value()];
        (&impact.key, impact.level, &impact.consequence, values)
    });
    let own = |text: &str| match names {
        Some(names) => names.abstracted(text),
        None => text.to_owned(),
    };
    let problems = change.diagnostics.iter();
    let problems = problems.map(|problem| (problem.severity, &problem.code, own(&problem.message)));
    // A new template without the names. Prices and laws differ between regions.
    let outline = change.outline.as_ref().filter(|_| !is_alone);
    let region_of_new = outline.and(change.target.as_ref());
    let policy_update = change.policy_update.as_ref();
    let lines = change.diff.as_ref();
    let lines = lines.filter(|_| outline.is_none() && change.intent != Intent::Delete);
    let policy_lines = policy_update.filter(|_| outline.is_none());
    let resources = change.resources.iter();
    let folders = change.folders.iter();
    let folders = folders.map(|set| (own(&set.prefix.to_string()), set.count));
    let region = change.target.as_ref().map_or("", |target| &*target.region);
    let costs = change.costs.as_ref();
    json!({
        // A section names the other file or the other stack.
        "path": is_alone.then(|| change.key()),
        "intent": change.intent,
        "environment": change.target.as_ref().map(|target| &target.environment),
        "on_merge": on_merge.map(|on_merge| (on_merge.effect, &on_merge.requires, &on_merge.denials)),
        "level": change.level,
        "identity": change.identity_from_defaults,
        "impact": impact.collect::<Vec<_>>(),
        "resources": resources.collect::<Vec<_>>(),
        "folders": folders.collect::<Vec<_>>(),
        "costs": costs.map(|costs| costs_markdown(costs, region)),
        "policy_update": policy_update.map(|update| (&update.action, update.renews_roles)),
        "policy_lines": policy_lines.and_then(|update| changed_lines(&update.diff, own)),
        "problems": problems.collect::<Vec<_>>(),
        "outline": outline.map(|outline| (outline.template, outline.policy)),
        "region": region_of_new.map(|target| &target.region),
        "product": outline.and(change.product.as_ref()),
        "lines": lines.and_then(|diff| changed_lines(diff, own)),
        "caveat": change.caveat,
        "consumers": change.consumers,
        "preview": preview.map(|preview| &preview.shape),
        "sample": report.sample(&change.key()).map(|sample| sample.effect),
    })
}

/// The words that differ in every config, and the names that the product derives.
pub(super) fn own_names(change: &Change) -> Option<EffectNames> {
    let (name, target) = (change.stack.clone()?, change.target.clone()?);
    let names = EffectNames::new(&StackName { name, target }, change.path.stem());
    Some(names.and(&change.derived_names))
}

/// Whether a config has a section of its own, regardless of the others.
pub(super) fn is_alone(report: &Report, change: &Change) -> bool {
    let is_new = change.intent == Intent::Create;
    is_dangerous(report, change)
        || change.intent == Intent::Import
        || is_policy_unread(change)
        || is_new && (is_unread(change) || change.outline.is_none())
        || change.renamed.is_some()
        || change.moved_from.is_some()
        || change.stack_move.is_some()
}

/// Whether the templates were not compared by line, so that they may differ in anything.
pub(super) fn is_unread(change: &Change) -> bool {
    let diff = change.diff.as_ref();
    diff.is_none_or(|diff| diff.unified.is_none())
}

pub(super) fn is_policy_unread(change: &Change) -> bool {
    let policy = change.policy_update.as_ref();
    policy.is_some_and(|update| update.diff.unified.is_none())
}

/// Whether a resource is replaced or interrupted, or data may be lost. Each such stack is named.
pub(super) fn is_dangerous(report: &Report, change: &Change) -> bool {
    let preview = report.previews.get(&change.key());
    let changes = preview.and_then(|preview| preview.changes.as_ref());
    let deletion = preview.and_then(|preview| preview.deletion.as_ref());
    let mut resources = change.resources.iter();
    changes.is_some_and(|changes| changes.worst.verdict > Verdict::InPlace)
        || deletion.is_some_and(loses_data)
        || resources.any(|resource| {
            let behavior = resource.deletion_behavior;
            behavior
                .is_some_and(|behavior| AfterDeletion::new(behavior, resource.holds).may_destroy())
        })
}

fn loses_data(deletion: &Deletion) -> bool {
    let mut resources = deletion.resources.iter();
    deletion.destroys_objects()
        || resources.any(|resource| {
            let holds = data_kind(&resource.kind, false);
            AfterDeletion::new(resource.deletion_behavior, holds).may_destroy()
        })
}

/// The changed lines of a template or a policy without the names of the config and its stack, and with words in place of the stack's own
/// account and region. The account of another stack stays. `None` if the texts were not compared by line.
fn changed_lines(diff: &Diff, own: impl Fn(&str) -> String) -> Option<String> {
    let text = diff.unified.as_ref()?;
    let lines = text.lines().filter(|line| line.starts_with(['+', '-']));
    Some(own(&lines.collect::<Vec<_>>().join("\n")))
}
