//! What a preview showed of a stack, and what differs from it later.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Stack;

/// A stack as a preview showed it.
#[derive(Clone, Debug)]
pub struct ShownStack {
    /// `None`: no stack had the name.
    pub stack: Option<Stack>,
    /// The deployed template; `None` if the preview does not depend on it.
    pub template: Option<String>,
}

/// A part of a stack that changed after a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StackPart {
    /// Another stack has the name, or none.
    Id,
    Status,
    /// The stack was updated, whatever the update changed.
    Update,
    Template,
    /// Its own tags, and those of others.
    Tags,
    /// The tags of a bucket that a deleted stack retained. Another stack may have imported the bucket.
    BucketTags,
    /// The number of object versions in such a bucket.
    BucketContents,
}

impl StackPart {
    pub fn words(self) -> &'static str {
        match self {
            Self::Id => "another stack has its name, or none",
            Self::Status => "its status changed",
            Self::Update => "it was updated",
            Self::Template => "its template changed",
            Self::Tags => "its tags changed",
            Self::BucketTags => "the tags of a bucket that it retained changed",
            Self::BucketContents => "the contents of a bucket that it retained changed",
        }
    }
}

impl ShownStack {
    /// Whether no operation ran since: only an operation changes a template.
    pub fn is_same_version(&self, now: &Stack) -> bool {
        let shown = self.stack.as_ref();
        shown.is_some_and(|shown| {
            (&shown.id, &shown.status, shown.updated) == (&now.id, &now.status, now.updated)
        })
    }

    /// What differs now. An unreadable template counts as changed.
    pub fn differences(&self, now: Option<&Stack>, template: Option<&str>) -> Vec<StackPart> {
        let (shown, now) = match (&self.stack, now) {
            (None, None) => return Vec::new(),
            (Some(shown), Some(now)) if shown.id == now.id => (shown, now),
            _ => return vec![StackPart::Id],
        };
        let is_same_template = self.template.is_none() || self.template.as_deref() == template;
        let parts = [
            (StackPart::Status, shown.status == now.status),
            (StackPart::Update, shown.updated == now.updated),
            (StackPart::Template, is_same_template),
            (StackPart::Tags, shown.tags == now.tags),
        ];
        let changed = parts.into_iter().filter(|(_, is_same)| !is_same);
        changed.map(|(part, _)| part).collect()
    }
}
