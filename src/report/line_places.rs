//! The places of lines in templates, such as `Resources.Jobs.Properties`, so that lines of many configs can be compared.

use std::collections::HashMap;

use super::change_lines::{ComparedLine, TextId, fact_name};

pub(super) type PlaceId = u32;
pub(super) const ROOT: PlaceId = 0;
/// Stands for all keys that fewer than half of the configs have.
const ANY: TextId = TextId::MAX;

/// Configs with the same lines.
pub(super) struct ComparedChange {
    /// The number of configs.
    pub count: usize,
    pub lines: Vec<ComparedLine>,
}

/// The place of each line of each config.
pub(super) struct LinePlaces {
    of_lines: Vec<Vec<PlaceId>>,
    /// Parent and key.
    all: Vec<(PlaceId, TextId)>,
}

impl LinePlaces {
    /// Top-down. A key of few configs may be of an author's choice, so it has the same place as others of its kind.
    pub(super) fn new(changes: &[ComparedChange]) -> Self {
        let total: usize = changes.iter().map(|change| change.count).sum();
        let levels = changes.iter().flat_map(|change| &change.lines);
        let levels = levels.map(|line| line.level + 1).max().unwrap_or(0);
        let of_lines = changes.iter().map(|change| vec![ROOT; change.lines.len()]);
        let mut places = Self {
            of_lines: of_lines.collect(),
            all: vec![(ROOT, ANY)],
        };
        let mut ids: HashMap<(PlaceId, TextId), PlaceId> = HashMap::new();
        for level in 0..levels {
            let mut counts = ConfigCounts::default();
            for (index, change) in changes.iter().enumerate() {
                for line in change.lines.iter().filter(|line| line.level == level) {
                    let parent = places.parent(index, line);
                    counts.add((parent, line.key), index, change.count);
                }
            }
            for (index, change) in changes.iter().enumerate() {
                for (at, line) in change.lines.iter().enumerate() {
                    if line.level != level {
                        continue;
                    }
                    let parent = places.parent(index, line);
                    let is_common = counts.of(&(parent, line.key)) * 2 >= total;
                    let place = (parent, if is_common { line.key } else { ANY });
                    let next = PlaceId::try_from(places.all.len()).unwrap_or(PlaceId::MAX);
                    let id = *ids.entry(place).or_insert(next);
                    if id == next {
                        places.all.push(place);
                    }
                    places.of_lines[index][at] = id;
                }
            }
        }
        places
    }

    /// The place around a place.
    pub(super) fn around(&self, place: PlaceId) -> PlaceId {
        self.all[place as usize].0
    }

    fn parent(&self, index: usize, line: &ComparedLine) -> PlaceId {
        let parent = line.parent.map(|parent| self.of_lines[index][parent]);
        parent.unwrap_or(ROOT)
    }

    /// The values of a config, each with its line.
    pub(super) fn values(
        &self,
        index: usize,
        change: &ComparedChange,
    ) -> impl Iterator<Item = (usize, PlaceId, TextId)> {
        let lines = self.of_lines[index].iter().zip(&change.lines).enumerate();
        lines.filter_map(|(at, (place, line))| {
            let value = line.value?;
            let (_, key) = self.all[*place as usize];
            Some((at, *place, if key == ANY { line.whole } else { value }))
        })
    }

    pub(super) fn is_fact(&self, place: PlaceId, texts: &[&str]) -> bool {
        let key = match self.all[place as usize].1 {
            ANY => "",
            key => texts[key as usize],
        };
        fact_name(key) != key
    }

    /// Such as `Resources.Jobs.Properties`.
    pub(super) fn label(&self, place: PlaceId, texts: &[&str]) -> String {
        let (mut parts, mut place) = (Vec::new(), place);
        while place != ROOT {
            let (parent, key) = self.all[place as usize];
            parts.push(match key {
                ANY => "*",
                key => fact_name(texts[key as usize]),
            });
            place = parent;
        }
        parts.retain(|part| !part.is_empty());
        parts.reverse();
        parts.join(".").replace(".[", "[")
    }
}

/// Numbers of configs.
pub(super) struct ConfigCounts<K>(HashMap<K, (usize, usize)>);

impl<K> Default for ConfigCounts<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: std::hash::Hash + Eq> ConfigCounts<K> {
    /// ConfigCounts each config once. `index`: that of the change, ascending.
    pub(super) fn add(&mut self, key: K, index: usize, count: usize) {
        let (last, sum) = self.0.entry(key).or_insert((usize::MAX, 0));
        if *last != index {
            *last = index;
            *sum += count;
        }
    }

    pub(super) fn of(&self, key: &K) -> usize {
        self.0.get(key).map_or(0, |(_, sum)| *sum)
    }
}
