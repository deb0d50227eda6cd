//! The tags of an adopted stack.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::stack::{OWN_TAGS, is_reserved_tag};

/// Tags of a stack before and after its adoption.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdoptionTags {
    /// Tags of provisioner's own stacks that the live stack lacks.
    pub added: BTreeMap<String, String>,
    /// Keys of tags that an un-adoption removes.
    pub removed: Vec<String>,
    /// All other tags of the live stack, without those that AWS gave. Reports have their keys only.
    #[serde(serialize_with = "keys")]
    #[schemars(with = "Vec<String>")]
    pub kept: BTreeMap<String, String>,
    /// Those of the kept keys that have provisioner's prefix and no stack of this version has. The first update removes them.
    pub stale: Vec<String>,
    /// Tags of provisioner's own stacks that the live stack has with another value. They are not changed.
    pub clashing: Vec<TagClash>,
}

fn keys<S: Serializer>(tags: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tags.keys())
}

/// A tag with two values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagClash {
    /// The key of the tag.
    pub key: String,
    /// The value of the live stack.
    pub live: String,
    /// The value that the config's stack needs.
    pub needed: String,
}

impl AdoptionTags {
    pub fn new(live: &BTreeMap<String, String>, owner: &BTreeMap<String, String>) -> Self {
        let mut tags = Self {
            kept: live.clone(),
            ..Self::default()
        };
        tags.kept.retain(|key, _| !is_reserved_tag(key));
        for (key, needed) in owner {
            match live.get(key) {
                None => {
                    tags.added.insert(key.clone(), needed.clone());
                }
                Some(value) if value == needed => {}
                Some(value) => {
                    tags.kept.remove(key);
                    tags.clashing.push(TagClash {
                        key: key.clone(),
                        live: value.clone(),
                        needed: needed.clone(),
                    });
                }
            }
        }
        let is_stale = |key: &&String| key.starts_with(OWN_TAGS) && !owner.contains_key(*key);
        tags.stale = tags.kept.keys().filter(is_stale).cloned().collect();
        tags
    }

    /// The same for an un-adoption, which removes the tags of `owner`.
    pub fn without(self, owner: &BTreeMap<String, String>) -> Self {
        let mut kept = self.kept;
        let clashing = self.clashing.into_iter();
        let mut removed: Vec<String> = clashing.map(|clash| clash.key).collect();
        removed.extend(kept.keys().filter(|key| owner.contains_key(*key)).cloned());
        removed.sort();
        kept.retain(|key, _| !owner.contains_key(key));
        Self {
            removed,
            kept,
            ..Self::default()
        }
    }

    /// The number of tags after the adoption.
    pub fn count(&self) -> usize {
        self.added.len() + self.kept.len() + self.clashing.len()
    }
}
