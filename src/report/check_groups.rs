//! Groups of configs with the same plan, so that a report says it once. A report shows one config of a group, so nothing that a
//! reviewer has to see may differ within it but the names, accounts and regions of the stacks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::after_deletion::AfterDeletion;
use super::check::Report;
use super::costs::costs_markdown;
use crate::diagnostic::Diagnostic;
use crate::diff::Diff;
use crate::plan::{Change, ChangeKey, Deletion, EffectNames, Intent, ResourceAction, Verdict};
use crate::product::Level;
use crate::stack::StackName;
use crate::template::data_kind;

/// With fewer, each config is shown for itself.
const MIN_GROUP: usize = 3;

/// Configs with the same plan, by path. The first one represents all.
pub(super) struct EqualChanges<'a> {
    pub changes: Vec<&'a Change>,
    /// Whether names, tags and descriptions of the templates have other words of the configs' names.
    pub differs_in_words: bool,
    /// Whether it is a new config that is alone in its account.
    is_rare: bool,
    /// Whether it is the first of its kind.
    pub is_first: bool,
    /// Configs in other groups that differ from this one only in words of their names, and not only where a template has names.
    pub alike: usize,
}

impl<'a> EqualChanges<'a> {
    pub fn first(&self) -> &'a Change {
        self.changes[0]
    }

    pub fn is_single(&self) -> bool {
        self.changes.len() == 1
    }

    /// What all configs have in common; `None` if two differ.
    pub fn common<T: PartialEq>(&self, of: impl Fn(&'a Change) -> Option<T>) -> Option<T> {
        let first = of(self.first())?;
        let mut changes = self.changes.iter().copied();
        let is_common = changes.all(|change| of(change).as_ref() == Some(&first));
        is_common.then_some(first)
    }

    /// Whether all stacks are in one account and region.
    pub fn is_one_place(&self) -> bool {
        let place = |change: &'a Change| {
            let target = change.target.as_ref();
            Some(target.map(|target| (&target.account, &target.region)))
        };
        self.common(place).is_some()
    }

    /// The accounts of the stacks with their numbers of stacks, the rarest first.
    pub fn accounts(&self) -> Vec<(&'a str, usize)> {
        let mut accounts: BTreeMap<&str, usize> = BTreeMap::new();
        for target in self
            .changes
            .iter()
            .filter_map(|change| change.target.as_ref())
        {
            *accounts.entry(&target.account).or_default() += 1;
        }
        let mut accounts: Vec<_> = accounts.into_iter().collect();
        accounts.sort_by_key(|(_, count)| *count);
        accounts
    }

    /// The new configs that are alone in their account, beside a group in another one, and the others.
    fn split_rare(self) -> (Vec<&'a Change>, Vec<&'a Change>) {
        let counts: HashMap<&str, usize> = self.accounts().into_iter().collect();
        let is_new = self.first().intent == Intent::Create;
        if !is_new || counts.values().all(|count| *count < MIN_GROUP) {
            return (Vec::new(), self.changes);
        }
        let is_rare = |change: &&Change| {
            let target = change.target.as_ref();
            target.is_some_and(|target| counts.get(&*target.account) == Some(&1))
        };
        self.changes.into_iter().partition(is_rare)
    }

    fn new(changes: Vec<&'a Change>, differs_in_words: bool) -> Self {
        Self {
            changes,
            is_rare: false,
            differs_in_words,
            is_first: true,
            alike: 0,
        }
    }
}

/// All changes: errors, then the most dangerous ones.
pub(super) fn groups(report: &Report) -> Vec<EqualChanges<'_>> {
    let mut changes: Vec<&Change> = report.plan.changes.iter().collect();
    changes.sort_by(|a, b| (rank(b).cmp(&rank(a))).then_with(|| a.key().cmp(&b.key())));
    let exact = changes.into_iter().map(|change| vec![change]);
    let exact = joined(exact, |change| {
        let names = own_names(change);
        let mut signature = signature(report, change, names.as_ref(), is_alone(report, change));
        // Of new configs: it has the operator policy, which the lines do not have.
        signature["outline"] = json!(change.outline);
        signature.to_string()
    });
    // Each config of a group equals its first one.
    let groups = joined(exact.into_iter().map(|(group, _)| group), |change| {
        outline_signature(report, change)
    });
    let split = groups.into_iter().flat_map(|(mut changes, is_joined)| {
        changes.sort_by_key(|change| change.key());
        let group = EqualChanges::new(changes, is_joined);
        let (rare, changes): (Vec<&Change>, Vec<&Change>) = group.split_rare();
        let rare = rare.into_iter().map(|change| EqualChanges {
            is_rare: true,
            ..EqualChanges::new(vec![change], false)
        });
        let rest: Vec<EqualChanges<'_>> = match changes.len() < MIN_GROUP {
            true => {
                let changes = changes.into_iter();
                let singles = changes.map(|change| EqualChanges::new(vec![change], false));
                singles.collect()
            }
            false => vec![EqualChanges::new(changes, is_joined)],
        };
        rare.chain(rest).collect::<Vec<_>>()
    });
    let mut groups: Vec<EqualChanges<'_>> = split.collect();
    sort_by_kind(report, &mut groups);
    groups
}

/// Joins the groups whose first changes have the same key, and says whether it joined any.
fn joined<'a>(
    groups: impl Iterator<Item = Vec<&'a Change>>,
    key: impl Fn(&Change) -> String,
) -> Vec<(Vec<&'a Change>, bool)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<(Vec<&Change>, bool)> = Vec::new();
    for group in groups {
        let at = *places.entry(key(group[0])).or_insert(all.len());
        match all.get_mut(at) {
            Some((known, is_joined)) => {
                known.extend(group);
                *is_joined = true;
            }
            None => all.push((group, false)),
        }
    }
    all
}

/// The signature with the outline in place of the lines of a new template. Prices and laws differ between regions.
fn outline_signature(report: &Report, change: &Change) -> String {
    let is_alone = change.outline.is_none() || is_alone(report, change);
    let names = own_names(change);
    let mut signature = signature(report, change, names.as_ref(), is_alone);
    if !is_alone {
        signature["lines"] = json!(change.outline);
        signature["policy_lines"] = Value::Null;
        signature["region"] = json!(change.target.as_ref().map(|target| &target.region));
        signature["product"] = json!(change.product);
    }
    signature.to_string()
}

/// Within a rank, puts one of each kind first, those of the smallest kind before all: what only a few of hundreds of new configs have
/// must not be at the end.
fn sort_by_kind(report: &Report, groups: &mut Vec<EqualChanges<'_>>) {
    let kind = |group: &EqualChanges<'_>| {
        let change = group.first();
        let names = change.stack.clone().zip(change.target.clone());
        let names = names.map(|(name, target)| {
            let stack = StackName { name, target };
            EffectNames::with_words_of_name(&stack, change.path.stem())
        });
        let is_alone = is_alone(report, change);
        let diff = change.diff.as_ref().and_then(|diff| diff.unified.as_ref());
        let is_marked = diff.is_some_and(|text| EffectNames::has_marker(text));
        let mut signature = signature(report, change, names.as_ref(), is_marked || group.is_rare);
        signature["alone"] = json!(is_alone);
        signature.to_string()
    };
    let kinds: Vec<String> = groups.iter().map(kind).collect();
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for (kind, group) in kinds.iter().zip(groups.iter()) {
        *sizes.entry(kind).or_default() += group.changes.len();
    }
    let mut seen = HashSet::new();
    for (kind, group) in kinds.iter().zip(groups.iter_mut()) {
        group.is_first = seen.insert(kind);
        let change = group.first();
        let is_whole = change.intent != Intent::Invalid && !is_alone(report, change);
        let alike = sizes[kind.as_str()] - group.changes.len();
        group.alike = if is_whole { alike } else { 0 };
    }
    let order = kinds.iter().map(|kind| sizes[kind.as_str()]);
    let mut sorted: Vec<_> = order.zip(groups.drain(..)).collect();
    sorted.sort_by_key(|(size, group)| (Reverse(rank(group.first())), !group.is_first, *size));
    groups.extend(sorted.into_iter().map(|(_, group)| group));
}

/// The keys of changes that the report shows once, with the first one of each group first.
pub fn group_keys(report: &Report) -> Vec<Vec<ChangeKey>> {
    let groups = groups(report).into_iter();
    let groups = groups.filter(|group| !group.is_single());
    groups
        .map(|group| group.changes.into_iter().map(Change::key).collect())
        .collect()
}

/// Configs with the same change, before a preview: updates whose templates were compared by line.
pub fn equal_updates(report: &Report) -> Vec<Vec<ChangeKey>> {
    let is_compared = |change: &Change| {
        let diff = change.diff.as_ref();
        change.intent == Intent::Update && diff.is_some_and(|diff| diff.unified.is_some())
    };
    let groups = groups(report).into_iter();
    let groups = groups.filter(|group| !group.is_single() && is_compared(group.first()));
    groups
        .map(|group| group.changes.into_iter().map(Change::key).collect())
        .collect()
}

/// Sort key: errors, the highest level, deletions, the most removed resources, warnings.
fn rank(change: &Change) -> (bool, Level, bool, usize, bool) {
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
        !change.diagnostics.is_empty(),
    )
}

/// What the report says about a change, with other words in place of `names`. `is_alone`: no other config has the same.
fn signature(
    report: &Report,
    change: &Change,
    names: Option<&EffectNames>,
    is_alone: bool,
) -> Value {
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
    // Configs with errors are shown with each message; the others by one of them.
    let is_invalid = change.intent == Intent::Invalid;
    let problems = problems.map(|problem| {
        let message = (!is_invalid).then(|| own(&problem.message));
        (problem.severity, &problem.code, message)
    });
    let resources = change.resources.iter();
    let folders = change.folders.iter();
    let folders = folders.map(|set| (own(&set.prefix.to_string()), set.count));
    let region = change.target.as_ref().map_or("", |target| &*target.region);
    let costs = change.costs.as_ref();
    let policy_update = change.policy_update.as_ref();
    let lines = change.diff.as_ref();
    let lines = lines.filter(|_| change.intent != Intent::Delete);
    let lines = lines.and_then(|diff| changed_lines(diff, own));
    json!({
        // A section names the other file or the other stack.
        "path": is_alone.then(|| change.key()),
        "intent": change.intent,
        "environment": change.target.as_ref().filter(|_| !is_invalid).map(|target| &target.environment),
        "on_merge": on_merge.map(|on_merge| (on_merge.effect, &on_merge.requires, &on_merge.denials)),
        "level": change.level,
        "identity": change.identity_from_defaults,
        "impact": impact.collect::<Vec<_>>(),
        "resources": resources.collect::<Vec<_>>(),
        "folders": folders.collect::<Vec<_>>(),
        "costs": costs.map(|costs| costs_markdown(costs, region)),
        "policy_update": policy_update.map(|update| (&update.action, update.renews_roles)),
        "policy_lines": policy_update.and_then(|update| changed_lines(update.diff.as_ref()?, own)),
        "problems": problems.collect::<Vec<_>>(),
        "lines": lines,
        "caveat": change.caveat,
        "consumers": change.consumers,
        "preview": preview.map(|preview| &preview.shape),
        "sample": report.sample(&change.key()).map(|sample| sample.effect),
    })
}

/// The words that differ in every config.
fn own_names(change: &Change) -> Option<EffectNames> {
    let (name, target) = (change.stack.clone()?, change.target.clone()?);
    Some(EffectNames::new(
        &StackName { name, target },
        change.path.stem(),
    ))
}

/// Whether a config has a section of its own, regardless of the others.
fn is_alone(report: &Report, change: &Change) -> bool {
    // Templates and policies that were not compared by line may differ in anything.
    let is_unread = change
        .diff
        .as_ref()
        .is_none_or(|diff| diff.unified.is_none());
    let policy = change.policy_update.as_ref();
    let policy = policy.and_then(|update| update.diff.as_ref());
    is_dangerous(report, change)
        || change.intent == Intent::Import
        || policy.is_some_and(|diff| diff.unified.is_none())
        || change.intent == Intent::Create && is_unread
        || change.renamed.is_some()
        || change.moved_from.is_some()
        || change.stack_move.is_some()
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
