//! Which stacks the check previews if the policy says that a sample of each group of equal changes is enough.

use std::collections::{BTreeMap, BTreeSet};

use crate::guard::Policies;
use crate::model::Digest;
use crate::plan::ChangeKey;
use crate::report::{Report, Sample, equal_updates};

/// The groups of which a sample is previewed first.
#[derive(Default)]
pub struct PreviewSamples {
    groups: Vec<PreviewGroup>,
}

struct PreviewGroup {
    sample: Vec<ChangeKey>,
    rest: Vec<ChangeKey>,
}

impl PreviewSamples {
    /// `report`: without previews.
    pub fn new(report: &Report, policies: Policies<'_>) -> Self {
        let environments: BTreeMap<ChangeKey, &str> = report
            .plan
            .changes
            .iter()
            .filter_map(|change| Some((change.key(), &*change.target.as_ref()?.environment)))
            .collect();
        let groups = equal_updates(report).into_iter().filter_map(|mut group| {
            // All are of one environment.
            let size = policies.sample(environments.get(group.first()?)?)?;
            group.sort();
            let sampled = spread(group.len(), size);
            let (sample, rest): (Vec<_>, Vec<_>) = group
                .into_iter()
                .enumerate()
                .partition(|(at, _)| sampled.contains(at));
            let keys = |all: Vec<(usize, ChangeKey)>| all.into_iter().map(|(_, key)| key).collect();
            let group = PreviewGroup {
                sample: keys(sample),
                rest: keys(rest),
            };
            (!group.rest.is_empty()).then_some(group)
        });
        Self {
            groups: groups.collect(),
        }
    }

    /// The configs that are not previewed at first.
    pub fn rest(&self) -> BTreeSet<ChangeKey> {
        let rest = self.groups.iter().flat_map(|group| &group.rest);
        rest.cloned().collect()
    }

    /// The samples that stand for their groups, because all of their change sets have one effect, in place. Beside them, the configs
    /// of the other groups, which are all previewed.
    pub fn settle(
        self,
        effects: &BTreeMap<ChangeKey, Option<Digest>>,
    ) -> (Vec<Sample>, BTreeSet<ChangeKey>) {
        let mut samples = Vec::new();
        let mut unsettled = BTreeSet::new();
        for PreviewGroup { sample, rest } in self.groups {
            let found = sample.iter().map(|key| effects.get(key).copied().flatten());
            let found: BTreeSet<Option<Digest>> = found.collect();
            match (found.len(), found.first()) {
                (1, Some(Some(effect))) => samples.push(Sample {
                    previewed: sample,
                    not_previewed: rest,
                    effect: *effect,
                }),
                _ => unsettled.extend(rest),
            }
        }
        (samples, unsettled)
    }
}

/// So many of the first `count` numbers, at equal distances: paths often begin with the account.
fn spread(count: usize, size: usize) -> BTreeSet<usize> {
    let size = size.clamp(1, count.max(1));
    (0..size).map(|at| at * count / size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_the_group() {
        assert_eq!(spread(12, 3), BTreeSet::from([0, 4, 8]));
        assert_eq!(spread(3, 8), BTreeSet::from([0, 1, 2]));
        assert_eq!(spread(4, 1), BTreeSet::from([0]));
    }
}
