//! What is left of a template without the names of its config. Configs with equal outlines have one template.

use crate::model::Digest;

/// A new template and its operator policy with general words in place of the names of their config.
#[derive(Clone, Debug)]
pub struct Outline {
    pub template: Digest,
    pub policy: Digest,
    /// The texts in which words of the config's name count as names, in the template's order. Equal templates have them at the same
    /// places.
    pub words: Vec<WordText>,
}

/// A text that has words of the config's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordText {
    pub place: WordPlace,
    pub text: String,
}

/// Where a word of the config's name counts as a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordPlace {
    /// The tag's key.
    Tag(String),
    Description,
    Name,
}

impl PartialEq for Outline {
    fn eq(&self, other: &Self) -> bool {
        (self.template, self.policy) == (other.template, other.policy)
    }
}
