//! Stacks whose change sets the check did not create, because the policy says that a sample of each group of equal changes is enough.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use crate::model::Digest;
use crate::plan::ChangeKey;

/// Configs that a sentence names; the rest is counted.
const MAX_NAMED: usize = 10;

/// Configs with the same change. The check previewed some of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sample {
    /// The configs whose change sets were created. All have the same effect.
    pub previewed: Vec<ChangeKey>,
    /// The configs whose change sets were not created. The merge applies a change set only if it has the effect of the others.
    pub not_previewed: Vec<ChangeKey>,
    /// Digest of the effect, without the names of the stacks.
    pub effect: Digest,
}

impl Sample {
    /// Whether the sample stands for the change set of a config.
    pub fn stands_for(&self, key: &ChangeKey) -> bool {
        self.not_previewed.binary_search(key).is_ok()
    }

    /// Removes configs that are previewed all the same.
    pub fn leave_out(&mut self, previewed: &BTreeSet<ChangeKey>) {
        self.not_previewed.retain(|key| !previewed.contains(key));
    }

    /// The sentences below a config whose change set was not created.
    pub(super) fn text(&self) -> Text {
        let shown = self.previewed.iter().take(MAX_NAMED);
        let more = self.previewed.len().saturating_sub(MAX_NAMED);
        let more = (more > 0).then(|| Text::count(more, "more config"));
        Text::ours("AWS: not previewed. By the policy's `sample`, provisioner previewed ")
            .and(Text::and_list(
                shown.map(|key| Text::name(key.to_string())).chain(more),
            ))
            .and(Text::ours(
                " of the configs with the same change. The merge computes the change set of each stack, and applies it only if it has the same effect.",
            ))
    }
}

/// What reviewers were shown of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownDigest {
    pub digest: Digest,
    /// Whether it is the effect of a sample's change sets, and not the stack's own change set. The two never have the same digest.
    pub sampled: bool,
}
