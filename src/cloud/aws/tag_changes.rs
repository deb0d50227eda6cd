//! Change sets that give a stack other tags.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::{Capability, ChangeSetType};

use super::change_sets::{PREFIX, digest_of, previous_parameters, tags};
use super::operations::of_same_stack;
use super::{Cloud, token};
use crate::cloud::{PendingChangeSet, Result, TagChangeInput};
use crate::guard::{ChangesTags, Permit};
use crate::stack::is_reserved_tag;

/// Stands for the template in the name of the change set.
const PREVIOUS_TEMPLATE: &str = "previous template";

impl Cloud {
    /// Creates a change set with the stack's own template and parameters, and other tags. Nothing changes before it is executed.
    ///
    /// `CAPABILITY_AUTO_EXPAND` has no effect on change sets:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
    pub async fn propose_tags<E: ChangesTags>(
        &self,
        permit: &Permit<E>,
        input: &TagChangeInput,
    ) -> Result<PendingChangeSet> {
        self.ensure_not_cancelled()?;
        of_same_stack(permit, &input.stack_id)?;
        let stack = permit.stack().clone();
        let digest = digest_of(&stack.name, &input.tags, PREVIOUS_TEMPLATE);
        self.sweep(&stack.name, &digest).await?;
        let name = format!("{PREFIX}{digest}-{:08x}", fastrand::u32(..));
        let mut own_tags = input.tags.clone();
        own_tags.retain(|key, _| !is_reserved_tag(key));
        // The stack's list of capabilities becomes that of the change set.
        let named = [Capability::CapabilityNamedIam.as_str()];
        let capabilities: BTreeSet<&str> = input
            .capabilities
            .iter()
            .map(String::as_str)
            .chain(named)
            .collect();
        let mut request = self
            .stacks
            .create_change_set()
            .stack_name(&input.stack_id)
            .change_set_name(&name)
            .change_set_type(ChangeSetType::Update)
            .client_token(token())
            .description(&input.description)
            // AWS advises against it for templates of `AWS::LanguageExtensions`: values of parameters would not change. They must not.
            .use_previous_template(true)
            .set_parameters(Some(previous_parameters(&input.parameters)))
            .set_capabilities(Some(
                capabilities.into_iter().map(Capability::from).collect(),
            ))
            // An empty list removes all tags; without a list the stack keeps them.
            .set_tags(Some(tags(&own_tags)));
        if input.has_nested_stacks {
            request = request.include_nested_stacks(true);
        }
        self.propose(request, (stack, false), &name).await
    }

    /// Whether the stack has such a change set that is not executed. `name`: the stack's.
    pub async fn has_tag_change_set(&self, name: &str, input: &TagChangeInput) -> Result<bool> {
        let digest = digest_of(name, &input.tags, PREVIOUS_TEMPLATE);
        self.has_own_change_set(name, &digest).await
    }
}
