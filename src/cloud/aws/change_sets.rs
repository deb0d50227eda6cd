//! Creates, describes, executes and deletes change sets.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::operation::create_change_set::builders::CreateChangeSetFluentBuilder;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetType, OnStackFailure, Parameter, ResourceToImport, RollbackConfiguration,
    RollbackTrigger, Tag as StackTag,
};
use futures_util::future::BoxFuture;

use super::poll::PollBackoff;
use super::{Cloud, convert, error, token};
use crate::cloud::{ChangeSetInput, CloudError, PendingChangeSet, Result, StackOperation};
use crate::guard::{EffectKind, Permit, Preview, RunsChangeSet};
use crate::model::Digest;
use crate::plan::beyond_tags;
use crate::stack::{
    ChangeSet, DescribedChangeSet, Health, RollbackTriggers, Stack, StackEvent, StackName,
};

/// Prefix of the names of this program's change sets.
pub(super) const PREFIX: &str = "provisioner-";
/// Hex digits of the template's digest in the name. They identify a killed run's change set.
const DIGITS: usize = 16;
/// Maximum depth of nested stacks that are described.
const MAX_DEPTH: usize = 5;
/// Polls of a change set that is not found, although its request was accepted: a few seconds.
const MAX_UNSEEN_POLLS: usize = 3;

impl Cloud {
    /// Creates a change set for a new or an existing stack, and describes it. Nothing is deployed.
    ///
    /// Deletes change sets that a killed run left.
    pub async fn preview(
        &self,
        permit: Permit<Preview>,
        existing: Option<&Stack>,
        proposal: &ChangeSetInput,
    ) -> Result<PendingChangeSet> {
        self.ensure_not_cancelled()?;
        let stack = permit.stack().clone();
        let shell = existing.is_none_or(|stack| stack.status.health() == Health::ReviewInProgress);
        let digest = digest(&stack.name, proposal);
        if existing.is_some() {
            self.sweep(&stack.name, &digest).await?;
        }
        let name = format!("{PREFIX}{digest}-{:08x}", fastrand::u32(..));
        let mut request = self
            .stacks
            .create_change_set()
            .stack_name(&stack.name)
            .change_set_name(&name)
            .client_token(token())
            .description(&proposal.description)
            .template_body(&proposal.body)
            .capabilities(Capability::CapabilityNamedIam);
        let imports = !proposal.imports.is_empty();
        // An import changes no tags, and an empty list would ask for their removal.
        if !imports {
            request = request.set_tags(Some(tags(&proposal.tags)));
        }
        request = if imports {
            request
                .change_set_type(ChangeSetType::Import)
                .set_resources_to_import(Some(resources_to_import(proposal)))
        } else if shell {
            // CloudFormation rolls back a failed creation itself, even if the run was killed.
            request
                .change_set_type(ChangeSetType::Create)
                .on_stack_failure(OnStackFailure::Delete)
        } else {
            request.change_set_type(ChangeSetType::Update)
        };
        // AWS documents the triggers for creations and updates.
        if let Some(triggers) = proposal.rollback.as_ref().filter(|_| !imports) {
            request = request.rollback_configuration(rollback_configuration(triggers));
        }
        if proposal.body.contains("AWS::CloudFormation::Stack") {
            request = request.include_nested_stacks(true);
        }
        let pending = self.propose(request, (stack, shell), &name).await?;
        Ok(PendingChangeSet { imports, ..pending })
    }

    /// Sends the request of a change set, and describes it.
    pub(super) async fn propose(
        &self,
        request: CreateChangeSetFluentBuilder,
        (stack, shell): (StackName, bool),
        name: &str,
    ) -> Result<PendingChangeSet> {
        let answer = request.send().await;
        let (id, stack_id) = match answer.map_err(|e| error::from_sdk("CreateChangeSet", e)) {
            Ok(answer) => (
                answer.id.unwrap_or_default(),
                answer.stack_id.unwrap_or_default(),
            ),
            // An attempt whose response was lost created it: the name is random.
            Err(error) if error.has_code("AlreadyExistsException") => {
                let answer = self.described(&stack.name, name).await?;
                (answer.id, answer.stack_id)
            }
            Err(error) => return Err(error),
        };
        let mut pending = PendingChangeSet {
            stack,
            stack_id,
            shell,
            imports: false,
            described: DescribedChangeSet {
                change_set: ChangeSet {
                    id,
                    ..ChangeSet::default()
                },
                ..DescribedChangeSet::default()
            },
        };
        match self.examine(&mut pending).await {
            Ok(()) => Ok(pending),
            Err(error) => {
                // The first error is returned. The next run deletes the change set.
                let _ = self.without_cancellation().discard(pending).await;
                Err(error)
            }
        }
    }

    async fn examine(&self, pending: &mut PendingChangeSet) -> Result<()> {
        self.ensure_not_cancelled()?;
        let id = pending.described.change_set.id.clone();
        let stack = Some(pending.stack_id.as_str());
        self.wait_until_created(stack, &id).await?;
        let described = self.describe(stack, &id, 0).await?;
        // The id of the request, not that of the description, is the one to delete.
        pending.described.change_set = ChangeSet { id, ..described };
        Ok(())
    }

    /// A change set without its changes.
    pub(super) async fn described(&self, stack: &str, change_set: &str) -> Result<ChangeSet> {
        let described = self
            .stacks
            .describe_change_set()
            .stack_name(stack)
            .change_set_name(change_set)
            .send()
            .await;
        let described = described.map_err(|e| error::from_sdk("DescribeChangeSet", e))?;
        Ok(convert::change_set(described))
    }

    /// Waits until CloudFormation has computed the change set. Passes the stack's name where it is known, because permissions are
    /// granted by stack.
    async fn wait_until_created(&self, stack: Option<&str>, id: &str) -> Result<()> {
        let mut pauses = PollBackoff::new(&self.stop);
        let mut unseen = 0;
        loop {
            let described = self
                .stacks
                .describe_change_set()
                .set_stack_name(stack.map(str::to_owned))
                .change_set_name(id)
                .send();
            let described = described
                .await
                .map_err(|e| error::from_sdk("DescribeChangeSet", e));
            let described = match described {
                Ok(described) => described,
                // Not every server of CloudFormation knows it at once.
                Err(error) if error.is_not_found() && unseen < MAX_UNSEEN_POLLS => {
                    unseen += 1;
                    pauses.wait().await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            let status = described
                .status
                .as_ref()
                .map_or("", |status| status.as_str());
            if !status.ends_with("_PENDING") && !status.ends_with("_IN_PROGRESS") {
                return Ok(());
            }
            pauses.wait().await?;
        }
    }

    /// All pages, with property values and nested change sets.
    fn describe<'a>(
        &'a self,
        stack: Option<&'a str>,
        id: &'a str,
        depth: usize,
    ) -> BoxFuture<'a, Result<ChangeSet>> {
        Box::pin(async move {
            let mut pages = self
                .stacks
                .describe_change_set()
                .set_stack_name(stack.map(str::to_owned))
                .change_set_name(id)
                .include_property_values(true)
                .into_paginator()
                .send();
            let mut whole = ChangeSet::default();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|e| error::from_sdk("DescribeChangeSet", e))?;
                let page = convert::change_set(page);
                let changes = [whole.changes, page.changes].concat();
                whole = ChangeSet { changes, ..page };
            }
            for change in &mut whole.changes {
                if let Some(nested) = change.nested_id.as_deref().filter(|_| depth < MAX_DEPTH) {
                    self.wait_until_created(None, nested).await?;
                    let described = self.describe(None, nested, depth + 1).await?;
                    change.nested = Some(Box::new(described));
                }
            }
            Ok(whole)
        })
    }

    /// Executes a change set. `E`: the permitted effect; the permit has to be for the change set's stack. A change set that cannot
    /// be executed is deleted.
    pub async fn execute<E: RunsChangeSet>(
        &self,
        permit: Permit<E>,
        pending: PendingChangeSet,
    ) -> Result<StackOperation> {
        if *permit.stack() != pending.stack {
            let message = "a permit for one stack was spent on the change set of another";
            return Err(CloudError::Misused(message.to_owned()));
        }
        let changes_tags = matches!(E::KIND, EffectKind::Adopt | EffectKind::Unadopt);
        if changes_tags && beyond_tags(&pending.described.change_set).is_some() {
            self.without_cancellation().discard(pending).await?;
            let message = "a permit to change tags was spent on another change set";
            return Err(CloudError::Misused(message.to_owned()));
        }
        match self.start(&pending).await {
            Ok(seen) => Ok(StackOperation {
                stack_id: pending.stack_id,
                // What was imported existed before.
                creates: pending.shell && !pending.imports,
                imports: pending.shell && pending.imports,
                seen: seen.into_iter().map(|event| event.id).collect(),
            }),
            Err(error) => {
                // CloudFormation does not delete a change set that is executing.
                let _ = self.without_cancellation().discard(pending).await;
                Err(error)
            }
        }
    }

    /// Returns the events from before the execution.
    async fn start(&self, pending: &PendingChangeSet) -> Result<Vec<StackEvent>> {
        let seen = self.events(&pending.stack_id, &Default::default()).await?;
        self.ensure_not_cancelled()?;
        let id = &pending.described.change_set.id;
        let started = self
            .stacks
            .execute_change_set()
            .stack_name(&pending.stack_id)
            .change_set_name(id)
            .client_request_token(token())
            // If the creation or update fails, CloudFormation also deletes the new resources that the template retains. They hold
            // nothing yet, and their names would block the next attempt. An import creates nothing.
            .retain_except_on_create(!pending.imports)
            .send()
            .await;
        let started = started.map(drop);
        match error::accepted(started.map_err(|e| error::from_sdk("ExecuteChangeSet", e))) {
            Ok(()) => Ok(seen),
            // An attempt whose response was lost started it: only this run knows the name.
            Err(error) if error.has_code("InvalidChangeSetStatus") => {
                let found = self.described(&pending.stack_id, id).await?;
                match found.execution_status.starts_with("EXECUTE_") {
                    true => Ok(seen),
                    false => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }
}

/// A digest that is equal for change sets of equal content.
pub(super) fn digest(stack: &str, proposal: &ChangeSetInput) -> String {
    digest_of(stack, &proposal.tags, &proposal.body)
}

/// `template`: its text, or what stands for it.
pub(super) fn digest_of(stack: &str, tags: &BTreeMap<String, String>, template: &str) -> String {
    let tags: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Digest::sha256(format!("{stack}\0{}\0{template}", tags.join("\0"))).prefix(DIGITS)
}

/// The parameters of a stack with the values that they have.
pub(super) fn previous_parameters<'a>(
    names: impl IntoIterator<Item = &'a String>,
) -> Vec<Parameter> {
    let parameters = names.into_iter().map(|name| {
        Parameter::builder()
            .parameter_key(name)
            .use_previous_value(true)
            .build()
    });
    parameters.collect()
}

pub(super) fn tags(tags: &BTreeMap<String, String>) -> Vec<StackTag> {
    tags.iter()
        .map(|(key, value)| StackTag::builder().key(key).value(value).build())
        .collect()
}

/// An empty list removes the triggers of the stack.
fn rollback_configuration(triggers: &RollbackTriggers) -> RollbackConfiguration {
    let of_type = |arns: &[String], kind: &str| -> Vec<RollbackTrigger> {
        let trigger = |arn| RollbackTrigger::builder().arn(arn).r#type(kind).build();
        arns.iter().map(trigger).collect()
    };
    let metric = of_type(&triggers.alarms, "AWS::CloudWatch::Alarm");
    let composite = of_type(
        &triggers.composite_alarms,
        "AWS::CloudWatch::CompositeAlarm",
    );
    RollbackConfiguration::builder()
        .set_rollback_triggers(Some([metric, composite].concat()))
        .monitoring_time_in_minutes(triggers.monitoring_minutes.into())
        .build()
}

fn resources_to_import(proposal: &ChangeSetInput) -> Vec<ResourceToImport> {
    let imports = proposal.imports.iter().map(|import| {
        let (key, value) = &import.identifier;
        ResourceToImport::builder()
            .resource_type(&import.resource.kind)
            .logical_resource_id(&import.resource.logical_id)
            .resource_identifier(*key, value)
            .build()
    });
    imports.collect()
}
