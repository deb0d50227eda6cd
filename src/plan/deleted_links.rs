//! The consumers of the stacks that a plan deletes.

use super::consumers::{LinkNeeds, config_links};
use super::{Change, Intent, Plan};
use crate::config::Config;
use crate::stack::StackName;

impl Intent {
    /// Whether the stack is deleted, or may be.
    pub fn deletes_stack(self) -> bool {
        matches!(self, Self::Delete | Self::Replace)
    }
}

impl Plan {
    /// Adds the consumers of each stack that the plan deletes. `before` is the config that the stack was deployed from.
    pub fn add_consumers(&mut self, needs: &LinkNeeds, before: impl Fn(&Change) -> Option<Config>) {
        for change in &mut self.changes {
            if !change.intent.deletes_stack() {
                continue;
            }
            change.consumers = before(change).and_then(|config| {
                let stack = StackName::for_config(&config);
                Some(needs.consumers(&stack, &config_links(&config)?.deleted()))
            });
        }
    }
}
