//! Change sets: made, described whole, run or deleted.

use aws_sdk_cloudformation::types::{Capability, ChangeSetType, OnStackFailure, Tag as StackTag};
use futures_util::future::BoxFuture;

use super::poll::PollBackoff;
use super::{Cloud, convert, error, token};
use crate::cloud::{ChangeSetInput, CloudError, PendingChangeSet, Result, StackOperation};
use crate::guard::{Permit, Preview, RunsChangeSet};
use crate::model::Digest;
use crate::stack::{ChangeSet, Found, Health, Hook, Stack, StackEvent, Validation};

/// Every change set of this program begins with it.
const PREFIX: &str = "provisioner-";
/// Hex digits of the template's digest in the name, by which a killed run's change set is known.
const DIGITS: usize = 16;
/// Nested stacks inside nested stacks that are looked into.
const MAX_DEPTH: usize = 5;
/// Questions after a change set that is being deleted: for a minute.
const MAX_EMPTY_POLLS: usize = 12;
/// Age from which a change set of this program belongs to no run any more.
const ABANDONED_SECONDS: i64 = 3600;

impl Cloud {
    /// Makes a change set for a stack that exists, or for one that does not, and describes it. Nothing is deployed.
    ///
    /// Change sets that a killed run left behind are deleted on the way.
    pub async fn preview(
        &self,
        permit: Permit<Preview>,
        existing: Option<&Stack>,
        proposal: &ChangeSetInput,
    ) -> Result<PendingChangeSet> {
        self.stop.check()?;
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
            .capabilities(Capability::CapabilityNamedIam)
            .set_tags(Some(tags(proposal)));
        request = if shell {
            // What fails on its way up is taken down by CloudFormation, whether or not somebody still watches.
            request
                .change_set_type(ChangeSetType::Create)
                .on_stack_failure(OnStackFailure::Delete)
        } else {
            request.change_set_type(ChangeSetType::Update)
        };
        if proposal.body.contains("AWS::CloudFormation::Stack") {
            request = request.include_nested_stacks(true);
        }
        let made = request.send().await;
        let (id, stack_id) = match made.map_err(|e| error::from_sdk("CreateChangeSet", e)) {
            Ok(made) => (
                made.id.unwrap_or_default(),
                made.stack_id.unwrap_or_default(),
            ),
            // An attempt whose answer was lost made it: nobody else has this name.
            Err(error) if error.has_code("AlreadyExists") => {
                let made = self.described(&stack.name, &name).await?;
                (made.id, made.stack_id)
            }
            Err(error) => return Err(error),
        };
        let mut pending = PendingChangeSet {
            stack,
            stack_id,
            shell,
            found: Found {
                change_set: ChangeSet {
                    id,
                    ..ChangeSet::default()
                },
                ..Found::default()
            },
        };
        match self.examine(&mut pending).await {
            Ok(()) => Ok(pending),
            Err(error) => {
                // The first error is the one to tell; what is left is swept by the next run.
                let _ = self.without_cancellation().discard(pending).await;
                Err(error)
            }
        }
    }

    async fn examine(&self, pending: &mut PendingChangeSet) -> Result<()> {
        self.stop.check()?;
        let id = pending.found.change_set.id.clone();
        let stack = Some(pending.stack_id.as_str());
        self.wait_until_created(stack, &id).await?;
        let described = self.describe(stack, &id, 0).await?;
        // Whatever the description says of it, this is the one to delete.
        pending.found.change_set = ChangeSet { id, ..described };
        Ok(())
    }

    /// Adds what CloudFormation's validation and the hooks have to say. What cannot be read is noted, and hinders nothing: the change
    /// set itself is known.
    pub async fn describe_findings(&self, pending: &mut PendingChangeSet) -> Result<()> {
        let id = pending.found.change_set.id.clone();
        let found = &mut pending.found;
        match self.validations(&id).await {
            Ok(validations) => found.validations = validations,
            Err(error) => found
                .unread
                .push(unread("findings of the validation", error)?),
        }
        match self.hooks(&pending.stack_id, &id).await {
            Ok(hooks) => found.hooks = hooks,
            Err(error) => found.unread.push(unread("hooks", error)?),
        }
        Ok(())
    }

    /// A change set without what it changes.
    async fn described(&self, stack: &str, change_set: &str) -> Result<ChangeSet> {
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

    /// Waits until CloudFormation has computed it. The stack is named beside the change set wherever it is known: permissions are about
    /// stacks.
    async fn wait_until_created(&self, stack: Option<&str>, id: &str) -> Result<()> {
        let mut pauses = PollBackoff::new(&self.stop);
        loop {
            let described = self
                .stacks
                .describe_change_set()
                .set_stack_name(stack.map(str::to_owned))
                .change_set_name(id)
                .send();
            let described = described
                .await
                .map_err(|e| error::from_sdk("DescribeChangeSet", e))?;
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

    /// All pages, with property values, and nested change sets inside.
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

    /// What CloudFormation found wrong before anything runs.
    async fn validations(&self, id: &str) -> Result<Vec<Validation>> {
        let mut pages = self
            .stacks
            .describe_events()
            .change_set_name(id)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("DescribeEvents", e))?;
            for event in page.operation_events.into_iter().flatten() {
                let kind = event.event_type.as_ref().map(|kind| kind.as_str());
                if kind != Some("VALIDATION_ERROR") {
                    continue;
                }
                let mode = event.validation_failure_mode;
                found.push(Validation {
                    name: event.validation_name.unwrap_or_default(),
                    mode: mode.map_or("FAIL".to_owned(), |mode| mode.as_str().to_owned()),
                    logical_id: event.logical_resource_id.unwrap_or_default(),
                    path: event.validation_path.unwrap_or_default(),
                    reason: event.validation_status_reason.unwrap_or_default(),
                });
            }
        }
        Ok(found)
    }

    async fn hooks(&self, stack: &str, id: &str) -> Result<Vec<Hook>> {
        let mut hooks = Vec::new();
        let mut next = None;
        loop {
            let page = self
                .stacks
                .describe_change_set_hooks()
                .stack_name(stack)
                .change_set_name(id)
                .set_next_token(next.take())
                .send()
                .await;
            let page = page.map_err(|e| error::from_sdk("DescribeChangeSetHooks", e))?;
            for hook in page.hooks.into_iter().flatten() {
                let target = hook.target_details;
                let target = target.and_then(|target| target.resource_target_details);
                hooks.push(Hook {
                    name: hook.type_name.unwrap_or_default(),
                    mode: hook
                        .failure_mode
                        .map(|mode| mode.as_str().to_owned())
                        .unwrap_or_default(),
                    logical_id: target
                        .and_then(|target| target.logical_resource_id)
                        .unwrap_or_default(),
                });
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(hooks);
            }
        }
    }

    /// Deletes a change set that was made, and the empty stack that is there only because of it.
    pub async fn discard(&self, pending: PendingChangeSet) -> Result<()> {
        self.delete_change_set(&pending.stack_id, &pending.found.change_set.id)
            .await?;
        if pending.shell {
            let own = &pending.found.change_set.id;
            self.delete_empty_stack(&pending.stack_id, own).await?;
        }
        Ok(())
    }

    async fn delete_change_set(&self, stack: &str, id: &str) -> Result<()> {
        let deleted = self
            .stacks
            .delete_change_set()
            .stack_name(stack)
            .change_set_name(id)
            .send();
        match deleted
            .await
            .map_err(|e| error::from_sdk("DeleteChangeSet", e))
        {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes a stack by its ARN, if it is still the empty one that the change set `own` left: in review, without resources, and
    /// without somebody else's change sets.
    async fn delete_empty_stack(&self, stack_id: &str, own: &str) -> Result<()> {
        let Some(stack) = self.stack(stack_id).await? else {
            return Ok(());
        };
        let empty = stack.status.health() == Health::ReviewInProgress
            && self.holds_no_change_set(stack_id, own).await?
            && self.resources(stack_id).await?.is_empty();
        if !empty {
            return Ok(());
        }
        self.request_deletion(stack_id).await?;
        let mut pauses = PollBackoff::new(&self.stop);
        while let Some(stack) = self.stack(stack_id).await? {
            if stack.status.health() == Health::Deleted {
                break;
            }
            pauses.wait().await?;
        }
        Ok(())
    }

    /// Whether a stack has no change set, once the one that is being deleted is gone: with nested ones below it, that takes a while.
    async fn holds_no_change_set(&self, stack_id: &str, deleted: &str) -> Result<bool> {
        let mut pauses = PollBackoff::new(&self.stop);
        for _ in 0..MAX_EMPTY_POLLS {
            let listed = self.change_sets(stack_id).await?;
            if listed.iter().any(|(_, id, _)| id != deleted) {
                return Ok(false);
            }
            if listed.is_empty() {
                return Ok(true);
            }
            pauses.wait().await?;
        }
        Ok(false)
    }

    /// Name, ARN and Unix time of all change sets of a stack.
    async fn change_sets(&self, stack: &str) -> Result<Vec<(String, String, i64)>> {
        let mut pages = self
            .stacks
            .list_change_sets()
            .stack_name(stack)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("ListChangeSets", e))?;
            for summary in page.summaries.into_iter().flatten() {
                let time = summary.creation_time.map_or(0, |time| time.secs());
                let name = summary.change_set_name.unwrap_or_default();
                found.push((name, summary.change_set_id.unwrap_or_default(), time));
            }
        }
        Ok(found)
    }

    /// Deletes what killed runs left: change sets of this program for the same template, and old ones for any.
    async fn sweep(&self, stack: &str, digest: &str) -> Result<()> {
        let change_sets = self.change_sets(stack).await?;
        let newest = change_sets.iter().map(|(_, _, time)| *time).max();
        let newest = newest.unwrap_or_default();
        for (name, id, time) in change_sets {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if rest.starts_with(digest) || newest - time > ABANDONED_SECONDS {
                self.delete_change_set(stack, &id).await?;
            }
        }
        Ok(())
    }

    /// Runs a change set. `E` is what was permitted; the permit has to be for the stack of the change set. One that cannot be run
    /// is deleted.
    pub async fn execute<E: RunsChangeSet>(
        &self,
        permit: Permit<E>,
        pending: PendingChangeSet,
    ) -> Result<StackOperation> {
        if *permit.stack() != pending.stack {
            let message = "a permit for one stack was spent on the change set of another";
            return Err(CloudError::Misused(message.to_owned()));
        }
        match self.start(&pending).await {
            Ok(seen) => Ok(StackOperation {
                stack_id: pending.stack_id,
                creates: pending.shell,
                seen: seen.into_iter().map(|event| event.id).collect(),
            }),
            Err(error) => {
                // CloudFormation deletes none that runs, should this one run after all.
                let _ = self.without_cancellation().discard(pending).await;
                Err(error)
            }
        }
    }

    /// Returns the events from before.
    async fn start(&self, pending: &PendingChangeSet) -> Result<Vec<StackEvent>> {
        let seen = self.events(&pending.stack_id, &Default::default()).await?;
        self.stop.check()?;
        let id = &pending.found.change_set.id;
        let started = self
            .stacks
            .execute_change_set()
            .stack_name(&pending.stack_id)
            .change_set_name(id)
            .client_request_token(token())
            // What is kept is kept once it holds something, and not of a creation that fails.
            .retain_except_on_create(pending.shell)
            .send()
            .await;
        match started.map_err(|e| error::from_sdk("ExecuteChangeSet", e)) {
            Ok(_) => Ok(seen),
            // An attempt whose answer was lost started it: nobody else knows its name.
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

fn is_gone(error: &CloudError) -> bool {
    error.has_code("ChangeSetNotFound") || error.has_code("does not exist")
}

/// What identifies a change set of the same content.
fn digest(stack: &str, proposal: &ChangeSetInput) -> String {
    let tags: Vec<String> = proposal
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Digest::sha256(format!("{stack}\0{}\0{}", tags.join("\0"), proposal.body)).prefix(DIGITS)
}

fn tags(proposal: &ChangeSetInput) -> Vec<StackTag> {
    proposal
        .tags
        .iter()
        .map(|(key, value)| StackTag::builder().key(key).value(value).build())
        .collect()
}

/// A note of what AWS does not tell. Whoever is asked to stop, or is not known to AWS, gets no further with the rest either.
pub(super) fn unread(what: &str, error: CloudError) -> Result<String> {
    match error {
        CloudError::Refused { code, .. } => Ok(format!("the {what} could not be read: {code}")),
        CloudError::Unreachable { operation, .. } => Ok(format!(
            "the {what} could not be read: {operation} gives no answer"
        )),
        error => Err(error),
    }
}
