//! The tags of provisioner's own stacks.

use std::collections::BTreeMap;

use super::StackName;

/// The beginning of the keys that provisioner gives to stacks.
pub const OWN_TAGS: &str = "provisioner:";

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
