//! The tags of provisioner's own stacks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::StackName;

/// The beginning of the keys that provisioner gives to stacks.
pub const OWN_TAGS: &str = "provisioner:";

/// The beginning of the keys that only AWS gives to stacks, in lower case. They do not count as tags of a stack.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html>
const RESERVED_TAGS: &str = "aws:";

/// Marks a stack of `test-deploy`; the value is the name of the tested stack.
pub const TEST_TAG: &str = "provisioner:test";

/// The tags of provisioner's own stacks: the product, the environment, and the stack's own name, so that tags copied from another
/// stack do not count. The policy of another environment never decides about a stack.
pub fn owner_tags(product: &str, stack: &StackName) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("provisioner:product".to_owned(), product.to_owned()),
        (
            "provisioner:environment".to_owned(),
            stack.target.environment.clone(),
        ),
        ("provisioner:stack".to_owned(), stack.name.clone()),
    ])
}

/// Whether only AWS may give a tag with this key. The case of the prefix does not count.
pub fn is_reserved_tag(key: &str) -> bool {
    let prefix = key.get(..RESERVED_TAGS.len());
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(RESERVED_TAGS))
}

/// The tags of a stack that neither provisioner nor AWS gave to it. Every key that begins with [`OWN_TAGS`] is provisioner's.
pub fn foreign_tags(tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut foreign = tags.clone();
    foreign.retain(|key, _| !key.starts_with(OWN_TAGS) && !is_reserved_tag(key));
    foreign
}

/// What an operation does to the tags of a stack. Tags that AWS gave are in none of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TagChanges {
    /// Keys of tags that the stack gets.
    pub added: Vec<String>,
    /// Keys of tags that get another value.
    pub changed: Vec<String>,
    /// Keys of tags that the stack loses.
    pub removed: Vec<String>,
    /// Keys of tags that others gave to the stack, and that stay.
    pub kept: Vec<String>,
}

impl TagChanges {
    pub fn new(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Self {
        let mut changes = Self::default();
        for (key, value) in after {
            match before.get(key) {
                None => changes.added.push(key.clone()),
                Some(old) if old != value => changes.changed.push(key.clone()),
                Some(_) if key.starts_with(OWN_TAGS) => {}
                Some(_) => changes.kept.push(key.clone()),
            }
        }
        let lost = before.keys().filter(|key| !after.contains_key(*key));
        let lost = lost.filter(|key| !is_reserved_tag(key));
        changes.removed = lost.cloned().collect();
        changes
    }

    /// Whether all tags stay as they are.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        let all = all.iter();
        all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn keys_of_provisioner_and_of_aws_are_not_foreign() {
        let all = tags(&[
            ("Team", "data"),
            ("aws:cloudformation:stack-name", "a"),
            ("AWS:x", "a"),
            ("aws", "a"),
            ("provisioner", "a"),
            ("provisioner:former", "a"),
            ("provisioner:stack", "a"),
        ]);
        let foreign = foreign_tags(&all);
        let keys: Vec<&str> = foreign.keys().map(String::as_str).collect();
        assert_eq!(keys, ["Team", "aws", "provisioner"]);
    }

    #[test]
    fn every_changed_tag_is_in_one_list() {
        let before = tags(&[
            ("Team", "data"),
            ("aws:x", "a"),
            ("provisioner:former", "a"),
            ("provisioner:product", "s3"),
            ("provisioner:stack", "a"),
        ]);
        let after = tags(&[
            ("Team", "data"),
            ("provisioner:environment", "prod"),
            ("provisioner:product", "s3"),
            ("provisioner:stack", "b"),
        ]);
        let changes = TagChanges::new(&before, &after);
        assert_eq!(changes.added, ["provisioner:environment"]);
        assert_eq!(changes.changed, ["provisioner:stack"]);
        assert_eq!(changes.removed, ["provisioner:former"]);
        assert_eq!(changes.kept, ["Team"]);
        assert!(!changes.is_empty());
        assert!(TagChanges::new(&before, &before).is_empty());
    }
}
