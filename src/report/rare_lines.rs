//! Which of many configs has what only few of them have. A place where most configs have something of their own tells nothing: it is
//! as rare for all of them, so that many harmless differences do not hide another one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::change_lines::{ComparedLine, TextId, fact_name};
use super::line_places::{ComparedChange, ConfigCounts, LinePlaces, PlaceId};
use crate::plan::{MIN_CONFIGS, is_few};

/// Facts and missing places that are named.
const MAX_RARE: usize = 5;
/// Rare lines of a change, some of which are equal.
const MAX_RARE_LINES: usize = 100;
/// A value is one of many if at most one of so many configs has it.
const SCATTERED_SHARE: usize = 10;
/// Where so many of five configs have one value, each other value is rare.
const MOST_OF_FIVE: usize = 3;
/// Values of a place that a text names.
const MAX_VALUES: usize = 10;

/// How a config differs from the others.
#[derive(Default)]
pub(super) struct Standing {
    /// The number of configs that have something as rare at the same place, this one included.
    pub as_rare: usize,
    pub is_rare: bool,
    /// The rare lines, by their numbers in the diff.
    pub lines: Vec<usize>,
    /// What else is rare: the facts, each with the one around it.
    pub facts: Vec<(Option<String>, String)>,
    /// The places that only few lack.
    pub missing: Vec<String>,
    /// Configs of one kind differ only at places where most configs have something of their own.
    pub kind: u32,
    /// Of the first config of a kind: where the others differ.
    pub differences: Vec<PlaceValues>,
}

/// The values of a place.
pub(super) struct PlaceValues {
    pub place: String,
    /// If the report says it, and not the template: the fact, with the one around it.
    pub fact: Option<(Option<String>, String)>,
    pub count: usize,
    /// Some changes, each with the number of the line in its diff.
    pub examples: Vec<(usize, usize)>,
}

impl Standing {
    fn add(&mut self, lines: &[ComparedLine], at: usize, texts: &[&str]) {
        match (lines[at].shown, fact_of(lines, at, texts)) {
            (Some(number), _) if self.lines.len() < MAX_RARE_LINES => self.lines.push(number),
            (None, Some(fact)) if self.facts.len() < MAX_RARE => self.facts.push(fact),
            _ => {}
        }
    }
}

/// What the report says, with the part of it; `None` for a line of the template.
fn fact_of(lines: &[ComparedLine], at: usize, texts: &[&str]) -> Option<(Option<String>, String)> {
    let line = &lines[at];
    let text = |line: &ComparedLine| fact_name(texts[line.key as usize]).to_owned();
    let parent = line.parent.map(|parent| text(&lines[parent]));
    line.is_fact.then(|| (parent, text(line)))
}

/// `texts`: by their numbers.
pub(super) fn compare(changes: &[ComparedChange], texts: &[&str]) -> Vec<Standing> {
    let places = LinePlaces::new(changes);
    let statistics = Statistics::new(changes, &places);
    let mut kinds: HashMap<(u32, PlaceId, TextId), u32> = HashMap::new();
    let mut standings: Vec<Standing> = Vec::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        let mut standing = statistics.standing(index, change, &places, texts);
        standing.kind = statistics.kind(index, change, &places, &mut kinds);
        standings.push(standing);
    }
    add_differences(changes, (&places, &statistics), texts, &mut standings);
    standings
}

struct Statistics {
    total: usize,
    values: ConfigCounts<(PlaceId, TextId)>,
    /// By place: for each number of configs with one value, how many configs have a value that at most so many have.
    rarities: HashMap<PlaceId, Vec<(usize, usize)>>,
    /// The places where most configs have the same value.
    uniform: HashSet<PlaceId>,
    /// The places that most configs have, with the number of configs that lack each.
    common: BTreeMap<PlaceId, usize>,
}

impl Statistics {
    fn new(changes: &[ComparedChange], places: &LinePlaces) -> Self {
        let total = changes.iter().map(|change| change.count).sum();
        let mut values = ConfigCounts::default();
        let mut present = ConfigCounts::default();
        for (index, change) in changes.iter().enumerate() {
            for (_, place, value) in places.values(index, change) {
                values.add((place, value), index, change.count);
                present.add(place, index, change.count);
            }
        }
        let is_most = |count: usize| count * 5 >= total * MOST_OF_FIVE;
        let mut uniform = HashSet::new();
        let mut by_rarity: HashMap<PlaceId, BTreeMap<usize, usize>> = HashMap::new();
        for (index, change) in changes.iter().enumerate() {
            let mut rarest: HashMap<PlaceId, usize> = HashMap::new();
            for (_, place, value) in places.values(index, change) {
                let count = values.of(&(place, value));
                if is_most(count) {
                    uniform.insert(place);
                }
                let least = rarest.entry(place).or_insert(count);
                *least = count.min(*least);
            }
            for (place, count) in rarest {
                let rarities = by_rarity.entry(place).or_default();
                *rarities.entry(count).or_default() += change.count;
            }
        }
        let mut common = BTreeMap::new();
        let mut rarities = HashMap::new();
        for (place, mut counts) in by_rarity {
            let absent = total - present.of(&place);
            if absent > 0 {
                *counts.entry(absent).or_default() += absent;
            }
            if absent * 2 < total {
                common.insert(place, absent);
            }
            let mut sum = 0;
            let sums = counts.into_iter().map(|(count, configs)| {
                sum += configs;
                (count, sum)
            });
            rarities.insert(place, sums.collect());
        }
        Self {
            total,
            values,
            rarities,
            uniform,
            common,
        }
    }

    /// Whether a value that `count` configs have, each of them something as rare, is rare at its place.
    fn is_rare(&self, place: PlaceId, count: usize, as_rare: usize) -> bool {
        let is_odd = count * 5 < self.total * MOST_OF_FIVE && self.uniform.contains(&place);
        is_few(count, as_rare, self.total) || is_odd && self.total >= MIN_CONFIGS
    }

    /// The number of configs that have at this place what at most `count` configs have.
    fn as_rare(&self, place: PlaceId, count: usize) -> usize {
        let rarities = self.rarities.get(&place).map_or(&[][..], Vec::as_slice);
        let until = rarities.partition_point(|(known, _)| *known <= count);
        until.checked_sub(1).map_or(0, |last| rarities[last].1)
    }

    /// Whether most configs have something at this place that few others have.
    fn is_scattered(&self, place: PlaceId) -> bool {
        let few = (self.total / SCATTERED_SHARE).max(1);
        self.as_rare(place, few) * 2 > self.total
    }

    fn standing(
        &self,
        index: usize,
        change: &ComparedChange,
        places: &LinePlaces,
        texts: &[&str],
    ) -> Standing {
        let mut standing = Standing {
            as_rare: self.total,
            ..Standing::default()
        };
        let mut own: HashSet<PlaceId> = HashSet::new();
        for (at, place, value) in places.values(index, change) {
            let count = self.values.of(&(place, value));
            let as_rare = self.as_rare(place, count);
            standing.as_rare = standing.as_rare.min(as_rare);
            if self.is_rare(place, count, as_rare) {
                standing.is_rare = true;
                standing.add(&change.lines, at, texts);
            }
            if self.common.contains_key(&place) {
                own.insert(place);
            }
        }
        if own.len() < self.common.len() {
            let mut lacked = HashSet::new();
            for (place, absent) in &self.common {
                if own.contains(place) {
                    continue;
                }
                lacked.insert(*place);
                // A missing part is named once.
                if lacked.contains(&places.around(*place)) {
                    continue;
                }
                let as_rare = self.as_rare(*place, *absent);
                standing.as_rare = standing.as_rare.min(as_rare);
                if self.is_rare(*place, *absent, as_rare) {
                    standing.is_rare = true;
                    // The lines say more than the facts.
                    if !places.is_fact(*place, texts) {
                        standing.missing.push(places.label(*place, texts));
                    }
                }
            }
        }
        standing.missing.truncate(MAX_RARE);
        standing
    }

    /// The number of the kind: the same for configs with the same lines, apart from scattered places.
    fn kind(
        &self,
        index: usize,
        change: &ComparedChange,
        places: &LinePlaces,
        kinds: &mut HashMap<(u32, PlaceId, TextId), u32>,
    ) -> u32 {
        let values = places.values(index, change);
        let values = values.filter(|(_, place, _)| !self.is_scattered(*place));
        let mut values: Vec<_> = values.map(|(_, place, value)| (place, value)).collect();
        values.sort_unstable();
        values.dedup();
        values.into_iter().fold(0, |kind, (place, value)| {
            let next = u32::try_from(kinds.len() + 1).unwrap_or(u32::MAX);
            *kinds.entry((kind, place, value)).or_insert(next)
        })
    }
}

fn add_differences(
    changes: &[ComparedChange],
    (places, statistics): (&LinePlaces, &Statistics),
    texts: &[&str],
    standings: &mut [Standing],
) {
    let mut kinds: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, standing) in standings.iter().enumerate() {
        kinds.entry(standing.kind).or_default().push(index);
    }
    for members in kinds.into_values().filter(|members| members.len() > 1) {
        let mut values: BTreeMap<PlaceId, BTreeMap<TextId, (usize, usize)>> = BTreeMap::new();
        for index in &members {
            for (at, place, value) in places.values(*index, &changes[*index]) {
                if statistics.is_scattered(place) {
                    let of_place = values.entry(place).or_default();
                    of_place.entry(value).or_insert((*index, at));
                }
            }
        }
        let differing = values.into_iter().filter(|(_, values)| values.len() > 1);
        let differences = differing.map(|(place, values)| {
            let fact = values.values().next();
            let fact = fact.and_then(|(index, at)| fact_of(&changes[*index].lines, *at, texts));
            let count = values.len();
            let examples = values.into_values().filter_map(|(index, at)| {
                let number = changes[index].lines[at].shown?;
                Some((index, number))
            });
            PlaceValues {
                place: places.label(place, texts),
                fact,
                count,
                examples: examples.take(MAX_VALUES).collect(),
            }
        });
        standings[members[0]].differences = differences.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::change_lines::{TextIds, lines_of_diff};
    use super::*;

    /// How each template stands among the others.
    fn standings(templates: &[String]) -> Vec<Standing> {
        let mut ids = TextIds::default();
        let changes = templates.iter().map(|template| ComparedChange {
            count: 1,
            lines: lines_of_diff(template, &mut ids),
        });
        let changes: Vec<ComparedChange> = changes.collect();
        compare(&changes, &ids.texts())
    }

    /// The numbers of the rare templates, the rarest first.
    fn rare(standings: &[Standing]) -> Vec<usize> {
        let rare = standings.iter().enumerate();
        let mut rare: Vec<_> = rare.filter(|(_, standing)| standing.is_rare).collect();
        rare.sort_by_key(|(_, standing)| standing.as_rare);
        rare.into_iter().map(|(at, _)| at).collect()
    }

    fn lines(texts: &[&str]) -> String {
        let lines = texts.iter().map(|text| format!("+{text}\n"));
        lines.collect()
    }

    fn many(template: impl Fn(usize) -> String) -> Vec<String> {
        (0..40).map(template).collect()
    }

    #[test]
    fn attack_a_line_of_one_config_where_all_differ_in_another() {
        let odd = |at| if at == 31 { "666" } else { "111" };
        let all = many(|at| {
            let (tag, odd) = (format!("    Value: t{at}"), odd(at));
            lines(&[
                "Jobs:",
                "  Tags:",
                "  - Key: Ticket",
                &tag,
                &format!("  Trusts: {odd}"),
            ])
        });
        let found = standings(&all);
        assert_eq!(rare(&found), [31]);
        assert_eq!(found[31].lines, [4]);
        let first = &found[0].differences;
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].place, "Jobs.Tags[Ticket].Value");
        assert_eq!((first[0].count, first[0].examples.len()), (39, MAX_VALUES));
        let kinds = found.iter().filter(|other| other.kind == found[0].kind);
        assert_eq!(kinds.count(), 39);
    }

    #[test]
    fn attack_keys_that_each_config_has_for_itself() {
        let all = many(|at| {
            let kind = if at == 7 { "Role" } else { "Parameter" };
            let (key, tag) = (format!("  Own{at}:"), format!("    tag{at}: x"));
            lines(&["Resources:", &key, &format!("    Type: {kind}"), &tag])
        });
        let found = standings(&all);
        assert_eq!(rare(&found), [7]);
        assert_eq!(found[7].lines, [2]);
    }

    #[test]
    fn attack_a_line_that_one_config_lacks() {
        let all = many(|at| {
            let tag = format!("  Tag: t{at}");
            let all = ["Bucket:", &tag, "  Encryption:", "    Key: own"];
            lines(if at == 12 { &all[..2] } else { &all })
        });
        let found = standings(&all);
        assert_eq!(rare(&found), [12]);
        assert_eq!(found[12].missing, ["Bucket.Encryption"]);
        // Of one that lacks another place too, the place is not named twice.
        assert!(found.iter().all(|standing| standing.missing.len() <= 1));
    }

    #[test]
    fn attack_two_items_that_change_places() {
        let all = many(|at| match at {
            3 => lines(&[
                "Allow:",
                "- Who: boss",
                "  What: read",
                "- Who: all",
                "  What: admin",
            ]),
            _ => lines(&[
                "Allow:",
                "- Who: boss",
                "  What: admin",
                "- Who: all",
                "  What: read",
            ]),
        });
        assert_eq!(rare(&standings(&all)), [3]);
    }

    #[test]
    fn what_many_have_is_not_rare() {
        // Three large groups, and values of which each has its own.
        let all = many(|at| lines(&[&format!("Days: {}", at % 3), &format!("Name: n{at}")]));
        let found = standings(&all);
        assert_eq!(rare(&found), [0; 0]);
        assert_eq!(found[0].differences.len(), 1);
        // Of three configs none is rare.
        assert_eq!(rare(&standings(&all[..3])), [0; 0]);
    }

    #[test]
    fn changed_lines_are_compared_below_their_keys() {
        let diff = |days: &str| {
            format!("@@ -1,3 +1,3 @@\n Bucket:\n   Rules:\n-    Days: 30\n+    Days: {days}\n")
        };
        let all = many(|at| diff(if at == 20 { "1" } else { "90" }));
        let found = standings(&all);
        assert_eq!(rare(&found), [20]);
        assert_eq!(found[20].lines, [4]);
    }
}
