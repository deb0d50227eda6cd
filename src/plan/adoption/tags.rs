//! The tags of an adopted stack.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Tags of a stack before and after its adoption.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AdoptionTags {
    /// Tags of provisioner's own stacks that the live stack lacks.
    pub added: BTreeMap<String, String>,
    /// All other tags of the live stack. Reports have their keys only.
    #[serde(serialize_with = "keys")]
    #[schemars(with = "Vec<String>")]
    pub kept: BTreeMap<String, String>,
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
        tags
    }

    /// The number of tags after the adoption.
    pub fn count(&self) -> usize {
        self.added.len() + self.kept.len() + self.clashing.len()
    }
}
