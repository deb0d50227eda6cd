//! Groups of configs with the same plan, so that a report says it once. A report shows one config of a group, so nothing that a
//! reviewer has to see may differ within it but the names, accounts and regions of the stacks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::change_lines::{TextIds, compared_lines, diff_line};
use super::check::Report;
use super::line_places::ComparedChange;
use super::rare_lines::{Standing, compare};
use super::signature::{is_alone, is_policy_unread, is_unread, own_names, rank, signature};
use crate::plan::{Change, ChangeKey, Intent, WordPlace, is_few};

/// With fewer, each config is shown for itself.
const MIN_GROUP: usize = 3;
/// Fewer changes of one kind stand together.
const MAX_TOGETHER: usize = 5;

/// Configs with the same plan, by path. The first one represents all.
pub(super) struct EqualChanges<'a> {
    pub changes: Vec<&'a Change>,
    /// How it differs from other changes.
    pub standing: Standing,
    /// The number of configs that it is compared with, itself included.
    pub compared: usize,
    /// Whether it is the first of its kind.
    pub is_first: bool,
    /// Configs in other groups of its kind.
    pub alike: usize,
    /// Where those differ, if it is the first.
    pub differences: Vec<KindDifference>,
}

/// The values of configs of one kind at a place of their templates.
pub(super) struct KindDifference {
    pub place: String,
    /// If the report says it, and not the template: the fact, with the one around it.
    pub fact: Option<(Option<String>, String)>,
    pub count: usize,
    /// Some lines with the values.
    pub lines: Vec<String>,
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

    /// The account and the region of the stacks, each if it is that of all.
    pub fn place(&self) -> [Option<&'a str>; 2] {
        [
            self.common(|change| Some(&*change.target.as_ref()?.account)),
            self.common(|change| Some(&*change.target.as_ref()?.region)),
        ]
    }

    /// Whether all stacks are in one account and region.
    pub fn is_one_place(&self) -> bool {
        self.first().target.is_none() || self.place().iter().all(Option::is_some)
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

    /// Where words of the configs' names differ, with the number of the text in the template.
    pub fn differing_words(&self) -> Vec<(usize, &'a WordPlace)> {
        let words = |change: &'a Change| {
            // Templates of configs with errors are not compared.
            let outline = change.outline.as_ref();
            let outline = outline.filter(|_| change.intent != Intent::Invalid);
            outline.map_or(&[][..], |outline| &outline.words)
        };
        let places = words(self.first()).iter().enumerate();
        let differing = places.filter(|(at, first)| {
            let mut changes = self.changes.iter().copied();
            changes.any(|change| words(change).get(*at) != Some(first))
        });
        differing.map(|(at, first)| (at, &first.place)).collect()
    }

    fn new(changes: Vec<&'a Change>) -> Self {
        Self {
            compared: changes.len(),
            changes,
            standing: Standing::default(),
            is_first: true,
            alike: 0,
            differences: Vec::new(),
        }
    }
}

/// All changes: errors, then the most dangerous ones; within a rank those that differ from most others, then single ones.
pub(super) fn groups(report: &Report) -> Vec<EqualChanges<'_>> {
    let rare = RareAccounts::new(report);
    let groups = unsorted(report, &rare).into_iter();
    let mut groups: Vec<EqualChanges<'_>> = groups.map(EqualChanges::new).collect();
    if groups.len() > 1 {
        compare_groups(report, &rare, &mut groups);
        sort(&mut groups);
    }
    groups
}

/// The groups, errors first.
fn unsorted<'a>(report: &'a Report, rare: &RareAccounts<'_>) -> Vec<Vec<&'a Change>> {
    let mut changes: Vec<&Change> = report.plan.changes.iter().collect();
    changes.sort_by(|a, b| (rank(b).cmp(&rank(a))).then_with(|| a.key().cmp(&b.key())));
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Vec<&Change>> = Vec::new();
    for change in changes {
        let names = own_names(change);
        let mut signature = signature(report, change, names.as_ref(), is_alone(report, change));
        signature["account"] = json!(rare.of(change));
        let at = *places.entry(signature.to_string()).or_insert(all.len());
        match all.get_mut(at) {
            Some(known) => known.push(change),
            None => all.push(vec![change]),
        }
    }
    let groups = all.into_iter().flat_map(|mut changes| {
        changes.sort_by_key(|change| change.key());
        match changes.len() < MIN_GROUP {
            true => changes.into_iter().map(|change| vec![change]).collect(),
            false => vec![changes],
        }
    });
    groups.collect()
}

/// The accounts that few of the new configs of an environment have.
struct RareAccounts<'a>(HashSet<[&'a str; 2]>);

impl<'a> RareAccounts<'a> {
    fn new(report: &'a Report) -> Self {
        let mut environments: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for [environment, account] in report.plan.changes.iter().filter_map(account_of_new) {
            let accounts = environments.entry(environment).or_default();
            *accounts.entry(account).or_default() += 1;
        }
        let mut rare = HashSet::new();
        for (environment, accounts) in environments {
            let all = accounts.values().sum();
            for (account, count) in &accounts {
                let as_rare = accounts.values().filter(|other| *other <= count).sum();
                if is_few(*count, as_rare, all) {
                    rare.insert([environment, account]);
                }
            }
        }
        Self(rare)
    }

    fn of<'c>(&self, change: &'c Change) -> Option<&'c str> {
        let [environment, account] = account_of_new(change)?;
        let is_rare = self.0.contains(&[environment, account]);
        is_rare.then_some(account)
    }
}

/// Environment and account of a new config.
fn account_of_new(change: &Change) -> Option<[&str; 2]> {
    let target = change.target.as_ref();
    let target = target.filter(|_| change.intent == Intent::Create)?;
    Some([&target.environment, &target.account])
}

/// Compares the groups of each product.
fn compare_groups(report: &Report, rare: &RareAccounts<'_>, groups: &mut [EqualChanges<'_>]) {
    let mut classes: BTreeMap<(Intent, Option<&str>), Vec<usize>> = BTreeMap::new();
    for (index, group) in groups.iter().enumerate() {
        let change = group.first();
        let class = (change.intent, change.product.as_deref());
        classes.entry(class).or_default().push(index);
    }
    for members in classes.into_values() {
        let mut ids = TextIds::default();
        let changes = members.iter().map(|index| {
            let group = &groups[*index];
            let change = group.first();
            ComparedChange {
                count: group.changes.len(),
                lines: compared_lines(report, change, rare.of(change), &mut ids),
            }
        });
        let changes: Vec<ComparedChange> = changes.collect();
        let compared = changes.iter().map(|change| change.count).sum();
        let mut kinds: HashMap<u32, usize> = HashMap::new();
        let standings = compare(&changes, &ids.texts());
        for (standing, change) in standings.iter().zip(&changes) {
            *kinds.entry(standing.kind).or_default() += change.count;
        }
        let mut seen = HashSet::new();
        for (index, mut standing) in members.iter().zip(standings) {
            let differences = std::mem::take(&mut standing.differences).into_iter();
            let differences = differences.map(|values| {
                let examples = values.examples.into_iter();
                let lines = examples.filter_map(|(change, number)| {
                    diff_line(groups[members[change]].first(), number).map(str::to_owned)
                });
                KindDifference {
                    place: values.place,
                    fact: values.fact,
                    count: values.count,
                    lines: lines.collect(),
                }
            });
            let differences = differences.collect();
            let group = &mut groups[*index];
            group.differences = differences;
            group.is_first = seen.insert(standing.kind);
            group.alike = kinds[&standing.kind] - group.changes.len();
            group.compared = compared;
            group.standing = standing;
        }
    }
}

/// What only a few of hundreds of configs have must not be at the end.
fn sort(groups: &mut [EqualChanges<'_>]) {
    groups.sort_by_cached_key(|group| {
        let change = group.first();
        let is_rare = group.standing.is_rare;
        let is_together = group.is_first || group.alike < MAX_TOGETHER;
        (
            Reverse(rank(change)),
            Reverse(is_rare),
            if is_rare { group.standing.as_rare } else { 0 },
            !is_together,
            !group.is_single(),
            group.alike + group.changes.len(),
        )
    });
}

/// Whether configs of its kind differ only where it says.
pub(super) fn has_kind(group: &EqualChanges<'_>) -> bool {
    let change = group.first();
    let is_other = change.renamed.is_some() || change.moved_from.is_some();
    change.intent != Intent::Invalid
        && !is_other
        && change.stack_move.is_none()
        && !(is_unread(change) && matches!(change.intent, Intent::Create | Intent::Update))
        && !is_policy_unread(change)
}

/// The keys of changes that the report shows once, with the first one of each group first.
pub fn group_keys(report: &Report) -> Vec<Vec<ChangeKey>> {
    let groups = unsorted(report, &RareAccounts::new(report)).into_iter();
    let groups = groups.filter(|group| group.len() > 1);
    groups
        .map(|group| group.into_iter().map(Change::key).collect())
        .collect()
}

/// Configs with the same change, before a preview: updates whose templates were compared by line.
pub fn equal_updates(report: &Report) -> Vec<Vec<ChangeKey>> {
    let groups = unsorted(report, &RareAccounts::new(report)).into_iter();
    let groups = groups.filter(|group| {
        group.len() > 1 && group[0].intent == Intent::Update && !is_unread(group[0])
    });
    groups
        .map(|group| group.into_iter().map(Change::key).collect())
        .collect()
}
